"""Adoption, classification and evaluation over a whole archive, as stories.

Every test runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver.desk.adoption import Move
from archiver.desk.hold_order import HoldOrder
from archiver.desk.retention_law import edition_from
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries import ledger
from retention.facts import Event, Scope, Standing
from tests.support.archive import make_archive
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

OFFICER, CLERK = "Agnes Skinner", "Lunchlady Doris"
TODAY = date(2026, 11, 24)
SERIES = """      - id: {id}
        title: {id}
        status: verified
        verified: {{how: agency-document, source: Resolution {edition}, seen: 2026-11}}
        citation: Resolution {edition}, item {id}
        rules:
          - {{cutoff: {cutoff}, period: {period}, disposition: destroy}}
"""
UNREAD = """      - id: unread
        status: unverified
        missing: the period
"""


def own_law(
    *series: tuple[str, str, str], rules: str, edition: str = "1", unread: bool = False
) -> str:
    """A city's schedule "city": id, cutoff and period of each series; its classification."""
    listed = "".join(
        SERIES.format(id=name, cutoff=cutoff, period=period, edition=edition)
        for name, cutoff, period in series
    )
    return (
        "form: 1\noverlay: true\njurisdiction: WA\nname: City of Springfield\nschedules:\n"
        f'  - id: city\n    title: City\n    edition: "{edition}"\n    level: local\n'
        f"    series:\n{listed}{UNREAD if unread else ''}classification:\n{rules}"
    )


EVERYTHING = "  - {id: all, series: [city/posts], everything: true}\n"
POSTS = ("posts", "created", "3 years")


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """A new archive on each database, whose clock stands still at noon on 24 November 2026."""
    clock = FakeClock()
    with fresh_database(request.param, request) as url:
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": url},
            "agency": {
                "timezone": "America/Los_Angeles",
                "records_officers": [OFFICER],
                "approval_lasts": "36500d",
            },
        }
        with make_archive(tmp_path, clock=clock, sections=sections, confirm_after="0s") as archive:
            yield Stage(archive, clock, boards)
    for board in boards:
        board.current = None


def write_law(on: Stage, content: str, name: str = "springfield.yaml") -> Path:
    """Put a file into the agency's folder."""
    folder = on.archive.settings.home / "schedules"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def adopt(there: Stage, schedule: str = "city", **changed: Any) -> None:
    fields: dict[str, Any] = {"officer": OFFICER, "on": today(there), "document": "Resolution 1"}
    there.archive.retention.adoptions.adopt(schedule, **{**fields, **changed})


def today(on: Stage) -> date:
    return on.archive.retention.today().day


def next_days(on: Stage, days: int = 1) -> None:
    """Let days pass, evaluating every night: so the clock is believed."""
    while days > 0:
        on.later(days=min(days, 7))
        days -= 7
        assert on.archive.retention.nightly() is not None


def years_pass(on: Stage, years: int) -> None:
    """The clock goes forward, and the officer says that it is right."""
    on.later(days=365 * years + 2)
    on.archive.retention.evaluate(confirmed_by=OFFICER)


def standing(on: Stage, platform_id: str, family: str = "post") -> Any:
    """Where a record stands by the last evaluation."""
    rows = on.rows(
        "SELECT s.* FROM standings s JOIN records r ON r.id = s.record_id "
        "WHERE r.platform_id = :id AND r.family = :family",
        id=platform_id,
        family=family,
    )
    assert len(rows) == 1, rows
    return rows[0]


def post_of(on: Stage, age: timedelta, words: str = "Snow routes") -> tuple[Any, str]:
    """A captured account on X, "spd-x", with one post of that age."""
    x = on.x()
    post = x.publish(words, at=on.clock.now() - age)
    on.capture("spd-x")
    return x, post


FOUR_YEARS = timedelta(days=4 * 365 + 2)


# -- adoption ---------------------------------------------------------------------------------


