"""Walks over one account: its own posts, what others answered, where others mentioned it.

A walk goes through phases, each a list with continuations; one step makes one page and moves
the state. Own posts come from the account's list and are covered. Of a page's posts the
replies are read next, some at a time. Mentions come from the notifications of the account's
own token and are never covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.base import Coverage, Item, Kind, Page, Window
from connectors.mastodon.answers import (
    Answer,
    Json,
    answer_of,
    id_of,
    numbers_of,
    object_of,
    text_of,
)
from connectors.mastodon.faults import said_in
from connectors.mastodon.history import Histories, moment_in
from connectors.mastodon.items import (
    is_by,
    is_private_message,
    kind_of,
    profile_item,
    published_of,
    status_item,
)
from connectors.mastodon.listing import (
    PER_PAGE,
    Listing,
    Reach,
    Slice,
    covered,
    newest_first,
    times_of,
)
from connectors.mastodon.pins import pinned_posts
from connectors.mastodon.server import Server
from connectors.mastodon.state import MENTIONS, POSTS, State, cursor_of, finished
from connectors.mastodon.threads import Threads, covers_thread

_THREADS_AT_ONCE = 8  # contexts in one page: what is read again after a cut-off stays small
_NOT_OFFERED = frozenset({401, 403, 404, 410, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a walk is to read. `since` (aware UTC) is how far back it goes, None for all."""

    window: Window
    since: datetime | None
    replies: bool


