"""People, their sessions and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from archiver.model.tables_people import api_tokens, identities, people, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who may use the web page. Times are UTC; `password`, `totp` and `invitation` are what a
    sign-in is checked against, never the secret itself."""

    id: int
    login: str
    name: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    state: str
    password: str
    totp: str
    totp_used: int
    invitation: str
    invitation_ends: datetime | None
    failures: int
    locked_until: datetime | None
    language: str
    created_by: str
    created_at: datetime
    last_seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Somebody signed in. Times are UTC. `complete`: nothing more is asked for."""

    id: int
    person_id: int
    csrf: str
    how: str
    complete: bool
    challenge: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A program's token. Times are UTC."""

    id: int
    person_id: int
    label: str
    scopes: tuple[str, ...]
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def _person(row: Row[Any]) -> Person:
    values = {name: getattr(row, name) for name in Person.__slots__}
    values["roles"], values["departments"] = tuple(row.roles), tuple(row.departments)
    return Person(**values)


def _session(row: Row[Any]) -> SessionRow:
    return SessionRow(**{name: getattr(row, name) for name in SessionRow.__slots__})


def _token(row: Row[Any]) -> TokenRow:
    values = {name: getattr(row, name) for name in TokenRow.__slots__}
    return TokenRow(**{**values, "scopes": tuple(row.scopes)})


def add(connection: Connection, **values: object) -> int:
    """Enter a person; returns the id."""
    done = connection.execute(insert(people).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def change(connection: Connection, person_id: int, **values: object) -> None:
    """Change fields of a person."""
    connection.execute(update(people).where(people.c.id == person_id).values(**values))


def by_login(connection: Connection, login: str) -> Person | None:
    """The person of a login in lower case."""
    row = connection.execute(select(people).where(people.c.login == login)).first()
    return _person(row) if row else None


def by_name(connection: Connection, key: str) -> Person | None:
    """The person of a folded name."""
    row = connection.execute(select(people).where(people.c.name_key == key)).first()
    return _person(row) if row else None


def by_id(connection: Connection, person_id: int) -> Person | None:
    """The person of an id."""
    row = connection.execute(select(people).where(people.c.id == person_id)).first()
    return _person(row) if row else None


def by_invitation(connection: Connection, digest: str) -> Person | None:
    """The person who was given this one-time code."""
    row = connection.execute(select(people).where(people.c.invitation == digest)).first()
    return _person(row) if row and digest else None


def every(connection: Connection) -> list[Person]:
    """All, by name."""
    return [_person(row) for row in connection.execute(select(people).order_by(people.c.name_key))]


def begin_session(connection: Connection, **values: object) -> None:
    """Enter a session."""
    connection.execute(insert(sessions).values(**values))


def session_of(connection: Connection, digest: str) -> tuple[SessionRow, Person] | None:
    """The session of a cookie's digest, with its person."""
    row = connection.execute(select(sessions).where(sessions.c.token == digest)).first()
    if row is None:
        return None
    person = by_id(connection, row.person_id)
    assert person is not None  # a foreign key holds this
    return _session(row), person


def change_session(connection: Connection, session_id: int, **values: object) -> None:
    """Change fields of a session."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))


def end_sessions(
    connection: Connection,
    *,
    session_id: int | None = None,
    person_id: int | None = None,
    apart_from: int | None = None,
    before: datetime | None = None,
) -> int:
    """Remove sessions that meet all that is given; returns how many."""
    query = delete(sessions)
    if session_id is not None:
        query = query.where(sessions.c.id == session_id)
    if person_id is not None:
        query = query.where(sessions.c.person_id == person_id)
    if apart_from is not None:
        query = query.where(sessions.c.id != apart_from)
    if before is not None:
        query = query.where(sessions.c.ends_at < before)
    return int(connection.execute(query).rowcount)


def add_token(connection: Connection, values: Mapping[str, object]) -> int:
    """Enter a token; returns the id."""
    key = connection.execute(insert(api_tokens).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def token_of(connection: Connection, digest: str) -> tuple[TokenRow, Person] | None:
    """The token of a digest, with its person."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.token == digest)).first()
    if row is None:
        return None
    person = by_id(connection, row.person_id)
    assert person is not None  # a foreign key holds this
    return _token(row), person


def tokens(connection: Connection, *, person_id: int | None = None) -> Sequence[TokenRow]:
    """All tokens, or a person's, newest first."""
    query = select(api_tokens).order_by(api_tokens.c.id.desc())
    if person_id is not None:
        query = query.where(api_tokens.c.person_id == person_id)
    return [_token(row) for row in connection.execute(query)]


def change_token(connection: Connection, token_id: int, **values: object) -> None:
    """Change fields of a token."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(**values))


def revoke_tokens(connection: Connection, person_id: int, *, at: datetime) -> int:
    """End all tokens of a person that are not revoked yet; returns how many."""
    query = update(api_tokens).where(
        api_tokens.c.person_id == person_id, api_tokens.c.revoked_at.is_(None)
    )
    return int(connection.execute(query.values(revoked_at=at)).rowcount)


def identified(connection: Connection, issuer: str, subject: str) -> Person | None:
    """The person whom an agency's sign-in knows under this subject."""
    query = select(identities.c.person_id).where(
        identities.c.issuer == issuer, identities.c.subject == subject
    )
    found = connection.execute(query).scalar()
    return None if found is None else by_id(connection, found)


def is_bound(connection: Connection, person_id: int, issuer: str) -> bool:
    """Is the person bound to some subject of this issuer?"""
    query = select(identities.c.id).where(
        identities.c.person_id == person_id, identities.c.issuer == issuer
    )
    return connection.execute(query).first() is not None


def bind(
    connection: Connection, person_id: int, *, issuer: str, subject: str, at: datetime
) -> None:
    """From now on this subject of the issuer is this person."""
    connection.execute(
        insert(identities).values(person_id=person_id, issuer=issuer, subject=subject, at=at)
    )


def unbind(connection: Connection, person_id: int) -> None:
    """Forget which subjects a person was bound to."""
    connection.execute(delete(identities).where(identities.c.person_id == person_id))


def active_with(connection: Connection, role: str) -> int:
    """How many active people have a role."""
    rows = connection.execute(select(people.c.roles).where(people.c.state == "active"))
    return sum(role in row.roles for row in rows)


def count(connection: Connection) -> int:
    """How many people there are, of whatever state."""
    return int(connection.execute(select(func.count()).select_from(people)).scalar_one())
