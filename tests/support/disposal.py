"""A stage on which records are old enough to go: an adopted schedule, officers, approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from archiver.desk.batches import Loaded
from archiver.desk.dispositions import Proposed
from archiver.desk.verify import verify
from archiver.wiring import Archive
from tests.support.archive import APPROVER, PROPOSER, make_archive
from tests.support.clock import NOON, FakeClock
from tests.support.stage import Board, Stage

OFFICER = "Records Officer Marge"
SECOND = "Clerk Lisa"
SCHEDULE = "tx-local-gr"
SERIES = f"{SCHEDULE}/GR1000-26b"
EDITION = "Fifth Edition, effective 2016-04-17"

OWN = f"""\
form: 1
overlay: true
jurisdiction: TX
name: City of Springfield
classification:
  - id: routine
    series: [{SERIES}]
    everything: true
"""
HISTORY = """\
schedules:
  - id: springfield-history
    title: What goes to the state archives
    edition: Resolution 2
    level: local
    series:
      - id: H-1
        title: Historical posts
        applies_to: posts of historical value
        status: verified
        verified: {how: agency-document, source: Resolution 2, seen: 2026-11}
        citation: Resolution 2, item 1
        rules:
          - cutoff: created
            period: 2 years
            disposition: transfer
"""
LONGER = f"""\
schedules:
  - id: {SCHEDULE}
    extends: true
    edition: {EDITION}
    series:
      - id: GR1000-26b
        status: verified
        verified: {{how: agency-document, source: Resolution 9, seen: 2026-11}}
        citation: Resolution 9
        rules:
          - cutoff: created
            period: 5 years
            disposition: destroy
"""


@contextmanager
def make_disposal(
    tmp_path: Path,
    boards: tuple[Board, ...],
    *,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    start: datetime = NOON,
    **capture: Any,
) -> Iterator[Stage]:
    """An archive whose records go after two years, under a schedule that was adopted."""
    clock = FakeClock(start)
    chosen = {
        "agency": {
            "name": "Springfield Police Department",
            "approvers": [APPROVER],
            "records_officers": [OFFICER, SECOND],
            "approval_lasts": "36500d",
        },
        **(sections or {}),
    }
    with make_archive(tmp_path, clock=clock, sections=chosen, **capture) as archive:
        write_law(archive, OWN)
        adopt(archive, clock.now().date())
        clock.advance(days=1)  # on its first day an adoption makes nothing due
        yield Stage(archive, clock, boards)
    for board in boards:
        board.current = None


def write_law(archive: Archive, text: str) -> None:
    """The agency's own schedule file."""
    folder = archive.settings.home / "schedules"
    folder.mkdir(exist_ok=True)
    (folder / "springfield.yaml").write_text(text, encoding="utf-8")


def adopt(archive: Archive, on: date) -> None:
    """The records officer takes up the schedule as it is loaded now."""
    archive.retention.adoptions.adopt(
        SCHEDULE, officer=OFFICER, on=on, document="Resolution 2026-1"
    )


def years_pass(stage: Stage, years: float = 2.1) -> None:
    """Time passes and somebody confirms that the clock is right."""
    stage.later(days=365 * years)
    stage.archive.retention.evaluate(confirmed_by=OFFICER)


def approved_batch(archive: Archive, *, series: str = "") -> Proposed:
    """Propose what is due, review and approve it, each by somebody else."""
    proposed = archive.dispositions.propose(by=PROPOSER, series=series)
    archive.dispositions.review(proposed.batch, by=PROPOSER)
    archive.dispositions.approve(proposed.batch, by=SECOND)
    return proposed


def executed(archive: Archive, batch: int) -> Loaded:
    """Execute it, its brakes overridden."""
    return archive.dispositions.execute(
        batch, by=OFFICER, override_by=SECOND, override_reason="the whole account is due"
    )


def evaluated(stage: Stage) -> None:
    """Compute the standings for today; the clock is believed, since a person says so."""
    stage.archive.retention.evaluate(confirmed_by=OFFICER)


def everything_in(stage: Stage) -> list[tuple[str, bytes]]:
    """Every cell of every table, through the database's own door."""
    tables = inspect(stage.database.engine).get_table_names()
    return [
        (f"{name}.{column}", str(value).encode("utf-8", "surrogatepass"))
        for name in tables
        for row in stage.rows(f'SELECT * FROM "{name}"')
        for column, value in row._mapping.items()
        if value is not None
    ]


def states(loaded: Loaded) -> dict[str, int]:
    """How many items are in which state."""
    counts: dict[str, int] = {}
    for item in loaded.items:
        counts[item.state] = counts.get(item.state, 0) + 1
    return counts


def problems(archive: Archive) -> list[str]:
    """What verification says."""
    return verify(archive.database, archive.vault, processes=1).problems
