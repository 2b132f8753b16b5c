"""The account itself: its user object, and the errors that mean it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.base import Account
from connectors.errors import BadAnswer, Misconfigured
from connectors.x.answers import Answer, id_of, numbers_of, object_of
from connectors.x.api import Api
from connectors.x.faults import account_fault


def handle_of(account: Account) -> str:
    """The handle in an address such as @springfieldpd or https://x.com/springfieldpd.

    Raises: Misconfigured when there is none.
    """
    address = account.address.strip()
    if "://" in address:
        address = urlsplit(address).path.strip("/").partition("/")[0]
    handle = address.removeprefix("@")
    if not (handle.isascii() and handle.replace("_", "a").isalnum() and len(handle) <= 15):
        raise Misconfigured(f'"{account.address}" is not a handle on X; give it as @name')
    return handle


def fetch_user(api: Api, handle: str, user_id: str = "") -> Answer:
    """The user with all fields, by id where it is known: an id survives a new handle.

    Raises: AccountGone, PermissionLost and whatever else X says.
    """
    if user_id:
        answer = api.users("user", f"/2/users/{user_id}", {})
    else:
        answer = api.users("user by name", f"/2/users/by/username/{handle}", {})
    if not answer.thing():
        raise account_fault(answer.problems(), f"@{handle}", answer.exchange) or BadAnswer(
            f"X gave neither the account @{handle} nor a reason", exchange=answer.exchange
        )
    id_of(answer.thing())
    return answer


def post_count(user: Mapping[str, object]) -> int | None:
    """How many posts, replies and reposts X counts for a user; None when it does not tell."""
    counts = dict(numbers_of(object_of(user, "public_metrics")))
    return counts.get("tweet_count", counts.get("post_count"))
