"""One walk over an account's bookmarks.

| window | calls |
|---|---|
| new | posts/update; only when it names another time: tags/get, posts/dates, posts/all |
| full | posts/update, tags/get, posts/dates, posts/all |
| recent | posts/all with fromdt |

posts/all is allowed once in five minutes, so an account is read in one call where that is
possible. A larger one takes several, each going on where the last one ended, with an overlap:
between two calls bookmarks may be removed, and the rest moves up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.base import Coverage, Kind, Page, Window
from connectors.pinboard.api import Answer, Api
from connectors.pinboard.bookmarks import Row, item_of, profile_of, rows_of, text, total_of
from connectors.pinboard.state import DATES, POSTS, TAGS, State, cursor_of

OVERLAP = 20  # bookmarks read again, so that what moved up in between is not passed over
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to read. `since` counts for RECENT only; `per_call` is for posts/all."""

    window: Window
    since: datetime | None
    per_call: int


class Walk:
    """Goes on from `state` to the end."""

    def __init__(self, api: Api, plan: Plan, state: State) -> None:
        self._api = api
        self._plan = plan
        self._state = state

    def pages(self) -> Iterator[Page]:
        """One page for each call. Raises: ConnectorError."""
        if self._plan.window is not Window.RECENT:
            if not self._state.phase:
                yield self._updated()
            if self._state.phase == TAGS:
                yield self._profile()
            if self._state.phase == DATES:
                yield self._counted()
            if not self._state.phase:
                return  # no news
        elif self._state.phase != POSTS:
            self._state = State(phase=POSTS)
        while self._state.phase:
            yield self._listed()

    def _updated(self) -> Page:
        """Has anything been added, changed or removed since the last finished walk?"""
        answer = self._api.ask("posts/update")
        changed = text(answer.thing(), "update_time")
        if not changed:
            raise answer.odd("there is no update_time")
        news = self._plan.window is not Window.NEW or changed != self._state.seen
        seen = self._state.seen
        self._state = State(seen=seen, phase=TAGS if news else "", changed=changed)
        if not news:
            self._state = State(seen=seen)
        return Page(items=(), exchanges=(answer.exchange,), cursor=cursor_of(self._state))

    def _profile(self) -> Page:
        answer = self._api.ask("tags/get")
        item = profile_of(answer, self._api.user, page_of(self._api))
        self._state = replace(self._state, phase=DATES)
        return Page(items=(item,), exchanges=(answer.exchange,), cursor=cursor_of(self._state))

    def _counted(self) -> Page:
        answer = self._api.ask("posts/dates")
        self._api.own(answer)
        self._state = replace(self._state, phase=POSTS, total=total_of(answer))
        return Page(
            items=(),
            exchanges=(answer.exchange,),
            cursor=cursor_of(self._state),
            done=0,
            total=self._state.total,
        )

    def _listed(self) -> Page:
        state, plan = self._state, self._plan
        answer = self._api.ask("posts/all", self._query())
        rows = rows_of(answer, answer.body)
        reach = state.start + len(rows)
        # A short list is the end only when it holds as many as there are: servers have limits
        # of their own. A list that brings nothing further is the end in any case.
        ended = reach <= state.reach or (len(rows) < plan.per_call and reach >= state.total)
        farthest = max(reach, state.reach)
        if ended:
            self._state = State(seen=state.changed)
        else:
            again = OVERLAP if len(rows) > 2 * OVERLAP else 0
            self._state = replace(state, start=reach - again, reach=reach)
        return self._page(answer, rows, ended=ended, farthest=farthest, total=state.total)

    def _page(
        self, answer: Answer, rows: Sequence[Row], *, ended: bool, farthest: int,
        total: int,
    ) -> Page:  # fmt: skip
        notes: tuple[str, ...] = ()
        if ended and farthest < total:
            notes = (f"posts/dates counts {total} bookmarks, posts/all lists {farthest}",)
        covers = (Coverage(kinds=frozenset({Kind.POST}), since=self._plan.since),) if ended else ()
        return Page(
            items=tuple(item_of(row, self._api.user, answer.exchange) for row in rows),
            exchanges=(answer.exchange,),
            cursor=cursor_of(self._state),
            covers=covers,
            done=farthest,
            total=total or None,
            notes=notes,
        )

    def _query(self) -> dict[str, str]:
        query = {"start": str(self._state.start), "results": str(self._plan.per_call), "meta": "1"}
        if self._plan.since is not None:
            # "Created after this time", in whole seconds.
            after = self._plan.since - _SECOND
            query["fromdt"] = f"{after:%Y-%m-%dT%H:%M:%SZ}"
        return query


def page_of(api: Api) -> str:
    """The account's public page; empty where only another server knows it."""
    return f"https://pinboard.in/u:{api.user}" if api.is_pinboard else ""
