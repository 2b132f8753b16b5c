"""Staging: nothing that was taken out is in the folder, and nothing leaves while in doubt.

Canaries are texts that occur nowhere else; the folder's bytes are searched for them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text as sql

from archiver.desk.review import Reviews
from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order, StagedItem
from archiver.errors import ExportError, NotFoundError, RefusedError, UsageError
from archiver.export.base import ITEMS, Released
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.wiring import Archive
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    SECOND,
    VERIFIED,
    Filling,
    add_request,
    desk_of,
    everything_in,
    review_archive,
)
from tests.support.stage import Board, Stage, boards, make_stage  # noqa: F401 - a fixture

RELEASE, WITHHOLD, REDACT = Outcome.RELEASE, Outcome.WITHHOLD, Outcome.REDACT
MARK = f"[redacted: {VERIFIED}]"
ORDER = Order(number=1, made_by=CLERK, prefix="SPD-")
SECRET = "canary-alpha 742 Evergreen Terrace"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with review_archive(tmp_path, request.param, request) as made:
        yield made


@pytest.fixture
def filling(archive: Archive) -> Filling:
    return Filling(archive)


def frozen(filling: Filling) -> Reviews:
    """Everything in one set, all of it released so far."""
    desk = desk_of(filling.archive)
    desk.sets.freeze(REQUEST, "all", filling.ids, by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), RELEASE, by=CLERK)
    return desk.reviews


class Unproved:
    """Stages what was never captured, and so stands in no ledger."""

    def __init__(self, archive: Archive, *, second_review: bool = False) -> None:
        self.staging = desk_of(archive, second_review=second_review).staging
        self.staging._places = None

    def __call__(self, folder: Path, **changed: Any) -> list[Released]:
        given: dict[str, Any] = {"order": ORDER, **changed}
        return list(self.staging.stage(REQUEST, 1, folder, **given).items())


def redact(reviews: Reviews, position: int, *marks: Mark) -> None:
    reviews.decide(REQUEST, 1, position, REDACT, by=CLERK, marks=marks)


def span(whole: str, part: str, what: str = "text") -> Mark:
    start = whole.index(part)
    return Mark(what=what, code=VERIFIED, start=start, end=start + len(part))


def test_a_redacted_text_and_title_are_in_no_byte_of_the_folder(
    filling: Filling, tmp_path: Path
) -> None:
    text, title = f"She lives at {SECRET} now", "About canary-beta"
    filling.add(text, title=title, native=f'{{"t": "{SECRET}", "u": ["canary-beta"]}}')
    filling.add("Thanks", reply_to=1)
    reviews = frozen(filling)
    redact(reviews, 1, span(text, SECRET), span(title, "canary-beta", "title"))
    first, second = Unproved(filling.archive)(tmp_path / "s")
    assert first.text == f"She lives at {MARK} now"
    assert first.title == f"About {MARK}"
    assert (first.native, first.canonical, first.digest, first.endpoint) == ("", "", "", "")
    assert first.permalink == ""  # addresses are made from titles
    assert [(each.field, each.code) for each in first.cuts] == [
        ("text", VERIFIED), ("title", VERIFIED),
    ]  # fmt: skip
    assert second.native == "{}"
    assert second.digest
    assert not second.redacted
    held = everything_in(tmp_path / "s")
    assert b"canary" not in held
    assert b"Evergreen" not in held


def test_a_redacted_author_is_gone_from_everything(filling: Filling, tmp_path: Path) -> None:
    who: dict[str, Any] = {
        "author_handle": "canary_gamma",
        "author_name": "Canary Delta",
        "author_id": "7744112233",
        "permalink": "https://x.example/canary_gamma/status/1",
        "native": '{"user": {"screen_name": "canary_gamma", "id": 7744112233}}',
    }
    filling.add("I am Canary Delta, follow @canary_gamma", **who)
    filling.add("@Canary_Gamma thanks!", reply_to=1, native='{"to": 7744112233}')
    filling.add("Nothing to do with it")
    redact(frozen(filling), 1, Mark(what="author", code=VERIFIED))
    first, reply, other = Unproved(filling.archive)(tmp_path / "s")
    assert first.author_name == MARK
    assert (first.author_id, first.author_handle, first.permalink) == ("", "", "")
    assert first.text == f"I am {MARK}, follow {MARK}"
    assert reply.text == f"{MARK} thanks!"
    assert first.platform_id == first.thread_id == reply.parent_id == reply.thread_id == "item-1"
    assert reply.native == ""
    assert not other.redacted
    held = everything_in(tmp_path / "s").lower()
    for canary in (b"canary", b"delta", b"7744112233"):
        assert canary not in held


def test_a_withheld_item_leaves_only_its_line_in_the_log(filling: Filling, tmp_path: Path) -> None:
    filling.add("The fair is open")
    filling.add(SECRET, reply_to=1, author_handle="canary_h", author_name="Canary Name")
    reviews = frozen(filling)
    reviews.decide(REQUEST, 1, 2, WITHHOLD, by=CLERK, code=VERIFIED, reason="names a victim")
    made = Unproved(filling.archive).staging.stage(REQUEST, 1, tmp_path / "s", order=ORDER)
    (kept,) = made.kept_back()
    assert (kept.position, kept.code, kept.reason) == (2, VERIFIED, "names a victim")
    assert kept.date == "2025-12-31"
    assert (made.released, made.redacted, made.withheld) == (1, 0, 1)
    assert b"canary" not in everything_in(tmp_path / "s").lower()


@pytest.mark.parametrize(
    "repeat",
    [
        f'RT: "{SECRET}"',
        SECRET.upper(),
        SECRET.replace(" ", " \n "),
        SECRET.replace("E", "\uff25"),  # full width
        SECRET.replace("Terr", "Te\u200brr"),
    ],
)
def test_a_quoted_repeat_is_caught_and_nothing_counts_as_ready(
    filling: Filling, tmp_path: Path, repeat: str
) -> None:
    filling.add(f"At {SECRET}")
    filling.add("Harmless")
    filling.add(f"They said {repeat}")
    redact(frozen(filling), 1, span(f"At {SECRET}", SECRET))
    with pytest.raises(RefusedError, match=r"item 3 \(text\) repeats the text of item 1") as caught:
        Unproved(filling.archive)(tmp_path / "s")
    assert "Evergreen" not in str(caught.value)
    assert not (tmp_path / "s" / ITEMS).exists()


def test_a_repeat_of_a_withheld_handle_or_an_alternative_text_is_caught(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add("Ask @canary_handle", alt="canary alt")
    filling.add("Some words", author_handle="canary_handle")
    filling.add("the Canary Alt is here", reply_to=1)
    reviews = frozen(filling)
    reviews.decide(REQUEST, 1, 2, WITHHOLD, by=CLERK, code=VERIFIED)
    redact(reviews, 1, Mark(what="media", code=VERIFIED))
    with pytest.raises(RefusedError) as caught:
        Unproved(filling.archive)(tmp_path / "s")
    assert "item 1 (text) repeats the handle of item 2" in str(caught.value)
    assert "item 3 (text) repeats the media of item 1" in str(caught.value)


def test_a_repeat_in_the_data_alone_takes_the_data_out(filling: Filling, tmp_path: Path) -> None:
    filling.add(f"At {SECRET}")
    escaped = '{"quoted": "At <b>canary-alpha</b> 742 \\u0045vergreen&#32;Terrace"}'
    filling.add("Harmless", native=escaped)
    redact(frozen(filling), 1, span(f"At {SECRET}", SECRET))
    _, other = Unproved(filling.archive)(tmp_path / "s")
    assert (other.native, other.canonical, other.digest) == ("", "", "")
    assert [(each.field, each.code) for each in other.cuts] == [("native", VERIFIED)]
    assert b"canary" not in everything_in(tmp_path / "s")


def test_a_repeat_is_accepted_by_name_with_a_reason_that_is_kept(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add("Thank you all")
    filling.add("Thank you all", reply_to=1)
    frozen(filling).decide(REQUEST, 1, 1, WITHHOLD, by=CLERK, code=VERIFIED)
    stage = Unproved(filling.archive)
    with pytest.raises(RefusedError, match="repeats the text"):
        stage(tmp_path / "one")

    def accepting(**texts: str) -> Order:
        named = {text.replace("_", " "): why for text, why in texts.items()}
        return Order(number=1, made_by=CLERK, prefix="SPD-", accept_repeats=named)

    with pytest.raises(UsageError, match="why"):
        stage(tmp_path / "two", order=accepting(Thank_you_all=" "))
    with pytest.raises(UsageError, match="not redacted or withheld"):
        stage(tmp_path / "three", order=accepting(Nobody_said_this="it is common"))
    items = stage(tmp_path / "four", order=accepting(thank_YOU_all="it is common"))
    assert [each.text for each in items] == ["Thank you all"]
    with filling.archive.database.read() as connection:
        kept = connection.execute(
            sql("SELECT actor, detail FROM request_events WHERE action = 'repeats accepted'")
        ).one()
    assert kept.actor == CLERK
    assert "it is common" in str(kept.detail)
    assert "hank you" not in str(kept.detail)


def test_the_agencys_own_name_is_no_secret(filling: Filling, tmp_path: Path) -> None:
    own: dict[str, Any] = {"author_handle": "springfieldpd", "author_id": "11223344"}
    filling.add("A draft that went out by mistake", **own)
    filling.add("The fair is open", **own)
    frozen(filling).decide(REQUEST, 1, 1, WITHHOLD, by=CLERK, code=VERIFIED)
    (only,) = Unproved(filling.archive)(tmp_path / "s")
    assert only.author_handle == "springfieldpd"


def test_pieces_shorter_than_four_characters_are_not_looked_for(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add("Age 17")
    filling.add("Route 17 is closed")
    redact(frozen(filling), 1, span("Age 17", "17"))
    assert len(Unproved(filling.archive)(tmp_path / "s")) == 2


def test_nothing_is_staged_before_everything_is_decided(filling: Filling, tmp_path: Path) -> None:
    for number in range(3):
        filling.add(f"Post {number}")
    reviews = frozen(filling)
    reviews.decide(REQUEST, 1, 2, Outcome.UNDECIDED, by=CLERK, reason="new facts")
    with pytest.raises(RefusedError, match=r"undecided: item 2$"):
        Unproved(filling.archive)(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_missing_second_look_or_a_dispute_stops_it(filling: Filling, tmp_path: Path) -> None:
    filling.add("One")
    filling.add("Two")
    reviews = frozen(filling)
    twice = Unproved(filling.archive, second_review=True)
    reviews.check(REQUEST, 1, Pick(position=1), agrees=True, by=SECOND)
    with pytest.raises(RefusedError, match=r"second person: item 2$"):
        twice(tmp_path / "s")
    reviews.check(REQUEST, 1, Pick(position=2), agrees=False, by=SECOND, note="no")
    for stage in (twice, Unproved(filling.archive)):
        with pytest.raises(RefusedError, match=r"in dispute after the second review: item 2$"):
            stage(tmp_path / "s")
    reviews.check(REQUEST, 1, Pick(position=2), agrees=True, by=SECOND)
    assert len(twice(tmp_path / "s")) == 2


def test_an_exemption_that_lost_its_confirmation_stops_it(filling: Filling, tmp_path: Path) -> None:
    own = filling.archive.settings.home / "exemptions.yaml"
    own.write_text(
        "form: 1\nexemptions:\n  - {code: FL-6, confirmed_by: A, confirmed_on: 2026-11-24}\n",
        encoding="utf-8",
    )
    filling.add("One")
    frozen(filling).decide(REQUEST, 1, 1, WITHHOLD, by=CLERK, code="FL-6")
    assert Unproved(filling.archive)(tmp_path / "s") == []
    own.write_text("form: 1\nexemptions: []\n", encoding="utf-8")
    with pytest.raises(RefusedError, match='"FL-6", which cannot be used'):
        Unproved(filling.archive)(tmp_path / "t")


def test_items_stand_by_thread_and_then_by_time_with_bates_numbers(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add("A")
    filling.add("B")
    filling.add("answer to A", reply_to=1)
    filling.add("answer to B", reply_to=2)
    frozen(filling).decide(REQUEST, 1, 3, WITHHOLD, by=CLERK, code=VERIFIED)
    heard: list[StagedItem] = []

    def register(first: int, items: Iterator[StagedItem]) -> None:
        assert first == 41
        heard.extend(items)

    order = Order(number=1, made_by=CLERK, prefix="SPD-", first=41)
    items = Unproved(filling.archive)(tmp_path / "s", order=order, register=register)
    assert [(each.position, each.bates, each.text) for each in items] == [
        (1, "SPD-000041", "A"),
        (3, "SPD-000042", "B"),
        (4, "SPD-000043", "answer to B"),
    ]
    assert [(each.position, each.outcome, each.bates) for each in heard] == [
        (1, "release", 41), (2, "withhold", None), (3, "release", 42), (4, "release", 43),
    ]  # fmt: skip


def test_bates_numbers_go_on_where_the_last_production_ended(
    filling: Filling, tmp_path: Path
) -> None:
    filling.add("One")
    frozen(filling)
    with filling.archive.database.write() as connection:
        connection.execute(
            sql(
                "INSERT INTO productions (request_id, set_id, number, state, options, prefix, "
                "first, last, folder, made_by, made_at) SELECT request_id, id, 1, 'done', '{}', "
                "'SPD-', 1, 17, '', 'x', made_at FROM result_sets"
            )
        )
    (only,) = Unproved(filling.archive)(tmp_path / "s")
    assert only.bates == "SPD-000018"
    taken = Order(number=2, made_by=CLERK, prefix="SPD-", first=17)
    with pytest.raises(UsageError, match="SPD-000017 was given out already"):
        Unproved(filling.archive)(tmp_path / "t", order=taken)


def test_the_same_set_gives_the_same_bytes(filling: Filling, tmp_path: Path) -> None:
    for number in range(5):
        filling.add(f"Post {number}")
    redact(frozen(filling), 2, Mark(what="author", code=VERIFIED))
    Unproved(filling.archive)(tmp_path / "one")
    Unproved(filling.archive)(tmp_path / "two")
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "two")


def test_an_order_that_cannot_be_carried_out_is_refused(filling: Filling, tmp_path: Path) -> None:
    filling.add("One")
    frozen(filling)
    stage = Unproved(filling.archive)
    with pytest.raises(UsageError, match="prefix"):
        stage(tmp_path / "s", order=Order(number=1, made_by=CLERK, prefix="a/b"))
    with pytest.raises(UsageError, match="who"):
        stage(tmp_path / "s", order=Order(number=1, made_by=" ", prefix="SPD-"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(ExportError, match="not empty"):
        stage(tmp_path / "full")
    with pytest.raises(NotFoundError, match="no result set 2"):
        stage.staging.stage(REQUEST, 2, tmp_path / "s", order=ORDER)


# -- captured ones: files from the vault, proofs from the ledger -------------------------------


QUOTE = "He said: canary in EXIF"


def picture(colour: str = "red") -> bytes:
    """A picture with a canary in its metadata."""
    exif = Image.Exif()
    exif[0x010E] = "canary in EXIF"
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def captured(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:  # noqa: F811
    with make_stage(tmp_path, boards) as stage:
        site = stage.wordpress()
        for title, colour in (("Fair", "red"), ("Parade", "blue")):
            photo = site.upload(
                f"canary-{title}.jpg", picture(colour), "image/jpeg", alt_text=f"At the {title}"
            )
            site.publish(title, f"<p>The {title.lower()} is <b>open</b>.</p>", featured=photo)
        site.publish("Quote", f"<p>{QUOTE}</p>")
        stage.capture("wp")
        add_request(stage.archive, REQUEST)
        rows = stage.rows(
            "SELECT record_id, id FROM versions WHERE title IN ('Fair', 'Parade') "
            "AND id IN (SELECT version_id FROM version_media)"
        )
        desk = desk_of(stage.archive)
        desk.sets.freeze(REQUEST, "all", [(row.record_id, row.id) for row in rows], by=CLERK)
        desk.reviews.decide_many(REQUEST, 1, Pick(), RELEASE, by=CLERK)
        yield stage


def test_files_are_released_as_they_are_or_made_new(captured: Stage, tmp_path: Path) -> None:
    desk = desk_of(captured.archive)
    region = Mark(what="region", code=VERIFIED, x=8, y=8, width=16, height=16)
    first = next(iter(desk.reviews.items(REQUEST, 1)))
    big = Mark(what="region", code=VERIFIED, x=60, y=0, width=5, height=5)
    with pytest.raises(UsageError, match="not inside the picture of 64x64"):
        desk.reviews.decide(REQUEST, 1, 1, REDACT, by=CLERK, marks=[big])
    desk.reviews.decide(REQUEST, 1, 1, REDACT, by=CLERK, marks=[region])
    made = desk.staging.stage(REQUEST, 1, tmp_path / "s", order=ORDER)
    redacted, plain = sorted(made.items(), key=lambda each: each.record_id != first.record_id)
    (new,), (old,) = redacted.files, plain.files
    assert made.file(old).read_bytes() in (picture("red"), picture("blue"))
    assert not old.redacted
    assert new.redacted
    assert new.path == f"{redacted.bates}-01.jpg"
    assert b"canary" not in made.file(new).read_bytes()
    covered = Image.open(made.file(new)).convert("RGB").getpixel((16, 16))
    assert isinstance(covered, tuple)
    assert max(covered) < 16
    assert new.alt_text == MARK
    assert plain.text == f"The {plain.title.lower()} is open."
    assert plain.place is not None
    assert plain.place.preimage is not None
    assert redacted.place is not None
    assert redacted.place.preimage is None


def test_pictures_of_a_redacted_author_lose_their_metadata(captured: Stage, tmp_path: Path) -> None:
    desk = desk_of(captured.archive)
    author = Mark(what="author", code=VERIFIED)
    with captured.database.read() as connection:
        names = {row[0] for row in connection.execute(sql("SELECT author_name FROM records"))}
    for position in (1, 2):
        desk.reviews.decide(REQUEST, 1, position, REDACT, by=CLERK, marks=[author])
    made = desk.staging.stage(REQUEST, 1, tmp_path / "s", order=ORDER)
    assert all(file.redacted for item in made.items() for file in item.files)
    held = everything_in(tmp_path / "s")
    assert b"canary" not in held
    assert not [name for name in names if len(name) > 3 and name.encode() in held]


def test_a_whole_file_is_withheld(captured: Stage, tmp_path: Path) -> None:
    desk = desk_of(captured.archive)
    whole = Mark(what="media", code=VERIFIED)
    for position in (1, 2):
        desk.reviews.decide(REQUEST, 1, position, REDACT, by=CLERK, marks=[whole])
    made = desk.staging.stage(REQUEST, 1, tmp_path / "s", order=ORDER)
    assert list((tmp_path / "s" / "files").iterdir()) == []
    for item in made.items():
        (file,) = item.files
        assert (file.path, file.sha256, file.alt_text) == ("", "", MARK)
        assert file.why == f"withheld: {VERIFIED}"


def test_a_redacted_text_in_the_bytes_of_another_file_is_caught(
    captured: Stage, tmp_path: Path
) -> None:
    desk = desk_of(captured.archive)
    rows = captured.rows("SELECT record_id, id FROM versions WHERE title IN ('Fair', 'Quote')")
    desk.sets.freeze(REQUEST, "two", [(row.record_id, row.id) for row in rows], by=CLERK)
    desk.reviews.decide_many(REQUEST, 2, Pick(), RELEASE, by=CLERK)
    (quote,) = (item for item in desk.reviews.items(REQUEST, 2) if item.title == "Quote")
    marks = [span(QUOTE, "canary in EXIF")]
    desk.reviews.decide(REQUEST, 2, quote.position, REDACT, by=CLERK, marks=marks)
    with pytest.raises(RefusedError, match="the bytes of file 1"):
        desk.staging.stage(REQUEST, 2, tmp_path / "s", order=ORDER)


def test_the_capture_log_tells_the_days_on_which_capture_ran(
    captured: Stage, tmp_path: Path
) -> None:
    made = desk_of(captured.archive).staging.stage(REQUEST, 1, tmp_path / "s", order=ORDER)
    (day,) = made.capture_log
    assert (day.account, day.day) == ("wp", "2026-11-24")
    assert day.runs >= 1
    assert day.failed == 0
    assert day.new_versions >= 2
