"""Holds over a whole archive: what they catch, who may end them, what nobody can undo.

Every test runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver.capture import step as step_module
from archiver.capture.recover import recover
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.desk.hold_order import HoldOrder
from archiver.desk.hold_reviews import HOLD_REVIEW, settle
from archiver.desk.hold_standing import HoldStanding
from archiver.desk.holds import refuse_if_held
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries import holds
from archiver.model.queries.hold_checks import disagreements
from archiver.model.queries.holds import held_count, open_holds_on
from archiver.notify.base import Notice, NotifyError
from archiver.wiring import initialise, opened
from connectors.base import Window
from retention.facts import HoldKind, Scope
from retention.hold import reaches
from tests.support.archive import make_settings
from tests.support.clock import FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
)

ATTORNEY, CHIEF = "City Attorney", "Chief Wiggum"
TODAY = date(2026, 11, 24)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql")),
    ]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """A new archive on each database, its clock standing still."""
    with fresh_database(request.param, request) as url:
        sections = {
            "database": {"url": url},
            "agency": {"timezone": "America/Chicago"},
        }
        settings = make_settings(tmp_path, sections=sections, confirm_after="0s")
        initialise(settings)
        clock = FakeClock()
        with opened(settings, clock=clock) as archive:
            yield Stage(archive, clock, boards)
        for board in boards:
            board.current = None


@pytest.fixture
def site(stage: Stage) -> WordPressSimulator:
    """A captured site, "wp", with three posts."""
    made = stage.wordpress()
    made.publish("Roads", "<p>The pothole on Main Street is filled.</p>")
    made.publish("Snow", "<p>Parking ban from Monday.</p>")
    made.publish("Visit", "<p>Station tours on Friday.</p>")
    stage.capture("wp")
    return made


def place(on: Stage, matter: str = "Smith v. Springfield", **changed: Any) -> HoldStanding:
    """Place a hold, by default on the account "wp"."""
    fields = {"issuer": ATTORNEY, "scope": Scope(accounts=("wp",)), **changed}
    return on.archive.holds.place(HoldOrder(matter=matter, **fields))


def held(on: Stage, name: str) -> set[str]:
    """The platform ids that a hold has matched."""
    rows = on.rows(
        "SELECT r.platform_id FROM hold_matches m JOIN records r ON r.id = m.record_id "
        "JOIN holds h ON h.id = m.hold_id WHERE h.name = :name",
        name=name,
    )
    return {row.platform_id for row in rows}


def number(on: Stage, post: int | str) -> int:
    """The record's number."""
    return int(on.record(str(post)).id)


def holds_on(on: Stage, post: int | str) -> list[str]:
    """The names of the holds that bind a record today."""
    record_id = number(on, post)
    with on.database.read() as connection:
        found = open_holds_on(connection, [record_id], day=on.archive.holds.today())
    return [hold.id for hold in found.get(record_id, [])]


# -- what it catches --------------------------------------------------------------------------


