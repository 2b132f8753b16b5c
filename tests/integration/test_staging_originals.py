"""Original exchanges in a production: copied to the byte when all on their page is released whole,
left out as a whole when anything on it is not. And: evidence that is damaged is never released."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.desk.staging_originals import OTHERS, REPEATED
from archiver.errors import EvidenceError
from archiver.export import cdx
from archiver.export.base import ORIGINALS, Production
from archiver.export.web_archive import WACZ, WARC, WarcExporter
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.warc.reader import iterate
from tests.support import replay
from tests.support.production_scene import everything_said
from tests.support.review_scene import CLERK, REQUEST, VERIFIED, add_request, desk_of
from tests.support.stage import Board, Stage, boards, make_stage  # noqa: F401 - a fixture
from tests.unit.archiver.export.test_web_archive import got
from tests.unit.archiver.warc.referees import fastwarc_accepts, warcio_accepts

SECRET = "Zwetschgenkuchen at the old barn"
Publish = Callable[[str], object]
ACCOUNTS = {"wordpress": "wp", "x": "spd-x", "facebook": "fb", "rss": "feed", "atom": "feed",
            "json": "feed"}  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:  # noqa: F811
    with make_stage(tmp_path, boards) as made:
        add_request(made.archive, REQUEST)
        yield made


def platform(stage: Stage, name: str) -> Publish:
    """A platform of this name; what publishes a text there."""
    if name == "wordpress":
        site = stage.wordpress()
        return lambda text: site.publish(text.split()[0], f"<p>{text}</p>")
    if name == "x":
        return stage.x().publish
    if name == "facebook":
        return stage.facebook().page.publish
    feed = stage.feed(form=name)
    return lambda text: feed.publish(text.split()[0], f"<p>{text}</p>")


def frozen(stage: Stage, *, without: str = "") -> list[str]:
    """All items in a set, released but for one that says `without`; the texts of the set."""
    rows = stage.rows(
        "SELECT v.record_id, v.id, v.words FROM versions v JOIN records r ON r.id = v.record_id "
        "WHERE r.family <> 'profile' ORDER BY v.id"
    )
    chosen = [row for row in rows if not without or without not in row.words]
    desk = desk_of(stage.archive)
    desk.sets.freeze(REQUEST, "all", [(row.record_id, row.id) for row in chosen], by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
    return [row.words for row in chosen]


def withhold(stage: Stage, text: str) -> None:
    desk = desk_of(stage.archive)
    for each in list(desk.reviews.items(REQUEST, 1)):
        if text in each.words:
            desk.reviews.decide(REQUEST, 1, each.position, Outcome.WITHHOLD, by=CLERK,
                                code=VERIFIED, reason="sealed")  # fmt: skip


def staged(stage: Stage, folder: Path, accept: dict[str, str] | None = None) -> Production:
    order = Order(number=1, made_by=CLERK, prefix="SPD-", accept_repeats=accept)
    return desk_of(stage.archive).staging.stage(REQUEST, 1, folder, order=order)


def exported(production: Production, folder: Path) -> Path:
    folder.mkdir()
    WarcExporter().write(production, folder, lambda _: None)
    return folder


def whys(production: Production) -> set[str]:
    return {each.why for each in production.originals().values()}


def in_the_vault(stage: Stage, exchange: str) -> list[bytes]:
    """Request and answer as they lie there."""
    (row,) = stage.rows("SELECT * FROM exchanges WHERE id = :id", id=exchange)
    whole = stage.archive.vault.path(row.segment).read_bytes()
    places = ((row.request_offset, row.request_length), (row.response_offset, row.response_length))
    return [whole[offset : offset + length] for offset, length in places]


def said_by_items(warc: Path) -> set[str]:
    return {
        record.header("WARC-Archiver-Original")
        for record, _, _ in iterate(warc)
        if record.uri.startswith("urn:archiver:")
    }


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_page_of_which_all_is_released_is_copied_to_the_byte(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    publish = platform(stage, name)
    for text in ("Fair opens at nine", "Parade at ten"):
        publish(text)
    stage.capture(ACCOUNTS[name])
    assert len(frozen(stage)) == 2
    production = staged(stage, tmp_path / "s")
    (original,) = production.originals().values()
    assert original.why == ""
    members = in_the_vault(stage, original.exchange)
    assert (tmp_path / "s" / ORIGINALS).read_bytes() == b"".join(members)
    made = exported(production, tmp_path / "warc")
    written = (made / WARC).read_bytes()
    for each in members:
        assert written.count(each) == 1
    assert b"Fair opens" in gzip.decompress(members[1])
    assert warcio_accepts(made / WARC)
    assert fastwarc_accepts(made / WARC) == 1 + 2 * 2 + 2
    assert said_by_items(made / WARC) == {"included"}


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("neighbour", ["withheld", "not asked for"])
def test_nothing_is_copied_of_a_page_with_a_neighbour_that_is_not_released(
    stage: Stage, tmp_path: Path, name: str, neighbour: str
) -> None:
    publish = platform(stage, name)
    for text in ("Fair opens at nine", SECRET):
        publish(text)
    stage.capture(ACCOUNTS[name])
    frozen(stage, without=SECRET if neighbour == "not asked for" else "")
    accept = None
    if neighbour == "withheld":
        withhold(stage, SECRET)
        if name == "wordpress":
            accept = {"chief": "whoever wrote it for the agency is no secret"}
    production = staged(stage, tmp_path / "s", accept)
    said = "the same page holds 1 items that are not released whole"
    assert whys(production) == {said}
    assert (tmp_path / "s" / ORIGINALS).read_bytes() == b""
    made = exported(production, tmp_path / "warc")
    searched = 0
    for path in sorted([*made.iterdir(), *(tmp_path / "s").rglob("*")]):
        for where, data in everything_said(path) if path.is_file() else ():
            searched += 1
            assert b"Zwetschgenkuchen" not in data, where
    assert searched > 6
    assert said_by_items(made / WARC) == {f"not included: {said}"}


def test_a_known_neighbour_that_is_listed_again_speaks_against_it(
    stage: Stage, tmp_path: Path
) -> None:
    """The page of the new item brought no version of the old one, but it shows it."""
    publish = platform(stage, "json")
    publish(SECRET)
    stage.capture("feed")
    stage.later(hours=1)
    publish("Fair opens at nine")
    stage.capture("feed")
    frozen(stage, without=SECRET)
    production = staged(stage, tmp_path / "s")
    assert whys(production) == {OTHERS}
    assert (tmp_path / "s" / ORIGINALS).read_bytes() == b""


@pytest.mark.parametrize("name", ["wordpress", "rss", "json"])
def test_a_neighbour_that_is_listed_again_and_released_does_not(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    publish = platform(stage, name)
    publish("Fair opens at nine")
    stage.capture(ACCOUNTS[name])
    stage.later(hours=1)
    publish("Parade at ten")
    stage.capture(ACCOUNTS[name])
    frozen(stage)
    production = staged(stage, tmp_path / "s")
    assert len(production.originals()) == 2
    assert whys(production) == {""}


def test_what_is_withheld_and_stands_in_the_account_s_own_words_speaks_against_it(
    stage: Stage, tmp_path: Path
) -> None:
    """The feed's description is the account's own word and may stand; not when it repeats."""
    feed = stage.feed(form="rss")
    feed.publish("Fair", "<p>Fair opens at nine</p>")
    feed.title = f"News: {SECRET}"
    stage.capture("feed")
    other = stage.x()
    other.publish(SECRET)
    stage.capture("spd-x")
    frozen(stage)
    withhold(stage, SECRET)
    production = staged(stage, tmp_path / "s")
    assert REPEATED in whys(production)
    assert (tmp_path / "s" / ORIGINALS).read_bytes() == b""


def test_a_redacted_item_takes_its_page_with_it(stage: Stage, tmp_path: Path) -> None:
    publish = platform(stage, "facebook")
    publish("Fair opens at nine")
    publish(f"Ask at {SECRET}")
    stage.capture("fb")
    frozen(stage)
    desk = desk_of(stage.archive)
    for each in list(desk.reviews.items(REQUEST, 1)):
        if SECRET in each.words:
            start = each.words.index(SECRET)
            mark = Mark(what="text", code=VERIFIED, start=start, end=start + len(SECRET))
            desk.reviews.decide(REQUEST, 1, each.position, Outcome.REDACT, by=CLERK, marks=[mark])
    production = staged(stage, tmp_path / "s")
    assert whys(production) == {"the same page holds 1 items that are not released whole"}
    assert (tmp_path / "s" / ORIGINALS).read_bytes() == b""


# -- the evidence is read again -----------------------------------------------------------------


def test_it_is_told_what_was_read_again_and_when(stage: Stage, tmp_path: Path) -> None:
    page = stage.facebook().page
    page.publish("Fair opens at nine", photos=["The fair"])
    page.publish("Parade at ten")
    stage.capture("fb")
    frozen(stage)
    stage.later(hours=3)
    reread = staged(stage, tmp_path / "s").reread
    assert reread is not None
    assert (reread.items, reread.exchanges, reread.records, reread.files) == (2, 1, 2, 1)
    assert (reread.unread, reread.originals) == (0, 2)
    assert reread.at == stage.clock.now()


def test_nothing_is_staged_when_the_evidence_is_not_what_was_captured(
    stage: Stage, tmp_path: Path
) -> None:
    publish = platform(stage, "facebook")
    publish("Fair opens at nine")
    stage.capture("fb")
    frozen(stage)
    (row,) = stage.rows(
        "SELECT e.* FROM exchanges e JOIN versions v ON v.exchange_id = e.id "
        "JOIN records r ON r.id = v.record_id WHERE r.family <> 'profile'"
    )
    path = stage.archive.vault.path(row.segment)
    whole = path.read_bytes()
    member = whole[row.response_offset : row.response_offset + row.response_length]
    text = gzip.decompress(member).replace(b"at nine", b"at five")
    forged = gzip.compress(text, 9)
    path.chmod(0o644)
    room = row.response_length - len(forged)
    assert room >= 0  # the level is higher than that of the recorder
    rest = whole[row.response_offset + row.response_length :]
    path.write_bytes(whole[: row.response_offset] + forged + b"\0" * room + rest)
    with pytest.raises(EvidenceError, match="is not what was stored: its digest differs"):
        staged(stage, tmp_path / "s")
    assert not (tmp_path / "s" / "items.jsonl").exists()


# -- replay -------------------------------------------------------------------------------------


def test_a_replay_program_finds_the_original_answer_under_its_own_address(
    stage: Stage, tmp_path: Path
) -> None:
    publish = platform(stage, "facebook")
    publish("Fair opens at nine")
    stage.capture("fb")
    frozen(stage)
    production = staged(stage, tmp_path / "s")
    made = exported(production, tmp_path / "warc")
    ok, said = replay.wacz_accepts(made / WACZ)
    assert ok, said
    (original,) = production.originals().values()
    assert original.at is not None
    (tmp_path / "pywb").mkdir()
    with replay.wayback(tmp_path / "pywb", made / WARC) as address:
        answer = got(f"{address}/{cdx.stamp(original.at)}id_/{original.uri}")
    assert b"Fair opens at nine" in answer
