"""Tokens with which programs use the JSON interface in a person's name.

A person makes them for themselves, for less than they may, and for a year at most. What is kept is
a digest. A token never outgrows its person: what it may is what both it and the person's present
roles carry, it sees the departments they see, and it rests while they are not active. Its acts are
signed with their name, so a two-person rule takes the two for one.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from archiver.clock import Clock
from archiver.desk.access import Permission, Role, Viewer, permissions_of
from archiver.desk.people import LOGGED, PersonState, digest
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, people
from archiver.model.queries.people import Person, TokenRow

PREFIX = "archiver_"  # so that a token that lies about is known for what it is
MOST_DAYS = 365
MOST_AT_ONCE = 20  # of one person
LONGEST_LABEL = 100
SEEN_EVERY = timedelta(minutes=1)  # how exactly the last use is known

_P = Permission
FOR_PROGRAMS = frozenset(
    {
        _P.STATUS, _P.ACCOUNTS, _P.ACCOUNTS_PROPOSE, _P.RECORDS, _P.FINDINGS, _P.HOLDS,
        _P.HOLDS_PLACE, _P.REQUESTS, _P.REQUESTS_WORK, _P.RETENTION, _P.AUDIT,
    }
)  # fmt: skip
"""What the interface serves; anything else is for people."""


class TokenRefusedError(RefusedError):
    """There is no such token any more; the text does not say which of the reasons it was."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token with its secret, which is shown once."""

    row: TokenRow
    secret: str


class Tokens:
    """The use cases of tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def make(
        self, person: Person, label: str, *, scopes: Collection[Permission], days: int
    ) -> MadeToken:
        """A token for a program of this person, for so many days.

        Raises: UsageError when something is missing or not possible; RefusedError for a scope
        beyond what they may.
        """
        name = " ".join(label.split())
        if not 1 <= len(name) <= LONGEST_LABEL:
            raise UsageError("say what the token is for, in at most 100 characters")
        if not scopes:
            raise UsageError("choose at least one thing that the program may do")
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"a token ends after 1 to {MOST_DAYS} days, not {days}")
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._database.write() as connection:
            granted = _granted(_active(connection, person), scopes)
            if len([e for e in self._of(connection, person.id) if lives(e, now)]) >= MOST_AT_ONCE:
                raise UsageError(
                    f"there are {MOST_AT_ONCE} tokens already; revoke one that is not used"
                )
            token_id = people.add_token(
                connection,
                {
                    "person_id": person.id,
                    "label": name,
                    "token": digest(secret),
                    "scopes": granted,
                    "made_at": now,
                    "ends_at": now + timedelta(days=days),
                },
            )
            self._log(
                connection,
                "token made",
                person,
                by=person.name,
                token=token_id,
                label=name,
                scopes=granted,
                ends=(now + timedelta(days=days)).isoformat(),
            )
            row = next(e for e in self._of(connection, person.id) if e.id == token_id)
        return MadeToken(row, secret)

    def of(self, person_id: int) -> list[TokenRow]:
        """All of a person, newest first; also those that have ended."""
        with self._database.read() as connection:
            return self._of(connection, person_id)

    def revoke(self, token_id: int, person: Person, *, by: str) -> TokenRow:
        """End a token of this person at once; one that is revoked already stays as it is.

        Raises: NotFoundError when this person has no such token.
        """
        with self._database.write() as connection:
            held = [each for each in self._of(connection, person.id) if each.id == token_id]
            if not held:
                raise NotFoundError(f'"{person.name}" has no token {token_id}')
            row = held[0]
            if row.revoked_at is None:
                people.change_token(connection, token_id, revoked_at=self._clock.now())
                self._log(
                    connection, "token revoked", person, by=by, token=token_id, label=row.label
                )
        return row

    def viewer(self, secret: str) -> Viewer:
        """Whom a program acts for, narrowed to what its token may.

        Raises: TokenRefusedError when there is no such token, or it does not count now.
        """
        now = self._clock.now()
        with self._database.read() as connection:
            found = people.token_of(connection, digest(secret)) if secret else None
        if found is None or not lives(found[0], now) or found[1].state != PersonState.ACTIVE:
            raise TokenRefusedError(
                "this token is not known, has ended or was revoked; make a new one at the page "
                '"My settings"'
            )
        row, person = found
        if row.used_at is None or now - row.used_at >= SEEN_EVERY:
            with self._database.write() as connection:
                people.change_token(connection, row.id, used_at=now)
        return Viewer(
            name=person.name,
            roles=frozenset(Role(each) for each in person.roles),
            departments=frozenset(person.departments),
            scopes=frozenset(each for each in FOR_PROGRAMS if each.value in row.scopes),
        )

    def _of(self, connection: Connection, person_id: int) -> list[TokenRow]:
        return list(people.tokens(connection, person_id=person_id))

    def _log(
        self, connection: Connection, act: str, person: Person, *, by: str, **more: object
    ) -> None:
        body = {"act": act, "login": person.login, "name": person.name, "actor": by, **more}
        ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)


def offered(roles: Collection[str]) -> list[Permission]:
    """What people of these roles may let a program do, in the order of the permissions."""
    held = permissions_of([Role(each) for each in roles]) & FOR_PROGRAMS
    return [each for each in Permission if each in held]


def lives(row: TokenRow, now: datetime) -> bool:
    """Has it neither ended nor been revoked?"""
    return row.revoked_at is None and row.ends_at > now


def _active(connection: Connection, person: Person) -> Person:
    """As they are now. Raises: RefusedError when they are not active."""
    again = people.by_id(connection, person.id)
    if again is None or again.state != PersonState.ACTIVE:
        raise RefusedError(f'"{person.name}" is not active and makes no tokens')
    return again


def _granted(person: Person, scopes: Collection[Permission]) -> list[str]:
    may = offered(person.roles)
    beyond = sorted(each.value for each in set(scopes) - set(may))
    if beyond:
        raise RefusedError(
            f'"{person.name}" may not give a program what they may not do themselves, or what is '
            f"for people only: {', '.join(beyond)}"
        )
    return [each.value for each in may if each in scopes]
