"""What the law says of a series on one day, each question answered once.

Of a record a series sees only the days of the events that its rules count from and the facts
that its branches name. It is asked with those alone, so that records which differ in anything
else get the same answer, without a second thought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from retention.agency import AgencySettings
from retention.authority import refusal, usable_from, usable_until
from retention.claim import APPRAISED, Outcome, outcome
from retention.cutoff import event_day
from retention.facts import Adoption, EditionFacts, Event, Reason, RecordFacts, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """May anything rest on the series? `refusal`: why not on this day. `usable_from` and
    `usable_until` are days as in `retention.authority`."""

    refusal: Reason | None
    usable_from: date | None
    usable_until: date


class Precedents:
    """The law on one day. It may be kept for that day and asked about any record."""

    def __init__(
        self,
        agency: AgencySettings,
        editions: Iterable[EditionFacts],
        adoptions: Iterable[Adoption],
        day: date,
    ) -> None:
        self.day = day
        self._agency = agency
        self._editions = tuple(editions)
        self._adoptions = tuple(adoptions)
        self._entries: dict[int, _Entry] = {}  # by identity, which is quick to have

    def ground(self, series: Series) -> Ground:
        """By what authority the series disposes of anything."""
        return self._entry(series).ground

    def outcome(self, series: Series, facts: RecordFacts) -> Outcome:
        """What the series, by itself, says of the record."""
        return self._entry(series).outcome(facts)

    def _entry(self, series: Series) -> _Entry:
        found = self._entries.get(id(series))
        if found is None:
            ground = Ground(
                refusal=refusal(series, self._editions, self._adoptions, self.day),
                usable_from=usable_from(series, self._editions, self._adoptions),
                usable_until=usable_until(series, self._editions, self._adoptions),
            )
            found = self._entries[id(series)] = _Entry(series, self._agency, ground)
        return found


class _Entry:
    """One series and its answers so far."""

    def __init__(self, series: Series, agency: AgencySettings, ground: Ground) -> None:
        self.series = series  # kept, so that nothing else gets its identity
        self.ground = ground
        self._agency = agency
        self._events = _events(series)
        self._named = frozenset([*(rule.condition for rule in series.rules), *APPRAISED])
        self._answers: dict[tuple[object, ...], Outcome] = {}

    def outcome(self, facts: RecordFacts) -> Outcome:
        days = [event_day(each, facts) for each in self._events]
        named = facts.assertions & self._named
        question = (*days, named)
        answer = self._answers.get(question)
        if answer is None:
            seen = self._seen(days, named)
            answer = self._answers[question] = outcome(self.series, seen, self._agency)
        return answer

    def _seen(self, days: list[date | None], named: frozenset[str]) -> RecordFacts:
        """What the series sees of the record, and nothing else. A withdrawal that does not
        count while the public can see the record has no day here already."""
        pairs = zip(self._events, days, strict=True)
        return RecordFacts(
            record_id=0,
            account="",
            platform="",
            kind="",
            events={event: day for event, day in pairs if day is not None},
            assertions=named,
            visible=False,
        )


def _events(series: Series) -> tuple[Event, ...]:
    """What its rules, and the statute's minimum for every record, count from."""
    found = dict.fromkeys((Event.CREATED, Event.RECEIVED))
    for rule in series.rules:
        found |= dict.fromkeys(rule.cutoff.events)
        if rule.or_event is not None:
            found[rule.or_event] = None
    return tuple(found)
