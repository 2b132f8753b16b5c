"""A production attacked by those whose data must not leave the house: every way that is known
in which what was taken out of one item could be had from another, or from what stands around.

Texts of the attacks occur nowhere else, so their bytes can be searched for.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import insert

from archiver.desk.production_proof import Prover
from archiver.desk.productions import Wish
from archiver.desk.review import Reviews
from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.errors import ExportError, RefusedError
from archiver.export.base import Production, Released
from archiver.model.queries.review import Pick
from archiver.model.tables import versions
from archiver.values import Mark
from archiver.wiring import Archive
from tests.support.held_records import record_row, version_row
from tests.support.production_scene import scene
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    VERIFIED,
    Filling,
    add_request,
    canonical,
    desk_of,
    everything_in,
    review_archive,
)
from tests.support.stage import Board, Stage, boards, make_stage  # noqa: F401 - a fixture

# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)
SECRET = "Quillfeather 612-555-0147"
WHOLE = f"Ask {SECRET} about it"
MARK = f"[redacted: {VERIFIED}]"
MARKED = Mark(what="text", code=VERIFIED, start=4, end=4 + len(SECRET))


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with review_archive(tmp_path, "sqlite", request) as made:
        yield made


@pytest.fixture
def filling(archive: Archive) -> Filling:
    return Filling(archive)


def frozen(filling: Filling, query: str = "bridge") -> Reviews:
    desk = desk_of(filling.archive)
    desk.sets.freeze(REQUEST, query, filling.ids, by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
    return desk.reviews


def redact(reviews: Reviews, position: int, *marks: Mark) -> None:
    reviews.decide(REQUEST, 1, position, Outcome.REDACT, by=CLERK, marks=marks)


def withhold(reviews: Reviews, position: int, reason: str = "") -> None:
    reviews.decide(REQUEST, 1, position, Outcome.WITHHOLD, by=CLERK, code=VERIFIED, reason=reason)


def stage(filling: Filling, folder: Path, **changed: Any) -> tuple[Production, list[Released]]:
    staging = desk_of(filling.archive).staging
    staging._places = None  # what was never captured stands in no ledger
    order = Order(**{"number": 1, "made_by": CLERK, "prefix": "SPD-", **changed})
    made = staging.stage(REQUEST, 1, folder, order=order)
    return made, list(made.items())


def another_version(filling: Filling, number: int, text: str, **changed: Any) -> None:
    """An older state of a record of the filling, in the set as well."""
    record = record_row(number, filling.account_id)
    row = version_row(record, number=2, words=text, canonical=canonical(text, **changed))
    with filling.archive.database.write() as connection:
        connection.execute(insert(versions).values(**row))
    filling.ids.append((number, row["id"]))


# -- what stands around the items ---------------------------------------------------------------


@pytest.mark.parametrize("query", ["Quillfeather", "bridge from:QUILLFEATHER", f'"{SECRET}"'])
def test_a_search_for_what_is_redacted_is_told_without_its_words(
    filling: Filling, tmp_path: Path, query: str
) -> None:
    filling.add(WHOLE)
    redact(frozen(filling, query), 1, MARKED)
    made, _ = stage(filling, tmp_path / "s")
    assert "uillfeather" not in made.query.lower()
    assert VERIFIED in made.query


def test_a_search_that_tells_nothing_stays_as_it_was(filling: Filling, tmp_path: Path) -> None:
    filling.add(WHOLE)
    redact(frozen(filling, "bridge about"), 1, MARKED)
    made, _ = stage(filling, tmp_path / "s")
    assert made.query == "bridge about"


def test_a_title_or_a_reason_that_names_what_was_taken_out_is_refused(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add(WHOLE)
    filling.add("Nothing")
    reviews = frozen(filling)
    redact(reviews, 1, MARKED)
    with pytest.raises(RefusedError, match="title of the production") as caught:
        stage(filling, tmp_path / "s", title=f"All about {SECRET.upper()}")
    assert "uillfeather" not in str(caught.value).lower()
    withhold(reviews, 2, reason=f"gives the number of {SECRET}")
    with pytest.raises(RefusedError, match="item 2 \\(reason\\)"):
        stage(filling, tmp_path / "t")
    assert not (tmp_path / "t" / "items.jsonl").exists()


# -- other spellings of the same ----------------------------------------------------------------


@pytest.mark.parametrize(
    "repeat",
    [
        "https://maps.example/?q=Quillfeather%20612-555-0147",
        "https://maps.example/?q=Quillfeather+612-555-0147",
        "https://maps.example/quillfeather-612-555-0147/",
        "Quillfeather, 612.555.0147",
        "Quillfeather\u00a0(612) 555\u20110147",
        "Quillfeather&#32;612-555-0147",
    ],
)
def test_another_spelling_in_a_released_item_is_caught(
    filling: Filling, tmp_path: Path, repeat: str
) -> None:
    filling.add(WHOLE)
    filling.add(f"They said {repeat} there")
    redact(frozen(filling), 1, MARKED)
    with pytest.raises(RefusedError, match=r"item 2 \(text\) repeats the text of item 1"):
        stage(filling, tmp_path / "s")


def test_an_address_made_of_the_words_is_caught(filling: Filling, tmp_path: Path) -> None:
    filling.add(WHOLE)
    filling.add("Fine", permalink="https://spd.example/2026/ask-quillfeather-612-555-0147-now/")
    redact(frozen(filling), 1, MARKED)
    with pytest.raises(RefusedError, match=r"item 2 \(permalink\)"):
        stage(filling, tmp_path / "s")


@pytest.mark.parametrize(
    "native",
    [
        {"share": "https://x.example/?t=Quillfeather%20612-555-0147"},
        {"blob": base64.b64encode(b"from: " + SECRET.encode()).decode()},
        {"inner": json.dumps({"deep": SECRET.replace("Q", "\u0051")}).replace("Q", "\\u0051")},
        {"Quillfeather_612_555_0147": 1},
    ],
)
def test_another_spelling_in_the_data_takes_the_data_out(
    filling: Filling, tmp_path: Path, native: dict[str, Any]
) -> None:
    filling.add(WHOLE)
    filling.add("Harmless", native=json.dumps(native))
    redact(frozen(filling), 1, MARKED)
    _, (_, other) = stage(filling, tmp_path / "s")
    assert (other.native, other.canonical, other.digest) == ("", "", "")


# -- versions of one record ---------------------------------------------------------------------


def test_another_version_with_a_variant_of_what_is_redacted_is_caught(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add(WHOLE)
    another_version(filling, 1, "Ask Quillfeather 612 555 147 about it")
    reviews = frozen(filling)
    redact(reviews, 1, MARKED)
    with pytest.raises(RefusedError, match="another version"):
        stage(filling, tmp_path / "s")
    texts = {SECRET: "the number is the press office's"}
    assert len(stage(filling, tmp_path / "t", accept_repeats=texts)[1]) == 2


def test_a_version_beside_a_withheld_one_is_caught(filling: Filling, tmp_path: Path) -> None:
    filling.add("The victim is Jane of Elm Street")
    another_version(filling, 1, "The victim is Jane from Elm St")
    withhold(frozen(filling), 2)
    with pytest.raises(RefusedError, match=r"item 1 \(another version\)"):
        stage(filling, tmp_path / "s")


def test_a_version_that_never_had_the_words_is_released(filling: Filling, tmp_path: Path) -> None:
    filling.add(WHOLE)
    another_version(filling, 1, "Ask us about it")
    redact(frozen(filling), 1, MARKED)
    _, items = stage(filling, tmp_path / "s")
    assert sorted(each.text for each in items) == [f"Ask {MARK} about it", "Ask us about it"]


# -- who wrote it, and where it stands on the platform ------------------------------------------


def test_a_short_name_of_a_redacted_author_is_caught_elsewhere(
    filling: Filling, tmp_path: Path
) -> None:
    bo: dict[str, Any] = {"author_handle": "bo", "author_name": "Bo", "author_id": "77"}
    filling.add("One", **bo)
    filling.add("Two", **bo)
    filling.add("Three", native='{"by": {"name": "Bo"}}')
    reviews = frozen(filling)
    redact(reviews, 1, Mark(what="author", code=VERIFIED))
    with pytest.raises(RefusedError, match=r"item 2 \(author_handle\)"):
        stage(filling, tmp_path / "s")
    redact(reviews, 2, Mark(what="author", code=VERIFIED))
    _, items = stage(filling, tmp_path / "t")
    assert items[-1].native == ""


def test_answers_do_not_tell_where_a_withheld_item_stands_on_the_platform(
    filling: Filling, tmp_path: Path
) -> None:
    id_ = "1890000000000000001"
    filling.add("What was said", platform_id=id_, thread_id=id_, native="{}")
    filling.add(
        "We answer", reply_to=1, parent_id=id_, thread_id=id_, native=f'{{"to": {id_}}}',
        permalink=f"https://x.example/{id_}?reply=2",
    )  # fmt: skip
    filling.add("A page-mate", native=f'{{"quoted": "https://x.example/i/{id_}"}}')
    withhold(frozen(filling), 1)
    made, (answer, mate) = stage(filling, tmp_path / "s")
    assert answer.parent_id == answer.thread_id == "item-1"
    assert [each.field for each in answer.cuts] == ["native"]
    assert mate.native == ""
    assert made.redacted == 2
    assert id_.encode() not in everything_in(tmp_path / "s")


# -- the same file in two items -----------------------------------------------------------------


FACE = Mark(what="region", code=VERIFIED, x=8, y=8, width=8, height=8)
LESS = Mark(what="region", code=VERIFIED, x=9, y=9, width=4, height=4)
MORE = Mark(what="region", code=VERIFIED, x=0, y=0, width=32, height=32)


CHIEF = {"chief": "whoever wrote it for the agency is no secret"}


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def shared(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:  # noqa: F811
    """Two captured posts that show the same picture, in a frozen set, released so far."""
    with make_stage(tmp_path, boards) as stage:
        site = stage.wordpress()
        for title in ("Fair", "Parade"):
            featured = site.upload(f"{title}.jpg", photo(), "image/jpeg")
            site.publish(title, f"<p>The {title.lower()} is open.</p>", featured=featured)
        stage.capture("wp")
        add_request(stage.archive, REQUEST)
        rows = stage.rows(
            "SELECT v.record_id, v.id FROM versions v JOIN records r ON r.id = v.record_id "
            "WHERE r.kind = 'post' AND v.id IN (SELECT version_id FROM version_media)"
        )
        desk = desk_of(stage.archive)
        desk.sets.freeze(REQUEST, "all", [(row.record_id, row.id) for row in rows], by=CLERK)
        desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
        yield stage


def test_a_face_that_is_redacted_in_one_item_is_not_released_in_another(
    shared: Stage, tmp_path: Path
) -> None:
    desk = desk_of(shared.archive)
    redact(desk.reviews, 1, FACE)
    order = Order(number=1, made_by=CLERK, prefix="SPD-")
    seen = r"item 2 \(file 1\) repeats the file of item 1"
    with pytest.raises(RefusedError, match=seen):
        desk.staging.stage(REQUEST, 1, tmp_path / "whole", order=order)
    redact(desk.reviews, 2, LESS)
    with pytest.raises(RefusedError, match=seen):
        desk.staging.stage(REQUEST, 1, tmp_path / "less", order=order)
    redact(desk.reviews, 1, FACE)
    redact(desk.reviews, 2, FACE)
    made = desk.staging.stage(REQUEST, 1, tmp_path / "both", order=order)
    assert made.redacted == 2
    assert photo() not in everything_in(tmp_path / "both")


def test_a_picture_of_a_withheld_item_is_known_by_no_hash(shared: Stage, tmp_path: Path) -> None:
    desk = desk_of(shared.archive)
    withhold(desk.reviews, 1)
    order = Order(number=1, made_by=CLERK, prefix="SPD-", accept_repeats=CHIEF)
    with pytest.raises(RefusedError, match=r"item 2 \(file 1\) repeats the file of item 1"):
        desk.staging.stage(REQUEST, 1, tmp_path / "whole", order=order)
    redact(desk.reviews, 2, Mark(what="media", code=VERIFIED, media=0))
    made = desk.staging.stage(REQUEST, 1, tmp_path / "both", order=order)
    sha256 = hashlib.sha256(photo()).hexdigest()
    assert sha256.encode() not in everything_in(tmp_path / "both")
    assert (
        f'"size":{len(photo())},'.encode() not in (tmp_path / "both" / "items.jsonl").read_bytes()
    )
    assert [each.sha256 for item in made.items() for each in item.files] == [""]


def test_a_logo_that_everybody_knows_is_accepted_by_its_hash(shared: Stage, tmp_path: Path) -> None:
    desk = desk_of(shared.archive)
    withhold(desk.reviews, 1)
    known = {**CHIEF, hashlib.sha256(photo()).hexdigest(): "the agency's banner"}
    order = Order(number=1, made_by=CLERK, prefix="SPD-", accept_repeats=known)
    (item,) = desk.staging.stage(REQUEST, 1, tmp_path / "s", order=order).items()
    assert item.files[0].path


# -- a second thought ---------------------------------------------------------------------------


def test_what_is_withheld_after_staging_is_neither_finished_nor_delivered(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scene(tmp_path, boards) as made:
        archive = made.archive
        reviews, productions = desk_of(archive).reviews, archive.productions
        wish = Wish(formats=("json",), unsigned=True)
        productions.make(REQUEST, 1, by=CLERK, wish=wish)
        released = next(
            each for each in reviews.items(REQUEST, 1)
            if each.decision is not None and each.decision.outcome == Outcome.RELEASE
        )  # fmt: skip
        withhold(reviews, released.position)
        with pytest.raises(RefusedError, match="decided otherwise"):
            productions.deliver(f"{REQUEST}-1", to="Kent", how="mail", by=CLERK)
        reviews.decide(REQUEST, 1, released.position, Outcome.RELEASE, by=CLERK)
        with monkeypatch.context() as cut_off:
            cut_off.setattr(Prover, "prove", _disk_full)
            with pytest.raises(ExportError, match="full"):
                productions.make(REQUEST, 1, by=CLERK, wish=wish)
        withhold(reviews, released.position)
        with pytest.raises(RefusedError, match="abandon it and make a new production"):
            productions.resume(REQUEST)
        productions.abandon(f"{REQUEST}-2", reason="second thought", by=CLERK)
        assert not (archive.settings.home / "productions" / f"{REQUEST}-2").exists()


def _disk_full(*_given: object, **_named: object) -> None:
    raise ExportError("the disk is full")