def test_a_schedule_update_makes_a_record_eligible_earlier_only_after_its_adoption(
    stage: Stage,
) -> None:
    write_law(stage, own_law(("posts", "created", "5 years"), rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    assert standing(stage, post).standing == "not adopted"  # never on the day of the adoption
    next_days(stage)
    before = standing(stage, post)
    assert (before.standing, before.eligible_on) == ("running", "2027-11-24")

    write_law(stage, own_law(POSTS, rules=EVERYTHING, edition="2"))
    next_days(stage)
    assert standing(stage, post).standing == "not adopted"
    seen = stage.archive.retention.adoptions.preview("city")
    assert [m for m in seen.moves if m.after == "eligible"] == [
        Move(
            series="city/posts",
            before="running",
            after="eligible",
            direction="earlier",
            records=1,
            first=date(2026, 11, 27),
        )
    ]
    adopt(stage, document="Resolution 2")
    stage.archive.retention.evaluate()
    assert standing(stage, post).standing == "not adopted"
    next_days(stage)
    after = standing(stage, post)
    assert (after.standing, after.series, after.eligible_on) == (
        "eligible", "city/posts", "2026-11-27",
    )  # fmt: skip


def test_only_a_named_records_officer_adopts_and_the_edition_is_kept_word_for_word(
    stage: Stage,
) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    with pytest.raises(RefusedError, match="records_officers in the settings names: Agnes"):
        adopt(stage, officer=CLERK)
    with pytest.raises(UsageError, match="name the document"):
        adopt(stage, document=" ")
    with pytest.raises(UsageError, match="is ahead"):
        adopt(stage, on=TODAY + timedelta(days=1))
    with pytest.raises(NotFoundError, match="no schedule"):
        adopt(stage, "nowhere")
    adopt(stage, officer="  agnes SKINNER ", expires=date(2030, 1, 1))

    [kept] = stage.archive.retention.adoptions.all()
    assert (kept.schedule, kept.officer, kept.document) == ("city", OFFICER, "Resolution 1")
    assert edition_from(kept.content).series[0].key == "city/posts"
    branches = stage.rows("SELECT series, branch FROM series_rules")
    assert [(row.series, row.branch) for row in branches] == [("posts", 0)]
    with stage.database.read() as connection:
        line = list(ledger.lines(connection))[-1]
    assert line.kind == "schedule adopted"
    assert json.loads(line.body)["digest"] == kept.digest
    with pytest.raises(RefusedError, match="already, by Agnes Skinner"):
        adopt(stage)
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text("UPDATE adoptions SET officer = 'me'"))


def test_an_adoption_entered_late_counts_from_its_entry(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage, on=date(2020, 1, 1))
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    assert standing(stage, post).standing == "not adopted"
    next_days(stage)
    assert standing(stage, post).standing == "eligible"


def test_an_adoption_that_expires_frees_nothing_afterwards(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage, expires=TODAY + timedelta(days=2))
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, post).standing == "eligible"
    next_days(stage, 8)
    assert standing(stage, post).standing == "not adopted"


def test_a_file_outside_the_folder_is_shown_but_not_adopted(stage: Stage, tmp_path: Path) -> None:
    write_law(stage, own_law(("posts", "created", "5 years"), rules=EVERYTHING))
    post_of(stage, FOUR_YEARS)
    adopt(stage)
    outside = tmp_path / "springfield.yaml"
    outside.write_text(own_law(POSTS, rules=EVERYTHING, edition="2"), encoding="utf-8")
    seen = stage.archive.retention.adoptions.preview(str(outside))
    assert not seen.loaded
    assert {m.direction for m in seen.moves} == {"earlier"}
    with pytest.raises(UsageError, match="is not in use"):
        adopt(stage, str(outside))
    assert len(stage.archive.retention.adoptions.all()) == 1


def test_a_classification_rule_that_is_dropped_counts_until_the_next_adoption(
    stage: Stage,
) -> None:
    long = ("cases", "created", "9 years")
    both = EVERYTHING + "  - {id: snow, series: [city/cases], words: [snow]}\n"
    write_law(stage, own_law(POSTS, long, rules=both))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, post).series == "city/cases"

    write_law(stage, own_law(POSTS, long, rules=EVERYTHING))
    next_days(stage)
    assert (standing(stage, post).standing, standing(stage, post).series) == (
        "running", "city/cases",
    )  # fmt: skip
    adopt(stage, document="Resolution 2")
    next_days(stage)
    assert standing(stage, post).standing == "eligible"


# -- what was captured ------------------------------------------------------------------------


def test_an_edit_that_arrives_after_the_cutoff_starts_the_clock_anew(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    site = stage.wordpress()
    when = stage.clock.now() - FOUR_YEARS
    edited = site.publish("Old rules", "<p>Old rules.</p>", at=when)
    still = site.publish("Others", "<p>Others.</p>", at=when)
    stage.capture("wp")
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, str(edited)).standing == "eligible"

    site.edit(edited, content="<p>New rules.</p>")
    stage.capture("wp")
    next_days(stage)

    moved = standing(stage, str(edited))
    assert (moved.standing, moved.eligible_on) == ("running", "2029-11-26")
    assert standing(stage, str(still)).standing == "eligible"


