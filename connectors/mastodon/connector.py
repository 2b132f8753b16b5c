"""The Mastodon connector: which of the parts serves which question of the capture engine."""

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
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.mastodon.answers import numbers_of
from connectors.mastodon.check import check
from connectors.mastodon.lookup import find
from connectors.mastodon.removal import REMOVALS, StatusRemover
from connectors.mastodon.server import Server
from connectors.mastodon.state import state_of
from connectors.mastodon.walk import Plan, Walk
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed


class Mastodon:
    """Reads one account on one server, and removes from it what it is told to."""

    platform: ClassVar[str] = "mastodon"
    title: ClassVar[str] = "Mastodon"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="history",
        hidden_state=False,
        counts=True,
        control_lookup=True,
        removals=REMOVALS,
        cannot=(
            "replies that never reached the account's own server",
            "who removed something, or why: the server says the same of what was deleted and of "
            "what the reader may not see",
            "without an access token: posts for followers, mentions outside the account's own "
            "threads, and more than 60 replies of a thread",
            "the visibility and language that an earlier version of an edited post had",
            "earlier versions on servers that keep no history (Mastodon does since 3.5)",
            "exact counts: statuses_count is a counter that leaves private mentions out",
            "hiding: what others write can only be reported to the server's moderators",
            "private mentions, which are private messages and are left out",
        ),
        terms="none by the software; each server has rules of its own, to be read before an "
        "account is proposed",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="access_token",
            meaning="access token of the account, scopes read:accounts read:statuses "
            "read:notifications",
            required=False,
        ),
        CredentialSpec(
            name="remover_access_token",
            meaning="for removals only: another access token of the account, scopes "
            "read:accounts write:statuses",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(
            name="replies",
            meaning="yes or no: read replies and mentions by the public",
            default="yes",
        ),
        OptionSpec(
            name="api",
            meaning="address of the server's API, where it is on another host than the name says",
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        """Raises: Misconfigured for a bad address or option."""
        self._server = Server(account, http, credentials.reading())
        self._remover = StatusRemover(self._server, account, http, credentials)
        given = account.option("replies", "yes").lower()
        if given not in {"yes", "no"}:
            raise Misconfigured(f'replies is "{given}"; it can be yes or no')
        self._replies = given == "yes"

    def check(self) -> Check:
        """Read the account, its newest posts and, when asked for, its mentions once."""
        return check(self._server, replies=self._replies)

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk newest first; see `connectors.mastodon.walk`. `since` counts for RECENT only."""
        plan = Plan(
            window=window,
            since=since if window is Window.RECENT else None,
            replies=self._replies,
        )
        yield from Walk(self._server, plan, state_of(cursor)).pages()

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for statuses by 20 ids at a time, and for the missing ones singly."""
        yield from find(self._server, targets)

    def count(self) -> Counts | None:
        """The server's counter of posts, replies and reposts."""
        answer = self._server.account()
        total = dict(numbers_of(answer.thing(), {"statuses_count": "n"})).get("n")
        if total is None:
            return None
        return Counts(
            by_kind={Kind.POST: total},
            exact=False,
            exchanges=(answer.exchange,),
            note="posts, replies and reposts together, posts for followers included, private "
            "mentions not; a counter that the server does not recount",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`; asks the server whose the post is."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)
