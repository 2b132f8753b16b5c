"""Signing in: what lets somebody in, what locks, what ends a session, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import text

from archiver.desk import secret_box
from archiver.desk.access import Role
from archiver.desk.people import People, PersonState
from archiver.desk.sign_in import SignedIn, SignIn, SignInRefusedError
from archiver.errors import RefusedError, StoreError, UsageError
from archiver.wiring import Archive
from config.settings_web import WebSettings
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.postgresql import fresh_database, postgresql  # noqa: F401

PASSWORD = "seven quiet harbours"
OTHER = "nine loud mountains"
HERE = "192.0.2.7"


@dataclass
class Door:
    """The register of people and the door of one archive."""

    archive: Archive
    clock: FakeClock
    people: People
    door: SignIn

    def invite(self, login: str = "lisa", name: str = "Lisa Simpson", *roles: Role) -> str:
        return self.people.invite(login, name, roles=roles or [Role.CLERK], by="Frank").code

    def come_in(self, code: str) -> SignedIn:
        return self.session(self.door.accept(code, PASSWORD, where=HERE))

    def session(self, cookie: str) -> SignedIn:
        found = self.door.session(cookie)
        assert found is not None
        return found

    def dump(self) -> str:
        """Everything that the database holds of people and of what they did."""
        tables = ("people", "sessions", "api_tokens", "passkeys", "identities", "ledger")
        with self.archive.database.read() as connection:
            return "\n".join(
                str(tuple(row))
                for table in tables
                for row in connection.execute(text(f"SELECT * FROM {table}"))
            )

    def acts(self) -> list[str]:
        with self.archive.database.read() as connection:
            rows = connection.execute(
                text("SELECT body FROM ledger WHERE kind = 'people' ORDER BY seq")
            )
            return [str(row.body) for row in rows]


@pytest.fixture(params=["sqlite", "postgresql"])
def door(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    with fresh_database(request.param, request) as url:
        clock = FakeClock()
        with make_archive(tmp_path, clock=clock, sections={"database": {"url": url}}) as archive:
            yield made(archive, clock)


def made(archive: Archive, clock: FakeClock, **settings: object) -> Door:
    box = secret_box.opened(archive.credentials, archive.secrets)
    web = WebSettings(**settings)
    return Door(
        archive,
        clock,
        People(archive.database, clock),
        SignIn(archive.database, clock, web, box),
    )


def test_a_one_time_code_lets_in_once_and_for_seven_days(door: Door) -> None:
    code = door.invite()
    assert door.come_in(code).person.state == PersonState.ACTIVE
    with pytest.raises(SignInRefusedError, match="not valid any more"):
        door.door.accept(code, PASSWORD, where=HERE)
    late = door.invite("bart", "Bart Simpson")
    door.clock.advance(days=7, seconds=1)
    with pytest.raises(SignInRefusedError, match="not valid any more"):
        door.door.accept(late, PASSWORD, where=HERE)


def test_what_is_wrong_is_not_told_apart(door: Door) -> None:
    door.come_in(door.invite())
    door.invite("bart", "Bart Simpson")
    said = set()
    for login, password in (("lisa", OTHER), ("nobody", PASSWORD), ("bart", "")):
        with pytest.raises(SignInRefusedError) as refused:
            door.door.with_password(login, password, where=HERE)
        said.add(str(refused.value))
    assert len(said) == 1


def test_five_failures_lock_for_a_quarter_of_an_hour_and_are_told(door: Door) -> None:
    door.come_in(door.invite())
    for _ in range(5):
        with pytest.raises(SignInRefusedError):
            door.door.with_password("lisa", OTHER, where=HERE)
    with pytest.raises(SignInRefusedError):
        door.door.with_password("lisa", PASSWORD, where=HERE)
    assert any("locked after failures" in act and HERE in act for act in door.acts())
    door.clock.advance(minutes=15)
    assert door.door.with_password("LISA ", PASSWORD, where=HERE)


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(door: Door) -> None:
    session = door.come_in(door.invite())
    assert session.lacks == "factor"
    cookie = door.door.with_password("lisa", PASSWORD, where=HERE)
    fresh = door.session(cookie)
    address = door.door.new_factor(fresh)
    fresh = door.session(cookie)
    assert door.door.new_factor(fresh) == address  # loading the page again changes nothing
    factor = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    with pytest.raises(UsageError, match="not that of this second factor"):
        door.door.set_factor(fresh, "000000", where=HERE)
    door.door.set_factor(fresh, factor.at(door.clock.now()), where=HERE)
    assert door.session(cookie).lacks == ""

    again = door.session(door.door.with_password("lisa", PASSWORD, where=HERE))
    assert again.lacks == "code"
    with pytest.raises(RefusedError, match="there is a second factor already"):
        door.door.new_factor(again)
    with pytest.raises(SignInRefusedError, match="used already"):
        door.door.with_code(again, factor.at(door.clock.now()), where=HERE)
    door.clock.advance(seconds=30)
    door.door.with_code(again, factor.at(door.clock.now()), where=HERE)
    with pytest.raises(SignInRefusedError):
        door.door.with_code(again, factor.at(door.clock.now()), where=HERE)


def test_wrong_codes_lock_as_wrong_passwords_do(door: Door) -> None:
    cookie = door.door.accept(door.invite(), PASSWORD, where=HERE)
    address = door.door.new_factor(door.session(cookie))
    factor = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    door.door.set_factor(door.session(cookie), factor.at(door.clock.now()), where=HERE)
    again = door.session(door.door.with_password("lisa", PASSWORD, where=HERE))
    door.clock.advance(seconds=60)
    for _ in range(5):
        with pytest.raises(SignInRefusedError):
            door.door.with_code(again, "000000", where=HERE)
    with pytest.raises(SignInRefusedError):
        door.door.with_code(again, factor.at(door.clock.now()), where=HERE)


def test_the_password_alone_buys_no_new_guesses_of_the_code(door: Door) -> None:
    cookie = door.door.accept(door.invite(), PASSWORD, where=HERE)
    address = door.door.new_factor(door.session(cookie))
    factor = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    door.door.set_factor(door.session(cookie), factor.at(door.clock.now()), where=HERE)
    door.clock.advance(seconds=60)
    for _ in range(5):
        again = door.session(door.door.with_password("lisa", PASSWORD, where=HERE))
        with pytest.raises(SignInRefusedError):
            door.door.with_code(again, "000000", where=HERE)
    with pytest.raises(SignInRefusedError):
        door.door.with_password("lisa", PASSWORD, where=HERE)


def test_a_session_ends_unused_and_after_a_working_day(door: Door) -> None:
    idle = door.door.accept(door.invite(), PASSWORD, where=HERE)
    door.clock.advance(minutes=31)
    assert door.door.session(idle) is None
    used = door.door.with_password("lisa", PASSWORD, where=HERE)
    begun = door.clock.now()
    while door.clock.now() - begun < timedelta(hours=10) - timedelta(minutes=20):
        door.clock.advance(minutes=20)
        assert door.door.session(used) is not None
    door.clock.advance(minutes=20)
    assert door.door.session(used) is None


def test_disabling_signs_out_and_keeps_the_name(door: Door) -> None:
    cookie = door.door.accept(door.invite(), PASSWORD, where=HERE)
    door.people.disable("lisa", reason="left the agency", by="Frank")
    assert door.door.session(cookie) is None
    with pytest.raises(SignInRefusedError):
        door.door.with_password("lisa", PASSWORD, where=HERE)
    with pytest.raises(UsageError, match="somebody's name already"):
        door.invite("lisa2", "LISA  simpson")


def test_nobody_raises_themselves_and_an_administrator_always_remains(door: Door) -> None:
    door.come_in(door.invite("frank", "Frank Grimes", Role.ADMINISTRATOR))
    with pytest.raises(RefusedError, match="nobody changes their own roles"):
        door.people.change("frank", roles=[Role.OFFICER], by="frank  GRIMES")
    with pytest.raises(RefusedError, match="last active administrator"):
        door.people.change("frank", roles=[Role.OFFICER], by="Somebody Else")
    with pytest.raises(RefusedError, match="last active administrator"):
        door.people.disable("frank", reason="x", by="Somebody Else")


def test_a_new_code_takes_password_and_second_factor_back(door: Door) -> None:
    cookie = door.door.accept(door.invite(), PASSWORD, where=HERE)
    address = door.door.new_factor(door.session(cookie))
    factor = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    door.door.set_factor(door.session(cookie), factor.at(door.clock.now()), where=HERE)
    code = door.people.invite_again("lisa", by="Frank").code
    assert door.door.session(cookie) is None
    with pytest.raises(SignInRefusedError):
        door.door.with_password("lisa", PASSWORD, where=HERE)
    assert door.session(door.door.accept(code, OTHER, where=HERE)).lacks == "factor"


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "lisa simpson 1", "x" * 1001])
def test_a_weak_password_is_refused_with_what_to_do(tmp_path: Path, weak: str) -> None:
    with make_archive(tmp_path) as archive:
        door = made(archive, FakeClock())
        with pytest.raises(UsageError, match="password"):
            door.door.accept(door.invite(), weak, where=HERE)


def test_no_secret_is_in_the_database(door: Door) -> None:
    code = door.invite()
    cookie = door.door.accept(code, PASSWORD, where=HERE)
    address = door.door.new_factor(door.session(cookie))
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    door.door.set_factor(door.session(cookie), pyotp.TOTP(secret).at(door.clock.now()), where=HERE)
    held = door.dump()
    for canary in (code, PASSWORD, cookie, secret):
        assert canary not in held
    assert "Lisa Simpson" in held


def test_the_key_is_a_private_file_and_another_key_opens_nothing(tmp_path: Path) -> None:
    with make_archive(tmp_path) as archive:
        box = secret_box.opened(archive.credentials, archive.secrets)
        place = archive.credentials.place("archiver", "web-key")
        assert place.stat().st_mode & 0o777 == 0o600
        locked = box.lock("JBSWY3DPEHPK3PXP")
        assert secret_box.opened(archive.credentials, archive.secrets).unlock(locked)
        place.unlink()
        other = secret_box.opened(archive.credentials, archive.secrets)
        with pytest.raises(StoreError, match="restore it from a backup"):
            other.unlock(locked)
