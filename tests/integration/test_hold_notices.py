"""Custodians get the notice at their own addresses, from a real mail server on loopback.

Every test of an archive runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from archiver import wiring
from archiver.desk.hold_notices import BY_ITSELF
from archiver.desk.hold_order import HoldOrder
from archiver.desk.hold_reviews import HOLD_REVIEW, settle
from archiver.errors import NotFoundError, UsageError
from archiver.model.custodians import address_of, is_faulty, merged, name_of
from archiver.model.queries.hold_checks import disagreements
from archiver.notify.base import NotifyError
from archiver.notify.mail import MailServer
from retention.facts import Scope
from tests.support.archive import approved, make_archive
from tests.support.clock import FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Stage
from tests.support.terminal import Terminal
from tests.unit.archiver.notify.test_mail import (
    Mailbox,
    mailbox,  # noqa: F401 - a fixture
    plain,  # noqa: F401 - a fixture
)

ATTORNEY, NAME = "City Attorney", "smith"
LOU, MARGE = "Officer Lou <lou@springfieldpd.example>", "Marge <marge@refused.example>"
OFFICE = "records@springfieldpd.example"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    plain: MailServer,  # noqa: F811
) -> Iterator[Stage]:
    """An archive that mails to the records office; its one account's custodian is "Records
    Clerk", without an address."""
    with fresh_database(request.param, request) as url:
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": url},
            "alarms": {
                "mail": {
                    "host": plain.host,
                    "port": plain.port,
                    "starttls": False,
                    "sender": "archive@springfieldpd.example",
                    "recipients": [OFFICE],
                }
            },
        }
        clock = FakeClock()
        with make_archive(tmp_path, clock=clock, sections=sections) as archive:
            approved(archive, "x", "springfieldpd", slug="spd-x")
            yield Stage(archive, clock, ())


def place(on: Stage, *custodians: str) -> None:
    order = HoldOrder(
        matter="Smith v. Springfield",
        issuer=ATTORNEY,
        scope=Scope(accounts=("spd-x",)),
        custodians=custodians,
        name=NAME,
    )
    on.archive.holds.place(order)


def letters(box: Mailbox) -> list[tuple[list[str], EmailMessage]]:
    """What the server took so far: to whom, and what; it forgets them."""
    found = []
    for envelope in box.envelopes:
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        found.append((list(envelope.rcpt_tos), parsed))
    box.envelopes.clear()
    return found


def last_event(on: Stage) -> Any:
    return on.archive.holds.history(NAME)[-1]


# -- how a custodian is written ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("Records Clerk", "Records Clerk", ""),
        ("Officer Lou <lou@spd.example>", "Officer Lou", "lou@spd.example"),
        ("Wiggum, Clancy <chief@spd.example>", "Wiggum, Clancy", "chief@spd.example"),
        ('"Lou" <lou@spd.example>', "Lou", "lou@spd.example"),
        ("lou@spd.example", "lou@spd.example", "lou@spd.example"),
        ("<lou@spd.example>", "lou@spd.example", "lou@spd.example"),
        ("Officer Lou (desk)", "Officer Lou (desk)", ""),
    ],
)
def test_a_custodian_is_a_name_with_or_without_an_address(
    written: str, name: str, address: str
) -> None:
    assert (name_of(written), address_of(written)) == (name, address)
    assert not is_faulty(written)


@pytest.mark.parametrize(
    "written", ["Lou <lou>", "Lou lou@spd.example", "Lou <a@b@c>", "Lou <lou@spd.example", "@lou"]
)
def test_an_address_that_cannot_be_used_is_noticed(written: str) -> None:
    assert is_faulty(written) or address_of(written) == "lou@spd.example"


def test_a_bare_name_goes_where_it_has_an_address_and_namesakes_stay_two() -> None:
    assert merged(["Lou", LOU, "lou", "officer lou"]) == ("Lou", LOU, "lou")
    two = ("Lou <a@spd.example>", "Lou <b@spd.example>")
    assert merged([*two, "Lou"]) == two


# -- giving notice ----------------------------------------------------------------------------


