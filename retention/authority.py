"""May anything rest on this series at all? Adopted, unchanged, unexpired, not negotiated.

A newer edition, or a change of one letter in the loaded one, needs an adoption of its own;
so does one that the law itself lets float (Minnesota). Nothing goes on the very day of an
adoption: the officer sees first which records moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from retention.calendars import next_day
from retention.facts import Adoption, EditionFacts, Reason, Series


def usable_from(
    series: Series, editions: Iterable[EditionFacts], adoptions: Iterable[Adoption]
) -> date | None:
    """The first day on which a disposition may rest on the series; None: it was not adopted
    as it is loaded now."""
    edition = loaded(series, editions)
    if edition is None:
        return None
    days = [each.adopted for each in adoptions if _is_for(each, edition)]
    return next_day(min(days)) if days else None


def usable_until(
    series: Series, editions: Iterable[EditionFacts], adoptions: Iterable[Adoption]
) -> date:
    """The last day on which it may be used, by the edition's own expiry and by the adoptions;
    the first of all days if it was not adopted."""
    edition = loaded(series, editions)
    if edition is None:
        return date.min
    days = [each.expires or date.max for each in adoptions if _is_for(each, edition)]
    return min(edition.expires or date.max, max(days, default=date.min))


def refusal(
    series: Series,
    editions: Iterable[EditionFacts],
    adoptions: tuple[Adoption, ...],
    day: date,
) -> Reason | None:
    """Why nothing may rest on the series on this day; None: it may."""
    name = f"{series.schedule}, edition {series.edition},"
    edition = loaded(series, editions)
    mine = [] if edition is None else [each for each in adoptions if _is_for(each, edition)]
    usable = [each.expires or date.max for each in mine if each.adopted < day]
    last = (edition and edition.expires) or date.max
    if not mine:
        text = f"{name} as it is loaded was not adopted; the records officer must adopt it."
    elif not usable:
        start = next_day(min(each.adopted for each in mine))
        text = f"{name} may be used from {start}, the day after its adoption."
    elif day > min(last, max(usable)):
        until = min(last, max(usable))
        text = f"{name} could be used until {until}; what follows it must be adopted."
    else:
        return None
    return Reason(text=text, citation=series.citation, source=series.source)


def loaded(series: Series, editions: Iterable[EditionFacts]) -> EditionFacts | None:
    """The edition that the series belongs to, if it is loaded."""
    for each in editions:
        if (each.schedule, each.edition) == (series.schedule, series.edition):
            return each
    return None


def _is_for(adoption: Adoption, edition: EditionFacts) -> bool:
    return (
        (adoption.schedule, adoption.edition, adoption.digest)
        == (edition.schedule, edition.edition, edition.digest)
        and bool(adoption.digest)
        and bool(adoption.officer.strip())
    )
