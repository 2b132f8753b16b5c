"""Captures of early versions were sealed without a salt: what was taken out of one must not be
found by guessing at leaves, paths or roots, and what is not proved is said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.capture import normalise
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.desk.plain_text import plain_text
from archiver.desk.productions import Wish
from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.desk.staging_unsalted import WHY
from archiver.export.base import Production, Released, Withheld
from archiver.export.verify import verify
from archiver.model.queries.places import places
from archiver.model.queries.review import Pick
from archiver.values import Mark
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.production_scene import everything_said
from tests.support.review_scene import CLERK, REQUEST, VERIFIED, add_request, desk_of
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)
OLD = ("Fair opens at nine", "Ask at the barn", "Parade at ten")


@pytest.fixture
def stage(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """Three posts of an early version, and one of today; all frozen and released so far."""
    clock = FakeClock()
    sections = {"requests": {"second_review": False}}
    with make_archive(tmp_path, clock=clock, sections=sections) as archive:
        made = Stage(archive, clock, boards)
        page = made.facebook().page
        with monkeypatch.context() as early:
            early.setattr(normalise, "token_hex", lambda _size: "")
            for text in OLD:
                page.publish(text)
            made.capture("fb")
        made.later(hours=1)
        page.publish("Road works end on Friday.")
        made.capture("fb")
        add_request(made.archive, REQUEST)
        yield made
    for board in boards:
        board.current = None


def freeze(stage: Stage, *, profile: bool = True) -> None:
    """All versions in a set; `profile`: also what the account says of itself."""
    rows = stage.rows("SELECT v.record_id, v.id, r.family FROM versions v "
                      "JOIN records r ON r.id = v.record_id ORDER BY v.id")  # fmt: skip
    chosen = [(row.record_id, row.id) for row in rows if profile or row.family != "profile"]
    desk = desk_of(stage.archive)
    desk.sets.freeze(REQUEST, "all", chosen, by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)


def decide(stage: Stage, text: str, outcome: Outcome) -> None:
    desk = desk_of(stage.archive)
    (item,) = [e for e in desk.reviews.items(REQUEST, 1) if plain_text(e.state) == text]
    if outcome == Outcome.WITHHOLD:
        desk.reviews.decide(REQUEST, 1, item.position, outcome, by=CLERK, code=VERIFIED,
                            reason="sealed")  # fmt: skip
    else:
        mark = Mark(what="text", code=VERIFIED, start=0, end=len(text))
        desk.reviews.decide(REQUEST, 1, item.position, outcome, by=CLERK, marks=[mark])


def staged(stage: Stage, folder: Path) -> Production:
    order = Order(number=1, made_by=CLERK, prefix="SPD-")
    return desk_of(stage.archive).staging.stage(REQUEST, 1, folder, order=order)


def proved(production: Production) -> dict[str, bool]:
    """Of each item, by what it says: does it have a place in the ledger?"""
    items: list[Released | Withheld] = [*production.items(), *production.kept_back()]
    for each in items:
        assert (each.place is None) == (each.unproved == WHY)
        assert each.place is not None or each.unproved
    return {each.text if isinstance(each, Released) else "": bool(each.place) for each in items}


@pytest.mark.parametrize("outcome", [Outcome.WITHHOLD, Outcome.REDACT])
def test_beside_something_taken_out_nothing_without_a_salt_has_a_place(
    stage: Stage, tmp_path: Path, outcome: Outcome
) -> None:
    freeze(stage)
    decide(stage, OLD[1], outcome)
    found = proved(staged(stage, tmp_path / "s"))
    assert not found[OLD[0]]
    assert not found[OLD[2]]
    assert not found["" if outcome == Outcome.WITHHOLD else f"[redacted: {VERIFIED}]"]
    assert found["Road works end on Friday."]


def test_where_all_that_a_capture_brought_is_released_whole_its_items_are_proved(
    stage: Stage, tmp_path: Path
) -> None:
    freeze(stage)
    assert all(proved(staged(stage, tmp_path / "s")).values())


def test_a_neighbour_that_nobody_asked_for_is_protected_as_well(
    stage: Stage, tmp_path: Path
) -> None:
    freeze(stage, profile=False)
    found = proved(staged(stage, tmp_path / "s"))
    assert [found[text] for text in OLD] == [False] * 3
    assert found["Road works end on Friday."]


def test_destroyed_neighbours_do_not_make_a_capture_look_as_if_it_had_no_salt(
    stage: Stage,
) -> None:
    """With its text a destroyed version loses its salt; its neighbours still show that it had
    one. Where nothing is left that does, none is taken for granted."""
    page = stage.boards[0].current
    assert isinstance(page, FacebookSimulator)
    for text in ("Bridge closed", "Bridge open"):
        page.page.publish(text)
    stage.capture("fb")
    rows = stage.rows("SELECT id, run_id FROM versions WHERE words LIKE 'Bridge%' ORDER BY id")
    assert len({row.run_id for row in rows}) == 1
    for gone, expected in ((rows[:1], True), (rows, False)):
        with stage.database.engine.begin() as connection:
            for name in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'"
            ).scalars():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            for row in gone:
                connection.exec_driver_sql(
                    "UPDATE versions SET canonical = '', native = '', salt = '' WHERE id = ?",
                    (row.id,),
                )
        with stage.database.read() as connection:
            found = places(connection, [row.id for row in rows])
        assert {each.salted for each in found.values()} == {expected}


def test_nobody_can_confirm_a_guess_and_the_package_says_what_is_not_proved(stage: Stage) -> None:
    freeze(stage)
    decide(stage, OLD[1], Outcome.WITHHOLD)
    guess = stage.rows("SELECT v.leaf, v.digest, v.salt FROM versions v WHERE v.words = :text",
                       text=OLD[1])[0]  # fmt: skip
    assert guess.salt == ""
    node = hashlib.sha256(b"\0" + bytes.fromhex(guess.leaf)).hexdigest()
    roots = [json.loads(row.body)["root"] for row in
             stage.rows("SELECT body FROM ledger WHERE kind = 'run' ORDER BY seq")]  # fmt: skip
    wish = Wish(formats=("json", "warc", "log"), unsigned=True)
    stage.archive.productions.make(REQUEST, 1, by=CLERK, wish=wish)
    folder = stage.archive.settings.home / "productions" / f"{REQUEST}-1" / f"{REQUEST}-1"
    searched = 0
    for path in sorted(folder.rglob("*")):
        for where, data in everything_said(path) if path.is_file() else ():
            searched += 1
            for secret in (guess.leaf, guess.digest, node, roots[0]):
                assert secret.encode() not in data, where
    assert searched > 10
    report = verify(folder, [], allow_unsigned=True)
    assert report.wrong == []
    (said,) = [each for each in report.open if "is not proved here" in each]
    assert "4 items" in said
    assert WHY in said
    certificate = json.loads(
        (folder / "data/certificate/certificate-of-authenticity.json").read_text()
    )
    assert certificate["counts"]["unproved"] == 4
    assert "Of 4 of these items the package does NOT prove" in str(certificate["statements"])
    assert "Of 4 items this package does not prove" in (folder / "data/READ-ME.html").read_text()
