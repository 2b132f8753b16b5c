"""Which posts the account has pinned to its profile. Pinning changes the profile, not a post."""

from __future__ import annotations

from connectors.mastodon.answers import answer_of, id_of
from connectors.mastodon.listing import PER_PAGE
from connectors.mastodon.server import Server

_NOT_OFFERED = frozenset({400, 401, 403, 404, 410, 422})


def pinned_posts(server: Server, account_id: str) -> tuple[list[str], list[str]]:
    """The ids in the order of the profile, and the exchanges that show it.

    Some servers do not know this question and answer with all posts; there a post's own word
    that it is not pinned counts. Raises: ConnectorError when the server fails.
    """
    params = {"pinned": "true", "limit": PER_PAGE}
    response = server.send(f"v1/accounts/{account_id}/statuses", params)
    if response.status_code in _NOT_OFFERED and not (server.signed and response.status_code == 401):
        return [], []
    if response.status_code != 200:
        raise server.error(response, scope="read:statuses")
    answer = answer_of(response)
    pinned = [id_of(row) for row in answer.things() if row.get("pinned") is not False]
    return pinned, [answer.exchange]