def test_a_hold_by_words_catches_old_texts_and_what_has_vanished(
    stage: Stage, site: WordPressSimulator
) -> None:
    edited = site.publish("Road", "<p>Another POTHOLE, near Elm.</p>")
    gone = site.publish("Gone", "<p>Who dug this pothole?</p>")
    near = site.publish("Near", "<p>Potholes and a pot hole are other words.</p>")
    stage.capture("wp")
    stage.later(minutes=20)
    site.edit(edited, content="<p>All is well near Elm.</p>")
    site.delete(gone)
    stage.capture("wp")
    assert stage.record(str(gone)).presence != "present"

    placed = place(stage, scope=Scope(words=("pothole",)))

    first = stage.value(
        "SELECT platform_id FROM records r JOIN versions v ON v.id = r.version_id "
        "WHERE v.words LIKE '%Main Street%'"
    )
    assert held(stage, placed.entry.name) == {first, str(edited), str(gone)}
    assert placed.records == 3
    assert str(near) not in held(stage, placed.entry.name)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("jose", "Ask José about it"),
        ("José", "Ask jose about it"),
        ("pothole", "See https://springfield.gov/pothole/4 for more"),
        ("the who", "Tickets for The Who"),  # nothing but stop words
        ("urgent", "𝐔𝐑𝐆𝐄𝐍𝐓 notice"),
        ("neill", "Officer O'Neill was there"),
        ("jones", "#Jones_2024"),
        ("警察", "市警察署からのお知らせ"),
        ("strasse", "Sperrung der Hauptstraße, Strasse 4 und Straße 5"),
        ("🔥", "Traffic 🔥 again"),
        ("running", "He was Running-late"),
        ("e-mail us", "Just e mail us today"),
        ("$50", "The fine is $50."),
    ],
)
def test_words_are_found_that_a_full_text_index_does_not_find(
    stage: Stage, word: str, words: str
) -> None:
    site = stage.wordpress()
    post = site.publish("Title", f"<p>{words}</p>")
    site.publish("Other", "<p>Parking ban from Monday.</p>")
    stage.capture("wp")
    placed = place(stage, scope=Scope(words=(word,)))
    assert held(stage, placed.entry.name) == {str(post)}


def test_records_that_come_later_are_caught_as_they_are_committed(
    stage: Stage, site: WordPressSimulator
) -> None:
    name = place(stage, scope=Scope(words=("evidence",))).entry.name
    assert held(stage, name) == set()
    stage.later(minutes=20)
    new = site.publish("New", "<p>We have the evidence.</p>")
    other = site.publish("Other", "<p>Nothing to see.</p>")
    stage.capture("wp", Window.NEW)
    assert held(stage, name) == {str(new)}
    stage.later(minutes=20)
    site.edit(other, content="<p>There was evidence.</p>")
    stage.capture("wp")
    assert held(stage, name) == {str(new), str(other)}
    stage.later(minutes=20)
    site.edit(new, content="<p>Nothing.</p>")  # the edit does not free it
    stage.capture("wp")
    assert held(stage, name) == {str(new), str(other)}
    assert holds_on(stage, new) == [name]
    stage.assert_verifies()


def test_a_step_that_a_crash_left_is_caught_when_it_is_recovered(
    stage: Stage, site: WordPressSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Crash

    name = place(stage, scope=Scope(words=("crash",))).entry.name
    new = site.publish("New", "<p>A crash on Elm Street.</p>")
    with monkeypatch.context() as patch:
        patch.setattr(step_module, "commit", die)
        with pytest.raises(Crash):
            stage.archive.captures.capture("wp", Window.NEW)
    assert held(stage, name) == set()

    assert len(recover(stage.archive.captures).committed) == 1

    assert held(stage, name) == {str(new)}


def test_a_hold_on_an_account_a_department_or_everything_catches_all_of_it(
    stage: Stage, site: WordPressSimulator
) -> None:
    feed = stage.feed(slug="pod")
    feed.publish("Episode 1", "<p>Hello.</p>")
    stage.capture("pod")
    everything = stage.value("SELECT count(*) FROM records")
    of_site = stage.value(
        "SELECT count(*) FROM records r JOIN accounts a ON a.id = r.account_id WHERE a.slug = 'wp'"
    )
    assert 0 < of_site < everything
    assert place(stage).records == of_site
    assert place(stage, scope=Scope(departments=("police",))).records == everything
    assert place(stage, scope=Scope(everything=True)).records == everything


def test_a_reclassification_frees_nothing(stage: Stage, site: WordPressSimulator) -> None:
    post = site.publish("Held", "<p>The pothole again.</p>")
    stage.capture("wp", Window.NEW)
    name = place(stage, scope=Scope(words=("pothole",))).entry.name
    for series in ("GS-1", "transitory"):
        with stage.database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO assignments (record_id, schedule, series, source, reason, actor, "
                    "at) SELECT :id, 'x', :series, 'person', 'r', 'Lou', placed_at FROM holds"
                ),
                {"id": number(stage, post), "series": series},
            )
        assert holds_on(stage, post) == [name]


