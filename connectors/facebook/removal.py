"""Deletes and hides posts and comments of a Page, one at a time, with a reading before and after.

| what                  | call                            | permission of the token           |
|-----------------------|---------------------------------|-----------------------------------|
| delete a post         | DELETE /{post-id}               | pages_manage_posts                |
| delete a comment      | DELETE /{comment-id}            | pages_manage_engagement           |
| hide, show a post     | POST /{post-id} is_hidden=      | pages_manage_posts                |
| hide, show a comment  | POST /{comment-id} is_hidden=   | pages_manage_engagement           |

What other people wrote takes pages_read_user_content as well.

Facebook gives one answer for "deleted", "out of the token's sight" and "never was". Only a
thing that the same token saw right before counts as deleted when it is missing afterwards;
one that was missing before is not claimed to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.base import Account, Credentials, Item, Kind, Target, family
from connectors.errors import Misconfigured, Permanent, PermissionLost
from connectors.facebook import fields
from connectors.facebook.content import Content
from connectors.facebook.faults import MissingObject
from connectors.facebook.graph import ORIGIN, VERSION, Graph
from connectors.facebook.items import comment_item
from connectors.facebook.shapes import Shape
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.writing import looked_after

_POSTS = frozenset({Kind.POST, Kind.REPOST})
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})
_ANYBODY = frozenset({Whose.OWN, Whose.PUBLIC})

REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=_POSTS | _COMMENTS,
        whose=_ANYBODY,
        means="gone for good; a post with all its comments, a comment with its replies",
        along=_COMMENTS,
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=_POSTS,
        whose=_ANYBODY,
        means="off the Page's timeline; whoever has its address still sees it",
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=_COMMENTS,
        whose=frozenset({Whose.PUBLIC}),
        means="only its author and the author's friends still see it",
    ),
    Removable(
        removal=Removal.UNHIDE,
        kinds=_POSTS | _COMMENTS,
        whose=_ANYBODY,
        means="visible to everybody again",
    ),
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """The target as the token sees it; `missing` is what Facebook says when it does not."""

    exchange: str
    row: Shape | None = None
    missing: str = ""
    hidden: bool = False


class PageRemover:
    """Removes what stands on one Page, with the token for removals."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._made: Graph | None = None

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why Facebook would not do it."""
        return _never(target) or _refusal(self._see(target), target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when Facebook would not do it, Changed by what `compare` says,
            Unsettled when it may have been done.
        """
        why = _never(target)
        if why:
            raise Permanent(why)
        before = self._see(target)
        why = _refusal(before, target, removal)
        if why:
            raise Permanent(why, exchange=before.exchange)
        if removal is not Removal.DELETE and before.hidden is (removal is Removal.HIDE):
            return _so_before(before, target, removal)
        shown = None if compare is None or before.row is None else self._item(before.row, target)
        same = shown is not None and compared(shown, compare)
        answer = self._send(target, removal)
        with looked_after(_words(removal, target), exchange=answer.exchange):
            after = self._see(target)
        return replace(_outcome(answer, before, after, target, removal), compared=same)

    def _send(self, target: Target, removal: Removal) -> Shape:
        asked = _words(removal, target)
        try:
            if removal is Removal.DELETE:
                return self._graph().delete(target.id, asked=asked)
            hidden = "true" if removal is Removal.HIDE else "false"
            return self._graph().change(target.id, {"is_hidden": hidden}, asked=asked)
        except (PermissionLost, MissingObject) as error:
            # It was there a moment ago: Facebook also calls missing what a token may not change.
            raise PermissionLost(
                f"{error} The token for removals needs {_permission(target)}",
                exchange=error.exchange,
            ) from error

    def _see(self, target: Target) -> _Sight:
        comment = family(target.kind) == "comment"
        wanted = fields.COMMENT if comment else fields.POST
        try:
            row = self._graph().node(target.id, fields=wanted, asked=f"{target.kind} {target.id}")
        except MissingObject as error:
            return _Sight(error.exchange, missing=str(error))
        row.needed("id")
        hidden = row.flag("is_hidden") or row.text("timeline_visibility") == "hidden"
        return _Sight(row.exchange, row, hidden=bool(hidden))

    def _item(self, row: Shape, target: Target) -> Item:
        if family(target.kind) == "comment":
            return comment_item(row, target.thread_id)
        [item] = Content(self._graph()).posts([row])
        return item

    def _graph(self) -> Graph:
        token = self._credentials.get("page_token")
        if token is None:
            raise Misconfigured(
                f"{self._account.slug} lacks the credential remover_page_token or page_token"
            )
        if self._made is None:
            self._made = Graph(
                self._http,
                token=token,
                app_secret=self._credentials.get("app_secret"),
                origin=self._account.option("api", ORIGIN),
                version=self._account.option("version", VERSION),
                changes=True,
            )
        return self._made


def _never(target: Target) -> str:
    if target.kind in _POSTS | _COMMENTS:
        return ""
    return (
        f"a {target.kind} cannot be deleted or hidden through Facebook's API; change it on the "
        "Page itself"
    )


def _refusal(seen: _Sight, target: Target, removal: Removal) -> str:
    if seen.row is None:
        return (
            f"Facebook does not show it to the token for removals: it was deleted, or the token "
            f"lacks a permission ({seen.missing})"
        )
    if target.kind in _POSTS:
        return ""
    if removal is Removal.DELETE and seen.row.flag("can_remove") is False:
        return (
            "Facebook does not let the Page remove this comment (can_remove is false); hide it "
            "instead, or report it to Facebook"
        )
    if removal is Removal.HIDE and not seen.hidden and seen.row.flag("can_hide") is False:
        return (
            "Facebook does not let the Page hide this comment (can_hide is false), as it does "
            "with the Page's own comments; delete it instead"
        )
    return ""


def _so_before(seen: _Sight, target: Target, removal: Removal) -> Removed:
    state = "true" if seen.hidden else "false"
    return Removed(
        target=target,
        removal=removal,
        exchange=seen.exchange,
        done=True,
        statement=f"Facebook showed it with is_hidden {state} already; nothing was sent",
        already=True,
        looked=(seen.exchange,),
    )


def _outcome(
    answer: Shape, before: _Sight, after: _Sight, target: Target, removal: Removal
) -> Removed:
    if removal is Removal.DELETE:
        done = after.row is None
        found = "no longer shows it" if done else "still shows it"
    else:
        done = after.row is not None and after.hidden is (removal is Removal.HIDE)
        state = f"then showed it with is_hidden {str(after.hidden).lower()}"
        found = "no longer shows it" if after.row is None else state
    said = str(answer.flag("success")).lower()
    return Removed(
        target=target,
        removal=removal,
        exchange=answer.exchange,
        done=done,
        statement=f'Facebook answered "success": {said}, and {found}',
        looked=(before.exchange, after.exchange),
    )


def _words(removal: Removal, target: Target) -> str:
    doing = {Removal.DELETE: "deleting", Removal.HIDE: "hiding", Removal.UNHIDE: "showing"}
    return f"{doing[removal]} the {target.kind} {target.id}"


def _permission(target: Target) -> str:
    """Which permissions Facebook asks for, and of whom."""
    name, task = (
        ("pages_manage_posts", "CREATE_CONTENT")
        if target.kind in _POSTS
        else ("pages_manage_engagement", "MODERATE")
    )
    return (
        f"the permission {name} (for what other people wrote also pages_read_user_content), and "
        f"its person the task {task} on the Page"
    )
