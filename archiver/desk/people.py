"""People of the web page: invited, given roles, disabled. All of it stands in the ledger.

A person's name signs every act: it is nobody else's and never changes, so that a two-person rule
means two people. Nobody changes their own roles, and one active administrator always remains.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from archiver.clock import Clock
from archiver.desk.access import Role, folded
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, passkeys, people
from archiver.model.queries.people import Person

INVITATION_LASTS = timedelta(days=7)
LOGGED = "people"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,199}")


class PersonState(StrEnum):
    """INVITED: has not chosen a password yet."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Invited:
    """A person with the one-time code that lets them choose a password. It is shown once."""

    person: Person
    code: str


class People:
    """The use cases of the register of people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Person]:
        """All, by name."""
        with self._database.read() as connection:
            return people.every(connection)

    def get(self, login: str) -> Person:
        """Raises: NotFoundError when nobody has this login."""
        with self._database.read() as connection:
            return _found(connection, login)

    def numbered(self, number: int) -> Person:
        """Raises: NotFoundError when nobody has this number."""
        with self._database.read() as connection:
            person = people.by_id(connection, number)
        if person is None:
            raise NotFoundError(f"nobody has the number {number}; the list of people shows all")
        return person

    def invite(
        self,
        login: str,
        name: str,
        *,
        roles: Collection[Role],
        departments: Sequence[str] = (),
        by: str,
    ) -> Invited:
        """Enter a person. `departments` empty: sees the records of all.

        Raises: UsageError when something is missing or not possible, or the login or the name is
        somebody's already.
        """
        login, name = login.strip().casefold(), " ".join(name.split())
        if not _LOGIN.fullmatch(login):
            raise UsageError(
                f'"{login}" cannot be signed in with; take a mail address, or letters, digits '
                "and . _ - (2 to 200)"
            )
        if not 2 <= len(name) <= 200:
            raise UsageError("the name is missing; write it as it shall stand under every act")
        granted = _roles(roles)
        code = _code()
        now = self._clock.now()
        with self._database.write() as connection:
            if people.by_login(connection, login):
                raise UsageError(f'"{login}" is somebody\'s login already')
            if people.by_name(connection, folded(name)):
                raise UsageError(
                    f'"{name}" is somebody\'s name already; add a middle name or a title: acts '
                    "are signed with it"
                )
            person_id = people.add(
                connection,
                login=login,
                name=name,
                name_key=folded(name),
                roles=granted,
                departments=_departments(departments),
                state=PersonState.INVITED,
                password="",
                totp="",
                totp_used=0,
                invitation=digest(code),
                invitation_ends=now + INVITATION_LASTS,
                failures=0,
                language="",
                created_by=by,
                created_at=now,
            )
            self._log(connection, "invited", login, name, by, roles=granted,
                      departments=_departments(departments))  # fmt: skip
            person = people.by_id(connection, person_id)
        assert person is not None
        return Invited(person, code)

    def invite_again(self, login: str, *, by: str) -> Invited:
        """A new one-time code; until it is used the old password does not work any more, nor does
        the old second factor, nor a passkey, nor a token; who is signed in is signed out. The next
        agency sign-in of the login binds anew.

        Raises: NotFoundError; RefusedError for oneself or somebody disabled.
        """
        code = _code()
        with self._database.write() as connection:
            person = _found(connection, login)
            if folded(by) == folded(person.name):
                raise RefusedError(
                    "nobody invites themselves again; ask another administrator, or use: "
                    "archiver people invite-again"
                )
            if person.state == PersonState.DISABLED:
                raise RefusedError(f'"{person.name}" is disabled; enable them first')
            people.change(
                connection,
                person.id,
                state=PersonState.INVITED,
                password="",
                totp="",
                totp_used=0,
                invitation=digest(code),
                invitation_ends=self._clock.now() + INVITATION_LASTS,
                failures=0,
                locked_until=None,
            )
            people.end_sessions(connection, person_id=person.id)
            people.revoke_tokens(connection, person.id, at=self._clock.now())
            people.unbind(connection, person.id)
            passkeys.forget(connection, person.id)
            self._log(connection, "invited again", person.login, person.name, by)
            changed = people.by_id(connection, person.id)
        assert changed is not None
        return Invited(changed, code)

    def change(
        self,
        login: str,
        *,
        roles: Collection[Role],
        departments: Sequence[str] = (),
        by: str,
    ) -> Person:
        """Give other roles or departments; it counts from the next request on.

        Raises: NotFoundError; RefusedError for one's own, or the last administrator's.
        """
        granted = _roles(roles)
        with self._database.write() as connection:
            person = _found(connection, login)
            if folded(by) == folded(person.name):
                raise RefusedError("nobody changes their own roles; ask another administrator")
            if Role.ADMINISTRATOR not in granted:
                _not_the_last(connection, person)
            people.change(
                connection, person.id, roles=granted, departments=_departments(departments)
            )
            self._log(connection, "changed", person.login, person.name, by, roles=granted,
                      departments=_departments(departments), before=list(person.roles))  # fmt: skip
            changed = people.by_id(connection, person.id)
        assert changed is not None
        return changed

    def disable(self, login: str, *, reason: str, by: str) -> Person:
        """Sign them out and let them in no more; their programs' tokens end for good. Their name
        stays with what they did.

        Raises: NotFoundError; UsageError without a reason; RefusedError for oneself or the last
        administrator.
        """
        if not reason.strip():
            raise UsageError("say why they are disabled")
        with self._database.write() as connection:
            person = _found(connection, login)
            if folded(by) == folded(person.name):
                raise RefusedError("nobody disables themselves; ask another administrator")
            _not_the_last(connection, person)
            people.change(connection, person.id, state=PersonState.DISABLED, invitation="")
            people.end_sessions(connection, person_id=person.id)
            people.revoke_tokens(connection, person.id, at=self._clock.now())
            self._log(connection, "disabled", person.login, person.name, by, reason=reason)
            changed = people.by_id(connection, person.id)
        assert changed is not None
        return changed

    def enable(self, login: str, *, by: str) -> Invited:
        """Let them in again, with a new one-time code. Raises: NotFoundError; UsageError when
        they are not disabled."""
        with self._database.write() as connection:
            person = _found(connection, login)
            if person.state != PersonState.DISABLED:
                raise UsageError(f'"{person.name}" is not disabled')
            people.change(connection, person.id, state=PersonState.INVITED)
            self._log(connection, "enabled", person.login, person.name, by)
        return self.invite_again(login, by=by)

    def _log(
        self, connection: Connection, act: str, login: str, name: str, by: str, **more: object
    ) -> None:
        body = {"act": act, "login": login, "name": name, "actor": by, **more}
        ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)


def digest(secret: str) -> str:
    """What is kept of a random code or token: its SHA-256. It is long enough not to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _code() -> str:
    """A one-time code that can be read out: four groups of five letters and digits, 100 bits."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _ in range(5)) for _ in range(4))


def _found(connection: Connection, login: str) -> Person:
    person = people.by_login(connection, login.strip().casefold())
    if person is None:
        raise NotFoundError(f'nobody signs in as "{login}"; "archiver people list" shows all')
    return person


def _roles(roles: Collection[Role]) -> list[str]:
    if not roles:
        raise UsageError(f"give at least one role: {', '.join(Role)}")
    return [role.value for role in Role if role in roles]


def _departments(departments: Sequence[str]) -> list[str]:
    return sorted({each.strip() for each in departments if each.strip()})


def _not_the_last(connection: Connection, person: Person) -> None:
    if (
        person.state == PersonState.ACTIVE
        and Role.ADMINISTRATOR in person.roles
        and people.active_with(connection, Role.ADMINISTRATOR) == 1
    ):
        raise RefusedError(
            f'"{person.name}" is the last active administrator; make somebody else one first'
        )
