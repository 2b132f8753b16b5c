"""What the simulated WordPress site does when it is told to change something.

As WordPress does: DELETE moves into the trash (410 when it is there already, 501 when the
trash is switched off, and always so for files), `force=true` deletes for ever; POST changes a
status. A comment changed by POST gets the caller's IP address and user agent for its author's,
unless the request says otherwise. Editors may do it, authors only to their own posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archiver.demo.simulators.wordpress_json import STATUSES, Json, Rendering
from archiver.demo.simulators.wordpress_world import Comment, Post, User, WordPressWorld

_COMMENT_STATES = {
    "approve": "approved",
    "approved": "approved",
    "hold": "hold",
    "spam": "spam",
    "trash": "trash",
}


class RestError(Exception):
    """An answer that WordPress gives instead of data."""

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **details}}


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from."""

    ip: str
    agent: str


def editable(thing: Post | Comment, user: User | None, *, code: str, doing: str) -> None:
    """Editors may edit everything, authors their own posts.

    Raises: RestError with `code`.
    """
    if user is not None and user.role in {"administrator", "editor"}:
        return
    if user is not None and isinstance(thing, Post) and thing.author == user.id:
        return
    what = "post" if isinstance(thing, Post) else "comment"
    message = f"Sorry, you are not allowed to {doing} this {what}."
    raise RestError(401 if user is None else 403, code, message)


def change_post(
    world: WordPressWorld,
    post: Post,
    user: User | None,
    method: str,
    *,
    force: bool,
    fields: Mapping[str, object],
) -> Json:
    """A DELETE or POST of a post, page or file. Raises: RestError."""
    rendering = Rendering(world, edit=True, embed=frozenset())
    if method == "DELETE":
        editable(post, user, code="rest_cannot_delete", doing="delete")
        if force:
            previous = rendering.post(post)
            world.delete(post.id)
            return {"deleted": True, "previous": previous}
        _trashable("post", supported=world.trash_enabled and post.file is None)
        if post.status == "trash":
            raise RestError(410, "rest_already_trashed", "The post has already been deleted.")
        world.trash(post.id)
        return rendering.post(post)
    editable(post, user, code="rest_cannot_edit", doing="edit")
    status = str(fields.get("status", post.status))
    if status not in STATUSES or status == "trash":
        problem = {"status": "status is not one of publish, future, draft, pending, private."}
        raise RestError(400, "rest_invalid_param", "Invalid parameter(s): status", params=problem)
    world.hide(post.id, status)
    return rendering.post(post)


def change_comment(
    world: WordPressWorld,
    comment: Comment,
    user: User | None,
    method: str,
    *,
    force: bool,
    fields: Mapping[str, object],
    caller: Caller,
) -> Json:
    """A DELETE or POST of a comment. Raises: RestError."""
    rendering = Rendering(world, edit=True, embed=frozenset())
    if method == "DELETE":
        editable(comment, user, code="rest_cannot_delete", doing="delete")
        if force:
            previous = rendering.comment(comment)
            world.delete_comment(comment.id)
            return {"deleted": True, "previous": previous}
        _trashable("comment", supported=world.trash_enabled)
        if comment.status == "trash":
            raise RestError(410, "rest_already_trashed", "The comment has already been trashed.")
        world.moderate(comment.id, "trash")
        return rendering.comment(comment)
    editable(comment, user, code="rest_cannot_edit", doing="edit")
    comment.ip = str(fields.get("author_ip") or caller.ip)
    comment.agent = str(fields.get("author_user_agent") or caller.agent)
    status = _COMMENT_STATES.get(str(fields.get("status", "")), comment.status)
    if status == "trash" and not world.trash_enabled:
        rendered = rendering.comment(comment)
        world.delete_comment(comment.id)
        return rendered
    world.moderate(comment.id, status)
    return rendering.comment(comment)


def _trashable(what: str, *, supported: bool) -> None:
    if not supported:
        message = f"The {what} does not support trashing. Set 'force=true' to delete."
        raise RestError(501, "rest_trash_not_supported", message)
