"""Which channel an address names, and what YouTube says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from connectors.errors import AccountGone, Misconfigured
from connectors.youtube.api import Api
from connectors.youtube.items import CHANNEL_PARTS
from connectors.youtube.shapes import Shape

_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Channel:
    """The channel as YouTube shows it; `owned`: the token is the channel's own."""

    id: str
    title: str
    uploads: str
    row: Shape
    owned: bool


def filter_of(address: str) -> Mapping[str, str]:
    """The question that finds the channel of an address.

    Raises: Misconfigured when it names none that the API can find.
    """
    name = address.strip()
    if "/" in name:
        parts = urlsplit(name if "//" in name else f"//{name}")
        path = [unquote(part) for part in parts.path.split("/") if part]
        if path[:1] == ["user"] and len(path) > 1:
            return {"forUsername": path[1]}
        if path[:1] == ["channel"]:
            path = path[1:]
        name = path[0] if path else ""
    if _ID.fullmatch(name):
        return {"id": name}
    if name.startswith("@") and len(name) > 1 and not re.search(r"\s", name):
        return {"forHandle": name}
    raise Misconfigured(
        f'"{address}" names no channel that the API can find; give its id (UC and 22 characters) '
        "or its handle (@name)"
    )


def find_channel(api: Api, address: str) -> Channel:
    """Ask for the channel. Raises: AccountGone when there is none; ConnectorError."""
    wanted = filter_of(address)
    answer = api.get("channels", {"part": CHANNEL_PARTS, **wanted}, asked=f"the channel {address}")
    rows = answer.rows("items")
    if not rows:
        renamed = "" if "id" in wanted else ", or the handle was changed: then give the id instead"
        raise AccountGone(
            f"YouTube shows no channel {address}: it was closed, deleted or suspended{renamed}",
            exchange=answer.exchange,
        )
    row = rows[0]
    channel_id = row.needed("id")
    return Channel(
        id=channel_id,
        title=row.sub("snippet").text("title"),
        uploads=row.sub("contentDetails").sub("relatedPlaylists").needed("uploads"),
        row=row,
        owned=api.mine() == channel_id,
    )