def test_washingtons_clock_starts_when_a_post_is_taken_down(stage: Stage) -> None:
    write_law(
        stage,
        "form: 1\noverlay: true\njurisdiction: WA\nname: City of Springfield\nclassification:\n"
        "  - {id: all, series: [wa-core/GS50-01-12 Rev. 3], everything: true}\n",
    )
    x, old = post_of(stage, timedelta(days=3000))
    online = x.publish("Still there", at=stage.clock.now() - timedelta(days=3000))
    stage.capture("spd-x")
    adopt(stage, "wa-core")
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, old).standing == standing(stage, online).standing == "waiting"

    x.delete(old)
    for _ in range(2):
        stage.later(hours=1)
        stage.capture("spd-x")
    assert stage.record(old).presence == "gone"
    next_days(stage)
    assert (standing(stage, old).standing, standing(stage, old).eligible_on) == (
        "running", "2028-11-26",
    )  # fmt: skip
    years_pass(stage, 2)
    next_days(stage)
    assert standing(stage, old).standing == "review"  # appraised first, not destroyed
    assert standing(stage, online).standing == "waiting"


def test_what_no_rule_claims_and_what_nobody_has_read_is_kept_for_ever(stage: Stage) -> None:
    rules = "  - {id: unread, series: [city/unread], words: [unread]}\n"
    write_law(stage, own_law(POSTS, rules=rules, unread=True))
    x, unclaimed = post_of(stage, FOUR_YEARS)
    unread = x.publish("Unread", at=stage.clock.now() - FOUR_YEARS)
    stage.capture("spd-x")
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    years_pass(stage, 70)
    next_days(stage)
    assert standing(stage, unclaimed).standing == "unscheduled"
    assert (standing(stage, unread).standing, standing(stage, unread).series) == (
        "waiting", "city/unread",
    )  # fmt: skip
    assert stage.archive.retention.due() == []


def test_a_comment_is_kept_as_long_as_its_post(stage: Stage) -> None:
    longer = ("notices", "created", "9 years")
    rules = (
        "  - {id: notices, series: [city/notices], kinds: [post]}\n"
        "  - {id: said, series: [city/posts], author_roles: [public]}\n"
    )
    write_law(stage, own_law(POSTS, longer, rules=rules))
    site = stage.wordpress()
    when = stage.clock.now() - FOUR_YEARS
    post = site.publish("Notice", "<p>Notice.</p>", at=when)
    comment = site.comment(post, "Thanks", name="Milhouse", at=when)
    stage.capture("wp")
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    row = standing(stage, str(comment), "comment")
    assert (row.standing, row.series) == ("running", "city/notices")
    reasons = [each.text for each in explained(stage, str(comment), "comment").reasons]
    assert "It follows the series of its post, if that keeps longer." in reasons


def explained(on: Stage, platform_id: str, family: str = "post") -> Any:
    number = on.record(platform_id, family).id
    return on.archive.retention.explain(str(number)).decision


# -- the clock --------------------------------------------------------------------------------


def test_a_clock_set_back_or_forward_makes_nothing_eligible_before_it_is_confirmed(
    stage: Stage,
) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, timedelta(days=3 * 365 - 100))
    adopt(stage)
    retention = stage.archive.retention
    retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, post).standing == "running"

    stage.later(days=-365)
    with pytest.raises(RefusedError, match="has been seen already"):
        retention.evaluate()
    stage.later(days=2 * 365)
    with pytest.raises(RefusedError, match=r"365 days at once.*--confirm-clock"):
        retention.evaluate()
    assert retention.nightly() is None
    assert stage.alarms() == ["retention"]
    assert standing(stage, post).standing == "running"
    assert explained(stage, post).standing is Standing.WAITING
    with pytest.raises(RefusedError, match="may not confirm the clock"):
        retention.evaluate(confirmed_by=CLERK)

    retention.evaluate(confirmed_by=OFFICER)
    assert standing(stage, post).standing == "eligible"
    with stage.database.read() as connection:
        assert list(ledger.lines(connection))[-1].kind == "retention clock confirmed"
    next_days(stage)
    assert stage.alarms() == []

    stage.later(days=-365)  # the officer was wrong, and says so: from there on it counts
    retention.evaluate(confirmed_by=OFFICER)
    assert standing(stage, post).standing == "running"
    next_days(stage)


def test_the_first_day_of_an_archive_is_believed_only_on_the_second(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage)
    stage.later(days=1)
    for _ in range(2):  # a second look at the same day proves nothing
        assert stage.archive.retention.evaluate().doubt
        assert standing(stage, post).standing == "waiting"
    next_days(stage)
    assert standing(stage, post).standing == "eligible"
    assert stage.archive.retention.nightly() is None  # done for today


