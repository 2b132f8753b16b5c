"""Whose account it is, what kind of server it is on, and what this reader may see there."""

from __future__ import annotations

from connectors.base import Check
from connectors.mastodon.answers import Json, id_of, object_of, text_of
from connectors.mastodon.faults import said_in
from connectors.mastodon.listing import PER_PAGE
from connectors.mastodon.server import Server


def check(server: Server, *, replies: bool) -> Check:
    """Read the account, its newest posts and, when asked for, its mentions once.

    Raises: ConnectorError when the account cannot be read.
    """
    owner, account = server.owner(), server.account().thing()
    account_id = id_of(account)
    statements = [f"the server runs version {text_of(server.instance(), 'version') or 'unknown'}"]
    own = bool(owner) and id_of(owner) == account_id
    statements.append(_whose(owner, own=own, signed=server.signed))
    route = f"v1/accounts/{account_id}/statuses"
    posts = server.ask(route, {"limit": PER_PAGE}, scope="read:statuses").things()
    statements.append("its posts can be read")
    if posts:
        statements += _single(server, id_of(posts[0]))
    if replies and own:
        statements += _mentions(server)
    moved = object_of(account, "moved")
    if moved:
        where = text_of(moved, "url") or text_of(moved, "acct")
        statements.append(f"the account has moved to {where}; propose that account as well")
    name = text_of(account, "display_name")
    return Check(
        ok=own or not server.signed,
        identity=f"{server.place} ({name}, id {account_id})",
        statements=tuple(statements),
    )


def _whose(owner: Json, *, own: bool, signed: bool) -> str:
    if own:
        return "the access token belongs to the account itself"
    if signed:
        return (
            f"the access token belongs to @{text_of(owner, 'username')}, not to the account: "
            "its posts for followers and its mentions cannot be read"
        )
    return (
        "no access token: only what every visitor can see is captured, without posts for "
        "followers and mentions"
    )


def _single(server: Server, post_id: str) -> list[str]:
    """Look-ups by id and threads are what some servers keep from visitors."""
    statements = []
    for route, without in (
        (f"v1/statuses/{post_id}", "deletions cannot be confirmed"),
        (f"v1/statuses/{post_id}/context", "replies cannot be read"),
    ):
        response = server.send(route)
        if response.status_code == 429 or response.status_code >= 500:
            raise server.error(response)
        if response.status_code != 200:
            what = route.removeprefix(f"v1/statuses/{post_id}") or "/"
            statements.append(
                f"the server does not show single posts ({what}: {said_in(response)}), so "
                f"{without}" + ("" if server.signed else "; an access token may change that")
            )
    return statements


def _mentions(server: Server) -> list[str]:
    response = server.send("v1/notifications", [("types[]", "mention"), ("limit", "1")])
    if response.status_code == 429 or response.status_code >= 500:
        raise server.error(response)
    if response.status_code != 200:
        return [f"mentions cannot be read ({said_in(response)}); scope read:notifications"]
    return ["mentions by the public can be read"]