def test_the_database_answers_as_the_pure_rule_does(stage: Stage, site: WordPressSimulator) -> None:
    """Days at the edges of the agency's time zone, unknown authors, every kind of limit."""
    x = stage.x()
    for hours in (0, 5, 6, 17, 18, 30, 42):
        stage.later(hours=hours)
        x.publish(f"Notice {hours}: the pothole on Elm" if hours % 2 else f"Notice {hours}")
    stage.capture("spd-x")
    rows = stage.rows(
        "SELECT r.*, a.slug, a.department, a.platform FROM records r "
        "JOIN accounts a ON a.id = r.account_id"
    )
    known = [_facts(stage, row) for row in rows]
    days = (date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27))
    scopes = [
        Scope(since=days[1]),
        Scope(until=days[0]),
        Scope(since=days[0], until=days[1], accounts=("spd-x",)),
        Scope(since=date.min, until=date.max),
        Scope(authors=(next(row.author_id for row in rows if row.author_id),)),
        Scope(authors=("501",), words=("pothole",)),
        Scope(accounts=("wp",), words=("pothole", "friday")),
        Scope(accounts=("wp",), words=("pothole",), picks=frozenset((rows[-1].id, rows[0].id))),
        Scope(accounts=("wp", "spd-x"), since=days[1], picks=frozenset((rows[0].id,))),
        Scope(picks=frozenset((rows[1].id,))),
        Scope(everything=True, words=("nothing",)),
    ]
    for scope in scopes:
        name = place(stage, scope=scope).entry.name
        got = {
            row.record_id
            for row in stage.rows(
                "SELECT record_id FROM hold_matches m JOIN holds h ON h.id = m.hold_id "
                "WHERE h.name = :name",
                name=name,
            )
        }
        assert got == {each.record_id for each in known if reaches(scope, each)}, scope
        assert stage.archive.holds.preview(scope).records == len(got), scope


def _facts(on: Stage, row: Any) -> Any:
    from archiver.model.tables import Utc  # the raw rows of SQLite hold times as text
    from retention.facts import Event, RecordFacts

    published = row.published_at
    if isinstance(published, str):
        published = Utc().process_result_value(published, on.database.engine.dialect)
    texts = on.rows("SELECT title, words FROM versions WHERE record_id = :id", id=row.id)
    zone = on.archive.settings.sections.agency.zone
    return RecordFacts(
        record_id=row.id,
        account=row.slug,
        platform=row.platform,
        kind=row.kind,
        department=row.department,
        author_id=row.author_id,
        words=" / ".join(f"{each.title} {each.words}" for each in texts),
        events={Event.CREATED: published.astimezone(zone).date()} if published else {},
    )


def test_a_preview_says_what_would_be_held_and_writes_nothing(
    stage: Stage, site: WordPressSimulator
) -> None:
    lines = stage.value("SELECT count(*) FROM ledger")
    seen = stage.archive.holds.preview(Scope(words=("pothole", "tours")))
    assert seen.records == 2
    assert [(a.account, a.records) for a in seen.accounts] == [("wp", 2)]
    assert {"pothole" in e.words or "tours" in e.words for e in seen.examples} == {True}
    assert stage.value("SELECT count(*) FROM holds") == 0
    assert stage.value("SELECT count(*) FROM ledger") == lines