def test_a_mistake_in_a_schedule_file_is_an_alarm_and_changes_no_standing(stage: Stage) -> None:
    path = write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("3 years", "three"), encoding="utf-8")
    stage.later(days=1)
    assert stage.archive.retention.nightly() is None
    assert stage.alarms() == ["retention"]
    assert standing(stage, post).evaluated_on == "2026-11-25"
    path.write_text(good, encoding="utf-8")
    assert stage.archive.retention.nightly() is not None
    assert stage.alarms() == []


# -- what people say --------------------------------------------------------------------------


def test_a_person_classifies_a_record_in_place_of_the_rules_and_takes_it_back(
    stage: Stage,
) -> None:
    write_law(stage, own_law(POSTS, ("cases", "created", "9 years"), rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    number = str(stage.record(post).id)
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    acts = stage.archive.retention.acts
    with pytest.raises(UsageError, match="who does it, and why"):
        acts.classify(number, ["city/cases"], by=CLERK, reason="")
    with pytest.raises(NotFoundError, match='no series "city/none"'):
        acts.classify(number, ["city/none"], by=CLERK, reason="case 7")
    with pytest.raises(UsageError, match="was not classified by hand"):
        acts.unclassify(number, by=CLERK, reason="wrong")
    acts.classify(number, ["city/posts"], by=CLERK, reason="a mistake")
    acts.classify(number, ["city/cases"], by=CLERK, reason="belongs to case 7")
    next_days(stage)
    assert standing(stage, post).series == "city/cases"
    decision = explained(stage, post)
    assert decision.series == ("city/cases",)
    assert any(
        f"{CLERK} classified it by hand" in r.text and "belongs to case 7" in r.text
        for r in decision.reasons
    )
    acts.unclassify(number, by=CLERK, reason="wrong record")
    next_days(stage)
    assert standing(stage, post).standing == "eligible"


def test_an_event_declared_for_a_tag_counts_for_all_that_carry_it(stage: Stage) -> None:
    write_law(stage, own_law(("posts", "case-over", "1 year"), rules=EVERYTHING))
    x, tagged = post_of(stage, FOUR_YEARS)
    other = x.publish("Other", at=stage.clock.now() - FOUR_YEARS)
    stage.capture("spd-x")
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    acts = stage.archive.retention.acts
    acts.tag(str(stage.record(tagged).id), "case 26-1187", by=CLERK, reason="evidence")
    over: dict[str, str] = {"tag": "case 26-1187", "by": CLERK, "reason": "appeal dismissed"}
    with pytest.raises(UsageError, match="is ahead"):
        acts.declare(Event.CASE_OVER, date(2027, 1, 1), **over)
    with pytest.raises(UsageError, match="known from the capture"):
        acts.declare(Event.CREATED, TODAY, **over)
    with pytest.raises(UsageError, match="either which record, or which tag"):
        acts.declare(Event.CASE_OVER, TODAY, by=CLERK, reason="r")
    assert acts.declare(Event.CASE_OVER, date(2025, 1, 1), **over).records == 1
    next_days(stage)
    assert (standing(stage, tagged).standing, standing(stage, other).standing) == (
        "eligible", "waiting",
    )  # fmt: skip
    acts.declare(Event.CASE_OVER, None, **over)  # it goes on after all
    next_days(stage)
    assert standing(stage, tagged).standing == "waiting"


def test_an_appraisal_is_entered_by_a_records_officer_only(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    number, acts = str(stage.record(post).id), stage.archive.retention.acts
    with pytest.raises(RefusedError, match="may not enter an appraisal"):
        acts.tag(number, "appraised: no archival value", by=CLERK, reason="letter")
    acts.tag(number, "appraised: no archival value", by=OFFICER, reason="letter of 1 May")
    with pytest.raises(UsageError, match="Say where the record copy is"):
        acts.tag(number, "record copy elsewhere", by=CLERK, reason="r")
    with pytest.raises(UsageError, match="does not carry"):
        acts.untag(number, "historical value", by=CLERK, reason="r")


def test_a_hold_stands_over_what_is_due(stage: Stage) -> None:
    write_law(stage, own_law(POSTS, rules=EVERYTHING))
    _, post = post_of(stage, FOUR_YEARS)
    adopt(stage)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    next_days(stage)
    assert standing(stage, post).standing == "eligible"
    stage.archive.holds.place(
        HoldOrder(matter="Smith", issuer="City Attorney", scope=Scope(accounts=("spd-x",)))
    )
    stage.archive.retention.evaluate()
    assert (standing(stage, post).standing, standing(stage, post).eligible_on) == ("held", None)
    assert explained(stage, post).holds == ("smith",)
