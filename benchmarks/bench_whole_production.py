"""A production of many items, end to end: from the capture to what the other side verifies.

    python -m benchmarks.bench_whole_production [--items 10000] [--pictures 2000]
        [--formats pdf,table,...] [--keep FOLDER]

An archive is filled by capturing (`benchmarks/town.py`); a request is opened, its freeze
placed, a search frozen; 0.5 % of the items are redacted, 0.5 % withheld, all others released at
once, and somebody else looks at all of it. Then `archiver produce make` makes the signed package
in all formats or those that are named, as the clerk types it, in a process of its own; and the
package's own verify.py and bagit read it again. Prints the seconds of each step, the most memory
that all processes of the production had together, and how much of the cores was used.

Formats are written two at a time: what is told of them is when each was done. `--keep` leaves
archive and package in a folder, which must be new.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from archiver.desk import review_setup
from archiver.desk.plain_text import plain_text
from archiver.desk.requests import Intake
from archiver.desk.review_rules import Outcome
from archiver.desk.review_setup import ReviewDesk
from archiver.desk.search import Search
from archiver.export.formats import FORMATS
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.wiring import Archive, initialise, opened
from benchmarks.processes import Memory, processor
from benchmarks.town import SLUG, captured, telephone, town
from config.load import Settings
from retention.facts import Scope
from tests.support.archive import make_settings
from tests.support.time_authority import Authority

GOAL_MB = 500
CLERK, OTHER, CODE = "Clerk Lisa", "Clerk Agnes Skinner", "FL-2"
Split = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Made:
    """How a production went: when each step was done, in seconds from the begin, the peak of
    memory in bytes with the step before which it was, and the seconds of processor until then."""

    done: Split
    used: Split
    peak: int
    at: str


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"  {step:<24} {time.perf_counter() - begun:9.1f} s", flush=True)


def decided(settings: Settings, items: int, pictures: int) -> str:
    """Fill the archive and bring a request to where it can be produced; returns its number."""
    initialise(settings)
    with opened(settings) as archive:
        with town(items, pictures) as address, _timed("capture"):
            captured(archive, address, items)
        with _timed("request and freeze"):
            received = archive.clock.now() - timedelta(hours=1)
            intake = Intake(requester="Marge Simpson", text="All of it", received_at=received)
            number = archive.requests.open(intake, by=CLERK).entry.number
            archive.requests.freeze(number, Scope(accounts=(SLUG,)), by=CLERK)
        desk = _desk(archive)
        with _timed("search and result set"):
            search = Search(archive.database, settings.sections.agency, archive.clock)
            query = f"account:{SLUG}"
            desk.sets.freeze(number, query, search.all_ids(query, by=CLERK), by=CLERK)
        with _timed("decisions one by one"):
            _one_by_one(desk, number)
        with _timed("release in bulk"):
            pick = Pick(outcome="undecided")
            desk.reviews.decide_many(number, 1, pick, Outcome.RELEASE, by=CLERK)
        with _timed("second look"):
            desk.reviews.check(number, 1, Pick(), agrees=True, by=OTHER)
    return number


def _desk(archive: Archive) -> ReviewDesk:
    sections = archive.settings.sections
    return review_setup.made(
        archive.database,
        archive.vault,
        archive.clock,
        home=archive.settings.home,
        agency=sections.agency,
        second_review=sections.requests.second_review,
    )


def _one_by_one(desk: ReviewDesk, number: str) -> None:
    redact: list[tuple[int, Mark]] = []
    withhold: list[int] = []
    for item in desk.reviews.items(number, 1):
        text, phone = plain_text(item.state), telephone(int(item.platform_id[2:]))
        if phone:
            start = text.index(phone)
            mark = Mark(what="text", code=CODE, start=start, end=start + len(phone))
            redact.append((item.position, mark))
        elif item.author_handle.startswith("witness"):
            withhold.append(item.position)
    for position, mark in redact:
        desk.reviews.decide(number, 1, position, Outcome.REDACT, by=CLERK, marks=[mark])
    for position in withhold:
        desk.reviews.decide(
            number, 1, position, Outcome.WITHHOLD, by=CLERK, code=CODE, reason="a witness"
        )


def produced(home: Path, *arguments: str) -> Made:
    """Run `archiver produce ...` and watch it."""
    command = [sys.executable, "-m", "archiver", "--home", str(home), "produce", *arguments]
    begun, done, used = time.perf_counter(), Split(), Split()
    before = _processor()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        with Memory(process.pid) as memory:
            for line in process.stderr:
                step = line.strip().removesuffix(": done")
                if step == line.strip():
                    print(f"  {step}", flush=True)
                    continue
                done[step], used[step] = time.perf_counter() - begun, processor(process.pid)
                memory.step = f"after {step}"
                print(f"  {step:<12} done after {done[step]:9.1f} s", flush=True)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    done["all"], used["all"] = time.perf_counter() - begun, _processor() - before
    return Made(done=done, used=used, peak=memory.peak, at=memory.at)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_again(package: Path, root: Path) -> int:
    """Have the package's own verifier and bagit read it; returns the most memory of either."""
    bagit = [sys.executable, "-W", "ignore", "-m", "bagit", "--quiet", "--validate", str(package)]
    verify = [sys.executable, "-I", str(package / "data" / "verify.py"), "--ca", str(root)]
    peak = 0
    for name, command in (("verify.py", verify), ("bagit", bagit)):
        with _timed(name), subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            with Memory(process.pid) as memory:
                said = process.stdout.read().decode()
        if process.returncode:
            raise SystemExit(f"{name} ended with {process.returncode}:\n{said}")
        peak = max(peak, memory.peak)
    return peak


