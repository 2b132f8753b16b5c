"""Evaluating the retention of a million records, against a bare UPDATE of the same rows.

Posts and comments of ten accounts over ten years, with tags, declared events, findings, edits,
a hold, and classification rules that ask for accounts, kinds, authors' roles and words.

Three evaluations: the first ever, which inserts all standings; one after the bare UPDATE, which
gave every column of every row another value, so that it has to put them all right again; and
an ordinary night after that, when of most rows only the day of the evaluation is new (it too
writes all rows: whoever executes a disposition reads the day in the row). The limit is the one
UPDATE of the same columns of the same rows, measured in the same run.

    python -m benchmarks.bench_retention [records] [database address]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from archiver.model.database import Connection
from archiver.model.queries import holds
from archiver.model.queries import retention as acts
from archiver.model.queries.bulk import bulk
from archiver.model.tables_retention import hold_matches, standings, tags
from archiver.wiring import Archive
from retention.facts import Event, Scope
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.held_records import (
    finding_row,
    make_accounts,
    record_row,
    version_row,
    write_rows,
)

OFFICER = "Agnes Skinner"
AT_ONCE = 50_000
DAYS = 3650
FIRST = datetime(2016, 11, 24, tzinfo=UTC)
LAW = """
form: 1
overlay: true
jurisdiction: WA
name: City of Springfield
schedules:
  - id: springfield
    title: Social media of the City of Springfield
    edition: "1"
    level: local
    series:
{series}
classification:
  - {{id: posts, series: [springfield/posts], kinds: [post]}}
  - {{id: comments, series: [springfield/comments], author_roles: [public]}}
  - {{id: chief, series: [springfield/chief], accounts: [account-1, account-2]}}
  - {{id: cases, series: [springfield/cases], words: [arrest, police chief]}}
"""
SERIES = """      - id: {id}
        title: {id}
        status: verified
        verified: {{how: agency-document, source: Resolution 1, seen: 2026-11}}
        citation: Resolution 1
        rules:
          - {{cutoff: {cutoff}, period: {period}, disposition: destroy}}
"""


def law() -> str:
    """The schedule of the benchmark's city."""
    rules = (
        ("posts", "created", "3 years"),
        ("comments", "{later_of: [received, withdrawn]}", "2 years"),
        ("chief", "created", "5 calendar years"),
        ("cases", "{later_of: [created, closed]}", "7 years"),
    )
    series = [SERIES.format(id=i, cutoff=c, period=p) for i, c, p in rules]
    return LAW.format(series="".join(series))


def rows(number: int, accounts: list[int]) -> Iterator[dict[str, Any]]:
    """Records in the order of their capture: a post, then comments on it."""
    chance = random.Random(26)
    post = 0
    for record_id in range(1, number + 1):
        if record_id % 4 == 1:
            post = record_id
        moment = FIRST + timedelta(days=DAYS * record_id / number, seconds=chance.random() * 86400)
        comment = record_id != post
        yield record_row(
            record_id,
            accounts[post % len(accounts)],
            family="comment" if comment else "post",
            kind="comment" if comment else "post",
            thread_id=f"p{post}" if comment else "",
            author_id=str(chance.randrange(10_000)),
            published_at=moment,
            presence="gone" if chance.random() < 0.03 else "present",
            versions=2 if chance.random() < 0.05 else 1,
        )


def fill(archive: Archive, number: int) -> None:
    """Write the records with all that belongs to them."""
    accounts = list(make_accounts(archive, *(f"account-{n}" for n in range(10))).values())
    chance = random.Random(27)
    now = archive.clock.now()
    held: list[dict[str, Any]] = []
    for row in rows(number, accounts):
        held.append(row)
        if len(held) == AT_ONCE or row["id"] == number:
            with archive.database.write() as connection:
                write_some(connection, held, chance, now)
            held.clear()


