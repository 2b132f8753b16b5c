"""Walks over an X account: own posts, the archive behind them, replies and mentions.

A walk goes through phases, each a listing with continuations; one step makes one page and
moves the state. Own posts come from the timeline and are covered; what comes from search or
mentions is never covered, since X does not promise those to be complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.base import Author, Coverage, Item, Kind, Page, Visibility, Window
from connectors.errors import BadAnswer, PermissionLost
from connectors.x.answers import (
    Answer,
    Json,
    chain_of,
    id_of,
    numbers_of,
    object_of,
    stamp_of,
    text_of,
)
from connectors.x.api import Api
from connectors.x.faults import StaleTokenError, account_fault
from connectors.x.gather import gather, items_in, unread_versions
from connectors.x.items import Bundle, author_of, kind_of, profile_of
from connectors.x.reach import TIMELINE_REACH, Listing, covered, limits
from connectors.x.state import State, cursor_of, finished
from connectors.x.user import fetch_user, post_count
from connectors.x.watch import Watch

_THREADS_AT_ONCE = 12  # of 35 characters each, in a query of at most 512
_BEGIN = "2006-03-21T00:00:00Z"  # search/all looks 30 days back unless told otherwise
_POSTS, _ARCHIVE, _MENTIONS = "posts", "archive", "mentions"
_EXPANDED = ("referenced", "edit_history", "attachments", "author_id", "in_reply_to", "geo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a walk is to read. `since` (aware UTC) is how far back it goes, None for all."""

    handle: str
    window: Window
    since: datetime | None
    replies: bool
    full_archive: bool

    @property
    def searches_threads(self) -> bool:
        """Are the conversations under own posts searched on the way?"""
        full = self.window is Window.FULL and self.full_archive
        return self.replies and (full or self.window is Window.RECENT)


