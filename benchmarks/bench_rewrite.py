"""How fast records are taken out of a segment, beside `cp` and fsync of the same bytes.

    python -m benchmarks.bench_rewrite [--members 30000] [--rounds 5]

The segment has some 30,000 members in 240 MB: requests, JSON of 2 and 20 KB, photos. "kept" is
what the new file has; "of cp" compares with copying a file of just that size, and fsync. The
last column is with the reading of all headers, which a caller who has surveyed the segment
while checking it does not pay again. Before each table row the two are run in turn, so that
they meet the same disk; the best of the rounds counts.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Set
from pathlib import Path

from archiver.clock import SystemClock
from archiver.warc.check import check_segment
from archiver.warc.rewrite import rewrite
from archiver.warc.survey import Member, survey
from archiver.warc.writer import SegmentWriter
from benchmarks.warc_data import items, pages, photos

_INFO = {"software": "Archiver benchmark", "format": "WARC File Format 1.1"}


def segment(path: Path, members: int) -> None:
    """Write a segment of about this many members."""
    scale = members / 30_000
    answers = items(int(26_000_000 * scale)) + pages(int(36_000_000 * scale))
    answers += photos(int(205_000_000 * scale))
    random.Random(1).shuffle(answers)
    writer = SegmentWriter(path, info=_INFO, clock=SystemClock())
    for answer in answers:
        writer.exchange(answer.recorded())
    writer.seal()


def chosen(members: tuple[Member, ...], share: float) -> Set[str]:
    """Random answers, each with its request, until this share of the members goes."""
    answers = [each.record_id for each in members if each.kind == "response"]
    gone = set(random.Random(2).sample(answers, round(len(answers) * share)))
    requests = [each for each in members if each.kind == "request"]
    return gone | {each.record_id for each in requests if gone.intersection(each.refers)}


def copied(source: Path, target: Path) -> None:
    """What `cp` and fsync do."""
    shutil.copyfile(source, target)
    handle = os.open(target, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def timed(action: Callable[[Path], object], target: Path) -> float:
    """Seconds; the file that was made is removed again."""
    begin = time.perf_counter()
    action(target)
    seconds = time.perf_counter() - begin
    target.unlink()
    return seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.warc.gz"
        segment(source, options.members)
        report = check_segment(source)
        members = survey(source, report.records)
        print(f"{len(members)} members, {report.size / 1e6:.0f} MB")
        print(f"{'dropped':>8} {'kept MB':>8} {'cp MB/s':>8} {'of cp':>7} {'with survey':>12}")
        for share in (0.001, 0.01, 0.1, 0.5):
            row(folder, source, report.sha256, members, share, options.rounds)


def row(
    folder: Path,
    source: Path,
    sha256: str,
    members: tuple[Member, ...],
    share: float,
    rounds: int,
) -> None:
    """Measure and print one share."""
    drop = chosen(members, share)

    def ours(target: Path, surveyed: tuple[Member, ...] = members) -> None:
        rewrite(
            source,
            target,
            drop=drop,
            convert={},
            info=_INFO,
            batch="benchmark",
            predecessor=sha256,
            clock=SystemClock(),
            members=surveyed,
        )

    sample = folder / "kept"
    ours(sample)
    report = check_segment(sample)
    if not report.ok or len(report.records) != len(members) - len(drop) + 1:
        raise SystemExit(f"the benchmark's own result does not hold: {report.problems}")
    records = check_segment(source).records
    ways: tuple[Callable[[Path], object], ...] = (
        lambda target: copied(sample, target),
        ours,
        lambda target: ours(target, survey(source, records)),
    )
    results = [[timed(way, folder / "copy") for way in ways] for _ in range(rounds)]
    cp, bare, whole = (min(each) for each in zip(*results, strict=True))
    print(
        f"{share:>8.1%} {report.size / 1e6:8.0f} {report.size / cp / 1e6:8.0f} "
        f"{cp / bare:7.0%} {cp / whole:12.0%}"
    )
    sample.unlink()


if __name__ == "__main__":
    main()
