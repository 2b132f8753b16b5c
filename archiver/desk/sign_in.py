"""Signing in: passwords, second factors by codes, lockout, sessions.

What is refused says the same whether the login, the password or the lock was the reason, and takes
as long. A code of the second factor is good once. Every sign-in and every refusal that locks stands
in the ledger. A session ends after a time without use, and after a working day in any case.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archiver.clock import Clock
from archiver.desk.access import Role, Viewer
from archiver.desk.people import LOGGED, PersonState, digest
from archiver.desk.secret_box import SecretBox
from archiver.errors import RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, people
from archiver.model.queries.people import Person, SessionRow
from config.settings_web import WebSettings

SEEN_EVERY = timedelta(minutes=1)  # how exactly the last use of a session is known
SHORTEST_PASSWORD = 12  # NIST SP 800-63B asks for 8; a memorised secret alone for 15
_FACTOR = "totp:"  # a session's challenge: a second factor that is being set up
STEP = 30  # seconds of one code, RFC 6238
_NOBODY = "the login or the password is not right, or signing in is locked for a while"


class SignInRefusedError(RefusedError):
    """Not signed in; the text does not say what of it was wrong."""

    http_status = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody signed in. `lacks`: "" when complete, "code" or "factor" when a code of the second
    factor, or setting one up, is still asked for."""

    row: SessionRow
    person: Person
    lacks: str

    @property
    def viewer(self) -> Viewer:
        """The person as rules see them."""
        return viewer_of(self.person)


def viewer_of(person: Person) -> Viewer:
    """The person as rules see them."""
    return Viewer(
        name=person.name,
        roles=frozenset(Role(each) for each in person.roles),
        departments=frozenset(person.departments),
    )


