"""How fast a staged production becomes a package, and what it takes.

    python -m benchmarks.bench_production [--items 10000] [--pictures 2000] [--formats ...]

Writes the formats as a production does (two processes; the PDF in volumes), then makes the bag
and validates it. Prints the seconds of each format from begin to end of its process, items a
second over all, the peak of memory of all processes together (PSS: shared pages count once;
the goal is 500 MB), and how much of the two cores was used.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.desk import production_formats
from archiver.desk.production_folder import ProductionFolder
from archiver.export import bag
from archiver.export.formats import FORMATS
from benchmarks.processes import Memory
from tests.support.staged import crowd

GOAL_MB = 500


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usages)


@contextmanager
def _timed(split: dict[str, float], step: str, memory: Memory) -> Iterator[None]:
    memory.step, begun = step, time.perf_counter()
    yield
    split[step] = time.perf_counter() - begun


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS,
                        default=["table", "warc", "pdf"])  # fmt: skip
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-production-") as base:
        folder = ProductionFolder(Path(base), "2026-0001-1")
        folder.emptied()
        production = crowd(folder.staging, items=given.items, pictures=given.pictures)
        split: dict[str, float] = {}
        with Memory() as memory:
            cpu, begun = _cpu(), time.perf_counter()
            for wave in ([f for f in given.formats if f != "pdf"], ["pdf"]):
                names = [each for each in wave if each in given.formats]
                if names:
                    with _timed(split, "+".join(names), memory):
                        production_formats.write(
                            folder, production, names, answers={}, progress=lambda *_: None
                        )
            with _timed(split, "bag", memory):
                bag.write(production, folder.package)
            with _timed(split, "validate", memory):
                bag.validate(folder.package)
            seconds, used = time.perf_counter() - begun, _cpu() - cpu
        size = sum(each.stat().st_size for each in folder.data.rglob("*") if each.is_file())
    print(f"{given.items:,} items, {given.pictures:,} pictures, package {size / 1e6:,.0f} MB")
    for step, took in split.items():
        print(f"  {step:<20} {took:8.1f} s  {took / seconds:5.0%}")
    print(f"  {'in all':<20} {seconds:8.1f} s  {given.items / seconds:,.0f} items/s")
    print(f"  peak memory {memory.peak / 1e6:,.0f} MB (in {memory.at}; goal {GOAL_MB} MB): "
          f"{'ok' if memory.peak / 1e6 < GOAL_MB else 'TOO MUCH'}")  # fmt: skip
    print(f"  processor {used:,.0f} s, {used / seconds:.2f} cores of {os.cpu_count()}")


if __name__ == "__main__":
    main()