# -- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"scope": Scope()}, UsageError, "must say what it reaches"),
        ({"scope": Scope(words=("!?",))}, UsageError, "no letter or figure"),
        ({"scope": Scope(authors=("  ",))}, UsageError, "no letter or figure"),
        ({"scope": Scope(accounts=("wpp",))}, NotFoundError, 'no account "wpp"; there are: wp'),
        ({"scope": Scope(departments=("Fire",))}, NotFoundError, "there are: Police"),
        ({"scope": Scope(picks=frozenset((999,)))}, NotFoundError, "no record number 999"),
        (
            {"scope": Scope(since=date(2026, 2, 1), until=date(2026, 1, 1))},
            UsageError,
            "no day lies between",
        ),
        ({"issuer": " "}, UsageError, "who issues it"),
        ({"anticipated_on": TODAY + timedelta(days=1)}, UsageError, "that is ahead"),
        ({"review_on": TODAY}, UsageError, "name a later day"),
        ({"name": "A hold"}, UsageError, "no name for a hold"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_placed(
    stage: Stage,
    site: WordPressSimulator,
    changed: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        place(stage, **changed)
    assert stage.value("SELECT count(*) FROM holds") == 0


def test_the_issuer_does_not_release_it_unless_the_settings_let_him(
    stage: Stage, site: WordPressSimulator
) -> None:
    name = place(stage).entry.name
    release = stage.archive.holds.release
    with pytest.raises(RefusedError, match="somebody else must release it"):
        release(name, actor="city  ATTORNEY", reason="settled")
    with pytest.raises(RefusedError, match="with a reason"):
        release(name, actor=CHIEF, reason=" ")
    assert stage.archive.holds.get(name).state == "open"
    done = release(name, actor=CHIEF, reason="settled")
    assert (done.binds, done.bound_through) == (True, TODAY)
    with pytest.raises(RefusedError, match=f"was released on {TODAY} by {CHIEF}"):
        release(name, actor=CHIEF, reason="again")


def test_no_account_department_or_archive_is_closed_while_a_hold_could_reach_it(
    stage: Stage, site: WordPressSimulator
) -> None:
    stage.feed(slug="pod")
    day = TODAY

    def refused(account: str = "", department: str = "", on: date = day) -> bool:
        with stage.database.write() as connection:
            try:
                refuse_if_held(connection, account, department=department, day=on)
            except RefusedError as error:
                return "Only counsel can release a hold" in str(error)
        return False

    assert not refused("wp")
    name = place(stage, scope=Scope(accounts=("wp",), words=("pothole",))).entry.name
    assert refused("wp")
    assert not refused("pod")
    assert refused(department="Police")
    assert refused()
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text("UPDATE accounts SET state = 'closed' WHERE slug = 'wp'"))
    stage.archive.holds.release(name, actor=CHIEF, reason="settled", tail_days=3)
    assert refused("wp", on=day + timedelta(days=3))
    assert not refused("wp", on=day + timedelta(days=4))
    with stage.database.write() as connection:
        connection.execute(text("UPDATE accounts SET state = 'closed' WHERE slug = 'wp'"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM holds",
        "DELETE FROM hold_matches",
        "UPDATE hold_matches SET record_id = record_id + 1",
        "DELETE FROM hold_events",
        "UPDATE hold_events SET actor = 'nobody'",
        "UPDATE holds SET matter = 'none'",
        "UPDATE holds SET issuer = 'somebody else'",
        "UPDATE holds SET scope = '{}'",
        "UPDATE holds SET anticipated_on = NULL",
        "UPDATE holds SET placed_on = '2030-01-01'",
        "UPDATE holds SET tail_days = 0",
        "UPDATE holds SET released_on = '2020-01-01', released_by = 'root'",
    ],
)
@pytest.mark.parametrize("released", [False, True])
def test_raw_sql_neither_ends_nor_shrinks_a_hold(
    stage: Stage, site: WordPressSimulator, statement: str, released: bool
) -> None:
    name = place(stage).entry.name
    if released:
        stage.archive.holds.release(name, actor=CHIEF, reason="settled", tail_days=30)
    before = stage.rows("SELECT * FROM holds"), held(stage, name)
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text(statement))
    assert (stage.rows("SELECT * FROM holds"), held(stage, name)) == before


