"""Placing a hold on a million records, against a bare INSERT ... SELECT of the same matches.

    python -m benchmarks.bench_holds [records] [database address]

Goal: a hold is placed within one minute. The texts are those of police posts: a quarter is
not plain ASCII, one in a hundred has the word that counsel looks for, and each version carries
two kilobytes of JSON beside them. Also: what a step of 5,000 records pays for the question
whether a hold is open, and for three that are.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text

from archiver.desk.hold_order import HoldOrder
from archiver.model.database import Connection
from archiver.model.queries.bulk import bulk
from archiver.model.queries.hold_matches import catch
from archiver.model.tables import accounts, exchanges, records, runs, segments, versions
from archiver.wiring import Archive, initialise, opened
from benchmarks.bench_ingest import WORDS, _entry
from config.load import Settings, load
from config.settings import Database, Sections
from retention.facts import Scope

AT_ONCE = 20_000
STEP = 5_000
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILL = '{"filling": "' + "x" * 1000 + '"}'
BARE = (
    "CREATE TABLE bare (hold_id BIGINT NOT NULL, record_id BIGINT NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (hold_id, record_id))",
    "CREATE INDEX ix_bare_record_id ON bare (record_id)",
)


def fill(archive: Archive, count: int) -> None:
    """Records with one version each, half of them on either of two accounts."""
    with archive.database.write() as connection:
        for slug in ("one", "two"):
            connection.execute(insert(accounts).values(**{**_entry(slug), "slug": slug}))
        for name in ("step", "rest"):
            _run(connection, name)
    for start in range(1, count + 1, AT_ONCE):
        with archive.database.write() as connection:
            numbers = range(start, min(start + AT_ONCE, count + 1))
            bulk(connection, records, [_record(n) for n in numbers])
            bulk(connection, versions, [_version(n, word) for n, word in _texts(numbers)])


def _texts(numbers: range) -> Iterator[tuple[int, str]]:
    chance = random.Random(numbers.start)
    for number in numbers:
        words = chance.choices(WORDS, k=30)
        if number % 100 == 0:
            words[number % 30] = "pothole"
        if number % 4 == 0:
            words[-1] = "“tomorrow” 🚧"
        yield number, " ".join(words)


def _run(connection: Connection, name: str) -> None:
    connection.execute(
        insert(segments).values(name=name, sha256="0" * 64, size=1, records=1, sealed_at=NOW)
    )
    counts = ("pages", "items", "new_records", "new_versions", "new_findings", "new_media")
    connection.execute(
        insert(runs).values(
            id=name,
            account_id=1,
            window="full",
            started_at=NOW,
            ended_at=NOW,
            outcome="news",
            segment=name,
            notes=[],
            exchanges=[],
            **dict.fromkeys(counts, 0),
        )
    )
    connection.execute(
        insert(exchanges).values(
            id=name,
            run_id=name,
            segment=name,
            method="GET",
            url="u",
            status=200,
            at=NOW,
            truncated="",
        )
    )


def _record(number: int) -> dict[str, Any]:
    texts = ("parent_id", "thread_id", "author_handle", "author_name", "permalink")
    return {
        "id": number, "account_id": 1 + number % 2, "family": "post",
        "platform_id": str(number), "kind": "post", "author_id": "501",
        "published_at": datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
        "first_seen": NOW, "last_seen": NOW, "visibility": "public", "presence": "present",
        "version_id": number, "versions": 1, "digest": "0" * 64, **dict.fromkeys(texts, ""),
    }  # fmt: skip


def _version(number: int, words: str) -> dict[str, Any]:
    run = "step" if number <= STEP else "rest"
    return {
        "id": number, "record_id": number, "number": 1, "run_id": run, "exchange_id": run,
        "captured_at": NOW, "digest": "0" * 64, "leaf": "0" * 64, "version_key": "",
        "superseded": False, "visibility": "public", "language": "en", "title": "",
        "words": words, "canonical": FILL, "native": FILL,
    }  # fmt: skip


def place(archive: Archive, name: str, scope: Scope) -> tuple[float, int]:
    """Seconds, and how many records were caught."""
    begin = time.perf_counter()
    placed = archive.holds.place(
        HoldOrder(matter="Smith v. Springfield", issuer="City Attorney", scope=scope, name=name)
    )
    return time.perf_counter() - begin, placed.records


def bare(archive: Archive, name: str) -> float:
    """Seconds for the same rows into a table of the same shape without anything else."""
    with archive.database.write() as connection:
        for statement in BARE:
            connection.execute(text(statement))
        begin = time.perf_counter()
        connection.execute(
            text(
                "INSERT INTO bare SELECT m.hold_id, m.record_id, m.at FROM hold_matches m "
                "JOIN holds h ON h.id = m.hold_id WHERE h.name = :name"
            ),
            {"name": name},
        )
        seconds = time.perf_counter() - begin
        connection.execute(text("DROP TABLE bare"))
    return seconds


def step(archive: Archive) -> float:
    """Milliseconds that a step pays for the holds."""
    with archive.database.write() as connection:
        begin = time.perf_counter()
        for _ in range(5):
            catch(connection, "step", zone=ZoneInfo("America/Chicago"), at=NOW)
        return (time.perf_counter() - begin) / 5 * 1000


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    url = sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory() as folder:
        found = load(home=Path(folder) / "home")
        settings = Settings(
            home=found.home, source=None, sections=Sections(database=Database(url=url))
        )
        initialise(settings)
        with opened(settings) as archive:
            fill(archive, count)
            print(f"records                              {count:>12,}")
            print(f"a step of {STEP:,}, no hold open        {step(archive):>12.2f} ms")
            for name, scope in (
                ("words", Scope(words=("pothole",))),
                ("account", Scope(accounts=("one",))),
                ("everything", Scope(everything=True)),
            ):
                seconds, caught = place(archive, name, scope)
                least = bare(archive, name)
                print(
                    f"a hold on {name:<11}{caught:>9,} caught {seconds:>10.2f} s"
                    f" = {seconds / least:>6.1f} x a bare INSERT ({least:.2f} s)"
                )
            print(f"a step of {STEP:,}, three holds open    {step(archive):>12.2f} ms")


if __name__ == "__main__":
    main()