def write_some(
    connection: Connection, held: list[dict[str, Any]], chance: random.Random, now: datetime
) -> None:
    """A part of them."""
    texts = ("Snow routes " * 20, "An arrest was made " * 10, "Thank you " * 20)
    states = [version_row(row, words=chance.choices(texts, (50, 1, 50))[0]) for row in held]
    states += [
        version_row(row, number=2, words=texts[0], not_after=row["published_at"])
        for row in held
        if row["versions"] == 2
    ]
    gone = [finding_row(row, not_after=now) for row in held if row["presence"] == "gone"]
    write_rows(connection, held, states, gone)
    tagged = [row["id"] for row in held if chance.random() < 0.02]
    bulk(
        connection,
        tags,
        [
            {"record_id": each, "tag": f"case {each % 100}", "attached": True, "actor": "Lou",
             "at": now}
            for each in tagged
        ],
    )  # fmt: skip
    entry = holds.find(connection, "smith")
    number = entry.id if entry else place(connection, now)
    matched = [row["id"] for row in held if chance.random() < 0.05]
    connection.execute(
        insert(hold_matches),
        [{"hold_id": number, "record_id": each, "at": now} for each in matched],
    )


def place(connection: Connection, now: datetime) -> int:
    """A hold, and some events declared for tags."""
    for each in range(0, 100, 2):
        acts.state_event(
            connection, record_id=None, tag=f"case {each}", event=Event.CLOSED,
            day=date(2020, 1, 1), reason="closed", actor="Lou", at=now,
        )  # fmt: skip
    return holds.add(
        connection,
        {
            "name": "smith", "kind": "litigation", "matter": "Smith", "reason": "r",
            "issuer": "i", "custodians": [], "scope": holds.scope_as_json(Scope(everything=True)),
            "notice": "", "placed_at": now, "placed_on": "2026-01-01", "tail_days": 0,
        },
    )  # fmt: skip


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def bare_update(archive: Archive) -> None:
    """Write the columns that an evaluation writes, with other values, and nothing else."""
    with archive.database.write() as connection:
        connection.execute(
            update(standings).values(
                standing="running",
                eligible_on="2031-01-01",
                must_go_by=None,
                action="review",
                manner="confidential",
                series="another/series",
                rule_id=None,
                evaluated_on="2026-01-01",
            )
        )


def main() -> None:
    """Fill, evaluate three times, compare."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    sections: dict[str, dict[str, Any]] = {
        "agency": {"timezone": "America/Los_Angeles", "records_officers": [OFFICER]}
    }
    if len(sys.argv) > 2:
        sections["database"] = {"url": sys.argv[2]}
    clock = FakeClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        make_archive(Path(folder), clock=clock, sections=sections) as archive,
    ):
        schedules = archive.settings.home / "schedules"
        schedules.mkdir()
        (schedules / "springfield.yaml").write_text(law(), encoding="utf-8")
        print(f"filled in {seconds(lambda: fill(archive, number)):.0f} s", flush=True)
        today = clock.now().date()
        retention = archive.retention
        retention.adoptions.adopt("springfield", officer=OFFICER, on=today, document="Res. 1")
        first = seconds(lambda: retention.evaluate(confirmed_by=OFFICER))
        clock.advance(days=1)
        bare = seconds(lambda: bare_update(archive))
        worst = seconds(retention.evaluate)
        clock.advance(days=1)
        ordinary = seconds(retention.evaluate)
        print({name: f"{count:,}" for name, count in retention.counted().items()})
    print(
        f"{number:,} records on {archive.database.engine.dialect.name}: bare UPDATE {bare:.1f} s, "
        f"first evaluation {first:.1f} s"
    )
    for name, night in (("all rows other values", worst), ("an ordinary night", ordinary)):
        print(f"{name}: {night:.1f} s, {night / bare:.1f} times as long (goal: at most 5)")


if __name__ == "__main__":
    main()