def test_the_database_clears_no_deletion_of_a_held_record(
    stage: Stage, site: WordPressSimulator
) -> None:
    post = site.publish("Held", "<p>Held.</p>")
    stage.capture("wp", Window.NEW)
    name = place(stage).entry.name

    def enter(step: str, removal: str) -> None:
        with stage.database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO removals (record_id, request, step, removal, actor, rule, "
                    "reason, statement, at) SELECT :id, 'r', :step, :removal, 'Lou', '', 'spam', "
                    "'', placed_at FROM holds"
                ),
                {"id": number(stage, post), "step": step, "removal": removal},
            )

    enter("asked", "delete")
    enter("refused", "delete")
    with pytest.raises(DBAPIError, match="its removal is refused by the database"):
        enter("cleared", "delete")
    stage.archive.holds.release(name, actor=CHIEF, reason="settled")
    enter("cleared", "delete")


def test_replacing_a_row_ends_no_hold(stage: Stage, site: WordPressSimulator) -> None:
    place(stage)
    if stage.database.engine.dialect.name == "sqlite":
        statements = [
            "INSERT OR REPLACE INTO holds SELECT id, name, kind, matter, reason, issuer, "
            "custodians, scope, notice, placed_at, placed_on, anticipated_on, review_on, "
            "tail_days, '2020-01-01', 'root' FROM holds",
            "REPLACE INTO hold_matches SELECT hold_id, record_id, '2020' FROM hold_matches",
        ]
    else:
        statements = ["TRUNCATE hold_matches", "TRUNCATE holds CASCADE"]
    for statement in statements:
        with (
            pytest.raises(DBAPIError, match="refused by the database"),
            stage.database.write() as connection,
        ):
            connection.execute(text(statement))


# -- its life ---------------------------------------------------------------------------------


def test_a_record_under_two_holds_and_a_request_is_free_when_all_are_over(
    stage: Stage, site: WordPressSimulator
) -> None:
    post = site.publish("Stop", "<p>The traffic stop of Bart.</p>")
    stage.capture("wp", Window.NEW)
    release = stage.archive.holds.release
    first = place(stage, name="one").entry.name
    second = place(stage, scope=Scope(words=("Bart",)), name="two").entry.name
    picked = Scope(picks=frozenset((number(stage, post),)))
    asked = place(stage, kind=HoldKind.REQUEST, scope=picked, name="request")
    assert asked.entry.tail_days == 60
    assert holds_on(stage, post) == [first, second, "request"]

    release(first, actor=CHIEF, reason="settled")
    release("request", actor=CHIEF, reason="denied")
    stage.later(days=1)
    assert holds_on(stage, post) == [second, "request"]
    release(second, actor=CHIEF, reason="settled")
    stage.later(days=59)
    assert holds_on(stage, post) == ["request"]
    with stage.database.read() as connection:
        assert held_count(connection, day=stage.archive.holds.today()) == 1
    stage.later(days=1)
    assert holds_on(stage, post) == []
    with stage.database.read() as connection:
        assert held_count(connection, day=stage.archive.holds.today()) == 0
    assert [s.state for s in stage.archive.holds.all()] == ["over"] * 3


def test_a_hold_catches_new_records_through_its_tail_and_none_after_it(
    stage: Stage, site: WordPressSimulator
) -> None:
    name = place(stage).entry.name
    stage.archive.holds.release(name, actor=CHIEF, reason="denied", tail_days=2)
    stage.later(days=2)
    within = site.publish("Within", "<p>Within.</p>")
    stage.capture("wp", Window.NEW)
    stage.later(days=1)
    after = site.publish("After", "<p>After.</p>")
    stage.capture("wp", Window.NEW)
    assert str(within) in held(stage, name)
    assert str(after) not in held(stage, name)


def test_a_hold_only_ever_grows(stage: Stage, site: WordPressSimulator) -> None:
    name = place(stage, scope=Scope(accounts=("wp",), words=("pothole",))).entry.name
    before = held(stage, name)
    widen = stage.archive.holds.widen
    wider = widen(name, actor=ATTORNEY, reason="amended", scope=Scope(words=("tours",)))
    assert held(stage, name) > before
    assert [s.words for s in wider.entry.scopes] == [("pothole",), ("tours",)]
    stage.later(minutes=20)
    both = [
        site.publish("A", "<p>Another pothole</p>"),
        site.publish("B", "<p>More tours</p>"),
    ]
    stage.capture("wp", Window.NEW)
    assert {str(each) for each in both} < held(stage, name)
    with pytest.raises(UsageError, match="reaches that already"):
        widen(name, actor=ATTORNEY, reason="amended", scope=Scope(words=("tours",)))
    more = widen(name, actor=ATTORNEY, reason="new clerk", custodians=["Lou", "records clerk"])
    assert more.entry.custodians == ("Records Clerk", "Lou")


