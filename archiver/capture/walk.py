"""One walk over an account's window, committed step by step; it may be cut off anywhere.

A walk that was cut off goes on from the cursor of its last committed step. Each step is one
run with at most one WARC file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from archiver.capture.context import Context
from archiver.capture.lookup import Lookup
from archiver.capture.step import Step
from archiver.model.manifest import WalkState
from archiver.model.queries import health, known
from archiver.model.queries.commit import Committed
from archiver.model.queries.known import Key, Range
from archiver.warc.recorded import Recorded
from connectors.base import Coverage, Page, Window, family
from connectors.errors import BadAnswer, ConnectorError, RateLimited
from connectors.registry import Guarded

STALE_PAGES = 20  # so many pages in a row that bring nothing but what was seen end a walk
EMPTY_PAGES = 2000  # and so many that bring nothing at all
THREADS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a walk stands; `total` None when the platform does not tell."""

    slug: str
    window: str
    done: int
    total: int | None


@dataclass(kw_only=True)
class Outcome:
    """What a walk came to. `error` is set when it ended early; what was stored stays."""

    window: Window
    steps: int = 0
    items: int = 0
    new_records: int = 0
    new_versions: int = 0
    new_findings: int = 0
    finished: bool = False
    error: ConnectorError | None = None
    error_text: str = ""
    listed: frozenset[Key] = frozenset()  # what a finished walk was shown by the platform

    def add(self, done: Committed) -> None:
        """Count a committed step."""
        self.steps += 1
        self.new_records += done.new_records
        self.new_versions += done.new_versions
        self.new_findings += done.new_findings


