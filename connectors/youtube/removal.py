"""Deletes and hides on one channel, one thing at a time, with a reading before and after.

| what                  | call                                    | then it is       |
|-----------------------|-----------------------------------------|------------------|
| delete a video        | DELETE /videos                          | gone             |
| delete an own comment | DELETE /comments                        | gone             |
| hide, show a video    | PUT /videos?part=status, privacyStatus  | private, public  |
| hide, show a comment  | POST /comments/setModerationStatus      | held or rejected |

A change of `status` replaces all of it, so that what YouTube shows of it is sent along. Whether
a reply is held YouTube does not tell when asked by id; there its answer is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Account, Credentials, Item, Kind, Target
from connectors.errors import Misconfigured, Permanent, PermissionLost
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.writing import looked_after
from connectors.youtube.api import Api
from connectors.youtube.faults import NotThere
from connectors.youtube.items import comment_item, video_item
from connectors.youtube.lookup import is_reply
from connectors.youtube.shapes import Shape
from connectors.youtube.uploads import videos

_VIDEOS = frozenset({Kind.POST})
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})
_OWN = frozenset({Whose.OWN})
_SETTABLE = (
    "embeddable", "license", "publicStatsViewable", "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)  # fmt: skip
_HIDING = ("heldForReview", "rejected")

REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=_VIDEOS | _COMMENTS,
        whose=_OWN,
        means="gone for good; a video with all its comments, a comment with its replies",
        along=_COMMENTS,
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=_VIDEOS,
        whose=_OWN,
        means="private: only the channel still sees it",
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=_COMMENTS,
        whose=frozenset({Whose.PUBLIC}),
        means="held for review, or rejected with the option hide_comments_as; a comment with its "
        "replies; only the channel still sees it",
        along=frozenset({Kind.REPLY}),
    ),
    Removable(
        removal=Removal.UNHIDE,
        kinds=_VIDEOS | _COMMENTS,
        whose=frozenset({Whose.OWN, Whose.PUBLIC}),
        means="public, published",
    ),
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """The target as the owner is shown it; `hidden` None when YouTube does not tell."""

    exchange: str
    row: Shape | None = None
    item: Item | None = None
    hidden: bool | None = None
    state: str = "not there"


class ChannelRemover:
    """Removes what stands on one channel, with the credentials for removals."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._hiding = account.option("hide_comments_as", _HIDING[0])
        if self._hiding not in _HIDING:
            raise Misconfigured(
                f'{account.slug}: hide_comments_as is "{self._hiding}", but must be '
                f"{' or '.join(_HIDING)}"
            )
        self._made: Api | None = None

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why YouTube would not do it. Raises: ConnectorError."""
        return self._never(target) or self._refusal(self._see(target), target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when YouTube would not do it, Changed by what `compare` says,
            Unsettled when it may have been done.
        """
        why = self._never(target)
        if why:
            raise Permanent(why)
        before = self._see(target)
        if removal is not Removal.DELETE and before.hidden is (removal is Removal.HIDE):
            return _so_before(before, target, removal)
        why = self._refusal(before, target, removal)
        if why:
            raise Permanent(why, exchange=before.exchange)
        same = before.item is not None and compared(before.item, compare)
        exchange, status = self._send(before, target, removal)
        with looked_after(_words(removal, target), exchange=exchange):
            after = self._see(target)
        done = self._done(after, removal)
        return Removed(
            target=target,
            removal=removal,
            exchange=exchange,
            done=done,
            statement=f"YouTube answered with status {status}; read again, it is {after.state}",
            looked=(before.exchange, after.exchange),
            compared=same,
        )

    def _done(self, after: _Sight, removal: Removal) -> bool:
        if removal is Removal.DELETE:
            return after.row is None
        if removal is Removal.HIDE:
            return after.row is None or after.hidden is not False
        return after.row is not None and after.hidden is not True

    def _send(self, before: _Sight, target: Target, removal: Removal) -> tuple[str, int]:
        asked, api = _words(removal, target), self._api()
        try:
            if removal is Removal.DELETE:
                resource = "videos" if target.kind in _VIDEOS else "comments"
                return api.change("DELETE", resource, {"id": target.id}, asked=asked)
            if target.kind in _VIDEOS:
                status = before.row.sub("status").chosen(_SETTABLE) if before.row else {}
                privacy = "private" if removal is Removal.HIDE else "public"
                body = {"id": target.id, "status": {**status, "privacyStatus": privacy}}
                return api.change("PUT", "videos", {"part": "status"}, asked=asked, body=body)
            moderated = self._hiding if removal is Removal.HIDE else "published"
            params = {"id": target.id, "moderationStatus": moderated}
            return api.change("POST", "comments/setModerationStatus", params, asked=asked)
        except NotThere as error:
            raise Permanent(str(error), exchange=error.exchange) from error
        except PermissionLost as error:
            raise PermissionLost(
                f"{error}. Removals need the scope youtube.force-ssl, given by the channel's owner",
                exchange=error.exchange,
            ) from error

    def _see(self, target: Target) -> _Sight:
        """Raises: ConnectorError."""
        if target.kind in _VIDEOS:
            answer = videos(self._api(), [target.id])
            return _video_sight(answer)
        resource = "comments" if is_reply(target.id) else "commentThreads"
        params = {"part": "snippet", "id": target.id, "textFormat": "plainText"}
        answer = self._api().get(resource, params, asked=f"{target.kind} {target.id}")
        return _comment_sight(answer, target)

    def _refusal(self, seen: _Sight, target: Target, removal: Removal) -> str:
        if seen.row is None or seen.item is None:
            return "YouTube does not show it to the credential for removals: it was deleted already"
        mine = self._api().mine()
        if target.kind in _VIDEOS:
            if seen.item.author.id != mine:
                return "the credential for removals is not that of the video's channel"
            if removal is Removal.UNHIDE and seen.item.visibility.value != "private":
                return f"the video is not private but {seen.item.visibility}; change it in Studio"
            return ""
        own = seen.item.author.id == mine
        if removal is Removal.DELETE and not own:
            return "YouTube lets nobody but its author delete a comment; hide it instead"
        if removal is Removal.HIDE and own:
            return "YouTube does not hold the channel's own comments; delete it instead"
        return ""

    def _never(self, target: Target) -> str:
        if target.kind not in _VIDEOS | _COMMENTS:
            return (
                f"a {target.kind} is not deleted or hidden from here; change it in YouTube Studio"
            )
        if self._credentials.get("refresh_token") is None:
            return (
                "changing the channel takes the credential remover_refresh_token (or "
                "refresh_token) with the client's id and secret"
            )
        return ""

    def _api(self) -> Api:
        if self._made is None:
            self._made = Api(self._account, self._http, self._credentials)
        return self._made


