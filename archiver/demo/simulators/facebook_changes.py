"""What the simulated Graph does when it is told to change something: delete, hide, show again.

Each takes the permissions that Meta's documents name: of the Page's posts pages_manage_posts,
of comments pages_manage_engagement, and of what other people wrote pages_read_user_content
besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archiver.demo.simulators.facebook_world import PAGE_ID, Comment, PageWorld, Post


@dataclass(slots=True)
class GraphFault(Exception):
    """An error answer of the Graph."""

    message: str
    code: int
    subcode: int | None = None
    kind: str = "OAuthException"
    status: int = 400


def missing(node_id: str, method: str) -> GraphFault:
    """The one answer for what is deleted, out of sight, or no object at all."""
    return GraphFault(
        f"Unsupported {method} request. Object with ID '{node_id}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation.",
        100,
        33,
        "GraphMethodException",
    )


def changed(
    page: PageWorld,
    method: str,
    node_id: str,
    args: Mapping[str, str],
    need: Callable[[str], None],
) -> dict[str, object]:
    """Carry out a DELETE or POST on a post or comment; `need` refuses a missing permission.

    Raises: GraphFault.
    """
    thing = page.posts.get(node_id) or page.find_comment(node_id)
    if thing is None:
        raise missing(node_id, method.lower())
    need("pages_manage_posts" if isinstance(thing, Post) else "pages_manage_engagement")
    if thing.author.id != PAGE_ID:
        need("pages_read_user_content")
    if method == "DELETE":
        _allowed(page, thing, "remove")
        page.delete(node_id)
    elif method == "POST" and set(args) == {"is_hidden"}:
        hidden = args["is_hidden"]
        if hidden not in ("true", "false"):
            raise GraphFault("(#100) Param is_hidden must be a boolean", 100)
        if isinstance(thing, Comment) and thing.author.id == PAGE_ID:
            raise GraphFault("(#200) Permissions error", 200, status=403)
        _allowed(page, thing, "hide")
        page.hide(node_id, hidden == "true")
    else:
        raise GraphFault(
            f"Unsupported {method.lower()} request.", 100, None, "GraphMethodException"
        )
    return {"success": True}


def _allowed(page: PageWorld, thing: Post | Comment, what: str) -> None:
    if thing.id in page.untouchable:
        raise GraphFault(f"(#200) The Page may not {what} this comment", 200, status=403)