def test_each_custodian_with_an_address_gets_a_letter_alone(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    place(stage, LOU, "Lisa <lisa@springfieldpd.example>")
    told = stage.archive.holds.notify(NAME, actor=ATTORNEY)
    lou, lisa, office = letters(mailbox)
    assert (lou[0], lisa[0]) == (["lou@springfieldpd.example"], ["lisa@springfieldpd.example"])
    assert office[0] == [OFFICE]
    assert lou[1].get_content().startswith("For: Officer Lou\r\n\r\nDuty to preserve")
    assert "lisa" not in lou[1].as_string()
    assert "Duty to preserve records: Smith v. Springfield" in lou[1]["Subject"]
    assert len({each["Message-ID"] for _, each in (lou, lisa, office)}) == 3
    assert "No address, hand it to: Records Clerk." in office[1].get_content()
    assert told.by_hand == ("Records Clerk",)
    detail = last_event(stage).detail
    assert detail["written_to"] == [LOU, "Lisa <lisa@springfieldpd.example>"]
    assert detail["no_address"] == ["Records Clerk"]
    assert detail["not_reached"] == []
    assert stage.archive.holds.get(NAME).untold == ()
    with stage.database.read() as connection:
        assert list(disagreements(connection)) == []


def test_a_custodian_whose_server_refuses_stays_untold(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    place(stage, LOU, MARGE)
    told = stage.archive.holds.notify(NAME, actor=ATTORNEY)
    [(person, why)] = told.letters.not_reached
    assert person == MARGE
    assert "refused every recipient: marge@refused.example" in why
    standing = stage.archive.holds.get(NAME)
    assert standing.untold == (MARGE,)
    assert standing.waiting_for == (LOU, "Records Clerk")
    office = letters(mailbox)[-1][1].get_content()
    assert f"Could not be written to: {MARGE}." in office


def test_a_custodian_confirms_by_name_address_or_both(stage: Stage) -> None:
    place(stage, LOU, "Lou <a@spd.example>", "Lou <b@spd.example>")
    book = stage.archive.holds
    book.notify(NAME, actor=ATTORNEY)
    assert LOU not in book.acknowledge(NAME, "officer lou").waiting_for
    assert "Lou <a@spd.example>" not in book.acknowledge(NAME, "A@spd.example").waiting_for
    with pytest.raises(NotFoundError, match="Lou is no custodian"):
        book.acknowledge(NAME, "Lou")


def test_an_address_that_is_added_later_takes_the_names_place(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    place(stage)
    clerk = "Records Clerk <clerk@springfieldpd.example>"
    wider = stage.archive.holds.widen(
        NAME, actor=ATTORNEY, reason="has mail now", custodians=[clerk]
    )
    assert wider.entry.custodians == (clerk,)
    stage.archive.holds.notify(NAME, actor=ATTORNEY)
    assert letters(mailbox)[0][0] == ["clerk@springfieldpd.example"]


def test_an_address_that_cannot_be_used_is_refused_and_a_registrys_one_is_no_hindrance(
    stage: Stage,
) -> None:
    with pytest.raises(UsageError, match='"Lou <lou>" has no mail address that can be used'):
        place(stage, "Lou <lou>")
    approved(stage.archive, "x", "fire", slug="fire-x", custodian="Fire Clerk <nowhere>")
    order = HoldOrder(matter="Fire", issuer=ATTORNEY, scope=Scope(accounts=("fire-x",)))
    assert stage.archive.holds.place(order).entry.custodians == ("Fire Clerk <nowhere>",)


# -- reminding --------------------------------------------------------------------------------


def test_only_those_who_have_not_confirmed_are_reminded(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    place(stage, LOU, "Lisa <lisa@springfieldpd.example>")
    book = stage.archive.holds
    with pytest.raises(UsageError, match="nobody who was told"):
        book.notices.remind(NAME, actor=ATTORNEY)
    book.notify(NAME, actor=ATTORNEY, text="Keep the tapes.")
    book.acknowledge(NAME, "Lisa")
    letters(mailbox)
    told = book.notices.remind(NAME, actor=ATTORNEY)
    [(to, mail)] = letters(mailbox)
    assert to == ["lou@springfieldpd.example"]
    assert "Reminder" in mail["Subject"]
    assert "have not confirmed it" in mail.get_content()
    assert "Keep the tapes." in mail.get_content()  # the notice that was given last
    assert told.by_hand == ("Records Clerk",)
    event = last_event(stage)
    assert event.action == "reminded"
    assert (event.detail["written_to"], event.detail["no_address"]) == ([LOU], ["Records Clerk"])
    assert book.get(NAME).waiting_for == (LOU, "Records Clerk")


def test_the_daemons_reminders_go_out_weekly_until_the_custodian_confirms(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    place(stage, LOU)
    notices = stage.archive.holds.notices
    assert notices.remind_due() == []
    stage.archive.holds.notify(NAME, actor=ATTORNEY)
    letters(mailbox)
    stage.later(days=6)
    assert (notices.remind_due(), letters(mailbox)) == ([], [])
    stage.later(days=1)
    assert notices.remind_due() == []
    assert [to for to, _ in letters(mailbox)] == [["lou@springfieldpd.example"]]
    assert last_event(stage).actor == BY_ITSELF
    assert (notices.remind_due(), letters(mailbox)) == ([], [])
    stage.later(days=7)
    notices.remind_due()
    assert len(letters(mailbox)) == 1
    stage.archive.holds.acknowledge(NAME, "Officer Lou")
    stage.later(days=7)
    assert (notices.remind_due(), letters(mailbox)) == ([], [])


def test_people_are_told_of_a_custodian_who_does_not_confirm(stage: Stage) -> None:
    def alarms() -> list[str]:
        with stage.database.write() as connection:
            settle(
                connection,
                now=stage.clock.now(),
                zone=stage.archive.settings.sections.agency.zone,
            )
        return stage.alarms()

    place(stage, LOU)
    stage.archive.holds.notify(NAME, actor=ATTORNEY)
    stage.later(days=13)
    assert alarms() == []
    stage.archive.holds.notices.remind(NAME, actor=ATTORNEY)
    stage.later(days=1)
    assert alarms() == [HOLD_REVIEW]
    told = stage.value("SELECT text FROM alarms")
    assert f"have not confirmed a notice: {NAME} (Smith v. Springfield): {LOU}" in told
    for person in (LOU, "Records Clerk"):
        stage.archive.holds.acknowledge(NAME, person)
    assert alarms() == []


def test_a_reminder_that_nobody_takes_is_told_and_tried_again(
    stage: Stage,
    mailbox: Mailbox,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place(stage, LOU)
    stage.archive.holds.notify(NAME, actor=ATTORNEY)
    stage.later(days=8)
    letters(mailbox)

    async def away(*_: object) -> str:
        return "451 come again"

    with monkeypatch.context() as patch:
        patch.setattr(mailbox, "handle_DATA", away)
        [problem] = stage.archive.holds.notices.remind_due()
        assert "nobody was told" in problem
        with pytest.raises(NotifyError, match="451 come again"):
            stage.archive.holds.notices.remind(NAME, actor=ATTORNEY)
    assert last_event(stage).action == "notice given"
    stage.later(days=1)
    assert stage.archive.holds.notices.remind_due() == []
    assert len(letters(mailbox)) == 1


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_command_line_says_who_was_written_to(
    stage: Stage,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "SystemClock", lambda: stage.clock)
    type_ = Terminal(stage.archive.settings.home, capsys, monkeypatch)
    place(stage, LOU, MARGE)
    given = type_("holds", "notice", NAME, "--by", ATTORNEY)
    assert given.code == 1
    assert f"{LOU}: sent" in given.out
    assert f"{MARGE}: the mail server" in given.out
    assert f"Hand this text to: {MARGE}, Records Clerk." in given.out
    reminded = type_("holds", "remind", NAME, "--by", ATTORNEY)
    assert reminded.code == 0
    assert f"{LOU}: sent" in reminded.out
    history = type_("holds", "show", NAME).out
    assert f"written to {LOU}" in history
    assert "without an address: Records Clerk" in history
