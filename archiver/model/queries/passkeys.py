"""Passkeys: public keys of people's devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from archiver.model.tables_people import passkeys


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRow:
    """A passkey. `credential` and `public_key` are base64url; `uses` is the device's counter, `at`
    aware UTC."""

    id: int
    person_id: int
    credential: str
    public_key: str
    uses: int
    label: str
    at: datetime


def _passkey(row: Row[Any]) -> PasskeyRow:
    return PasskeyRow(**row._mapping)


def add(connection: Connection, values: Mapping[str, object]) -> None:
    """Enter a passkey."""
    connection.execute(insert(passkeys).values(**values))


def of(connection: Connection, person_id: int) -> list[PasskeyRow]:
    """A person's, oldest first."""
    query = select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.id)
    return [_passkey(row) for row in connection.execute(query)]


def named(connection: Connection, credential: str) -> PasskeyRow | None:
    """The passkey of this credential."""
    row = connection.execute(select(passkeys).where(passkeys.c.credential == credential)).first()
    return _passkey(row) if row else None


def used(connection: Connection, passkey_id: int, *, uses: int) -> None:
    """The device's counter after a use."""
    connection.execute(update(passkeys).where(passkeys.c.id == passkey_id).values(uses=uses))


def remove(connection: Connection, passkey_id: int) -> None:
    """Take one away."""
    connection.execute(delete(passkeys).where(passkeys.c.id == passkey_id))


def forget(connection: Connection, person_id: int) -> None:
    """Take all of a person away."""
    connection.execute(delete(passkeys).where(passkeys.c.person_id == person_id))
