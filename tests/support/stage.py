"""A whole archive before simulated platforms, one clock for all, and looks into its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Row, text
from werkzeug.wrappers import Response

from archiver.capture.walk import Outcome
from archiver.demo.simulators.base import Loopback, SimulatedTime, Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.x import XSimulator
from archiver.desk.verify import verify
from archiver.model.database import Database
from archiver.warc.reader import StoredRecord, read_record
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Board(Simulator):
    """One server for many simulators, one after the other: starting one takes time."""

    name = "board"
    current: Simulator | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.current is None:
            return Response("nobody is at home", 503)(environ, start_response)
        return self.current(environ, start_response)


@pytest.fixture(scope="session")
def boards() -> Iterator[tuple[Board, ...]]:
    """Four running servers without a platform yet."""
    made = tuple(Board() for _ in range(4))
    with Loopback() as loopback:
        for board in made:
            loopback.serve(board)
        yield made


class SharedTime(SimulatedTime):
    """The platform's time is that of the archive's clock, in whole milliseconds."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock.now())
        self._clock = clock

    def now(self) -> Any:
        moment = self._clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class Stage:
    """An archive and the platforms it captures. Times stand still until `later`."""

    archive: Archive
    clock: FakeClock
    boards: tuple[Board, ...]
    used: int = 0

    # -- platforms ------------------------------------------------------------------------

    def wordpress(
        self, *, signed: bool = True, slug: str = "wp", **options: str
    ) -> WordPressSimulator:
        """An approved WordPress site; `signed`: with an Editor's credentials."""
        site = WordPressSimulator(SharedTime(self.clock))
        self._put_up(site)
        approved(self.archive, "wordpress", site.url, slug=slug, options=options)
        if signed:
            user = site.users["records"]
            give_credentials(
                self.archive,
                slug,
                user=user.login,
                application_password=user.application_password,
            )
        return site

    def x(self, *, slug: str = "spd-x", **options: str) -> XSimulator:
        """An approved X account."""
        x = XSimulator(SharedTime(self.clock))
        self._put_up(x)
        options = {"api": x.url, **options}
        approved(self.archive, "x", "springfieldpd", slug=slug, options=options)
        give_credentials(self.archive, slug, **dict(x.credentials.as_files()))
        return x

    def facebook(self, *, slug: str = "fb", **options: str) -> FacebookSimulator:
        """An approved Facebook Page."""
        page = FacebookSimulator(SharedTime(self.clock))
        self._put_up(page)
        options = {"api": page.url, **options}
        approved(self.archive, "facebook", page.page_id, slug=slug, options=options)
        give_credentials(self.archive, slug, page_token=page.token)
        return page

    def feed(self, *, slug: str = "feed", form: str = "rss", **site: Any) -> FeedSite:
        """An approved feed in the form "rss", "atom" or "json"; keywords go to the simulator."""
        feed = FeedSite(SharedTime(self.clock), **site)
        self._put_up(feed)
        approved(self.archive, "feed", f"{feed.url}/feed.{form}", slug=slug)
        return feed

    def _put_up(self, simulator: Simulator) -> None:
        board = self.boards[self.used]
        self.used += 1
        simulator.url, board.current = board.url, simulator

    # -- acts -----------------------------------------------------------------------------

    def capture(
        self,
        slug: str,
        window: Window = Window.FULL,
        *,
        stop: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """Capture, and hold that it went well."""
        outcome = self.archive.captures.capture(slug, window, stop=stop)
        assert outcome.error is None, outcome.error_text
        return outcome

    def later(self, **units: float) -> None:
        """Let time pass, in the units of timedelta."""
        self.clock.advance(**units)

    # -- looks ----------------------------------------------------------------------------

    @property
    def database(self) -> Database:
        return self.archive.database

    def rows(self, sql: str, **values: object) -> list[Row[Any]]:
        """The rows of a query."""
        with self.database.read() as connection:
            return list(connection.execute(text(sql), values).all())

    def value(self, sql: str, **values: object) -> Any:
        """The one value of a query."""
        rows = self.rows(sql, **values)
        assert len(rows) == 1, rows
        return rows[0][0]

    def versions(self, platform_id: str, family: str = "post") -> list[Row[Any]]:
        """The versions of a record in the order of their numbers."""
        return self.rows(
            "SELECT v.* FROM versions v JOIN records r ON r.id = v.record_id "
            "WHERE r.platform_id = :id AND r.family = :family ORDER BY v.number",
            id=platform_id,
            family=family,
        )

    def record(self, platform_id: str, family: str = "post") -> Row[Any]:
        """The record."""
        rows = self.rows(
            "SELECT * FROM records WHERE platform_id = :id AND family = :family",
            id=platform_id,
            family=family,
        )
        assert len(rows) == 1, f"{len(rows)} records {family} {platform_id}"
        return rows[0]

    def findings(self, platform_id: str = "", family: str = "post") -> list[Row[Any]]:
        """The findings about a record, or all, in their order."""
        everything = self.rows(
            "SELECT f.*, r.platform_id, r.family FROM findings f "
            "JOIN records r ON r.id = f.record_id ORDER BY f.id"
        )
        if not platform_id:
            return everything
        return [f for f in everything if (f.platform_id, f.family) == (platform_id, family)]

    def media(self, version_id: int) -> list[Row[Any]]:
        """The media of a version in their order."""
        return self.rows(
            "SELECT * FROM version_media WHERE version_id = :id ORDER BY position", id=version_id
        )

    def payload(self, sha256: str) -> StoredRecord:
        """The WARC record that holds a media payload."""
        row = self.rows(
            "SELECT e.segment, e.response_offset, e.response_length FROM media m "
            "JOIN exchanges e ON e.id = m.exchange_id WHERE m.sha256 = :sha256",
            sha256=sha256,
        )[0]
        path = self.archive.vault.path(row.segment)
        return read_record(path, row.response_offset, row.response_length)

    def alarms(self) -> list[str]:
        """The kinds of the open alarms."""
        return [r.kind for r in self.rows("SELECT kind FROM alarms WHERE closed_at IS NULL")]

    def segments(self) -> list[Path]:
        """The sealed files, oldest first."""
        return [self.archive.vault.path(name) for name in sorted(self.archive.vault.names())]

    def assert_verifies(self) -> None:
        """Everything that was stored holds, both ways."""
        assert verify(self.database, self.archive.vault, processes=1).problems == []

    def last_run(self) -> Row[Any]:
        """The newest line of the run log."""
        return self.rows("SELECT * FROM runs ORDER BY rowid DESC LIMIT 1")[0]

    def notes(self) -> str:
        """What the newest line of the run log remarks."""
        return str(self.last_run().notes)


@contextmanager
def make_stage(tmp_path: Path, boards: tuple[Board, ...], **capture: Any) -> Iterator[Stage]:
    """A new archive whose clock stands still; keywords are settings of `capture`."""
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock, **capture) as archive:
        yield Stage(archive, clock, boards)
    for board in boards:
        board.current = None


@pytest.fixture
def stage(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:
    """A new archive before the servers."""
    with make_stage(tmp_path, boards) as made:
        yield made
