"""The connector of a YouTube channel: polling, looking up, counting, checking."""

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
from connectors.errors import AccountGone, AuthFailed, ConnectorError, Misconfigured, PermissionLost
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed
from connectors.youtube.api import ORIGIN, TOKEN_ORIGIN, Api
from connectors.youtube.channel import Channel, filter_of, find_channel
from connectors.youtube.faults import NotThere
from connectors.youtube.lookup import find
from connectors.youtube.removal import REMOVALS, ChannelRemover
from connectors.youtube.walk import Walk

_YES_NO = {"yes": True, "no": False}


class YouTube:
    """Reads one channel by key or as its owner, and removes from it what it is told to."""

    platform: ClassVar[str] = "youtube"
    title: ClassVar[str] = "YouTube channel"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True,
        edits="compare",
        hidden_state=True,
        counts=True,
        counts_exact=False,
        control_lookup=True,
        media_replaceable=True,
        removals=REMOVALS,
        cannot=(
            "video files: the API does not give them; keep the agency's own files",
            "text that was changed or removed between two polls",
            "when a video's title or description was changed",
            "who removed a video or comment",
            "by key alone: private videos, held comments and captions",
            "comments that were rejected: they look like deleted ones",
            "community posts, live chat and stories",
            "videos beyond about 20,000",
        ),
        terms=(
            "YouTube's API terms limit how long data may be kept, except where applicable law "
            "requires otherwise; records law does. Have counsel confirm that in writing."
        ),
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(
            name="api_key",
            meaning="API key of a Google Cloud project; reads what is public",
            required=False,
        ),
        CredentialSpec(
            name="refresh_token",
            meaning="OAuth refresh token of the channel's owner; reads private videos, held "
            "comments and captions as well",
            required=False,
        ),
        CredentialSpec(
            name="client_id",
            meaning="OAuth client id of the refresh token",
            required=False,
            secret=False,
        ),
        CredentialSpec(
            name="client_secret", meaning="OAuth client secret of the refresh token", required=False
        ),
        CredentialSpec(
            name="remover_refresh_token",
            meaning="For removals only: refresh token with the scope youtube.force-ssl",
            required=False,
        ),
        CredentialSpec(
            name="remover_client_id",
            meaning="For removals only: client id of that token",
            required=False,
            secret=False,
        ),
        CredentialSpec(
            name="remover_client_secret",
            meaning="For removals only: client secret of that token",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(name="comments", meaning="Capture comments: yes or no", default="yes"),
        OptionSpec(
            name="captions",
            meaning="Capture the text of captions in full walks, as owner: yes or no",
            default="yes",
        ),
        OptionSpec(
            name="playlists", meaning="Capture playlists in full walks: yes or no", default="yes"
        ),
        OptionSpec(
            name="hide_comments_as",
            meaning="How the guarded deletion hides a comment: heldForReview or rejected",
            default="heldForReview",
        ),
        OptionSpec(name="api", meaning="Base address of the API", default=ORIGIN),
        OptionSpec(
            name="token_api", meaning="Base address of Google's tokens", default=TOKEN_ORIGIN
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        filter_of(account.address)
        self._account = account
        self._comments, self._captions, self._playlists = (
            _yes(account, name) for name in ("comments", "captions", "playlists")
        )
        self._api = Api(account, http, credentials.reading())
        self._remover = ChannelRemover(account, http, credentials)

    def check(self) -> Check:
        """Whether the channel can be read. A refusal is an answer here, not an error."""
        try:
            return self._checked(self._channel())
        except (AuthFailed, PermissionLost, AccountGone) as error:
            return Check(ok=False, identity=self._account.address, statements=(str(error),))

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """See `Connector.poll`. What was read before an error is handed over first."""
        walk = Walk(
            self._api,
            self._channel(),
            comments=self._comments,
            captions=self._captions,
            playlists=self._playlists,
        )
        try:
            if window is Window.NEW:
                yield from walk.new(cursor)
            elif window is Window.RECENT:
                yield from walk.recent(since)
            else:
                yield from walk.full(cursor)
        except ConnectorError:
            if not walk.batch.empty:
                yield walk.batch.take()
            raise

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """By id, 50 at once. What is missing may be deleted, or private and not the token's."""
        yield from find(self._api, targets)

    def count(self) -> Counts | None:
        """Videos in the list of uploads, which YouTube calls approximate."""
        channel = self._channel()
        params = {"part": "id", "playlistId": channel.uploads, "maxResults": "1"}
        try:
            answer = self._api.get("playlistItems", params, asked="the number of uploads")
        except NotThere:
            return None
        total = answer.sub("pageInfo").number("totalResults")
        if total is None:
            return None
        return Counts(
            by_kind={Kind.POST: total},
            exact=False,
            exchanges=(channel.row.exchange, answer.exchange),
            note="Videos in the list of uploads; YouTube's number is approximate",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`; asks YouTube what is there."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)

    def _channel(self) -> Channel:
        return find_channel(self._api, self._account.address)

    def _checked(self, channel: Channel) -> Check:
        said, good = [], True
        if not self._api.signed:
            said.append(
                "Read by key: private videos, held comments and captions are not seen, and a "
                "video made private looks like a deleted one."
            )
        elif not channel.owned:
            good = False
            mine = self._api.mine() or "no channel"
            said.append(f"The refresh token belongs to {mine}, not to {channel.id}.")
        elif not self._api.moderates:
            said.append(
                "The token lacks the scope youtube.force-ssl: held comments and captions are not "
                "seen, and comments are read by key where there is one."
            )
        if not self._account.address.startswith("UC"):
            said.append(f"Its id is {channel.id}; a handle can be changed, the id cannot.")
        identity = f"{channel.title} ({channel.id}) https://www.youtube.com/channel/{channel.id}"
        return Check(ok=good, identity=identity, statements=tuple(said))


def _yes(account: Account, name: str) -> bool:
    given = account.option(name, "yes").lower()
    if given not in _YES_NO:
        raise Misconfigured(f'the option {name} of {account.slug} is "{given}", not yes or no')
    return _YES_NO[given]
