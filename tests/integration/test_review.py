"""Decisions on items: what each needs, who may look a second time, and what is only suggested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.desk import exemption_log, suggestions
from archiver.desk.exemptions import FILE, ExemptionFileError, catalogue, shipped
from archiver.desk.review import Progress, Reviews
from archiver.desk.review_rules import Outcome
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.wiring import Archive
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    SECOND,
    UNREAD,
    VERIFIED,
    Filling,
    add_request,
    desk_of,
    review_archive,
)

RELEASE, WITHHOLD, REDACT = Outcome.RELEASE, Outcome.WITHHOLD, Outcome.REDACT


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with review_archive(tmp_path, request.param, request) as made:
        yield made


@pytest.fixture
def reviews(archive: Archive) -> Reviews:
    """A set of four: a post, two replies of one citizen, and a post with a title."""
    filling = Filling(archive)
    filling.add("The fair is open. Call 512-463-2000")
    filling.add("Thanks!", reply_to=1, author_handle="lenny", author_name="Lenny")
    filling.add("Which gate?", reply_to=1, author_handle="Lenny", author_name="Lenny L.")
    filling.add("Closed", title="About Jane Doe", alt="Jane Doe at the gate")
    desk = desk_of(archive)
    desk.sets.freeze(REQUEST, "fair", filling.ids, by=CLERK)
    return desk.reviews


def text(start: int, end: int, code: str = VERIFIED) -> Mark:
    return Mark(what="text", code=code, start=start, end=end)


def test_the_newest_decision_counts_and_the_older_ones_stay(reviews: Reviews) -> None:
    reviews.decide(REQUEST, 1, 1, WITHHOLD, by=CLERK, code=VERIFIED, reason="a victim")
    second = reviews.decide(REQUEST, 1, 1, REDACT, by=SECOND, marks=[text(23, 35)])
    decided = reviews.item(REQUEST, 1, 1).decision
    assert decided == second
    assert (decided.outcome, decided.code, decided.marks) == ("redact", "", (text(23, 35),))
    reviews.decide(REQUEST, 1, 1, Outcome.UNDECIDED, by=CLERK, reason="new facts")
    assert reviews.progress(REQUEST, 1).undecided == 4


@pytest.mark.parametrize(
    ("outcome", "given", "match"),
    [
        (WITHHOLD, {}, "only under an exemption"),
        (WITHHOLD, {"code": "XX-9"}, 'no exemption "XX-9"'),
        (WITHHOLD, {"code": UNREAD}, "must confirm it first"),
        (WITHHOLD, {"code": "MN-2"}, "no ground to withhold"),
        (RELEASE, {"code": VERIFIED}, "belongs to what is withheld"),
        (RELEASE, {"marks": [text(0, 3)]}, "marks belong to a redaction"),
        (REDACT, {}, "at least one mark"),
        (REDACT, {"marks": [text(0, 3, "")]}, "has no exemption"),
        (REDACT, {"marks": [text(0, 3, UNREAD)]}, "must confirm it first"),
        (REDACT, {"marks": [text(0, 36)]}, "not inside its text of 35"),
        (REDACT, {"marks": [text(3, 3)]}, "not inside its text"),
        (REDACT, {"marks": [Mark(what="title", code=VERIFIED, end=2)]}, "its title of 0"),
        (REDACT, {"marks": [Mark(what="media", code=VERIFIED)]}, "no file 0"),
        (REDACT, {"marks": [Mark(what="sound", code=VERIFIED)]}, "cannot be redacted"),
        (Outcome.UNDECIDED, {}, "why"),
    ],
)
def test_a_decision_that_is_not_complete_is_refused_and_not_written(
    reviews: Reviews, outcome: Outcome, given: dict[str, object], match: str
) -> None:
    with pytest.raises((UsageError, RefusedError), match=match):
        reviews.decide(REQUEST, 1, 1, outcome, by=CLERK, **given)  # type: ignore[arg-type]
    assert reviews.item(REQUEST, 1, 1).decision is None


def test_a_region_needs_the_bytes_of_a_picture(reviews: Reviews) -> None:
    region = Mark(what="region", code=VERIFIED, width=5, height=5)
    with pytest.raises(UsageError, match="withhold the whole file"):
        reviews.decide(REQUEST, 1, 4, REDACT, by=CLERK, marks=[region])


def test_bulk_decisions_reach_what_they_name_and_no_more(reviews: Reviews) -> None:
    lenny = Pick(author="@lenny")
    assert reviews.decide_many(REQUEST, 1, lenny, REDACT, by=CLERK, code=VERIFIED) == 2
    assert reviews.decide_many(REQUEST, 1, Pick(kind="post"), RELEASE, by=CLERK) == 2
    items = list(reviews.items(REQUEST, 1))
    assert [each.decision.outcome for each in items if each.decision] == [
        "release", "redact", "redact", "release",
    ]  # fmt: skip
    named = {each.decision.bulk for each in items if each.decision}
    assert len(named) == 2
    assert "" not in named
    with pytest.raises(UsageError, match="nothing was decided"):
        reviews.decide_many(REQUEST, 1, Pick(outcome="undecided"), RELEASE, by=CLERK)
    with pytest.raises(UsageError, match="only under an exemption"):
        reviews.decide_many(REQUEST, 1, Pick(), WITHHOLD, by=CLERK)


def test_a_search_inside_the_set_picks_by_versions(reviews: Reviews) -> None:
    hits = frozenset({reviews.item(REQUEST, 1, 2).version_id, 12345})
    assert reviews.decide_many(REQUEST, 1, Pick(versions=hits), RELEASE, by=CLERK) == 1
    assert reviews.progress(REQUEST, 1).release == 1


def test_the_second_look_is_somebody_elses(reviews: Reviews) -> None:
    reviews.decide_many(REQUEST, 1, Pick(), RELEASE, by=CLERK)
    with pytest.raises(RefusedError, match="somebody else"):
        reviews.check(REQUEST, 1, Pick(), agrees=True, by="clerk  LISA")
    with pytest.raises(UsageError, match="what is wrong"):
        reviews.check(REQUEST, 1, Pick(position=1), agrees=False, by=SECOND)
    assert reviews.check(REQUEST, 1, Pick(), agrees=True, by=SECOND) == 4
    assert reviews.check(REQUEST, 1, Pick(position=2), agrees=False, by=SECOND, note="no") == 1
    assert reviews.progress(REQUEST, 1) == Progress(
        size=4, release=4, withhold=0, redact=0, undecided=0, checked=3, disputed=1
    )
    reviews.decide(REQUEST, 1, 2, WITHHOLD, by=CLERK, code=VERIFIED)  # looked at by nobody yet
    told = reviews.progress(REQUEST, 1)
    assert (told.checked, told.disputed) == (3, 0)


def test_nothing_decided_cannot_be_looked_at(reviews: Reviews) -> None:
    with pytest.raises(UsageError, match="nothing to look at"):
        reviews.check(REQUEST, 1, Pick(), agrees=True, by=SECOND)


def test_decisions_of_earlier_requests_are_suggested_and_never_applied(
    archive: Archive, reviews: Reviews
) -> None:
    reviews.decide(REQUEST, 1, 1, WITHHOLD, by=CLERK, code=VERIFIED)
    reviews.decide(REQUEST, 1, 1, REDACT, by=CLERK, marks=[text(0, 3)])
    add_request(archive, "2026-0002")
    desk = desk_of(archive)
    again = [(each.record_id, each.version_id) for each in reviews.items(REQUEST, 1)][:2]
    desk.sets.freeze("2026-0002", "fair", again, by=CLERK)
    (earlier,) = desk.reviews.earlier("2026-0002", 1)
    assert (earlier.position, earlier.request, earlier.usable) == (1, REQUEST, True)
    assert earlier.decision.marks == (text(0, 3),)
    assert desk.reviews.progress("2026-0002", 1).undecided == 2
    (hint,) = suggestions.by_earlier([earlier])
    assert (hint.where, hint.piece) == ("text", f"redact, {VERIFIED}")


def test_patterns_are_suggested_where_they_stand(archive: Archive, reviews: Reviews) -> None:
    (archive.settings.home / "minors.txt").write_text("Jane Doe\n", encoding="utf-8")
    hints = list(suggestions.by_patterns(reviews.items(REQUEST, 1), desk_of(archive).patterns))
    assert [(each.position, each.where, each.piece) for each in hints] == [
        (1, "text 23-35", "512-463-2000"),
        (4, "title 6-14", "Jane Doe"),
    ]
    assert reviews.progress(REQUEST, 1).undecided == 4


def test_the_exemption_log_tells_grounds_and_never_contents(
    archive: Archive, reviews: Reviews
) -> None:
    reviews.decide(REQUEST, 1, 2, WITHHOLD, by=CLERK, code=VERIFIED, reason="names a victim")
    reviews.decide(REQUEST, 1, 1, REDACT, by=CLERK, marks=[text(0, 3), text(23, 35)])
    reviews.decide(REQUEST, 1, 3, RELEASE, by=CLERK)
    zone = archive.settings.sections.agency.zone
    rows = list(
        exemption_log.rows(reviews.items(REQUEST, 1), catalogue(archive.settings.home), zone=zone)
    )
    assert [(each.position, each.what, each.code, each.reason) for each in rows] == [
        (1, "text, 2 places", VERIFIED, ""),
        (2, "whole item", VERIFIED, "names a victim"),
    ]
    assert rows[0].date == "2025-12-31"  # in New York
    assert "s. 119.071(2)(h)" in rows[1].citation
    assert "512" not in str(rows)
    assert "Lenny" not in str(rows)


def test_a_closed_request_is_not_reviewed_any_more(archive: Archive, reviews: Reviews) -> None:
    add_request(archive, "2026-0009", state="closed")
    with pytest.raises(RefusedError, match="closed"):
        reviews.decide("2026-0009", 1, 1, RELEASE, by=CLERK)
    with pytest.raises(NotFoundError, match="no item 9"):
        reviews.decide(REQUEST, 1, 9, RELEASE, by=CLERK)


def test_the_agency_confirms_an_exemption_in_its_own_file(archive: Archive) -> None:
    home = archive.settings.home
    with pytest.raises(RefusedError, match="confirm"):
        catalogue(home).usable(UNREAD)
    (home / FILE).write_text(
        "form: 1\nexemptions:\n"
        f"  - {{code: {UNREAD}, confirmed_by: City Attorney, confirmed_on: 2026-11-24}}\n"
        "  - {code: CITY-1, label: Bid prices, citation: Ordinance 7, confirmed_by: City"
        " Attorney, confirmed_on: 2026-11-24}\n",
        encoding="utf-8",
    )
    assert catalogue(home).usable(UNREAD).confirmed_by == "City Attorney"
    assert not catalogue(home).of(UNREAD).verified
    assert catalogue(home).usable("CITY-1").citation == "Ordinance 7"


@pytest.mark.parametrize(
    ("entry", "match"),
    [
        ("{code: CITY-1, confirmed_by: A, confirmed_on: 2026-11-24}", "label and a citation"),
        ("{code: FL-6}", "confirmed_by"),
        ("{code: FL-6, verified: true, confirmed_by: A, confirmed_on: 2026-11-24}", "verified"),
        ("[", "cannot be read"),
    ],
)
def test_a_mistake_in_the_agencys_file_stops_review(tmp_path: Path, entry: str, match: str) -> None:
    (tmp_path / FILE).write_text(f"form: 1\nexemptions:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ExemptionFileError, match=match):
        catalogue(tmp_path)


def test_only_what_was_read_in_its_source_is_shipped_as_verified() -> None:
    assert all(each.source for each in shipped() if each.verified)
    assert [each.code for each in shipped() if each.usable and not each.verified] == []
    assert {each.code for each in shipped() if each.look_again} == {"FL-1", "MN-7"}
    codes = [each.code for each in shipped()]
    assert len(set(codes)) == len(codes) == 76
