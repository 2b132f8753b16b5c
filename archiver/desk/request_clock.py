"""The clock of requests: which deadlines the law sets one, and the days that they fall on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from archiver.desk.request_law import deadline_rules
from archiver.desk.working_days import calendar
from archiver.model.queries.requests import RequestEvent
from config.settings import Agency
from retention.deadlines import Deadline, DeadlineRule, Pause, deadlines

_AHEAD = timedelta(days=800)  # as far as deadlines are counted


class RequestClock:
    """The law of an agency as it stands now; made anew for each look, so that a changed
    `deadlines.yaml` counts at once."""

    def __init__(self, agency: Agency, home: Path) -> None:
        """Raises: UsageError when the agency's own file of deadlines is not readable."""
        self._agency = agency
        self._rules = deadline_rules(agency.state, home)

    def deadlines(
        self, kind: str, received: date, history: Iterable[RequestEvent] = ()
    ) -> tuple[Deadline, ...]:
        """The deadlines of a request of this kind, received on this agency-local day, to which
        this was done since."""
        done = tuple(history)
        return deadlines(
            self._rules,
            received,
            calendar=calendar(self._agency, first=received, last=received + _AHEAD),
            kind=kind,
            pauses=_pauses(done),
            extended_by=extended(done),
        )


def extended(history: Iterable[RequestEvent]) -> int:
    """By how many days a request was extended so far."""
    return sum(int(each.detail["days"]) for each in history if each.action == "extended")


def extension(found: Iterable[Deadline]) -> DeadlineRule | None:
    """The rule that lets a deadline be extended furthest; None when none does."""
    return max(
        (each.rule for each in found if each.rule.extension_days),
        key=lambda rule: rule.extension_days,
        default=None,
    )


def met(history: Iterable[RequestEvent]) -> frozenset[str]:
    """The kinds of deadlines that were met."""
    return frozenset(str(each.detail["deadline"]) for each in history if each.action == "met")


def _pauses(history: Iterable[RequestEvent]) -> list[Pause]:
    found: list[Pause] = []
    since: date | None = None
    for each in history:
        if each.action == "paused":
            since = each.day
        elif each.action == "resumed" and since is not None:
            found.append(Pause(since=since, until=each.day))
            since = None
    return [*found, Pause(since=since)] if since is not None else found
