"""An archive to review at the page: a thread with letters beyond the basic plane, a large picture
and a line's end of two characters, an account of another department, and a frozen set of all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archiver.demo.simulators.facebook_world import NEIGHBOURS, File
from archiver.demo.simulators.feeds import FeedSite
from archiver.desk.plain_text import plain_text
from archiver.desk.review_setup import ReviewDesk
from archiver.model.queries.review import SetItem
from tests.support.archive import approved, make_archive
from tests.support.clock import FakeClock
from tests.support.review_scene import REQUEST, add_request, desk_of
from tests.support.stage import Board, SharedTime, Stage
from tests.support.staged_pictures import photo
from tests.support.web import SECTIONS

GROUND = "IL-2"  # confirmed by the agency of this archive
PHONE, PERSON = "612-555-0147", "José Peña"
ASKED = f"👮🏽 Llámame al {PHONE}, mañana: soy {PERSON} 🎈"
FAIR, THANKS, LINES = "Feria 🎉 mañana a las 10.", "Thanks to all!", "See you.\r\nBring a coat."
SIZE = (1600, 1200)
SET = f"/requests/{REQUEST}/sets/1"
POLICE, PARKS = "Police", "Parks"
_CONFIRMED = f"""form: 1
exemptions:
  - {{code: {GROUND}, confirmed_by: City Attorney, confirmed_on: 2026-11-02}}
"""


def fill_review(tmp_path: Path, boards: tuple[Board, ...]) -> None:
    """Capture the archive in `tmp_path / "home"`."""
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock, sections=SECTIONS) as archive:
        (archive.settings.home / "exemptions.yaml").write_text(_CONFIRMED, encoding="utf-8")
        stage = Stage(archive, clock, boards)
        page = stage.facebook(slug="spd-facebook").page
        feed = FeedSite(SharedTime(clock), podcast=True)
        stage._put_up(feed)
        address = f"{feed.url}/feed.rss"
        approved(archive, "feed", address, slug="parks-feed", department=PARKS)
        post = page.publish(FAIR, photos=["The fair ground"])
        old = page.posts[post].files[0]
        page.posts[post].files[0] = File(old.id, "image/jpeg", photo(1, SIZE), old.alt_text)
        page.comment(post, ASKED, NEIGHBOURS[0])
        page.comment(post, THANKS, NEIGHBOURS[1])
        page.comment(post, LINES, NEIGHBOURS[2])
        feed.seed(1)
        stage.capture("spd-facebook")
        stage.capture("parks-feed")
        rows = stage.rows(
            "SELECT v.record_id, v.id FROM versions v JOIN records r ON r.id = v.record_id "
            "WHERE r.family <> 'profile' ORDER BY v.id"
        )
        add_request(archive, REQUEST)
        pairs = [(row.record_id, row.id) for row in rows]
        desk_of(archive).sets.freeze(REQUEST, "feria OR fair", pairs, by="Lisa Simpson")
    for board in boards:
        board.current = None


def items(desk: ReviewDesk) -> Iterator[SetItem]:
    """The items of the set."""
    return desk.reviews.items(REQUEST, 1)


def place_of(desk: ReviewDesk, text: str) -> int:
    """The position of the item with this text."""
    (found,) = [each.position for each in items(desk) if plain_text(each.state) == text]
    return found


def of_parks(desk: ReviewDesk) -> int:
    """The position of the item of the other department."""
    (found,) = [each.position for each in items(desk) if each.department == PARKS]
    return found
