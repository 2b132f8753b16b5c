"""Destroying a tenth of an archive, beside `cp` and fsync of the same files and a bare DELETE.

Posts of a simulated WordPress site, a tenth of them old enough to go, captured in as many
rounds as there are to be segments, so that the old ones lie in all of them. Measured is the
whole execution: the check beforehand, new segments, transactions, removal, compaction. The
limits, in the same run: a copy with fsync of the segments that were written anew, and a DELETE
of the same records and versions in a copy of the database without triggers.

    python -m benchmarks.bench_disposition [records] [segments]
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from archiver.demo.simulators.base import Loopback
from archiver.desk import execution_parts
from benchmarks.bench_rewrite import copied
from tests.support.disposal import approved_batch, evaluated, executed, make_disposal, problems
from tests.support.stage import Board, Stage

LONG_AGO = timedelta(days=365 * 3)
WORDS = "The road is closed for the works on the bridge until further notice. " * 8
TABLES = ("version_media", "findings", "metrics", "versions", "records")


@contextmanager
def filled(records: int, segments: int, folder: Path) -> Iterator[Stage]:
    """An archive with so many records in so many segments."""
    board = Board()
    with Loopback() as loopback:
        loopback.serve(board)
        with make_disposal(folder, (board,)) as stage:
            site = stage.wordpress(signed=False)
            for round_number in range(segments):
                for number in range(round_number, records, segments):
                    old = number // segments % 10 == 0
                    at = stage.clock.now() - LONG_AGO if old else None
                    site.publish(f"Notice {number}", f"<p>{number}: {WORDS}</p>", at=at)
                stage.capture("wp")
                stage.later(minutes=1)
            evaluated(stage)
            yield stage


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def copy_all(files: Sequence[Path], folder: Path) -> None:
    """`cp` and fsync of each."""
    for path in files:
        copied(path, folder / path.name)


def deleted(database: Path, ids: Sequence[int]) -> float:
    """Seconds for a bare DELETE of these records with their versions, committed."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("CREATE TEMP TABLE going (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO going VALUES (?)", [(each,) for each in ids])

        def act() -> None:
            connection.execute("BEGIN IMMEDIATE")
            of_versions = "SELECT id FROM versions WHERE record_id IN (SELECT id FROM going)"
            for table in TABLES:
                column = {"records": "id", "version_media": "version_id"}.get(table, "record_id")
                chosen = of_versions if table == "version_media" else "SELECT id FROM going"
                connection.execute(f"DELETE FROM {table} WHERE {column} IN ({chosen})")
            connection.execute("COMMIT")

        return seconds(act)


def main() -> None:
    """Fill, destroy, compare."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    segments = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as name, filled(records, segments, Path(name)) as stage:
        limits = Path(name) / "limits"
        limits.mkdir()
        batch = approved_batch(stage.archive).batch
        ids = stage.archive.dispositions.get(batch).ids("proposed")
        shutil.copytree(stage.archive.settings.home, limits / "home")
        files = list((limits / "home" / "vault").rglob("*.warc.gz"))
        size = sum(path.stat().st_size for path in files)
        took = seconds(lambda: executed(stage.archive, batch))
        told = stage.archive.dispositions.get(batch).all_of("destroyed")
        assert problems(stage.archive) == []
        copying = seconds(lambda: copy_all(files, limits))
        deleting = deleted(limits / "home" / "archiver.db", ids)
        anew = sum(len(each.detail["segments"]) for each in told)
    print(
        f"{len(ids):,} of {records:,} records in {len(files)} segments ({size / 1e6:.1f} MB), "
        f"{len(told)} parts of at most {execution_parts.RECORDS:,} records, {anew} segments written"
    )
    print(
        f"executed in {took:.2f} s: {len(ids) / took:,.0f} records/s, {size / took / 1e6:.1f} MB/s"
    )
    print(f"cp and fsync of the segments {copying:.2f} s: {took / copying:.1f} times as long")
    print(f"bare DELETE of the rows {deleting:.2f} s: {took / deleting:.1f} times as long")


if __name__ == "__main__":
    main()
