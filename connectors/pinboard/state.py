"""What a walk over a Pinboard account must remember, and its form as a cursor.

`seen` is the account's time of change before the last *finished* walk read the bookmarks: as
long as Pinboard names the same time, there is no news. The rest says where an unfinished walk
stands. Each call is a step of its own, since Pinboard may refuse the next one for coming too
soon, and the walk must not begin anew then.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from connectors.base import Cursor

_FORM = 1
TAGS, DATES, POSTS = "tags", "dates", "posts"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a walk stands; `phase` is empty before the first call and after the last."""

    seen: str = ""
    phase: str = ""
    changed: str = ""  # the time of change when this walk began
    total: int = 0  # bookmarks, as posts/dates counts them
    start: int = 0  # offset of the next posts/all
    reach: int = 0  # how far down the list was read


def cursor_of(state: State) -> Cursor:
    """The state as JSON values."""
    return {"form": _FORM, **{name: value for name, value in asdict(state).items() if value}}


def state_of(cursor: Cursor | None) -> State:
    """The state in a cursor. What is not there, or not ours, reads as empty, which at worst
    makes the walk read again what is already stored."""
    if cursor is None or cursor.get("form") != _FORM:
        return State()
    phase = _word(cursor, "phase")
    return State(
        seen=_word(cursor, "seen"),
        phase=phase if phase in (TAGS, DATES, POSTS) else "",
        changed=_word(cursor, "changed"),
        total=_number(cursor, "total"),
        start=_number(cursor, "start"),
        reach=_number(cursor, "reach"),
    )


def _word(cursor: Cursor, name: str) -> str:
    value = cursor.get(name)
    return value if isinstance(value, str) else ""


def _number(cursor: Cursor, name: str) -> int:
    value = cursor.get(name)
    return value if isinstance(value, int) and value > 0 else 0