class Walk:
    """One walk; `pages` is its only use."""

    def __init__(self, api: Api, plan: Plan, state: State, user_id: str) -> None:
        self._api = api
        self._plan = plan
        # A recent walk has another beginning every time, so an old continuation is of no use.
        state = finished(state) if plan.window is Window.RECENT else state
        self._state = replace(state, user_id=user_id or state.user_id)
        self._watch = Watch()
        self._thread_watch = Watch()
        self._restarted = False
        self._account = Author()
        self._seen_by = Visibility.PUBLIC
        self._total: int | None = None
        api.vocabularies.update(state.vocabularies)

    def pages(self) -> Iterator[Page]:
        """The pages, newest first. Raises: ConnectorError."""
        answer = fetch_user(self._api, self._plan.handle, self._state.user_id)
        profile = profile_of(answer.thing(), answer.exchange)
        self._account = author_of(answer.thing())
        self._seen_by = profile.visibility
        self._total = post_count(answer.thing())
        self._state = replace(
            self._state, user_id=self._account.id, phase=self._state.phase or _POSTS
        )
        yield self._page([profile], (answer.exchange,))
        while self._state.phase:
            yield self._step()

    def _step(self) -> Page:
        if self._state.threads:
            return self._conversations()
        if self._state.phase == _ARCHIVE:
            return self._archive()
        if self._state.phase == _MENTIONS:
            return self._mentions()
        return self._timeline()

    def _timeline(self) -> Page:
        params = {"max_results": "100"}
        if self._plan.window is Window.NEW and self._state.since_id:
            params["since_id"] = self._state.since_id
        elif self._plan.since is not None:
            params["start_time"] = _second(self._plan.since)
        answer = self._list("timeline", f"/2/users/{self._account.id}/tweets", params)
        posts = answer.things()
        if not posts:
            fault = account_fault(answer.problems(), f"@{self._plan.handle}", answer.exchange)
            if fault is not None:
                raise fault
        bundle = self._gather(answer)
        covers, notes = self._covered(answer)
        self._advance(answer, self._live_threads(bundle, posts))
        items = list(items_in(bundle, posts, self._account))
        notes += _lost(bundle, posts)
        return self._page(items, bundle.exchanges, covers=covers, notes=notes)

    def _archive(self) -> Page:
        params = {
            "query": f"from:{self._account.handle}",
            "max_results": "100",
            "start_time": _BEGIN,
        }
        if self._state.oldest_time:
            oldest = datetime.fromisoformat(self._state.oldest_time)
            params["end_time"] = _second(oldest + timedelta(seconds=1))
        notes = []
        if not self._state.token:
            notes.append(
                "posts behind the timeline's end come from search, which leaves out reposts "
                "and is not promised to be complete"
            )
        answer = self._list("search all", "/2/tweets/search/all", params, app_only=True)
        posts = answer.things()
        bundle = self._gather(answer)
        self._advance(answer, self._live_threads(bundle, posts))
        items = items_in(bundle, posts, self._account)
        return self._page(items, bundle.exchanges, notes=[*notes, *_lost(bundle, posts)])

    def _mentions(self) -> Page:
        params = {"max_results": "100"}
        if self._state.mentions_since_id:
            params["since_id"] = self._state.mentions_since_id
        try:
            answer = self._list("mentions", f"/2/users/{self._account.id}/mentions", params)
        except PermissionLost as error:
            raise _without_replies(error) from error
        bundle = self._gather(answer)
        items = list(self._by_others(bundle, answer))
        self._advance(answer, ())
        return self._page(items, bundle.exchanges)

    def _conversations(self) -> Page:
        """Search one batch of conversations; the state moves to the next batch at its end."""
        batch = dict(_pair(thread) for thread in self._state.threads[:_THREADS_AT_ONCE])
        answer = self._search(" OR ".join(f"conversation_id:{thread}" for thread in batch))
        bundle = self._gather(answer)
        bundle.aliases.update(batch)
        token = answer.next_token()
        rest = self._state.threads if token else self._state.threads[len(batch) :]
        self._state = replace(self._state, threads=rest, thread_token=token)
        items = list(self._by_others(bundle, answer))
        self._end_phase_if_done()
        return self._page(items, bundle.exchanges)

    def _search(self, query: str) -> Answer:
        everywhere = self._plan.window is Window.FULL
        params = {"query": query, "max_results": "100"}
        if everywhere:
            params["start_time"] = _BEGIN
        where = "all" if everywhere else "recent"
        route = f"/2/tweets/search/{where}"
        token = self._state.thread_token
        if not token:
            self._thread_watch = Watch()
        try:
            answer = self._fetch(
                f"search {where}", route, params, ("next_token", token), app_only=everywhere
            )
        except PermissionLost as error:
            raise _without_replies(error) from error
        self._thread_watch.look(answer)
        return answer

    def _list(
        self, endpoint: str, route: str, params: dict[str, str], *, app_only: bool = False
    ) -> Answer:
        """The next page of the phase's listing."""
        token = self._state.token
        if not token:
            self._watch = Watch()
        name = "next_token" if "search" in endpoint else "pagination_token"
        answer = self._fetch(endpoint, route, params, (name, token), app_only=app_only)
        self._watch.look(answer)
        return answer

    def _fetch(
        self,
        endpoint: str,
        route: str,
        params: dict[str, str],
        continuation: tuple[str, str],
        *,
        app_only: bool,
    ) -> Answer:
        """One page, or the first page again when X has forgotten the continuation."""
        name, token = continuation
        if token:
            try:
                return self._api.posts(endpoint, route, {**params, name: token}, app_only=app_only)
            except StaleTokenError:
                if self._restarted:
                    raise
                self._forget(token)
        return self._api.posts(endpoint, route, params, app_only=app_only)

    def _forget(self, token: str) -> None:
        """Begin the listing anew, once in a walk."""
        self._restarted = True
        self._watch = self._thread_watch = Watch()
        state = self._state
        if token == state.thread_token:
            self._state = replace(state, thread_token="")
            return
        # Behind the archive phase stands where the timeline ended, which stays true.
        oldest = state.oldest_time if state.phase == _ARCHIVE else ""
        self._state = replace(state, token="", newest="", oldest_time=oldest, listed=0)

    def _gather(self, answer: Answer) -> Bundle:
        bundle = gather(self._api, answer)
        bundle.own_seen_by = self._seen_by
        return bundle

    def _covered(self, answer: Answer) -> tuple[tuple[Coverage, ...], list[str]]:
        """What this page of the timeline covers, and the limits met; asked before advancing."""
        times = _times(answer)
        listing = self._listing(len(times), ended=not answer.next_token())
        unexplained = [
            f"X left something out: {problem.statement}"
            for problem in answer.problems()
            if problem.section != "includes" and not problem.parameter.startswith(_EXPANDED)
        ]
        if unexplained or self._plan.window is Window.NEW:
            return (), unexplained
        before = self._state.oldest_time
        until = datetime.fromisoformat(before) if before else None
        return covered(listing, times, until), limits(listing)

    def _listing(self, more: int, *, ended: bool) -> Listing:
        return Listing(
            since=self._plan.since,
            total=self._total,
            listed=self._state.listed + more,
            ended=ended,
        )

    def _advance(self, answer: Answer, threads: tuple[str, ...]) -> None:
        token, state = answer.next_token(), self._state
        ids = [id_of(post) for post in answer.things()]
        oldest = state.oldest_time
        if state.phase == _POSTS:
            times = _times(answer) + ([datetime.fromisoformat(oldest)] if oldest else [])
            oldest = min(times).isoformat() if times else ""
        self._state = replace(
            state,
            token=token,
            newest=max([*ids, state.newest], key=lambda number: int(number or 0)),
            oldest_time=oldest,
            listed=state.listed + len(ids),
            listing_ended=not token,
            threads=threads,
        )
        self._end_phase_if_done()

    def _end_phase_if_done(self) -> None:
        state, plan = self._state, self._plan
        if not state.listing_ended or state.threads:
            return
        following = State()
        if state.phase == _MENTIONS:
            state = replace(state, mentions_since_id=state.newest or state.mentions_since_id)
        elif state.phase == _POSTS and plan.window is Window.NEW:
            state = replace(state, since_id=state.newest or state.since_id)
            following = State(phase=_MENTIONS if plan.replies else "")
        elif state.phase == _POSTS and self._goes_on_in_archive():
            following = State(phase=_ARCHIVE, oldest_time=state.oldest_time, listed=state.listed)
        self._state = replace(
            finished(state),
            phase=following.phase,
            oldest_time=following.oldest_time,
            listed=following.listed,
        )

    def _goes_on_in_archive(self) -> bool:
        plan = self._plan
        wanted = plan.window is Window.FULL and plan.full_archive
        return wanted and self._listing(0, ended=True).cut_short

    def _live_threads(self, bundle: Bundle, posts: list[Json]) -> tuple[str, ...]:
        """The conversations under own posts that have replies, each with the post's id."""
        if not self._plan.searches_threads:
            return ()
        threads: dict[str, None] = {}
        for post in posts:
            chain = chain_of(post)
            versions = [bundle.post(version) for version in chain]
            if kind_of(post, self._account.id) is Kind.POST and any(map(_replies, versions)):
                # An edit may have moved the conversation to the id of another version.
                conversations = {text_of(version, "conversation_id") for version in versions}
                threads.update(dict.fromkeys(f"{c}/{chain[0]}" for c in conversations if c))
        return tuple(threads)

    def _by_others(self, bundle: Bundle, answer: Answer) -> Iterator[Item]:
        """Own posts among what was found come from the timeline already."""
        for post in answer.things():
            author = text_of(post, "author_id")
            if not author:
                raise BadAnswer(
                    f"X gave the post {id_of(post)} without its author", exchange=answer.exchange
                )
            if author != self._account.id:
                yield from items_in(bundle, [post], self._account)

    def _page(
        self,
        items: Iterable[Item],
        exchanges: Iterable[str],
        *,
        covers: tuple[Coverage, ...] = (),
        notes: Iterable[str] = (),
    ) -> Page:
        total = self._total
        if total is not None and not self._plan.full_archive:
            total = min(total, TIMELINE_REACH)
        return Page(
            items=tuple(items),
            exchanges=tuple(exchanges),
            cursor=cursor_of(replace(self._state, vocabularies=dict(self._api.vocabularies))),
            covers=covers,
            done=self._state.listed or None,
            total=total if self._plan.window is Window.FULL else None,
            notes=tuple(notes),
        )


def _pair(thread: str) -> tuple[str, str]:
    conversation, _, identity = thread.partition("/")
    return conversation, identity


def _replies(post: Json) -> bool:
    return dict(numbers_of(object_of(post, "public_metrics"))).get("reply_count", 0) > 0


def _without_replies(error: PermissionLost) -> PermissionLost:
    return PermissionLost(
        f"{error}; to archive this account without the replies of the public, "
        "set the option replies=no",
        exchange=error.exchange,
    )


def _lost(bundle: Bundle, posts: list[Json]) -> list[str]:
    lost = unread_versions(bundle, posts)
    return [f"X no longer gives {len(lost)} earlier version(s) of edited posts"] if lost else []


def _times(answer: Answer) -> list[datetime]:
    """When the listed versions were made."""
    times: list[datetime] = []
    for post in answer.things():
        stamp = stamp_of(post, "created_at")
        if stamp is None:
            raise BadAnswer(
                f"X gave the post {id_of(post)} without its time", exchange=answer.exchange
            )
        times.append(stamp.utc)
    return times


def _second(moment: datetime) -> str:
    """A time as X takes it: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