def test_custodians_are_told_and_confirm(stage: Stage, site: WordPressSimulator) -> None:
    book = stage.archive.holds
    name = place(stage, custodians=("Officer Lou",)).entry.name
    with pytest.raises(UsageError, match="was given no notice yet"):
        book.acknowledge(name, "Officer Lou")
    told = book.notify(name, actor=ATTORNEY)
    assert told.custodians == ("Officer Lou", "Records Clerk")
    assert "Do not delete, hide, edit" in told.text
    assert told.delivery.sent == ()  # no channel is set up: the text is handed over
    assert book.acknowledge(name, "officer lou").waiting_for == ("Records Clerk",)
    with pytest.raises(UsageError, match="has acknowledged smith-v-springfield already"):
        book.acknowledge(name, "Officer Lou")
    with pytest.raises(NotFoundError, match="they are: Officer Lou, Records Clerk"):
        book.acknowledge(name, "Apu")
    assert book.acknowledge(name, "Records Clerk", actor="Paralegal").waiting_for == ()
    book.notify(name, actor=ATTORNEY, text="Amended: also text messages.")
    assert book.get(name).waiting_for == ("Officer Lou", "Records Clerk")


class Channel:
    """A channel that keeps what it was given, or fails."""

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.name = name
        self.fails = fails
        self.sent: list[Notice] = []

    def send(self, notice: Notice) -> None:
        if self.fails:
            raise NotifyError("the server is away")
        self.sent.append(notice)


def test_a_notice_goes_through_the_channels_and_is_not_given_when_all_fail(
    stage: Stage, site: WordPressSimulator
) -> None:
    from archiver.desk.holds import Holds

    mail, hook = Channel("mail"), Channel("webhook", fails=True)
    agency = stage.archive.settings.sections.agency
    name = place(stage).entry.name
    told = Holds(stage.database, agency, stage.clock, [mail, hook]).notify(name, actor=ATTORNEY)
    assert told.delivery.sent == ("mail",)
    assert told.delivery.failed == (("webhook", "the server is away"),)
    [notice] = mail.sent
    assert "Smith v. Springfield" in notice.subject
    assert notice.body.startswith("For: Records Clerk\n\nDuty to preserve")
    given = len(stage.archive.holds.history(name))
    with pytest.raises(NotifyError, match="nobody was told: the server is away"):
        Holds(stage.database, agency, stage.clock, [hook]).notify(name, actor=ATTORNEY)
    assert len(stage.archive.holds.history(name)) == given


def test_a_due_review_alarms_until_somebody_reviews(stage: Stage, site: WordPressSimulator) -> None:
    name = place(stage, review_on=TODAY + timedelta(days=30)).entry.name
    zone = stage.archive.settings.sections.agency.zone

    def round_() -> list[str]:
        with stage.database.write() as connection:
            settle(connection, now=stage.clock.now(), zone=zone)
        return stage.alarms()

    stage.later(days=29)
    assert round_() == []
    stage.later(days=1)
    assert round_() == [HOLD_REVIEW]
    assert round_() == [HOLD_REVIEW]
    assert f"{name} (Smith v. Springfield) since 2026-12-24" in stage.value(
        "SELECT text FROM alarms"
    )
    assert stage.archive.holds.get(name).review_due
    stage.archive.holds.review(name, actor=ATTORNEY, note="Trial is set for May.")
    assert round_() == []
    stage.later(days=180)
    assert round_() == [HOLD_REVIEW]
    stage.archive.holds.release(name, actor=CHIEF, reason="settled")
    assert round_() == []


