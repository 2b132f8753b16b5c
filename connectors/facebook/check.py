"""`accounts test` for a Page: is the token good, whose is it, what does it allow, until when?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from connectors.base import Check
from connectors.errors import AuthFailed, Permanent, PermissionLost
from connectors.facebook import fields
from connectors.facebook.graph import Graph
from connectors.facebook.shapes import Shape

NEEDED = {
    "pages_read_engagement": "the Page's own posts cannot be read",
    "pages_read_user_content": "visitors' posts and comments cannot be read",
}
USEFUL = {
    "pages_manage_metadata": "Facebook cannot announce changes by webhook; polling still works"
}


def check_page(graph: Graph, page: str, token: str) -> Check:
    """Ask for the Page and for the token's details.

    Raises: connector errors when the Page itself cannot be read.
    """
    node = graph.node(page, fields=fields.PAGE_STATE, asked="the Page")
    statements = [*_version(graph)]
    if node.flag("is_published") is False:
        statements.append("The Page is not published: only people with a role on it see it.")
    identity = f"{node.text('name')} ({node.needed('id')}) {node.text('link')}".strip()
    try:
        info = graph.token_info(token).sub("data")
    except (AuthFailed, PermissionLost, Permanent) as error:
        statements.append(
            f"The Page can be read, but Facebook does not tell what the token allows: {error}"
        )
        return Check(ok=True, identity=identity, statements=tuple(statements))
    good, said = _token(info, node.needed("id"))
    return Check(
        ok=good, identity=identity, statements=(*statements, *said), expires=_expires(info)
    )


def _version(graph: Graph) -> Iterator[str]:
    answered = graph.answered_version
    if answered and answered != graph.version:
        yield (
            f"Facebook answered with version {answered} instead of {graph.version}, which it "
            f"no longer serves; set the option version to {answered} after reading its changes."
        )


def _token(info: Shape, page_id: str) -> tuple[bool, list[str]]:
    """Is the token good for this Page, and what there is to say about it."""
    said, good = [], True
    if info.flag("is_valid") is False:
        good = False
        said.append(f"The token is not valid: {info.sub('error').text('message')}")
    if info.text("type") not in ("", "PAGE"):
        said.append(
            f"The token is a {info.text('type').lower()} token; a Page token shows more, "
            "above all who wrote a comment."
        )
    if info.text("profile_id") not in ("", page_id):
        good = False
        said.append(f"The token belongs to the Page {info.text('profile_id')}, not {page_id}.")
    scopes = info.data.get("scopes")
    if isinstance(scopes, list):
        missing = [name for name in NEEDED if name not in scopes]
        good = good and not missing
        said += [f"Permission {name} is missing: {NEEDED[name]}." for name in missing]
        said += [f"Permission {n} is missing: {USEFUL[n]}." for n in USEFUL if n not in scopes]
    expires = _expires(info)
    said.append(
        f"The token ends on {expires:%Y-%m-%d %H:%M} UTC; make a new one before."
        if expires
        else "The token does not expire, until it is revoked or the password is changed."
    )
    return good, said


def _expires(info: Shape) -> datetime | None:
    """The earlier of the token's end and the end of its access to data; 0 means never."""
    ends = [info.number("expires_at"), info.number("data_access_expires_at")]
    moments = [datetime.fromtimestamp(end, UTC) for end in ends if end]
    return min(moments, default=None)
