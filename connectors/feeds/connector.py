"""The feed connector: RSS, RDF, Atom, JSON Feed and podcasts by their public address.

How a document is read stands in `xml_feed` and `json_feed`, how entries become items in
`items`, how the walk goes in `walk` and what it covers in `progress`, and how a vanished
entry is looked up in `presence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base import (
    Account,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Finding,
    OptionSpec,
    Page,
    Target,
    Window,
)
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.feeds.document import Document
from connectors.feeds.fetch import Fetcher, refuse, shown
from connectors.feeds.items import Identities, Reading, items
from connectors.feeds.presence import Lookup
from connectors.feeds.walk import Plan, Walk
from connectors.recorded_http import Http

_PAGING = ("links", "wordpress")


class Feed:
    """One feed. The account's address is the address of the feed document."""

    platform: ClassVar[str] = "feed"
    title: ClassVar[str] = "Feed or podcast"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="compare",
        hidden_state=False,
        counts=False,
        control_lookup=True,
        media_replaceable=True,
        cannot=(
            "entries that have left the feed's window before the first capture",
            "states between two polls",
            "who removed an entry, unless the feed says so",
            "entries that a site answers with status 200 after their removal",
        ),
        terms="A feed is offered for reading; the site's own terms, if any, apply.",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="username",
            meaning="user name of a protected feed (HTTP Basic)",
            required=False,
            secret=False,
        ),
        CredentialSpec(
            name="password", meaning="password of a protected feed (HTTP Basic)", required=False
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(
            name="paging",
            meaning="how older entries are reached: links (as the feed says) or wordpress "
            "(?paged=2 and so on)",
            default="links",
        ),
        OptionSpec(
            name="comments", meaning="read the comment feeds of the posts: yes or no", default="yes"
        ),
        OptionSpec(
            name="timezone",
            meaning="zone of dates that name none, such as America/Chicago",
            default="UTC",
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._address = account.address.strip()
        parts = urlsplit(self._address)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise Misconfigured(
                f"the address of {account.slug} must be that of the feed, as in "
                f'"https://www.example.gov/feed/", not "{shown(self._address)}"'
            )
        self._zone = _zone(account.option("timezone", "UTC"))
        self._paging = _one_of("paging", account.option("paging", "links"), _PAGING)
        self._comments = _one_of("comments", account.option("comments", "yes"), ("yes", "no"))
        self._fetcher = Fetcher(self._address, http, credentials)

    def check(self) -> Check:
        """Read the feed once and say what it is and how far back it reaches."""
        answer = self._fetcher.get(self._address)
        if answer.status in {404, 410}:
            words = f"{shown(self._address)} answered {answer.status}: there is no feed"
            return Check(ok=False, identity="", statements=(words,))
        if answer.status != 200:
            raise refuse(answer)
        document = self._fetcher.feed(answer)
        statements = [*_described(document, self._zone, self._paging), *document.notes]
        if answer.moved_to:
            statements.append(f"The feed has moved for good to {shown(answer.moved_to)}.")
        return Check(
            ok=True, identity=document.title or self._address, statements=tuple(statements)
        )

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk the feed, newest first; NEW asks only for what has changed."""
        plan = Plan(
            address=self._address,
            window=window,
            since=since,
            zone=self._zone,
            comments=self._comments == "yes",
            paging=self._paging,
        )
        yield from Walk(plan, self._fetcher, cursor).pages()

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for the page of each entry."""
        yield from Lookup(self._address, self._fetcher).findings(targets)

    def count(self) -> Counts | None:
        """Feeds do not say how many entries exist."""
        return None


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misconfigured(
            f'there is no time zone "{name}"; give one such as America/Chicago'
        ) from error


def _one_of(option: str, given: str, allowed: Sequence[str]) -> str:
    if given not in allowed:
        raise Misconfigured(f'the option {option} must be {" or ".join(allowed)}, not "{given}"')
    return given


def _described(document: Document, zone: tzinfo, paging: str) -> Iterator[str]:
    found = items(document, Identities(()).of(document), Reading(exchange="", zone=zone))
    yield f"Format {document.format}, {len(found)} entries."
    dates = [item.published.utc for item in found if item.published]
    if dates:
        yield f"The oldest entry is of {min(dates):%Y-%m-%d}."
    if len(dates) < len(found):
        yield f"{len(found) - len(dates)} entries have no date that can be read."
    if document.complete:
        yield "The feed says that it is complete."
    elif document.next or paging == "wordpress":
        yield "Older entries can be reached."
    else:
        yield "The feed leads to no older entries: only what it lists now can be captured."
