"""Tokens, passkeys and agency identities in both databases: kept as digests, bound to one person,
ended with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from archiver.desk.access import Permission, Role
from archiver.desk.people import People, PersonState
from archiver.desk.tokens import MadeToken, TokenRefusedError, Tokens
from archiver.model.queries import passkeys, people
from archiver.model.queries.people import Person
from archiver.wiring import Archive
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.postgresql import fresh_database, postgresql  # noqa: F401

ISSUER = "https://login.example.gov"


@dataclass
class Register:
    """An archive with two active people."""

    archive: Archive
    clock: FakeClock
    people: People
    tokens: Tokens
    lisa: Person
    ned: Person

    def token(self) -> MadeToken:
        return self.tokens.make(self.lisa, "export", scopes=[Permission.RECORDS], days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def register(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Register]:
    with fresh_database(request.param, request) as url:
        clock = FakeClock()
        with make_archive(tmp_path, clock=clock, sections={"database": {"url": url}}) as archive:
            desk = People(archive.database, clock)
            made = []
            for login, name in (("lisa", "Lisa Simpson"), ("ned", "Ned Flanders")):
                person = desk.invite(login, name, roles=[Role.CLERK], by="Frank").person
                with archive.database.write() as connection:
                    people.change(connection, person.id, state=PersonState.ACTIVE)
                made.append(desk.get(login))
            yield Register(archive, clock, desk, Tokens(archive.database, clock), *made)


def test_a_token_is_kept_as_a_digest_and_its_uses_are_seen(register: Register) -> None:
    made = register.token()
    register.clock.advance(hours=1)
    viewer = register.tokens.viewer(made.secret)
    assert viewer.scopes == frozenset({Permission.RECORDS})
    (row,) = register.tokens.of(register.lisa.id)
    assert row.used_at == register.clock.now()
    with register.archive.database.read() as connection:
        for table in ("api_tokens", "ledger"):
            rows = connection.execute(text(f"SELECT * FROM {table}"))
            assert made.secret not in "".join(str(tuple(each)) for each in rows)


@pytest.mark.parametrize("end", ["disabled", "revoked", "over"])
def test_a_token_ends(register: Register, end: str) -> None:
    made = register.token()
    if end == "disabled":
        register.people.disable("lisa", reason="left", by="Frank")
    elif end == "revoked":
        register.tokens.revoke(made.row.id, register.lisa, by="Frank")
    else:
        register.clock.advance(days=1)
    with pytest.raises(TokenRefusedError):
        register.tokens.viewer(made.secret)


@pytest.mark.parametrize("secret", ["", "archiver_", "archiver_x", "é"])
def test_what_is_no_token_is_refused(register: Register, secret: str) -> None:
    with pytest.raises(TokenRefusedError):
        register.tokens.viewer(secret)


def test_a_subject_is_one_persons_and_inviting_again_forgets_it(register: Register) -> None:
    database, now = register.archive.database, register.clock.now()
    with database.write() as connection:
        people.bind(connection, register.lisa.id, issuer=ISSUER, subject="s1", at=now)
        found = people.identified(connection, ISSUER, "s1")
        assert found is not None
        assert found.login == "lisa"
        assert people.is_bound(connection, register.lisa.id, ISSUER)
        assert people.identified(connection, "https://other.example", "s1") is None
    with pytest.raises(IntegrityError), database.write() as connection:
        people.bind(connection, register.ned.id, issuer=ISSUER, subject="s1", at=now)
    register.people.invite_again("lisa", by="Frank")
    with database.read() as connection:
        assert people.identified(connection, ISSUER, "s1") is None
        assert not people.is_bound(connection, register.lisa.id, ISSUER)


def test_a_passkey_is_counted_and_goes_when_its_person_is_invited_again(
    register: Register,
) -> None:
    database = register.archive.database
    values = {"public_key": "k", "uses": 3, "label": "laptop", "at": register.clock.now()}
    with database.write() as connection:
        for person, name in ((register.lisa, "c1"), (register.lisa, "c2"), (register.ned, "c3")):
            passkeys.add(connection, {**values, "person_id": person.id, "credential": name})
        first = passkeys.named(connection, "c1")
        assert first is not None
        assert first.at == register.clock.now()
        passkeys.used(connection, first.id, uses=4)
        assert [each.uses for each in passkeys.of(connection, register.lisa.id)] == [4, 3]
        passkeys.remove(connection, first.id)
    register.people.invite_again("lisa", by="Frank")
    with database.read() as connection:
        assert passkeys.of(connection, register.lisa.id) == []
        assert len(passkeys.of(connection, register.ned.id)) == 1
