"""Requests for records, from intake to closing, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from archiver.cli.main import run
from archiver.desk.letters import LETTERS, write_letter
from archiver.desk.requests import Intake, RequestKind, RequestStanding
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries import ledger
from archiver.wiring import Archive, initialise, opened
from retention.facts import HoldKind, Scope
from tests.support.archive import make_settings, propose
from tests.support.clock import FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)

CLERK = "Records Clerk"
COUNSEL = "City Attorney"
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # a Tuesday; Thanksgiving is on Thursday


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(clock: FakeClock, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with fresh_database(request.param, request) as url:
        sections = {
            "agency": {"timezone": "America/Los_Angeles", "state": "WA"},
            "database": {"url": url},
        }
        settings = make_settings(tmp_path, sections=sections)
        initialise(settings)
        with opened(settings, clock=clock) as made:
            yield made


def ask(archive: Archive, **changed: object) -> RequestStanding:
    fields: dict[str, object] = {
        "requester": "Marge Simpson",
        "text": "All posts about the parade",
        "received_at": NOON,
        **changed,
    }
    return archive.requests.open(Intake(**fields), by=CLERK)  # type: ignore[arg-type]


def test_a_request_gets_a_number_a_route_and_the_states_deadline(archive: Archive) -> None:
    standing = ask(archive)
    assert standing.entry.number == "2026-0001"
    assert standing.entry.routed_to == "records clerk"
    assert standing.next is not None
    # RCW 42.56.520: five business days; Thanksgiving and the day after are state holidays.
    assert standing.next.due == date(2026, 12, 3)
    assert ask(archive).entry.number == "2026-0002"


def test_what_the_law_will_ask_for_is_told_before_a_request_is_taken_in(archive: Archive) -> None:
    foreseen = archive.requests.foreseen(RequestKind.PUBLIC, date(2026, 11, 24))
    assert archive.requests.all() == []
    assert ask(archive).deadlines == foreseen


def test_the_list_has_each_request_with_its_own_history(archive: Archive) -> None:
    first, second = ask(archive).entry.number, ask(archive).entry.number
    archive.requests.pause(first, by=CLERK, reason="asked which year")
    archive.requests.close(second, "withdrawn", by=CLERK)
    assert [each.entry.number for each in archive.requests.all(open_only=True)] == [first]
    everything = archive.requests.all()
    assert everything == [archive.requests.get(each) for each in (first, second)]


def test_the_day_of_receipt_is_the_agencys_own(archive: Archive) -> None:
    late_evening = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # still the 23rd in Seattle
    assert ask(archive, received_at=late_evening).entry.received_on == date(2026, 11, 23)


def test_the_policys_routes(archive: Archive) -> None:
    data = ask(archive, kind=RequestKind.DATA_SUBJECT)
    press = ask(
        archive, kind=RequestKind.MEDIA, contact="kent@news.example", press_deadline="today, 5 pm"
    )
    assert data.entry.routed_to == "data practices authority"
    assert press.entry.routed_to == "communications director"
    assert press.history[0].detail["press_deadline"] == "today, 5 pm"


def test_the_media_must_leave_a_contact_and_a_deadline(archive: Archive) -> None:
    with pytest.raises(UsageError, match="a contact and the deadline of the press"):
        ask(archive, kind=RequestKind.MEDIA)


def test_the_clock_stops_and_runs_again(archive: Archive, clock: FakeClock) -> None:
    number = ask(archive).entry.number
    paused = archive.requests.pause(number, by=CLERK, reason="Which parade?")
    assert paused.paused
    assert paused.next is None
    with pytest.raises(RefusedError, match="stands already"):
        archive.requests.pause(number, by=CLERK, reason="again")
    clock.advance(days=6)
    running = archive.requests.resume(number, by=CLERK, reason="She answered.")
    assert running.next is not None
    assert running.next.due == date(2026, 12, 7)


def test_an_extension_that_the_law_does_not_know_is_refused(archive: Archive) -> None:
    number = ask(archive).entry.number
    with pytest.raises(RefusedError, match="know no extension"):
        archive.requests.extend(number, 5, by=CLERK, reason="Many posts")


def test_a_request_is_late_after_its_day_unless_the_deadline_was_met(
    archive: Archive, clock: FakeClock
) -> None:
    number = ask(archive).entry.number
    clock.advance(days=20)
    assert archive.requests.get(number).late
    met = archive.requests.meet(number, "respond", by=CLERK, how="acknowledged with estimate")
    assert not met.late
    with pytest.raises(NotFoundError, match="there are: respond"):
        archive.requests.meet(number, "produce", by=CLERK, how="x")


def test_what_it_touches_is_frozen_until_it_is_closed(archive: Archive) -> None:
    account = propose(archive, "x", "springfieldpd")
    number = ask(archive).entry.number
    frozen = archive.requests.freeze(number, Scope(accounts=(account.slug,)), by=CLERK)
    hold = archive.holds.get(frozen.entry.hold)
    assert hold.entry.kind is HoldKind.REQUEST
    archive.requests.freeze(number, Scope(words=("parade",)), by=CLERK)
    assert len(archive.holds.get(frozen.entry.hold).entry.scopes) == 2
    closed, stays = archive.requests.close(number, "produced", by=COUNSEL)
    assert closed.entry.state == "closed"
    assert stays == ""
    released = archive.holds.get(frozen.entry.hold).entry
    assert released.released_by == COUNSEL
    assert released.tail_days == 60


def test_who_froze_it_cannot_release_it_alone(archive: Archive) -> None:
    account = propose(archive, "x", "springfieldpd")
    number = ask(archive).entry.number
    frozen = archive.requests.freeze(number, Scope(accounts=(account.slug,)), by=CLERK)
    _, stays = archive.requests.close(number, "produced", by=CLERK)
    assert "somebody else must release it" in stays
    assert archive.holds.get(frozen.entry.hold).entry.released_on is None


def test_a_closed_request_stays_closed(archive: Archive) -> None:
    number = ask(archive).entry.number
    archive.requests.close(number, "withdrawn", by=CLERK)
    with pytest.raises(RefusedError, match="is closed"):
        archive.requests.note(number, "more", by=CLERK)


def test_every_act_is_in_the_ledger_without_the_requesters_words(archive: Archive) -> None:
    number = ask(archive).entry.number
    archive.requests.note(number, "Marge called", by=CLERK)
    archive.requests.close(number, "produced", by=CLERK)
    with archive.database.read() as connection:
        lines = [each for each in ledger.lines(connection) if each.kind == "request"]
    assert [json.loads(each.body)["action"] for each in lines] == ["received", "noted", "closed"]
    assert not any("Marge" in each.body or "parade" in each.body for each in lines)


def test_letters_name_the_number_the_day_and_the_law(archive: Archive, tmp_path: Path) -> None:
    standing = ask(archive)
    text, _ = write_letter(
        "acknowledgement", standing, agency="Springfield PD", today="2026-11-24", writer=CLERK,
        home=tmp_path,
    )  # fmt: skip
    for told in ("2026-0001", "Marge Simpson", "2026-12-03", "RCW 42.56.520", "parade"):
        assert told in text


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_can_be_written(name: str, archive: Archive, tmp_path: Path) -> None:
    number = ask(archive).entry.number
    archive.requests.close(number, "denied", by=CLERK)
    standing = archive.requests.get(number)
    text, _ = write_letter(
        name, standing, agency="PD", today="2026-11-24", writer=CLERK, home=tmp_path,
        facts={"reason": "because of the law"},
    )  # fmt: skip
    assert number in text
    assert "{" not in text
    assert "\n\n\n\n" not in text
    assert all(len(line) < 100 for line in text.splitlines())


def test_a_letter_that_lacks_a_fact_is_refused(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reason"):
        write_letter(
            "denial", ask(archive), agency="PD", today="2026-11-24", writer=CLERK, home=tmp_path
        )


def test_the_agencys_own_letter_takes_the_place_of_ours(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "closing.txt").write_text("Bye {{ requester }}")
    standing = ask(archive)
    text, _ = write_letter(
        "closing", standing, agency="PD", today="2026-11-24", writer=CLERK, home=tmp_path
    )
    assert text == "Bye Marge Simpson"


def test_a_template_cannot_reach_out_of_its_sandbox(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "closing.txt").write_text("{{ number.__class__.__mro__ }}")
    with pytest.raises(UsageError, match="could not be written"):
        write_letter(
            "closing", ask(archive), agency="PD", today="2026-11-24", writer=CLERK, home=tmp_path
        )


def test_the_command_line_walks_a_request_from_intake_to_closing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(tmp_path, sections={"agency": {"state": "WA"}})
    initialise(settings)
    home = ["--home", str(settings.home)]
    steps = [
        ["request", "open", "All posts", "--requester", "Lisa", "--by", CLERK],
        ["request", "acknowledge", "2026-0001", "--by", CLERK],
        ["request", "letter", "2026-0001", "acknowledgement", "--by", CLERK],
        ["request", "pause", "2026-0001", "--reason", "Which?", "--by", CLERK],
        ["request", "resume", "2026-0001", "--reason", "All.", "--by", CLERK],
        ["request", "meet", "2026-0001", "--deadline", "respond", "--how", "sent", "--by", CLERK],
        ["request", "list"],
        ["request", "close", "2026-0001", "--outcome", "produced", "--by", CLERK],
        ["request", "show", "2026-0001"],
        ["request", "productions"],
    ]
    year = datetime.now(tz=UTC).year  # the command line goes by the real clock
    for step in steps:
        assert run([*home, *(each.replace("2026-", f"{year}-") for each in step)]) == 0, step
    said = capsys.readouterr().out
    assert f"{year}-0001" in said
    assert "RCW 42.56.520" in said
    assert run([*home, "request", "show", "1999-1"]) == 2
    assert "there is no request" in capsys.readouterr().err