def _video_sight(answer: Shape) -> _Sight:
    rows = answer.rows("items")
    if not rows or rows[0].sub("status").text("uploadStatus") == "deleted":
        return _Sight(answer.exchange)
    row, status = rows[0], rows[0].sub("status")
    privacy = status.text("privacyStatus")
    waits = bool(status.text("publishAt"))  # private, but soon public
    return _Sight(
        answer.exchange,
        row,
        video_item(row),
        hidden=privacy == "private" and not waits,
        state=f'there with privacyStatus "{privacy}"',
    )


def _comment_sight(answer: Shape, target: Target) -> _Sight:
    rows = answer.rows("items")
    if not rows:
        return _Sight(answer.exchange)
    row, public = rows[0], None
    if not is_reply(target.id):
        public = row.sub("snippet").flag("isPublic")
        row = row.sub("snippet").sub("topLevelComment")
    told = "without saying who sees it" if public is None else f"with isPublic {public}".lower()
    item = comment_item(row, target.thread_id, is_public=public)
    hidden = None if public is None else not public
    return _Sight(
        answer.exchange, row, item, hidden, "there " + told.replace("ispublic", "isPublic")
    )


def _so_before(seen: _Sight, target: Target, removal: Removal) -> Removed:
    return Removed(
        target=target,
        removal=removal,
        exchange=seen.exchange,
        done=True,
        statement=f"it was {seen.state} already; nothing was sent",
        already=True,
        looked=(seen.exchange,),
    )


def _words(removal: Removal, target: Target) -> str:
    doing = {Removal.DELETE: "deleting", Removal.HIDE: "hiding", Removal.UNHIDE: "showing"}
    return f"{doing[removal]} the {target.kind} {target.id}"
