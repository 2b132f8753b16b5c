"""The WordPress connector: what it can do, what it needs, and the five things it is asked.

What WordPress cannot give, and how that shows, is told in docs/platforms/wordpress.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from connectors.base import (
    Account,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Finding,
    Kind,
    OptionSpec,
    Page,
    Target,
    Window,
)
from connectors.capabilities import Capabilities
from connectors.errors import BadAnswer, Misconfigured, Permanent, PermissionLost
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed
from connectors.wordpress.fresh import cursor_of, walk_new
from connectors.wordpress.items import site_item
from connectors.wordpress.lookups import find
from connectors.wordpress.removal import REMOVALS, SiteRemover
from connectors.wordpress.shapes import mapping, text
from connectors.wordpress.site import Site
from connectors.wordpress.sources import COMMENTS, Source, sources_of
from connectors.wordpress.sweep import Sweep, progress_of

PER_PAGE = 100  # WordPress refuses more
WANTED_RIGHTS: Mapping[str, str] = {
    "edit_others_posts": "read other authors' drafts and the history of their posts",
    "read_private_posts": "read private posts",
    "edit_others_pages": "read unpublished pages and the history of pages",
    "moderate_comments": "read comments that are held, marked as spam or in the trash",
}


class WordPress:
    """Reads one WordPress site, and removes from it what it is told to."""

    platform: ClassVar[str] = "wordpress"
    title: ClassVar[str] = "WordPress site"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="history",
        hidden_state=True,
        counts=True,
        counts_exact=True,
        media_replaceable=True,
        removals=REMOVALS,
        cannot=(
            "the first version of a post that was edited before it was captured: WordPress's "
            "revisions begin with the first edit",
            "edits of comments between two captures: WordPress keeps neither their time nor "
            "their earlier text",
            "revisions that the site has pruned",
            "who deleted something for good",
            "without credentials: drafts, private posts, held comments, the trash, the history",
        ),
        terms="none: the agency runs the site itself (a hosting company's terms may differ)",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="user",
            meaning="login name of an Editor's account",
            required=False,
            secret=False,
        ),
        CredentialSpec(
            name="application_password",
            meaning="an application password of that user (Users > Profile)",
            required=False,
        ),
        CredentialSpec(
            name="remover_user",
            meaning="for removals only: login name of another Editor's account",
            required=False,
            secret=False,
        ),
        CredentialSpec(
            name="remover_application_password",
            meaning="for removals only: an application password of that user",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(name="api", meaning="address of the REST API, where the site does not tell it"),
        OptionSpec(
            name="types",
            meaning="content types to read, separated by commas; if empty, all for visitors",
        ),
        OptionSpec(
            name="per_page", meaning="things asked for at once, 1 to 100", default=str(PER_PAGE)
        ),
        OptionSpec(
            name="delete_for_good",
            meaning="yes or no: a deletion goes past the trash; files can be deleted only so",
            default="no",
        ),
        OptionSpec(
            name="hide_posts_as",
            meaning="status of a hidden post: private or draft",
            default="private",
        ),
        OptionSpec(
            name="hide_comments_as",
            meaning="status of a hidden comment: hold, spam or trash",
            default="hold",
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._account = account
        self._site = Site(account, http, credentials.reading())
        self._remover = SiteRemover(account, http, credentials)
        self._per_page = _per_page(account)

    def check(self) -> Check:
        """Whose site it is, and what the sign-in allows.

        Raises: AuthFailed when the credentials are refused or do not arrive.
        """
        index, _exchange = self._site.index()
        identity = f"{text(index, 'name')} ({text(index, 'home') or text(index, 'url')})"
        if not self._site.signed:
            statement = "no credentials: only what every visitor can see is captured"
            return Check(ok=True, identity=identity, statements=(statement,))
        if "application-passwords" not in mapping(index.get("authentication")):
            raise Misconfigured(
                f"{self._site.address} does not offer application passwords: they need https and "
                "WordPress 5.6, and a security plug-in may have switched them off"
            )
        me = mapping(self._site.ask("wp/v2/users/me", {"context": "edit"}).body)
        rights = mapping(me.get("capabilities"))
        lacking = [what for right, what in WANTED_RIGHTS.items() if rights.get(right) is not True]
        statements = [f'signed in as "{text(me, "name") or text(me, "slug")}"']
        statements += [f"this user may not {what}; an Editor may" for what in lacking]
        return Check(ok=not lacking, identity=identity, statements=tuple(statements))

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk the site; see `connectors.base.Connector`."""
        sources = sources_of(self._site, self._account.option("types"))
        if window is Window.NEW:
            yield self._profile(cursor or cursor_of({}))
            yield from walk_new(
                self._site, sources, per_page=self._per_page, cursor=cursor, since=since
            )
            return
        limit = since if window is Window.RECENT else None
        sweep = Sweep(self._site, sources, per_page=self._per_page, since=limit)
        progress = progress_of(cursor)
        if limit is not None:  # a sweep of young things is short and never taken up again
            progress = replace(progress_of(None), types=progress.types)
        elif progress.total is None:
            total = sum(self._total(source, {}) or 0 for source in sources)
            progress = replace(progress, total=total)
        yield self._profile(progress.cursor(), notes=sweep.vanished_note(progress))
        yield from sweep.pages(progress)

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for each target by id; see `connectors.wordpress.lookups`."""
        if targets:
            sources = sources_of(self._site, self._account.option("types"))
            yield from find(self._site, sources, targets)

    def count(self) -> Counts | None:
        """What the site's database holds, in every status that a full walk reads.

        Exact with an Editor's credentials; without, the site counts comments of posts that it
        does not show.
        """
        by_kind: dict[Kind, int] = {}
        exchanges: list[str] = []
        exact = self._site.signed
        for source in sources_of(self._site, self._account.option("types")):
            total = self._total(source, {}, exchanges)
            exact = exact and total is not None
            kind = source.kind
            if source.name == COMMENTS:
                top = self._total(source, {"parent": "0"}, exchanges) or 0
                by_kind[Kind.REPLY] = (total or 0) - top
                total = top
            by_kind[kind] = by_kind.get(kind, 0) + (total or 0)
        note = "every status, drafts and trash included" if self._site.signed else "public only"
        return Counts(by_kind=by_kind, exact=exact, exchanges=tuple(exchanges), note=note)

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`; asks the site for the thing with an editor's eyes."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)

    def _profile(self, cursor: Cursor, notes: tuple[str, ...] = ()) -> Page:
        index, exchange = self._site.index()
        item = site_item(index, exchange)
        return Page(items=(item,), exchanges=(exchange,), cursor=cursor, notes=notes)

    def _total(  # None where a plug-in's type is refused or the site does not count
        self, source: Source, narrower: Mapping[str, str], exchanges: list[str] | None = None
    ) -> int | None:
        params = {**source.params, **narrower, "per_page": "1", "_fields": "id"}
        params.pop("_embed", None)
        try:
            answer = self._site.ask(source.route, params)
        except (PermissionLost, Permanent):
            if not source.own_type:
                raise
            return None
        if exchanges is not None:
            exchanges.append(answer.exchange)
        if not isinstance(answer.body, list):
            raise BadAnswer(
                f"{self._site.address} {source.route} should bring a list",
                exchange=answer.exchange,
            )
        return answer.total


def _per_page(account: Account) -> int:
    given = account.option("per_page", str(PER_PAGE))
    if not given.isdecimal() or not 1 <= int(given) <= PER_PAGE:
        raise Misconfigured(f'{account.slug}: per_page is "{given}", but must be 1 to {PER_PAGE}')
    return int(given)