class SignIn:
    """The use cases of signing in. `box` encrypts what a second factor is checked against."""

    def __init__(
        self, database: Database, clock: Clock, settings: WebSettings, box: SecretBox
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._box = box
        self._hasher = PasswordHasher()
        self._decoy = _decoy()

    # -- coming in ------------------------------------------------------------------------

    def invited(self, code: str) -> Person:
        """Whom a one-time code was given to.

        Raises: SignInRefusedError when it is none, was used, or is too old.
        """
        with self._database.read() as connection:
            person = people.by_invitation(connection, digest(code.strip()))
        ends = person.invitation_ends if person else None
        if person is None or ends is None or ends < self._clock.now():
            raise SignInRefusedError(
                "this one-time code is not valid any more; ask an administrator for a new one"
            )
        return person

    def accept(self, code: str, password: str, *, where: str) -> str:
        """Choose a password with a one-time code; returns the cookie of the new session.

        Raises: SignInRefusedError for a code that is not valid; UsageError for a password that is
        too weak.
        """
        person = self.invited(code)
        self._strong(person, password)
        hashed = self._hasher.hash(password)
        with self._database.write() as connection:
            if people.by_invitation(connection, digest(code.strip())) is None:
                raise SignInRefusedError("this one-time code was used a moment ago")
            people.change(
                connection,
                person.id,
                password=hashed,
                state=PersonState.ACTIVE,
                invitation="",
                failures=0,
            )
            self._log(connection, "password chosen", person, where)
            return self._begin(connection, person, "password", where)

    def with_password(self, login: str, password: str, *, where: str) -> str:
        """Sign in; returns the cookie of the new session. `where`: the address it came from.

        Raises: SignInRefusedError, whatever was wrong.
        """
        with self._database.read() as connection:
            person = people.by_login(connection, login.strip().casefold())
        known = person is not None and person.state == PersonState.ACTIVE and person.password
        fits = self._fits(person.password if person and known else self._decoy, password)
        if person is None or not known or self._locked(person):
            raise SignInRefusedError(_NOBODY)
        if not fits:
            self._failed(person, where)
            raise SignInRefusedError(_NOBODY)
        with self._database.write() as connection:
            again = people.by_id(connection, person.id)
            if again is None or again.password != person.password or self._locked(again):
                raise SignInRefusedError(_NOBODY)  # changed or locked since it was read
            # With a second factor its code alone ends the row of failures: else the password would
            # buy new guesses.
            if not person.totp:
                people.change(connection, person.id, failures=0, locked_until=None)
            if self._hasher.check_needs_rehash(person.password):
                people.change(connection, person.id, password=self._hasher.hash(password))
            return self._begin(connection, person, "password", where)

    def with_proof(self, person: Person, how: str, *, where: str) -> str:
        """Sign in somebody whom a passkey or the agency's sign-in has proved; both bring what a
        second factor would. Returns the cookie.

        Raises: SignInRefusedError when they are not active.
        """
        if person.state == PersonState.DISABLED:
            raise SignInRefusedError(_NOBODY)
        with self._database.write() as connection:
            return self._begin(connection, person, how, where)

    # -- the second factor -----------------------------------------------------------------

    def new_factor(self, session: SignedIn) -> str:
        """A secret for an authenticator app, as an otpauth address; the same until it is set up.

        Raises: RefusedError when there is a second factor, and no code of it was given.
        """
        if session.person.totp and session.lacks:
            raise RefusedError("there is a second factor already; sign in with a code of it")
        pending = session.row.challenge.removeprefix(_FACTOR)
        if pending == session.row.challenge:
            secret = pyotp.random_base32()
            self.challenge(session, _FACTOR + self._box.lock(secret))
        else:
            secret = self._box.unlock(pending)
        login = session.person.login
        return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Archiver")

    def set_factor(self, session: SignedIn, code: str, *, where: str) -> None:
        """Take up the second factor of `new_factor`, once its first code is right; the session is
        complete then.

        Raises: UsageError when the code does not belong to it; RefusedError as `new_factor`.
        """
        made = pyotp.TOTP(_secret_of(self.new_factor(session)))
        step = _step_of(made, code, self._clock.now(), after=0)
        if step is None:
            raise UsageError(
                "the code is not that of this second factor; look whether the clock of the device "
                "is right, and take the newest code"
            )
        with self._database.write() as connection:
            people.change(
                connection, session.person.id, totp=self._box.lock(made.secret), totp_used=step
            )
            people.change_session(connection, session.row.id, complete=True, challenge="")
            people.end_sessions(connection, person_id=session.person.id, apart_from=session.row.id)
            self._log(connection, "second factor set up", session.person, where)

    def with_code(self, session: SignedIn, code: str, *, where: str) -> None:
        """Complete a session by a code of the second factor.

        Raises: SignInRefusedError when it is wrong, used already, or signing in is locked.
        """
        refused = SignInRefusedError(
            "the code is not right, was used already, or signing in is locked for a while"
        )
        with self._database.read() as connection:
            person = people.by_id(connection, session.person.id)
        if person is None or not person.totp or self._locked(person):
            raise refused
        known = pyotp.TOTP(self._box.unlock(person.totp))
        step = _step_of(known, code, self._clock.now(), after=person.totp_used)
        if step is None:
            self._failed(person, where)
            raise refused
        with self._database.write() as connection:
            again = people.by_id(connection, person.id)
            if again is None or again.totp_used >= step:
                raise refused
            people.change(connection, person.id, totp_used=step, failures=0, locked_until=None)
            people.change_session(connection, session.row.id, complete=True)
            self._log(connection, "second factor given", person, where)

    # -- staying and leaving ----------------------------------------------------------------

    def session(self, cookie: str) -> SignedIn | None:
        """Who is signed in with this cookie; None when nobody is, any more."""
        if not cookie:
            return None
        now = self._clock.now()
        with self._database.read() as connection:
            found = people.session_of(connection, digest(cookie))
        if found is None:
            return None
        row, person = found
        idle = now - row.seen_at >= self._settings.session_idle
        if idle or row.ends_at <= now or person.state == PersonState.DISABLED:
            return None
        if now - row.seen_at >= SEEN_EVERY:
            with self._database.write() as connection:
                people.change_session(connection, row.id, seen_at=now)
        return SignedIn(row=row, person=person, lacks=self._lacks(row, person))

    def challenge(self, session: SignedIn, text: str) -> None:
        """Keep what a passkey's answer must fit; the empty text takes it back."""
        with self._database.write() as connection:
            people.change_session(connection, session.row.id, challenge=text)

    def leave(self, session: SignedIn, *, everywhere: bool = False) -> None:
        """Sign out here, or everywhere."""
        with self._database.write() as connection:
            if everywhere:
                people.end_sessions(connection, person_id=session.person.id)
            else:
                people.end_sessions(connection, session_id=session.row.id)

    def change_password(self, session: SignedIn, old: str, new: str, *, where: str) -> None:
        """Raises: SignInRefusedError when the old one is wrong; UsageError when the new one is too
        weak. Other sessions of the person end."""
        fits = self._fits(session.person.password or self._decoy, old)
        if self._locked(session.person):
            raise SignInRefusedError("this is locked for a while after too many failures")
        if not fits:
            self._failed(session.person, where)
            raise SignInRefusedError("the old password is not right")
        self._strong(session.person, new)
        with self._database.write() as connection:
            people.change(connection, session.person.id, password=self._hasher.hash(new))
            people.end_sessions(connection, person_id=session.person.id, apart_from=session.row.id)
            self._log(connection, "password changed", session.person, where)

    def set_language(self, session: SignedIn, language: str) -> None:
        """The language of the page for this person; empty: the browser's."""
        with self._database.write() as connection:
            people.change(connection, session.person.id, language=language)

    # -- inside -----------------------------------------------------------------------------

    def _begin(self, connection: Connection, person: Person, how: str, where: str) -> str:
        now = self._clock.now()
        cookie = secrets.token_urlsafe(32)
        people.end_sessions(connection, before=now)
        people.begin_session(
            connection,
            token=digest(cookie),
            person_id=person.id,
            csrf=secrets.token_urlsafe(32),
            how=how,
            complete=how != "password" or not (person.totp or self._settings.second_factor),
            challenge="",
            begun_at=now,
            seen_at=now,
            ends_at=now + self._settings.session_lasts,
        )
        people.change(connection, person.id, last_seen=now)
        self._log(connection, f"signed in by {how}", person, where)
        return cookie

    def _lacks(self, row: SessionRow, person: Person) -> str:
        if row.complete:
            return ""
        return "code" if person.totp else "factor"

    def _locked(self, person: Person) -> bool:
        return person.locked_until is not None and person.locked_until > self._clock.now()

    def _failed(self, person: Person, where: str) -> None:
        """Count it, and lock after so many in a row."""
        with self._database.write() as connection:
            again = people.by_id(connection, person.id)
            assert again is not None
            failures = again.failures + 1
            if failures < self._settings.lock_after:
                people.change(connection, person.id, failures=failures)
                return
            until = self._clock.now() + self._settings.lock_for
            people.change(connection, person.id, failures=0, locked_until=until)
            self._log(connection, "locked after failures", person, where)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _strong(self, person: Person, password: str) -> None:
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"a password has at least {SHORTEST_PASSWORD} characters; a few words that nobody "
                "would guess are good"
            )
        if len(password) > 1000:
            raise UsageError("a password has at most 1,000 characters")
        plain = password.casefold()
        if len(set(plain)) < 5 or person.login in plain or person.name.casefold() in plain:
            raise UsageError("this password is too easy to guess; take a few unrelated words")

    def _log(self, connection: Connection, act: str, person: Person, where: str) -> None:
        body = {"act": act, "login": person.login, "actor": person.name, "from": where}
        ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)


@cache
def _decoy() -> str:
    """A hash that nothing fits, made once: who is unknown takes as long as who is known."""
    return PasswordHasher().hash(secrets.token_hex(16))


def _secret_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["secret"][0]


def _step_of(totp: pyotp.OTP, code: str, now: datetime, *, after: int) -> int | None:
    """The step of time that a code is good for, one before and after allowed (RFC 6238, 5.2)."""
    given = "".join(code.split()).encode()  # compare_digest takes only ASCII as text
    here = int(now.timestamp()) // STEP
    for step in (here, here - 1, here + 1):
        if step > after and secrets.compare_digest(totp.generate_otp(step).encode(), given):
            return step
    return None