class Walk:
    """Runs one walk. `stop` is asked after every page; `tell` hears of progress. With `since` a
    RECENT walk begins afresh and reaches back at least to that moment (aware UTC)."""

    def __init__(
        self,
        context: Context,
        connector: Guarded,
        *,
        stop: Callable[[], bool],
        tell: Callable[[Progress], None],
        since: datetime | None = None,
    ) -> None:
        self._reach = since if context.window is Window.RECENT else None
        self._context = context
        self._connector = connector
        self._stop = stop
        self._tell = tell
        self._seen: set[Key] = set()
        self._ahead: list[Recorded] = []
        self._stale = self._empty = 0
        self._step = Step(context)
        self._state, self._begun = self._resume()
        self.outcome = Outcome(window=context.window)

    def _resume(self) -> tuple[WalkState, bool]:
        """The state to go on from, and whether there is a cursor at all."""
        context = self._context
        with context.database.read() as connection:
            stored = known.walk(connection, context.account_id, context.window)
        if stored is not None and stored.open and self._reach is not None:
            stored = None  # its pages so far do not count for a walk that must see everything
        if stored is None or not stored.open:
            cursor = dict(stored.cursor) if stored else {}
            fresh = WalkState(cursor=cursor, open=True, began=context.clock.now(), coverage=[])
            return fresh, stored is not None
        going_on = WalkState(
            cursor=dict(stored.cursor),
            open=True,
            began=stored.began,
            coverage=[dict(c) for c in stored.coverage],
            done=stored.done,
            total=stored.total,
        )
        return going_on, True

    def run(self) -> Outcome:
        """Walk to the end, to a stop, or to an error; each leaves a committed state.

        Raises: StoreError when our own disk or database refuses.
        """
        try:
            if self._pages():
                self._finish()
        except ConnectorError as error:
            self._fail(error)
        except BaseException:
            self._step.abandon()
            raise
        finally:
            self._context.recorder.close()
        return self.outcome

    def _pages(self) -> bool:
        """Take in page after page; False when told to stop before the last one."""
        pages = self._connector.poll(
            self._context.window,
            cursor=(self._state.cursor or None) if self._begun else None,
            since=self._since(self._state.began),
        )
        for page in pages:
            self._take_in(page)
            if self._stop() and next(pages, None) is not None:
                # Looked one page ahead, and left it: a walk that is stopped right behind its
                # last page is whole; left open, it would begin anew for ever.
                self._note_exchanges()
                self._commit(open_=True)
                return False
            if self._step.full:
                self._commit(open_=True)
                self._step = Step(self._context)
        self._note_exchanges()
        return True

    def _note_exchanges(self) -> None:
        """Exchanges that belong to no page taken in are in the run log all the same."""
        self._step.failed([*self._ahead, *self._context.recorder.take()], keep=False)
        self._ahead = []

    def _take_in(self, page: Page) -> None:
        self._step.absorb(page, self._exchanges_of(page))
        self._advance(page)

    def _exchanges_of(self, page: Page) -> list[Recorded]:
        """The page's exchanges, and others made meanwhile. A connector may read one page
        ahead, so what a page does not claim is kept for the next one."""
        fresh = self._context.recorder.take()
        claimed = set(page.exchanges) | {item.exchange for item in page.items}
        mine = [*self._ahead, *(each for each in fresh if each.id in claimed)]
        self._ahead = [each for each in fresh if each.id not in claimed]
        return mine

    def _since(self, began: datetime) -> datetime | None:
        if self._context.window is not Window.RECENT:
            return None
        usual = began - self._context.settings.intervals.recent_reaches_back
        return usual if self._reach is None else min(usual, self._reach)

    def _advance(self, page: Page) -> None:
        """Move the walk's state over a page that was taken in.

        Raises: BadAnswer when the platform's paging runs in a circle.
        """
        listed = {(family(i.kind), i.id) for i in page.items}
        fresh = listed - self._seen
        self._seen |= fresh
        if fresh or page.covers:
            self._stale = self._empty = 0
        elif listed:
            self._stale += 1
        else:
            self._empty += 1
        if self._stale >= STALE_PAGES:
            raise BadAnswer(f"{STALE_PAGES} pages in a row brought nothing but what was seen")
        if self._empty >= EMPTY_PAGES:
            raise BadAnswer(f"{EMPTY_PAGES} pages in a row were empty")
        self.outcome.items += len(page.items)
        state = self._state
        self._state = WalkState(
            cursor=dict(page.cursor),
            open=True,
            began=state.began,
            coverage=[*state.coverage, *(_plain(c) for c in page.covers)],
            done=page.done if page.done is not None else state.done + len(page.items),
            total=page.total if page.total is not None else state.total,
        )
        self._tell(
            Progress(
                slug=self._context.account.slug,
                window=self._context.window,
                done=self._state.done,
                total=self._state.total,
            )
        )

    def _finish(self) -> None:
        """The walk is whole: look up what it missed, then commit its last step."""
        lookup = Lookup(
            self._context, self._connector, self._step, began=self._state.began, seen=self._seen
        )
        ranges = _ranges(self._state.coverage)
        if ranges:
            lookup.missing(ranges)
        lookup.suspected()
        self._commit(open_=False)
        self.outcome.finished = True
        self.outcome.listed = frozenset(self._seen)

    def _commit(self, *, open_: bool) -> None:
        state = self._state
        ended = WalkState(
            cursor=state.cursor,
            open=open_,
            began=state.began,
            coverage=state.coverage if open_ else [],
            done=state.done,
            total=state.total,
        )
        self.outcome.add(self._step.commit(ended))

    def _fail(self, error: ConnectorError) -> None:
        """Commit what was stored before the error, with the error in the run log."""
        context = self._context
        text = context.secrets.scrub_text(str(error))
        with context.database.read() as connection:
            first = health.state(connection, context.account_id).failing_since is None
        taken = [*self._ahead, *context.recorder.take()]
        self._step.failed(taken, keep=first and not error.again)
        waits = _wait(error, context.clock.now())
        self.outcome.add(
            self._step.commit(self._state, error=error, error_text=text, not_before=waits)
        )
        self.outcome.error = error
        self.outcome.error_text = text


def _wait(error: ConnectorError, now: datetime) -> datetime | None:
    if not isinstance(error, RateLimited):
        return None
    if error.until is not None:
        return error.until
    return now + timedelta(seconds=error.after) if error.after else None


def _plain(coverage: Coverage) -> dict[str, Any]:
    return {
        "kinds": sorted(k.value for k in coverage.kinds),
        "thread": coverage.thread_id,
        "since": coverage.since.isoformat() if coverage.since else None,
        "until": coverage.until.isoformat() if coverage.until else None,
    }


def _ranges(stated: Sequence[Mapping[str, Any]]) -> list[Range]:
    """The coverage as the database is asked for it: many threads at once."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for each in stated:
        key = (tuple(each["kinds"]), bool(each["thread"]), each["since"], each["until"])
        groups.setdefault(key, []).append(each["thread"])
    ranges = []
    for (kinds, in_threads, since, until), threads in groups.items():
        assert isinstance(kinds, tuple)
        limits = (_moment(since), _moment(until))
        if not in_threads:
            ranges.append(Range(kinds=kinds, threads=(), since=limits[0], until=limits[1]))
            continue
        unique = list(dict.fromkeys(threads))
        for start in range(0, len(unique), THREADS_AT_ONCE):
            some = tuple(unique[start : start + THREADS_AT_ONCE])
            ranges.append(Range(kinds=kinds, threads=some, since=limits[0], until=limits[1]))
    return ranges


def _moment(stated: object) -> datetime | None:
    return datetime.fromisoformat(str(stated)) if stated else None
