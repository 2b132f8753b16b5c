"""The connector of a Facebook Page: polling, looking up, counting, checking."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from connectors.base import (
    Account,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Evidence,
    Finding,
    Kind,
    OptionSpec,
    Page,
    Presence,
    Target,
    Visibility,
    Window,
    family,
)
from connectors.capabilities import Capabilities
from connectors.errors import (
    AccountGone,
    AuthFailed,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
)
from connectors.facebook import fields
from connectors.facebook.check import check_page
from connectors.facebook.faults import MissingObject
from connectors.facebook.graph import ORIGIN, VERSION, Graph
from connectors.facebook.items import comment_visibility, post_visibility
from connectors.facebook.removal import REMOVALS, PageRemover
from connectors.facebook.sources import PUBLISHED, SCHEDULED, TAGGED, VISITORS, Source
from connectors.facebook.walk import Walk
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed

_ADDRESS = re.compile(r"[A-Za-z0-9._-]+")
_YES_NO = {"yes": True, "no": False}


class FacebookPage:
    """Reads one Page with a Page access token, and removes from it what it is told to."""

    platform: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook Page"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="compare",
        hidden_state=True,
        counts=True,
        counts_exact=False,
        control_lookup=True,
        removals=REMOVALS,
        cannot=(
            "text that was changed or removed between two polls",
            "when a post or comment was edited",
            "who removed a post or comment",
            "whether a missing post was deleted or is only out of the token's sight",
            "posts beyond about 600 a year, where Facebook applies that limit",
            "stories, ratings, private messages, posts used as advertisements only",
            "pictures and videos as uploaded: Facebook keeps its own smaller versions",
        ),
        terms=(
            "Meta's Platform Terms ask to delete what was deleted on Facebook, except where law "
            "requires keeping it; records law does. Have counsel confirm the exception in writing."
        ),
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="page_token",
            meaning="Page access token, best of a system user (never expires)",
        ),
        CredentialSpec(
            name="app_secret",
            meaning="The app's secret; needed when the app demands a proof with every call",
            required=False,
        ),
        CredentialSpec(
            name="remover_page_token",
            meaning="For removals only: Page access token with the permissions to delete and hide",
            required=False,
        ),
        CredentialSpec(
            name="remover_app_secret",
            meaning="For removals only: the secret of the app of that token",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(name="version", meaning="Graph API version", default=VERSION),
        OptionSpec(name="api", meaning="Base address of the Graph API", default=ORIGIN),
        OptionSpec(
            name="visitor_posts", meaning="Capture posts by visitors: yes or no", default="yes"
        ),
        OptionSpec(
            name="tagged",
            meaning="Capture others' posts that name the Page: yes or no",
            default="no",
        ),
        OptionSpec(
            name="scheduled",
            meaning="Capture posts that are yet to be published: yes or no",
            default="no",
        ),
        OptionSpec(name="posts_at_once", meaning="Posts per request, 1 to 100", default="50"),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        token = credentials.get("page_token")
        if token is None:
            raise Misconfigured(f"{account.slug} lacks the credential page_token")
        self._account = account
        self._page = page_of(account.address)
        self._token = token
        self._sources = _sources(account)
        self._posts_at_once = _posts_at_once(account)
        self._graph = Graph(
            http,
            token=token,
            app_secret=credentials.get("app_secret"),
            origin=account.option("api", ORIGIN),
            version=account.option("version", VERSION),
        )
        self._remover = PageRemover(account, http, credentials)

    def check(self) -> Check:
        """Whether the token reads this Page. A refusal is an answer here, not an error."""
        try:
            return check_page(self._graph, self._page, self._token)
        except MissingObject as error:
            return _refused(self._page, self._page_fault(error))
        except (AuthFailed, PermissionLost) as error:
            return _refused(self._page, error)

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """See `Connector.poll`. What was read before an error is handed over first."""
        walk = Walk(self._graph, self._page, self._sources, posts_at_once=self._posts_at_once)
        try:
            if window is Window.NEW:
                yield from walk.new(cursor)
            elif window is Window.RECENT:
                yield from walk.recent(since)
            else:
                yield from walk.full(cursor)
        except ConnectorError as error:
            if not walk.batch.empty:
                yield walk.batch.take()
            if isinstance(error, MissingObject):
                raise self._page_fault(error) from error
            raise

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """One by one: `?ids=` is refused as a whole when a single one is missing.

        A missing object may be deleted or out of the token's sight; Facebook says the same.
        """
        for target in targets:
            yield self._finding(target)

    def count(self) -> Counts | None:
        """Published posts, by a total that Facebook gives but does not document."""
        try:
            answer = self._graph.edge(
                self._page,
                PUBLISHED.edge,
                {"limit": "0", "summary": "total_count"},
                asked="the number of posts",
            )
        except MissingObject as error:
            raise self._page_fault(error) from error
        except Permanent:
            return None  # undocumented: Facebook may refuse the question any day
        total = answer.sub("summary").number("total_count")
        if total is None:
            return None
        return Counts(
            by_kind={Kind.POST: total},
            exact=False,
            exchanges=(answer.exchange,),
            note="The Page's own published posts; Facebook's total is known to be approximate",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`; asks Facebook what the Page may do to it."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)

    def _finding(self, target: Target) -> Finding:
        asked = f"{target.kind} {target.id}"
        try:
            row = self._graph.node(target.id, fields=_state_fields(target.kind), asked=asked)
        except MissingObject as error:
            return Finding(
                target=target,
                presence=Presence.GONE,
                exchange=error.exchange,
                evidence=Evidence.UNKNOWN,
                statement=str(error),
            )
        row.needed("id")
        seen = {"post": post_visibility, "comment": comment_visibility}.get(family(target.kind))
        if seen is not None and seen(row) is Visibility.HIDDEN:
            return Finding(
                target=target,
                presence=Presence.HIDDEN,
                exchange=row.exchange,
                evidence=Evidence.HIDDEN,
                statement="Facebook says that it is hidden (is_hidden)",
            )
        return Finding(target=target, presence=Presence.PRESENT, exchange=row.exchange)

    def _page_fault(self, missing: MissingObject) -> ConnectorError:
        """What it means that the Page itself is missing: ask whom the token stands for."""
        try:
            me = self._graph.node("me", fields="id,name", asked="whom the token belongs to")
        except MissingObject:
            return AccountGone(
                f"Facebook finds neither the Page {self._page} nor the one that the token "
                "belongs to: it was deleted or unpublished, or the token has lost all access. "
                f"{missing}",
                exchange=missing.exchange,
            )
        return PermissionLost(
            f"The token is valid and belongs to {me.text('name')} ({me.needed('id')}), but "
            f"Facebook does not show it the Page {self._page}: the address is wrong, the Page "
            f"was deleted, or a permission was lost; Facebook gives one answer for all. {missing}",
            exchange=missing.exchange,
        )


def page_of(address: str) -> str:
    """The Page's id or name in an address such as https://www.facebook.com/SpringfieldPD.

    Raises: Misconfigured when there is none.
    """
    page = address.strip()
    if "/" in page:
        parts = urlsplit(page if "//" in page else f"//{page}")
        path = [part for part in parts.path.split("/") if part]
        number = parse_qs(parts.query).get("id", [""])[0]
        page = number or (path[-1] if path else "")
        # Older addresses end in the name and the id: /Springfield-Police-742001
        if not number and (ending := re.search(r"-(\d{6,})$", page)):
            page = ending.group(1)
    if not _ADDRESS.fullmatch(page):
        raise Misconfigured(
            f'"{address}" names no Facebook Page; give its id or https://www.facebook.com/<name>'
        )
    return page


def _sources(account: Account) -> tuple[Source, ...]:
    wanted = (
        (True, PUBLISHED),
        (_yes(account, "visitor_posts", "yes"), VISITORS),
        (_yes(account, "tagged", "no"), TAGGED),
        (_yes(account, "scheduled", "no"), SCHEDULED),
    )
    return tuple(source for yes, source in wanted if yes)


def _yes(account: Account, name: str, default: str) -> bool:
    given = account.option(name, default).lower()
    if given not in _YES_NO:
        raise Misconfigured(f'the option {name} of {account.slug} is "{given}", not yes or no')
    return _YES_NO[given]


def _posts_at_once(account: Account) -> int:
    given = account.option("posts_at_once", "50")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 100:
        raise Misconfigured(
            f'the option posts_at_once of {account.slug} is "{given}", not a number from 1 to 100'
        )
    return int(given)


def _state_fields(kind: Kind) -> str:
    """Comments have no `updated_time`; asking for it would be refused."""
    if kind is Kind.PROFILE:
        return fields.PAGE_STATE
    return fields.COMMENT_STATE if family(kind) == "comment" else fields.POST_STATE


def _refused(page: str, error: ConnectorError) -> Check:
    return Check(ok=False, identity=page, statements=(str(error),))