def test_every_act_is_in_its_history_and_in_the_ledger_which_verifies(
    stage: Stage, site: WordPressSimulator
) -> None:
    book = stage.archive.holds
    name = place(stage, anticipated_on=date(2026, 11, 20)).entry.name
    book.widen(name, actor=ATTORNEY, reason="amended", scope=Scope(words=("tours",)))
    book.notify(name, actor=ATTORNEY)
    book.acknowledge(name, "Records Clerk")
    book.review(name, actor=ATTORNEY, note="needed")
    book.release(name, actor=CHIEF, reason="settled")
    acts = ["placed", "widened", "notice given", "acknowledged", "reviewed", "released"]
    assert [event.action for event in book.history(name)] == acts
    lines = stage.rows("SELECT kind, body FROM ledger WHERE kind LIKE 'hold %' ORDER BY seq")
    assert [line.kind for line in lines] == [f"hold {act}" for act in acts]
    first, last = json.loads(lines[0].body), json.loads(lines[-1].body)
    assert (first["hold"], first["actor"], first["anticipated_on"]) == (
        "smith-v-springfield",
        ATTORNEY,
        "2026-11-20",
    )
    assert first["matched"] == book.get(name).records
    assert (last["actor"], last["reason"], last["tail_days"]) == (CHIEF, "settled", 0)
    with stage.database.read() as connection:
        assert list(disagreements(connection)) == []
    stage.assert_verifies()


def test_two_holds_of_one_matter_have_names_of_their_own(
    stage: Stage, site: WordPressSimulator
) -> None:
    names = [place(stage).entry.name for _ in range(3)]
    assert names == ["smith-v-springfield", "smith-v-springfield-2", "smith-v-springfield-3"]
    with pytest.raises(UsageError, match="already; choose another"):
        place(stage, name=names[0])


def test_what_is_forged_past_the_program_is_found_against_the_ledger(
    stage: Stage, site: WordPressSimulator
) -> None:
    def found() -> list[str]:
        with stage.database.read() as connection:
            return list(disagreements(connection))

    place(stage, name="real")
    place(stage, name="over")
    stage.archive.holds.notify("real", actor=ATTORNEY)
    stage.archive.holds.release("over", actor=CHIEF, reason="settled", tail_days=4)
    assert found() == []
    with stage.database.write() as connection:  # all that the triggers let through
        for statement in (
            "INSERT INTO hold_events (hold_id, at, actor, action, detail) "
            "SELECT id, placed_at, 'root', 'released', '{}' FROM holds WHERE name = 'real'",
            "UPDATE holds SET released_on = '2020-01-01', released_by = 'root' WHERE name = 'real'",
        ):
            connection.execute(text(statement))
    problems = found()
    assert len(problems) == 2
    assert 'does not know: released {"actor": "root", "hold": "real"}' in problems[0]
    assert problems[1] == "the hold real is not released as the ledger says"


def test_a_step_waits_for_a_hold_that_is_being_placed_and_is_caught_by_it(
    stage: Stage, site: WordPressSimulator
) -> None:
    new = site.publish("New", "<p>Just in time.</p>")
    place(stage, name="model")
    worker = Thread(target=stage.archive.captures.capture, args=("wp", Window.NEW))
    with stage.database.write() as counsel:
        holds.shut_out(counsel)
        columns = "kind, matter, reason, issuer, custodians, scope, notice, placed_at, placed_on"
        counsel.execute(
            text(
                f"INSERT INTO holds (name, {columns}, tail_days) "
                f"SELECT 'late', {columns}, tail_days FROM holds"
            )
        )
        worker.start()
        while worker.is_alive() and not _waits(stage):
            worker.join(0.01)
    worker.join()
    assert held(stage, "late") == {str(new)}


def _waits(on: Stage) -> bool:
    """Does somebody wait for a lock? SQLite does not tell: there, whoever is late waits."""
    if on.database.engine.dialect.name == "sqlite":
        return True
    return bool(on.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))
