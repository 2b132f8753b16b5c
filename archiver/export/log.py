"""The logs that go with a production.

exemption-log.csv, .html  every item that was withheld or redacted, by which exemption and why
                          (what courts call a Vaughn index); nothing of what is behind it
capture-log.csv           the runs of every account, day by day: that capture ran, and where not
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from heapq import merge
from pathlib import Path
from zoneinfo import ZoneInfo

from archiver.export import stamps
from archiver.export.base import Production, Released, Tell, Withheld
from archiver.export.cells import csv_file
from archiver.export.columns import CAPTURE_COLUMNS
from archiver.export.cover import templates
from archiver.export.output import written
from archiver.export.table import capture_cells
from archiver.export.wording import visible

COLUMNS: tuple[tuple[str, str], ...] = (
    ("position", "Place of the item in this production."),
    ("bates", "Number of the item; empty: withheld whole."),
    ("outcome", "withheld or redacted."),
    ("date", "The agency's day of publication; empty: withheld or not known."),
    ("platform", "Where it was published."),
    ("account", "Short name of the account in the archive."),
    ("kind", "post, comment, message, ..."),
    ("part", "What was taken out: text, title, author, media 1, ..., or the whole."),
    ("times", "How many redactions of this part by this exemption."),
    ("code", "Exemption code."),
    ("citation", "The law it stands for."),
    ("label", "The exemption in words."),
    ("reason", "Why it applies, as the reviewer wrote it for a withheld item."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the exemption log, in the order of `COLUMNS`."""

    position: int
    bates: str
    outcome: str
    date: str
    platform: str
    account: str
    kind: str
    part: str
    times: int
    code: str
    citation: str
    label: str
    reason: str


class LogExporter:
    """The exemption log and the capture log."""

    name = "log"

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write the three files into an empty folder.

        Raises: ExportError when the staging cannot be read or the disk refuses.
        """
        with written(production, "the logs"):
            names = [name for name, _ in COLUMNS]
            with csv_file(folder / "exemption-log.csv", names) as row:
                for line in exemptions(production, tell):
                    row(astuple(line))
            page = templates().get_template("exemption-log.html.j2")
            with (folder / "exemption-log.html").open("w", encoding="utf-8", newline="\n") as out:
                made = stamps.local(production.made_at, production.zone)
                rows = exemptions(production, _nobody)
                out.writelines(
                    page.generate(production=production, lines=rows, made=made, visible=visible)
                )
            names = [name for name, _ in CAPTURE_COLUMNS]
            with csv_file(folder / "capture-log.csv", names) as row:
                for day in production.capture_log:
                    row(capture_cells(day))


def exemptions(production: Production, tell: Tell) -> Iterator[Line]:
    """The lines of the exemption log, by position; `tell` hears of the released items passed.

    Raises: OSError when the staging cannot be read.
    """
    yield from merge(
        _redacted(production, tell),
        (_withheld(each) for each in production.kept_back()),
        key=lambda line: line.position,
    )


def _redacted(production: Production, tell: Tell) -> Iterator[Line]:
    for done, item in enumerate(production.items(), 1):
        yield from _cuts(item, production.zone)
        tell(done)


def _cuts(item: Released, zone: ZoneInfo) -> Iterator[Line]:
    for cut, times in Counter(item.cuts).items():
        yield Line(
            position=item.position,
            bates=item.bates,
            outcome="redacted",
            date=stamps.day(item.published_at, zone),
            platform=item.platform,
            account=item.account,
            kind=item.kind,
            part=cut.field,
            times=times,
            code=cut.code,
            citation=cut.citation,
            label=cut.label,
            reason="",
        )


def _withheld(each: Withheld) -> Line:
    return Line(
        position=each.position,
        bates="",
        outcome="withheld",
        date=each.date,
        platform=each.platform,
        account=each.account,
        kind=each.kind,
        part="the whole",
        times=1,
        code=each.code,
        citation=each.citation,
        label=each.label,
        reason=each.reason,
    )


def _nobody(_done: int) -> None:
    """Nobody hears the second pass."""
