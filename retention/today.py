"""Is the day to be believed? A machine whose clock jumps must not make records eligible.

The caller keeps the latest day on which it ran (`last_known`) and hands it in. A day before
that, or one too far after it, stands refused until a person confirms that very day. The
refusal stops what would become eligible; it never lifts a hold and never ends a period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from retention.facts import Reason

USUAL_JUMP_DAYS = 7  # a week of standing still is a holiday; more is asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The agency-local day, and what is known to judge it by. `last_known` None: nothing is
    (a new archive), so the first day is refused too unless it is confirmed."""

    day: date
    last_known: date | None
    confirmed: date | None = None  # the day that a person said it is
    max_jump_days: int = USUAL_JUMP_DAYS


def clock_refusal(today: Today) -> Reason | None:
    """Why nothing may become eligible on this day, or None if the day can be believed."""
    if today.confirmed == today.day:
        return None
    if today.last_known is None:
        return Reason(
            text=f"No earlier day is known to compare {today.day} with; nothing becomes eligible "
            "before a second day was seen or the records officer confirmed this one."
        )
    jump = (today.day - today.last_known).days
    if jump < 0:
        return Reason(
            text=f"The clock says {today.day}, but {today.last_known} has been seen already; "
            "nothing becomes eligible before the records officer confirmed the day."
        )
    if jump > today.max_jump_days:
        return Reason(
            text=f"The clock went from {today.last_known} to {today.day}, {jump} days at once; "
            "nothing becomes eligible before the records officer confirmed the day."
        )
    return None
