"""The exemption log (Vaughn index) of a review: what is taken out, on which ground, and why.

It tells what a thing is and when it was published, never what it says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from archiver.desk.exemptions import Catalogue
from archiver.desk.review_rules import Outcome
from archiver.export.cells import neutral
from archiver.model.queries.review import SetItem
from archiver.values import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One thing that is taken out. `date` is an agency-local day, empty if it is not known;
    `what` is "whole item" or the part of it."""

    position: int
    date: str
    account: str
    kind: str
    what: str
    code: str
    citation: str
    label: str
    reason: str
    decided_by: str
    checked_by: str


def rows(items: Iterable[SetItem], exemptions: Catalogue, *, zone: ZoneInfo) -> Iterator[LogRow]:
    """The rows of these items, in their order. `zone` is the agency's.

    Raises: NotFoundError when an exemption is not in the catalogue any more.
    """
    for item in items:
        decision = item.decision
        if decision is None:
            continue
        if decision.outcome == Outcome.WITHHOLD:
            yield _row(item, "whole item", decision.code, exemptions, zone)
        counted: dict[tuple[str, str], int] = {}
        for mark in decision.marks:
            key = (part_of(mark), mark.code)
            counted[key] = counted.get(key, 0) + 1
        for (part, code), number in counted.items():
            what = part if number == 1 else f"{part}, {number} places"
            yield _row(item, what, code, exemptions, zone)


def as_csv(found: Iterable[LogRow]) -> str:
    """The log as a CSV file (RFC 4180) that no spreadsheet program takes for formulas."""
    out = StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([each.name for each in fields(LogRow)])
    for row in found:
        writer.writerow([neutral(cell) for cell in astuple(row)])
    return out.getvalue()


def part_of(mark: Mark) -> str:
    """The part of an item that a mark is on, for people."""
    if mark.what == "region":
        return f"part of file {mark.media + 1}"
    return f"file {mark.media + 1}" if mark.what == "media" else mark.what


def _row(item: SetItem, what: str, code: str, exemptions: Catalogue, zone: ZoneInfo) -> LogRow:
    ground, decision = exemptions.of(code), item.decision
    assert decision is not None
    return LogRow(
        position=item.position,
        date=_day(item.published_at, zone),
        account=item.account,
        kind=item.kind,
        what=what,
        code=code,
        citation=ground.citation,
        label=ground.label,
        reason=decision.reason,
        decided_by=decision.actor,
        checked_by=decision.checked_by,
    )


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat() if moment else ""