def steps(done: Split) -> Split:
    """The steps that come one after the other; all formats but the PDF are one."""
    aside = [done[each] for each in FORMATS if each != "pdf" and each in done]
    alone = ("pdf", "proof", "seal", "bag", "check", "all")
    ends = {
        "staging": done["staging"],
        **({"formats but PDF": max(aside)} if aside else {}),
        **{name: done[name] for name in alone if name in done},
    }
    split, before = Split(), 0.0
    for name, end in ends.items():
        split["the register" if name == "all" else name] = end - before
        before = end
    return split


def report(items: int, pictures: int, made: Made, package: Path) -> None:
    """Print how the production went."""
    sizes = [each.stat().st_size for each in package.rglob("*") if each.is_file()]
    took = made.done["all"]
    print(f"{items:,} items, {pictures:,} pictures: package of {len(sizes):,} files, "
          f"{sum(sizes) / 1e6:,.0f} MB")  # fmt: skip
    used = steps(made.used)
    for step, seconds in steps(made.done).items():
        share = used[step] / seconds
        print(f"  {step:<24} {seconds:9.1f} s  {seconds / took:5.0%}  {used[step]:9.1f} s of "
              f"processor, {share:.2f} cores")  # fmt: skip
    print(f"  {'in all':<24} {took:9.1f} s  {items / took:,.0f} items/s")
    good = "ok" if made.peak / 1e6 < GOAL_MB else "TOO MUCH"
    print(f"  peak memory {made.peak / 1e6:,.0f} MB ({made.at or 'staging'}; goal at 10,000: "
          f"{GOAL_MB} MB): {good}")  # fmt: skip
    print(f"  processor {made.used['all']:,.0f} s, {made.used['all'] / took:.2f} cores of "
          f"{os.cpu_count()}")  # fmt: skip


def run(base: Path, items: int, pictures: int, formats: str) -> None:
    """Measure in an empty folder."""
    agency = Authority(base / "agency", "Springfield Police")
    signing = {"certificate": str(agency.leaf), "key": str(agency.key)}
    settings = make_settings(
        base, sections={"signing": signing, "requests": {"bates_prefix": "SPD"}}
    )
    number = decided(settings, items, pictures)
    made = produced(settings.home, "make", number, "--by", CLERK, "--formats", formats)
    package = settings.home / "productions" / f"{number}-1" / f"{number}-1"
    report(items, pictures, made, package)
    peak = read_again(package, agency.root)
    print(f"  peak memory of these {peak / 1e6:,.0f} MB")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--formats", default="", help="comma-separated; all, if none is named")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args(arguments)
    if given.keep is not None:
        given.keep.mkdir(parents=True)
        run(given.keep, given.items, given.pictures, given.formats)
        return
    with tempfile.TemporaryDirectory(prefix="bench-whole-production-") as base:
        run(Path(base), given.items, given.pictures, given.formats)


if __name__ == "__main__":
    main()
