"""A request in the archive behind the web page: searched for, reviewed, ready to be produced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from archiver.demo.simulators.feeds import FeedSite
from archiver.desk.jobs import Jobs
from archiver.desk.plain_text import plain_text
from archiver.desk.requests import Intake, RequestKind
from archiver.desk.review_rules import Outcome
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.web.production_work import key_of
from tests.support.archive import approved
from tests.support.stage import Board, SharedTime, Stage
from tests.support.web import Web

CLERK, COUNSEL = "Lisa Simpson", "Lionel Hutz"
POLICE, PARKS = "Police", "Parks"
GROUND = "FL-2"  # shipped as verified
WAIT = 150.0  # seconds that a production of a test may take, far more than it does


@contextmanager
def parks_feed(web: Web, boards: tuple[Board, ...]) -> Iterator[str]:
    """A captured account of another department than the others; its slug."""
    stage = Stage(web.archive, web.clock, boards)
    feed = FeedSite(SharedTime(web.clock), podcast=True)
    stage._put_up(feed)
    address = f"{feed.url}/feed.rss"
    slug = approved(web.archive, "feed", address, slug="parks-feed", department=PARKS).slug
    feed.seed(3)
    stage.capture(slug)
    yield slug
    for board in boards:
        board.current = None


def take_in(web: Web, text: str = "All posts about the bridge", **changed: object) -> str:
    """A request of the public, taken in by the clerk; its number."""
    fields: dict[str, object] = {
        "requester": "Marge Simpson",
        "text": text,
        "received_at": web.clock.now(),
        "kind": RequestKind.PUBLIC,
        "contact": "marge@example.org",
        **changed,
    }
    made = web.archive.requests.open(Intake(**fields), by=CLERK)  # type: ignore[arg-type]
    return made.entry.number


def fixed(web: Web, number: str, query: str) -> int:
    """A result set of this search."""
    hits = web.site.search.all_ids(query)
    return web.site.review.sets.freeze(number, query, hits, by=CLERK)


def decided(web: Web, number: str, set_number: int = 1, *, checked: bool = True) -> None:
    """Every item of the set released, and looked at by counsel."""
    desk = web.site.review.reviews
    desk.decide_many(number, set_number, Pick(), Outcome.RELEASE, by=CLERK)
    if checked:
        desk.check(number, set_number, Pick(), agrees=True, by=COUNSEL)


def withheld(web: Web, number: str, position: int, set_number: int = 1) -> None:
    """One item withheld, and agreed to by counsel."""
    desk = web.site.review.reviews
    desk.decide(
        number,
        set_number,
        position,
        Outcome.WITHHOLD,
        by=CLERK,
        code=GROUND,
        reason="names a victim",
    )
    desk.check(number, set_number, Pick(position=position), agrees=True, by=COUNSEL)


def word_redacted(web: Web, number: str, position: int, set_number: int = 1) -> str:
    """The longest word of an item redacted, and agreed to by counsel; the word."""
    desk = web.site.review.reviews
    text = plain_text(desk.item(number, set_number, position).state)
    word = max(text.split(), key=len)
    start = text.index(word)
    mark = Mark(what="text", code=GROUND, start=start, end=start + len(word))
    desk.decide(number, set_number, position, Outcome.REDACT, by=CLERK, marks=[mark])
    desk.check(number, set_number, Pick(position=position), agrees=True, by=COUNSEL)
    return word


def jobs(web: Web) -> Jobs:
    """The background work of the pages."""
    found = web.app.state.kept[Jobs]
    assert isinstance(found, Jobs)
    return found


def finish(web: Web, number: str) -> None:
    """Wait until the production of a request is made, or not."""
    assert jobs(web).wait(key_of(number), seconds=WAIT)
