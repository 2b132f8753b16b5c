"""What a walk over an account must remember, and its form as a cursor.

`since_id` and `mentions_since_id` are the newest ids of *finished* NEW walks, `read_until` is
when the last finished walk began (the server's time): they move only when a walk has reached
its end, so that a walk that is cut off loses nothing. The rest says where an unfinished walk
stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from connectors.base import Cursor

_FORM = 1
POSTS, MENTIONS = "posts", "mentions"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a walk stands; `phase` is empty before the first page and after the last."""

    own_eyes: bool = False  # was any walk read with the account's own token?
    since_id: str = ""
    mentions_since_id: str = ""
    read_until: str = ""
    phase: str = ""
    began: str = ""  # becomes `read_until` when the walk ends
    max_id: str = ""  # continuation of the phase's listing
    newest: str = ""  # becomes the since_id of the phase when it ends
    oldest_time: str = ""  # ISO 8601; bound of what was covered so far
    listed: int = 0
    unordered: bool = False  # a page was not newest first: nothing is covered any more
    listing_ended: bool = False
    threads: tuple[str, ...] = ()  # posts of the last page whose replies are still to be read


def cursor_of(state: State) -> Cursor:
    """The state as JSON values."""
    values: dict[str, object] = {**asdict(state), "threads": list(state.threads), "form": _FORM}
    return {name: value for name, value in values.items() if value not in ("", 0, [], False)}


def state_of(cursor: Cursor | None) -> State:
    """The state in a cursor. What is not there, or not ours, reads as empty, which at worst
    makes the walk read again what is already stored."""
    if cursor is None or cursor.get("form") != _FORM:
        return State()
    threads, listed = cursor.get("threads"), cursor.get("listed")
    return State(
        own_eyes=cursor.get("own_eyes") is True,
        since_id=_word(cursor, "since_id"),
        mentions_since_id=_word(cursor, "mentions_since_id"),
        read_until=_word(cursor, "read_until"),
        phase=_word(cursor, "phase"),
        began=_word(cursor, "began"),
        max_id=_word(cursor, "max_id"),
        newest=_word(cursor, "newest"),
        oldest_time=_word(cursor, "oldest_time"),
        listed=listed if isinstance(listed, int) else 0,
        unordered=cursor.get("unordered") is True,
        listing_ended=cursor.get("listing_ended") is True,
        threads=tuple(str(each) for each in threads) if isinstance(threads, list | tuple) else (),
    )


def finished(state: State) -> State:
    """A fresh start that remembers what finished walks know."""
    return State(
        own_eyes=state.own_eyes,
        since_id=state.since_id,
        mentions_since_id=state.mentions_since_id,
        read_until=state.read_until,
    )


def _word(cursor: Mapping[str, object], name: str) -> str:
    value = cursor.get(name)
    return value if isinstance(value, str) else ""
