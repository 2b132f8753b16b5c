"""The walk over a feed: the head document, older ones, and the comments of each post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.base import Coverage, Cursor, Item, Kind, Page, Window
from connectors.errors import (
    AccountGone,
    BadAnswer,
    ConnectorError,
    RateLimited,
    Transient,
    UsageCapped,
)
from connectors.feeds.document import Document, Entry
from connectors.feeds.fetch import Answer, Fetcher, refuse, shown
from connectors.feeds.items import Identities, Reading, digest, items, profile, tombstone_findings
from connectors.feeds.progress import Progress

_MAX_DOCUMENTS = 5_000
_MAX_BARREN = 3  # documents in a row without anything new


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one walk shall do, and how to read what it meets."""

    address: str
    window: Window
    since: datetime | None
    zone: tzinfo
    comments: bool
    paging: str  # "links" or "wordpress"


class Walk:
    """One walk; `pages` is used once."""

    def __init__(self, plan: Plan, fetcher: Fetcher, cursor: Cursor | None) -> None:
        given = cursor or {}
        self._plan = plan
        self._fetcher = fetcher
        self._cursor = given if given.get("address") == plan.address else {}
        self._progress = Progress(Identities(_texts(self._cursor.get("shared"))))

    def pages(self) -> Iterator[Page]:
        """The pages of the walk, newest first."""
        resumed = str(self._cursor.get("next") or "")
        if self._plan.window is Window.FULL and resumed:
            documents = self._cursor.get("documents")
            self._progress.documents = documents if isinstance(documents, int) else 0
            self._progress.continuous = False
            answer = self._fetcher.get(resumed)
            if answer.status not in {404, 410}:
                yield from self._documents(resumed, answer, ())
                return
            self._progress = Progress(self._progress.identities)
            yield from self._from_head(("the older part of the feed is gone; begun afresh",))
            return
        yield from self._from_head(())

    def _from_head(self, notes: tuple[str, ...]) -> Iterator[Page]:
        address = self._plan.address
        answer = self._fetcher.get(address, self._conditions())
        if answer.status == 304:
            yield Page(items=(), exchanges=answer.exchanges, cursor=dict(self._cursor))
            return
        if answer.status == 410:
            raise AccountGone(
                f"{shown(address)} answered 410 Gone: the feed was ended by its publisher",
                exchange=answer.exchange,
            )
        if answer.status == 404:
            raise Transient(
                f"{shown(address)} answered 404: the feed is not there now; if this lasts, it has "
                "moved and its new address must be proposed",
                exchange=answer.exchange,
            )
        if answer.moved_to:
            notes += (
                f"the feed has moved for good to {shown(answer.moved_to)}; change its address",
            )
        yield from self._documents(address, answer, notes)

    def _conditions(self) -> dict[str, str]:
        if self._plan.window is not Window.NEW:
            return {}
        names = (("etag", "If-None-Match"), ("last_modified", "If-Modified-Since"))
        return {header: str(self._cursor[name]) for name, header in names if self._cursor.get(name)}

    def _documents(self, url: str, answer: Answer, notes: tuple[str, ...]) -> Iterator[Page]:
        head = answer if self._progress.continuous else None
        while True:
            if answer.status != 200:
                raise refuse(answer)
            document = self._fetcher.feed(answer)
            ids = self._progress.identities.of(document)
            found = items(document, ids, Reading(exchange=answer.exchange, zone=self._plan.zone))
            self._progress.note(url, document, found)
            following = self._following(url, document, found)
            here = self._place(url)
            after = self._place(following) if following else self._finished(head)
            threads = self._threads(document, ids)
            extra = self._gap_note(following) if head is not None else ()
            yield Page(
                items=self._with_profile(document, found, answer),
                exchanges=answer.exchanges,
                cursor=here if threads else after,
                covers=(
                    *self._progress.covers(document, Kind.POST),
                    *self._uncommented(document, ids),
                ),
                notes=(*notes, *document.notes, *extra),
                findings=tombstone_findings(document, answer.exchange, set(ids)),
            )
            for number, (post, entry) in enumerate(threads, start=1):
                yield self._comments(post, entry, after if number == len(threads) else here)
            if not following:
                return
            url, notes = following, ()
            answer = self._fetcher.get(url)
            if answer.status in {404, 410} and self._plan.paging == "wordpress":
                yield Page(items=(), exchanges=answer.exchanges, cursor=self._finished(head))
                return
            if answer.status in {404, 410}:
                raise BadAnswer(
                    f"the feed's link to older entries, {shown(url)}, answered {answer.status}",
                    exchange=answer.exchange,
                )

    def _with_profile(
        self, document: Document, found: list[Item], answer: Answer
    ) -> Sequence[Item]:
        if self._progress.documents > 1 or not self._at_head():
            return found
        return [profile(document, self._plan.address, answer.exchange), *found]

    def _at_head(self) -> bool:
        return self._plan.address in self._progress.visited

    # --- how far the walk goes

    def _following(self, url: str, document: Document, found: list[Item]) -> str:
        """The address of the next document to read, empty at the end of the walk.

        Raises: BadAnswer when the feed leads in circles.
        """
        following = document.next
        if not following and self._plan.paging == "wordpress" and document.entries:
            following = _next_paged(url)
        if not following or not self._wants_more(found):
            return ""
        if following in self._progress.visited:
            raise BadAnswer(
                f"the feed's pages lead in a circle: {shown(following)} was read already"
            )
        if self._progress.barren >= _MAX_BARREN:
            raise BadAnswer(
                f"{_MAX_BARREN} pages of the feed in a row brought nothing new, and it still "
                "names a next one; is the option `paging` right for this site?"
            )
        if self._progress.documents >= _MAX_DOCUMENTS:
            raise BadAnswer(f"the feed has more than {_MAX_DOCUMENTS} pages; the walk was ended")
        return following

    def _wants_more(self, found: list[Item]) -> bool:
        if self._plan.window is Window.FULL:
            return True
        if self._plan.window is Window.RECENT:
            dates = [item.published.utc for item in found if item.published]
            return bool(dates) and self._plan.since is not None and min(dates) >= self._plan.since
        return self._has_gap()

    def _has_gap(self) -> bool:
        """Whether more came since the last poll than has been read so far."""
        before = set(_texts(self._cursor.get("known")))
        return bool(before) and not before & {digest(each) for each in self._progress.seen}

    def _gap_note(self, following: str) -> tuple[str, ...]:
        if self._plan.window is not Window.NEW or following or not self._has_gap():
            return ()
        return (
            "none of the entries of the last poll is in the feed any more: entries in between "
            "may have been missed, or the feed has changed its ids; poll more often",
        )

    # --- comments

    def _threads(self, document: Document, ids: list[str]) -> list[tuple[str, Entry]]:
        if not self._plan.comments or self._plan.window is Window.NEW:
            return []
        return [
            (post, entry)
            for post, entry in zip(ids, document.entries, strict=True)
            if entry.comments_feed and entry.comment_count != 0
        ]

    def _uncommented(self, document: Document, ids: list[str]) -> Iterator[Coverage]:
        """Posts of which the feed says that they have no comments."""
        if self._plan.comments and self._plan.window is not Window.NEW and document.whole:
            for post, entry in zip(ids, document.entries, strict=True):
                if entry.comments_feed and entry.comment_count == 0:
                    yield Coverage(kinds=frozenset({Kind.COMMENT}), thread_id=post)

    def _comments(self, post: str, entry: Entry, cursor: Cursor) -> Page:
        """The comments of one post. That they cannot be read must not stop the walk."""
        try:
            answer = self._fetcher.get(entry.comments_feed)
            if answer.status != 200:
                raise refuse(answer)
            document = self._fetcher.feed(answer)
        except (RateLimited, UsageCapped):
            raise
        except ConnectorError as error:
            if _without_answer(error):
                raise
            note = f"the comments on {post} could not be read: {error}"
            named = (error.exchange,) if error.exchange else ()
            return Page(items=(), exchanges=named, cursor=cursor, notes=(note,))
        progress = Progress(Identities(self._progress.identities.shared))
        ids = progress.identities.of(document)
        reading = Reading(exchange=answer.exchange, zone=self._plan.zone, thread_id=post)
        found = items(document, ids, reading)
        progress.note(entry.comments_feed, document, found)
        return Page(
            items=found,
            exchanges=answer.exchanges,
            cursor=cursor,
            covers=progress.covers(document, Kind.COMMENT, thread_id=post),
            notes=document.notes,
        )

    # --- cursors

    def _place(self, url: str) -> Cursor:
        """The cursor of a walk that is under way: only a full one goes on where it was."""
        if self._plan.window is not Window.FULL:
            return dict(self._cursor)
        return {
            "address": self._plan.address,
            "next": url,
            "documents": self._progress.documents,
            "shared": self._progress.identities.shared,
        }

    def _finished(self, head: Answer | None) -> Cursor:
        """The cursor that lets the next walk start afresh."""
        cursor: dict[str, object] = {
            "address": self._plan.address,
            "shared": self._progress.identities.shared,
        }
        if self._plan.window is Window.NEW and head is not None:
            headers = head.response.headers
            cursor["known"] = self._progress.known or _texts(self._cursor.get("known"))
            cursor["etag"] = headers.get("ETag", "")
            cursor["last_modified"] = headers.get("Last-Modified", "")
        return cursor


def _without_answer(error: ConnectorError) -> bool:
    """The line is down or the capture was stopped: that is no matter of one comment feed."""
    return isinstance(error, Transient) and not isinstance(error, BadAnswer) and not error.exchange


def _next_paged(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1 if number.isdecimal() else 2)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
