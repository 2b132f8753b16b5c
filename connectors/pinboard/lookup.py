"""Is a bookmark still there? Asked for by the address it points at, one at a time.

Pinboard answers with an empty list for what it does not have, whatever the reason, so that a
bookmark that is known to exist must be found with the same token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.errors import Permanent
from connectors.pinboard.api import Api
from connectors.pinboard.bookmarks import Row, id_of, id_of_address, rows_of


@dataclass(frozen=True, slots=True)
class Sight:
    """What Pinboard says of a bookmark; `row` is None when it has none."""

    finding: Finding
    row: Row | None


def find(api: Api, targets: Sequence[Target]) -> Iterator[Finding]:
    """One finding per target. Raises: ConnectorError."""
    for target in targets:
        yield _profile(api, target) if target.kind is Kind.PROFILE else look(api, target).finding


def look(api: Api, target: Target) -> Sight:
    """Ask for one bookmark.

    Raises: Permanent when the archive has no address to ask for; ConnectorError.
    """
    if not target.permalink:
        raise Permanent(
            f"the bookmark {target.id} has no address, and can be asked for by no other"
        )
    answer = api.ask("posts/get", {"url": target.permalink, "meta": "yes"})
    api.own(answer)
    rows = rows_of(answer, answer.thing().get("posts"))
    row = next((each for each in rows if id_of(each) == target.id), None)
    if row is None and rows:
        raise answer.odd("it gave other bookmarks than the one asked for")
    presence, evidence, statement = Presence.PRESENT, None, ""
    if row is None and masked(target):
        presence, evidence = Presence.UNREACHABLE, Evidence.UNKNOWN
        statement = (
            "its address holds something secret that the archive masks, so it cannot be asked for"
        )
    elif row is None:
        presence, evidence = Presence.GONE, Evidence.UNKNOWN
        statement = "posts/get brings an empty list for its address"
    finding = Finding(
        target=target,
        presence=presence,
        exchange=answer.exchange,
        evidence=evidence,
        statement=statement,
    )
    return Sight(finding, row)


def masked(target: Target) -> bool:
    """Is the address not the one that was saved, since a token in it was masked?"""
    return "*" in target.permalink and id_of_address(target.permalink) != target.id


def _profile(api: Api, target: Target) -> Finding:
    """An account whose token is taken is there; a refused token raises AuthFailed."""
    answer = api.ask("posts/update")
    return Finding(target=target, presence=Presence.PRESENT, exchange=answer.exchange)
