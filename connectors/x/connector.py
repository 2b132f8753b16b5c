"""The X connector: which of the parts serves which question of the capture engine."""

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
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose
from connectors.x.answers import text_of
from connectors.x.api import API, Api
from connectors.x.lookup import find_posts, find_user
from connectors.x.removal import XRemover
from connectors.x.state import state_of
from connectors.x.user import fetch_user, handle_of, post_count
from connectors.x.walk import Plan, Walk


class X:
    """Reads one account of X through API v2, and removes from it what it is told to."""

    platform: ClassVar[str] = "x"
    title: ClassVar[str] = "X (Twitter)"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="history",
        hidden_state=False,
        counts=True,
        removals=(
            Removable(
                removal=Removal.DELETE,
                kinds=frozenset({Kind.POST, Kind.REPLY, Kind.REPOST}),
                whose=frozenset({Whose.OWN}),
                means="gone for good, with all its versions and the reposts of it; "
                "a repost is taken back",
                along=frozenset({Kind.REPOST}),
            ),
            Removable(
                removal=Removal.HIDE,
                kinds=frozenset({Kind.COMMENT}),
                whose=frozenset({Whose.PUBLIC}),
                means="behind the sign for hidden replies, where everybody can still read it; "
                "only below the account's own posts",
            ),
            Removable(
                removal=Removal.UNHIDE,
                kinds=frozenset({Kind.COMMENT}),
                whose=frozenset({Whose.PUBLIC}),
                means="among the replies again",
            ),
        ),
        cannot=(
            "posts older than the newest 3,200, unless full_archive is on (which leaves out "
            "older reposts) or the archive that X hands out is imported",
            "all replies of the public: search reaches back 7 days and is not promised complete",
            "whether a reply was hidden: X has no field for it",
            "who removed a post, or why",
            "photos and videos as they were uploaded: X re-encodes them",
            "exact counts: what X counts is approximate and includes replies and reposts",
        ),
        terms="X demands that content kept outside X is deleted or changed when it is deleted "
        "or changed on X, unless law forbids that; records law does, and X wants to be asked "
        "for written permission (Government End User form)",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="consumer_key", meaning="API key of the app (OAuth 1.0a)", required=False
        ),
        CredentialSpec(name="consumer_secret", meaning="API key secret of the app", required=False),
        CredentialSpec(
            name="access_token", meaning="access token of the agency's account", required=False
        ),
        CredentialSpec(
            name="access_token_secret", meaning="secret of the access token", required=False
        ),
        CredentialSpec(
            name="bearer_token",
            meaning="app-only bearer token: alone, or with the four others for full_archive",
            required=False,
        ),
        CredentialSpec(
            name="remover_consumer_key",
            meaning="for removals only: API key of an app with Read and write",
            required=False,
        ),
        CredentialSpec(
            name="remover_consumer_secret",
            meaning="for removals only: API key secret of that app",
            required=False,
        ),
        CredentialSpec(
            name="remover_access_token",
            meaning="for removals only: access token of the agency's account, made under that app",
            required=False,
        ),
        CredentialSpec(
            name="remover_access_token_secret",
            meaning="for removals only: secret of that access token",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(name="user_id", meaning="the account's numeric id, which survives a new handle"),
        OptionSpec(
            name="replies",
            meaning="yes or no: read replies and mentions by the public",
            default="yes",
        ),
        OptionSpec(
            name="full_archive",
            meaning="yes or no: read older posts and replies by full-archive search",
            default="no",
        ),
        OptionSpec(name="api", meaning="base address of the API", default=API),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        """Raises: Misconfigured for a bad handle or option, or without credentials."""
        self._account = account
        self._handle = handle_of(account)
        self._user_id = account.option("user_id")
        if self._user_id and not self._user_id.isdigit():
            raise Misconfigured(f'user_id is "{self._user_id}", but ids on X are numbers')
        self._replies = self._yes("replies", "yes")
        self._full_archive = self._yes("full_archive", "no")
        self._api = Api(account, http, credentials.reading())
        self._remover = XRemover(self._api, account, http, credentials)
        if self._full_archive and not self._api.has_bearer:
            raise Misconfigured("full_archive=yes needs the credential bearer_token")

    def check(self) -> Check:
        """Read the account, its newest posts and, when asked for, its mentions once."""
        api = self._api
        user = fetch_user(api, self._handle, self._user_id).thing()
        name, user_id = text_of(user, "name"), text_of(user, "id")
        handle = text_of(user, "username")
        statements = ["The account can be read."]
        if api.has_user_tokens:
            statements.append(self._whose_tokens(user_id))
        else:
            statements.append("The credential is an app-only bearer token.")
        api.posts("timeline", f"/2/users/{user_id}/tweets", {"max_results": "5"})
        statements.append("Its posts can be read.")
        if self._replies:
            api.posts("mentions", f"/2/users/{user_id}/mentions", {"max_results": "5"})
            statements.append("Mentions by the public can be read.")
        if not self._user_id:
            statements.append(f"Set the option user_id={user_id} so that a new handle is followed.")
        if user.get("protected") is True:
            statements.append("The account is protected: only followers see its posts.")
        return Check(
            ok=True,
            identity=f"@{handle} ({name}, id {user_id})",
            statements=tuple(statements),
        )

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk newest first; see `connectors.x.walk`. `since` counts for RECENT only."""
        plan = Plan(
            handle=self._handle,
            window=window,
            since=since if window is Window.RECENT else None,
            replies=self._replies,
            full_archive=self._full_archive,
        )
        state = state_of(cursor)
        yield from Walk(self._api, plan, state, self._user_id).pages()

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for posts by 100 ids at a time, and for the profile by its id."""
        profiles = [target for target in targets if target.kind is Kind.PROFILE]
        posts = [target for target in targets if target.kind is not Kind.PROFILE]
        yield from find_posts(self._api, posts)
        for target in profiles:
            yield find_user(self._api, target)

    def count(self) -> Counts | None:
        """X's own count of posts, which includes replies and reposts and is approximate."""
        answer = fetch_user(self._api, self._handle, self._user_id)
        total = post_count(answer.thing())
        if total is None:
            return None
        return Counts(
            by_kind={Kind.POST: total},
            exact=False,
            exchanges=(answer.exchange,),
            note="posts, replies and reposts together, as X counts them; approximate",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`; asks X whose the post is."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)

    def _whose_tokens(self, user_id: str) -> str:
        me = self._api.users("me", "/2/users/me", {}).thing()
        if text_of(me, "id") == user_id:
            return "The access token belongs to the account itself."
        return (
            f"The access token belongs to @{text_of(me, 'username')}, not to the account: "
            "public posts can be read, but each read is charged at the full price."
        )

    def _yes(self, option: str, default: str) -> bool:
        value = self._account.option(option, default).lower()
        if value not in {"yes", "no"}:
            raise Misconfigured(f'{option} is "{value}"; it can be yes or no')
        return value == "yes"
