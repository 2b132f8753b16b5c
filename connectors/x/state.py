"""What a walk over an X account must remember, and its form as a cursor.

`since_id` and `mentions_since_id` are the newest ids of *finished* NEW walks; they move only
when a walk has reached its end, so that a walk that is cut off loses nothing. The rest says
where an unfinished walk stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from connectors.base import Cursor

_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a walk stands; `phase` is empty before the first page and after the last."""

    user_id: str = ""
    vocabularies: Mapping[str, str] = field(default_factory=dict)
    since_id: str = ""
    mentions_since_id: str = ""
    phase: str = ""
    token: str = ""  # continuation of the phase's listing
    newest: str = ""  # becomes the since_id of the phase when it ends
    oldest_time: str = ""  # ISO 8601; bound of what was covered so far
    listed: int = 0
    listing_ended: bool = False
    threads: tuple[str, ...] = ()  # conversations of the last page still to be searched
    thread_token: str = ""


def cursor_of(state: State) -> Cursor:
    """The state as JSON values."""
    values: dict[str, object] = {**asdict(state), "threads": list(state.threads), "form": _FORM}
    return {name: value for name, value in values.items() if value not in ("", 0, [], {}, False)}


def state_of(cursor: Cursor | None) -> State:
    """The state in a cursor. What is not there, or not ours, reads as empty, which at worst
    makes the walk read again what is already stored."""
    if cursor is None or cursor.get("form") != _FORM:
        return State()
    threads, vocabularies = cursor.get("threads"), cursor.get("vocabularies")
    listed = cursor.get("listed")
    return State(
        user_id=_word(cursor, "user_id"),
        vocabularies=dict(vocabularies) if isinstance(vocabularies, Mapping) else {},
        since_id=_word(cursor, "since_id"),
        mentions_since_id=_word(cursor, "mentions_since_id"),
        phase=_word(cursor, "phase"),
        token=_word(cursor, "token"),
        newest=_word(cursor, "newest"),
        oldest_time=_word(cursor, "oldest_time"),
        listed=listed if isinstance(listed, int) else 0,
        listing_ended=cursor.get("listing_ended") is True,
        threads=tuple(threads) if isinstance(threads, (list, tuple)) else (),
        thread_token=_word(cursor, "thread_token"),
    )


def _word(cursor: Cursor, name: str) -> str:
    value = cursor.get(name)
    return value if isinstance(value, str) else ""


def finished(state: State) -> State:
    """A fresh start that remembers what finished walks know."""
    return State(
        user_id=state.user_id,
        vocabularies=state.vocabularies,
        since_id=state.since_id,
        mentions_since_id=state.mentions_since_id,
    )
