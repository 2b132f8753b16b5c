"""The Bluesky connector: what it can do, what it needs, and the questions it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from connectors.bluesky.fresh import Fresh
from connectors.bluesky.identity import APPVIEW, PLC, Directory, Identity
from connectors.bluesky.lookup import Lookup
from connectors.bluesky.progress import Whose, known_did, news_of, sweeping_of
from connectors.bluesky.removal import REMOVALS, Remover
from connectors.bluesky.repository import Repository
from connectors.bluesky.shapes import POST, REPOST, text
from connectors.bluesky.sweep import Sweep
from connectors.bluesky.threads import AppView
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed


class Bluesky:
    """Reads one Bluesky account, and removes from it what it is told to."""

    platform: ClassVar[str] = "bluesky"
    title: ClassVar[str] = "Bluesky (AT Protocol)"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="compare",
        hidden_state=True,
        counts=True,
        counts_exact=True,
        control_lookup=True,
        removals=REMOVALS,
        cannot=(
            "a version that was replaced, or a post that was made and deleted, between two "
            "captures: the repository keeps only the present state",
            "replies that the app view does not show, and how far it is behind",
            "the text of what was reposted or quoted: only its address and hash are in the record",
            "who removed something: the account, or its server",
            "private messages, drafts, likes",
        ),
        terms="The records are public by the protocol. Bluesky's terms ask that deletions by "
        "users be honoured by those who show the content to others; a record under records law "
        "is kept all the same.",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="remover_app_password",
            meaning="for removals only: an app password of the account",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(name="replies", meaning="read replies by the public: yes or no", default="yes"),
        OptionSpec(
            name="appview", meaning="address of the app view to ask for replies", default=APPVIEW
        ),
        OptionSpec(name="plc", meaning="address of the directory of DIDs", default=PLC),
        OptionSpec(
            name="pds",
            meaning="address of the account's own server; if empty, as its DID document says",
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        replies = account.option("replies", "yes")
        if replies not in {"yes", "no"}:
            raise Misconfigured(f'{account.slug}: replies is "{replies}"; it can be yes or no')
        self._replies = replies == "yes"
        self._http = http
        self._credentials = credentials
        self._session = http.session()
        self._directory = Directory(account, self._session)

    def check(self) -> Check:
        """Whose account it is, and whether its server and the app view answer."""
        me = self._directory.own()
        source = Repository(self._session, me)
        status = source.status()
        identity = f"@{me.handle} ({me.did})"
        if status.body.get("active") is False:
            why = text(status.body, "status") or "not active"
            statement = f"{me.pds} says that the account is {why}"
            return Check(ok=False, identity=identity, statements=(statement,))
        identity = f"{source.profile().title or me.handle} {identity}"
        statements = [f"It is hosted by {me.pds}. No credentials are needed to read it."]
        if not self._directory.address.startswith("did:"):
            statements.append(f"Its DID, which stays when the handle changes: {me.did}")
        view = self._view(me)
        if view is not None:
            newest = [text(row, "uri") for row in source.listing(POST).rows[:1]]
            views, _ = view.views(newest)
            if newest and not views:
                statements.append("The app view does not show the newest post (yet).")
        return Check(ok=True, identity=identity, statements=tuple(statements))

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk the account; see `connectors.base.Connector`."""
        me, notes = self._followed(window, cursor)
        whose = Whose(address=self._directory.address, did=me.did)
        source, view = Repository(self._session, me), self._view(me)
        if window is Window.NEW:
            yield from Fresh(source, view, whose).pages(news_of(cursor), notes)
            return
        source.latest()  # says plainly when the account is closed
        limit = since if window is Window.RECENT else None
        progress = sweeping_of(cursor if limit is None else None)
        yield from Sweep(source, view, whose, limit).pages(progress, notes)

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for each target by name; see `connectors.bluesky.lookup`."""
        if targets:
            me = self._directory.own()
            yield from Lookup(self._session, self._directory, self._view(me), me).findings(targets)

    def count(self) -> Counts | None:
        """What the repository holds, by its export: every record is counted by its name and
        checked by its hash."""
        entries, exchange = Repository(self._session, self._directory.own()).entries()
        found = {
            Kind.POST: 0,
            Kind.REPLY: 0,
            Kind.REPOST: 0,
            Kind.PROFILE: 1,
        }
        for each in entries:
            if each.collection == POST:
                found[Kind.REPLY if "reply" in (each.value or {}) else Kind.POST] += 1
            elif each.collection == REPOST:
                found[Kind.REPOST] += 1
        return Counts(
            by_kind=found,
            exact=True,
            exchanges=(exchange,),
            note="the account's own records in its repository; replies by others are not counted",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`."""
        return self._remover().can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover().remove(target, removal, compare=compare)

    def _remover(self) -> Remover:
        me = self._directory.own()
        view = AppView(self._session, self._directory, me)
        return Remover(self._session, self._http, me, view, self._credentials)

    def _followed(self, window: Window, cursor: Cursor | None) -> tuple[Identity, tuple[str, ...]]:
        """The account of the earlier walks, also under a new handle. A full walk asks whom the
        address leads to now."""
        address = self._directory.address
        known = known_did(cursor, address)
        if not known or window is Window.FULL:
            me = self._directory.own()
            if known and me.did != known:
                raise Misconfigured(
                    f"@{address} now leads to {me.did}, but what is archived is of {known}; set "
                    "the address to that DID, and propose the other account by itself",
                    exchange=me.exchange,
                )
            return me, ()
        me = self._directory.of(known, own=True)
        if address in {me.handle, me.did}:
            return me, ()
        return me, (f"the account now calls itself @{me.handle}; it is followed by its DID",)

    def _view(self, me: Identity) -> AppView | None:
        return AppView(self._session, self._directory, me) if self._replies else None