class Walk:
    """One walk; `pages` is its only use."""

    def __init__(self, server: Server, plan: Plan, state: State) -> None:
        self._server = server
        self._plan = plan
        # A recent walk has another beginning every time, so an old continuation is of no use.
        self._state = finished(state) if plan.window is Window.RECENT else state
        self._listing = Listing()
        self._histories = Histories(server, moment_in(state.read_until))
        self._account_id = ""
        self._own_eyes = False
        self._total: int | None = None
        self._threads = Threads(server, "")

    def pages(self) -> Iterator[Page]:
        """The pages, newest first. Raises: ConnectorError."""
        yield self._opening()
        while self._state.phase:
            yield self._step()

    def _opening(self) -> Page:
        """The profile; and who reads, since that decides what can be seen."""
        owner = self._server.owner()
        answer = self._server.account()
        account = answer.thing()
        self._account_id = id_of(account)
        self._own_eyes = bool(owner) and id_of(owner) == self._account_id
        self._total = dict(numbers_of(account, {"statuses_count": "n"})).get("n")
        self._threads = Threads(self._server, self._account_id)
        state = self._state
        if not state.phase:
            began = answer.served.isoformat() if answer.served else ""
            state = replace(state, phase=POSTS, began=began)
        self._state = replace(state, own_eyes=state.own_eyes or self._own_eyes)
        pinned, shown = pinned_posts(self._server, self._account_id)
        profile = profile_item(account, answer.exchange, pinned=pinned)
        return self._page([profile], [answer.exchange, *shown], notes=self._remarks(account))

    def _step(self) -> Page:
        if self._state.threads:
            return self._replies()
        if self._state.phase == MENTIONS:
            return self._mentions()
        return self._posts()

    # -- own posts ------------------------------------------------------------------------

    def _posts(self) -> Page:
        state, plan = self._state, self._plan
        params = {"limit": PER_PAGE}
        if plan.window is Window.NEW and state.since_id:
            params["since_id"] = state.since_id
        if state.max_id:
            params["max_id"] = state.max_id
        route = f"v1/accounts/{self._account_id}/statuses"
        answer = self._server.ask(route, params, scope="read:statuses")
        part = self._listing.slice(answer, state.max_id)
        times = times_of(part.rows)
        before = moment_in(state.oldest_time)
        if not part.repeats and not newest_first(times, before):
            self._state = state = replace(state, unordered=True)
        reached = plan.since is not None and bool(times) and min(times) < plan.since
        ended = reached or not part.max_id or self._known_to_new(part)
        reach = Reach(
            since=plan.since,
            before=before,
            times=times,
            ended=ended,
            reached=reached,
            repeats=part.repeats,
        )
        covers, notes = self._covers(reach, state.listed + len(part.fresh))
        items = list(self._own(part.fresh, answer))
        silent = [r for r in part.fresh if self._may_cover_silence(r)]
        if covers:
            covers += tuple(covers_thread(id_of(row)) for row in silent)
        self._advance(part, times, ended=ended, threads=self._answered(part.fresh))
        return self._page(items, [answer.exchange], covers=covers, notes=notes)

    def _known_to_new(self, part: Slice) -> bool:
        """Has a NEW walk met what it knows, or, the first time, read its one page? What lies
        further back is for the full walk."""
        if self._plan.window is not Window.NEW:
            return False
        since = self._state.since_id
        return not since or since in {id_of(row) for row in part.rows}

    def _covers(self, reach: Reach, listed: int) -> tuple[tuple[Coverage, ...], list[str]]:
        """What a page covers, and why it does not."""
        if self._plan.window is Window.NEW:
            return (), []
        if self._state.own_eyes and not self._own_eyes:
            return (), [
                "earlier walks read with the account's own token, this one does not: posts for "
                "followers cannot be seen, so nothing is concluded from what is missing"
            ]
        if self._state.unordered:
            return (), [
                "the server does not list the posts newest first, so nothing is concluded from "
                "what is missing"
            ]
        if reach.repeats:
            return (), [
                f"the server does not page: it lists the newest {listed} posts only, and older "
                "ones are neither read nor looked for"
            ]
        if reach.ended and not listed and reach.since is None and self._total:
            return (), [
                f"the server lists no posts but counts {self._total}; nothing is concluded from "
                "that"
            ]
        return covered(reach), []

    def _own(self, rows: Iterable[Json], answer: Answer) -> Iterator[Item]:
        for row in rows:
            if is_private_message(row):
                continue
            item = status_item(row, answer.exchange, account_id=self._account_id)
            if item.kind is Kind.REPOST:
                yield item  # its history is that of somebody else's post
            else:
                yield from self._histories.with_history(item)

    def _answered(self, rows: list[Json]) -> tuple[str, ...]:
        """The listed posts that have replies, oldest first: a thread's beginning comes before
        the account's own replies in it, which are then not asked for again."""
        if not self._reads_threads:
            return ()
        return tuple(
            id_of(row)
            for row in reversed(rows)
            if self._is_in_reach(row)
            and kind_of(row, self._account_id) is not Kind.REPOST
            and _replies(row) > 0
        )

    def _may_cover_silence(self, row: Json) -> bool:
        """A post of which the server counts no reply has none that would be listed."""
        return (
            self._reads_threads
            and self._is_in_reach(row)
            and kind_of(row, self._account_id) is Kind.POST
            and _replies(row) == 0
        )

    @property
    def _reads_threads(self) -> bool:
        return self._plan.replies and self._plan.window is not Window.NEW

    def _is_in_reach(self, row: Json) -> bool:
        since = self._plan.since
        recent = since is None or published_of(row).utc >= since
        return recent and not is_private_message(row)

    # -- what others wrote ----------------------------------------------------------------

    def _replies(self) -> Page:
        """The replies below some posts; the state moves to the next ones."""
        threads = self._threads
        batch = self._state.threads[:_THREADS_AT_ONCE]
        items: list[Item] = []
        covers: tuple[Coverage, ...] = ()
        exchanges: list[str] = []
        for post_id in batch:
            if post_id in threads.seen:
                continue
            found, whole, exchange = threads.below(post_id)
            covers += () if self._state.own_eyes and not self._own_eyes else whole
            exchanges += [exchange] if exchange else []
            for item in found:
                items += self._histories.with_history(item)
        rest = self._state.threads[len(batch) :] if threads.shown else ()
        self._state = replace(self._state, threads=rest)
        self._end_phase_if_done()
        return self._page(items, exchanges, covers=covers, notes=threads.taken())

    def _mentions(self) -> Page:
        state = self._state
        params = [("types[]", "mention"), ("limit", PER_PAGE)]
        if self._plan.window is Window.NEW and state.mentions_since_id:
            params.append(("since_id", state.mentions_since_id))
        if state.max_id:
            params.append(("max_id", state.max_id))
        response = self._server.send("v1/notifications", params)
        if response.status_code in _NOT_OFFERED:
            self._state = replace(finished(state), read_until=state.began)
            note = f"mentions cannot be read ({said_in(response)}); they take the scope "
            return self._page([], [], notes=[f"{note}read:notifications"])
        if response.status_code != 200:
            raise self._server.error(response, scope="read:notifications")
        answer = answer_of(response)
        part = self._listing.slice(answer, state.max_id)
        exchanges, items, left_out = [answer.exchange], list[Item](), 0
        for row in part.fresh:
            status = object_of(row, "status")
            if text_of(row, "type") != "mention" or not status or self._is_known(status):
                continue
            if is_private_message(status):
                left_out += 1
                continue
            items += self._mention(status, answer, exchanges)
        since = state.mentions_since_id
        known = self._plan.window is Window.NEW and (
            not since or since in {id_of(row) for row in part.rows}
        )
        self._advance(part, [], ended=known or not part.max_id, threads=())
        notes = [f"{left_out} private mentions were left out"] if left_out else []
        return self._page(items, exchanges, notes=notes + self._threads.taken())

    def _is_known(self, status: Json) -> bool:
        """Own posts, and what this run has met in a thread already."""
        return is_by(status, self._account_id) or id_of(status) in self._threads.seen

    def _mention(self, status: Json, answer: Answer, exchanges: list[str]) -> list[Item]:
        thread, exchange = self._threads.root_of(status)
        exchanges += [exchange] if exchange else []
        item = status_item(status, answer.exchange, account_id=self._account_id, thread=thread)
        return self._histories.with_history(item)

    # -- the state ------------------------------------------------------------------------

    def _advance(
        self, part: Slice, times: list[datetime], *, ended: bool, threads: tuple[str, ...]
    ) -> None:
        state = self._state
        oldest = [*times, *([moment_in(state.oldest_time)] if state.oldest_time else [])]
        known = [moment for moment in oldest if moment is not None]
        first = id_of(part.rows[0]) if part.rows else ""
        self._state = replace(
            state,
            max_id="" if ended else part.max_id,
            newest=state.newest or first,
            oldest_time=min(known).isoformat() if known else "",
            listed=state.listed + len(part.fresh),
            listing_ended=ended,
            threads=threads,
        )
        self._end_phase_if_done()

    def _end_phase_if_done(self) -> None:
        state, plan = self._state, self._plan
        if not state.listing_ended or state.threads:
            return
        done = finished(state)
        new = plan.window is Window.NEW
        if state.phase == MENTIONS:
            newest = (state.newest if new else "") or state.mentions_since_id
            self._state = replace(done, mentions_since_id=newest, read_until=state.began)
            return
        done = replace(done, since_id=(state.newest if new else "") or state.since_id)
        if plan.replies and self._own_eyes and plan.window is not Window.RECENT:
            self._listing = Listing()
            self._state = replace(done, phase=MENTIONS, began=state.began)
        else:
            self._state = replace(done, read_until=state.began)

    def _remarks(self, account: Json) -> list[str]:
        moved = object_of(account, "moved")
        if not moved:
            return []
        where = text_of(moved, "url") or text_of(moved, "acct")
        return [f"the account has moved to {where}; propose that account as well"]

    def _page(
        self,
        items: Iterable[Item],
        exchanges: Iterable[str],
        *,
        covers: tuple[Coverage, ...] = (),
        notes: Iterable[str] = (),
    ) -> Page:
        more, remarks = self._histories.taken()
        full = self._plan.window is Window.FULL
        return Page(
            items=tuple(items),
            exchanges=(*exchanges, *more),
            cursor=cursor_of(self._state),
            covers=covers,
            done=self._state.listed or None,
            total=self._total if full else None,
            notes=tuple(dict.fromkeys([*notes, *remarks])),
        )


def _replies(status: Json) -> int:
    """How many replies the server counts; -1 where it does not tell."""
    return dict(numbers_of(status, {"replies_count": "n"})).get("n", -1)
