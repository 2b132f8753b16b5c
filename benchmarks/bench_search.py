"""Search over a million versions through the desk, against raw FTS5 on the same rows.

    python -m benchmarks.bench_search [versions] [questions a class] [--database postgresql]

Goals on SQLite: the first page of 20, newest first, with facets and count: median under 10 ms,
99th percentile under 60 ms over all classes; without facets at most 1.5 times the time that FTS5
takes for the same ids, their rows and the same count. Words follow Zipf's law over 50,000, so
that "common" is in 5 to 20 % of the posts, "mid" in about 0.1 to 1 %, "rare" in a handful.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import insert, text

from archiver.desk.query_language import parse
from archiver.desk.search import Search
from archiver.model.queries import search, search_index
from archiver.model.queries.bulk import bulk
from archiver.model.tables import accounts, records, versions
from archiver.wiring import Archive, initialise, opened
from benchmarks.bench_holds import _record, _run, _version
from benchmarks.bench_ingest import _entry
from config.load import load
from tests.support.postgresql import running_server

AT_ONCE = 10_000
START = datetime(2010, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu",
             "ra", "se", "ti", "vo", "zu", "lan", "mer", "tin", "gor", "dus")  # fmt: skip
VOCABULARY = 50_000
MINUTES = 8  # between two posts: a million of them are fifteen years


def word(number: int) -> str:
    """The word of this rank; no two are alike, and English stemming leaves most apart."""
    made = ""
    number += len(SYLLABLES)
    while number:
        number, digit = divmod(number, len(SYLLABLES))
        made = SYLLABLES[digit] + made
    return made + ("s" if len(made) % 3 == 0 else "k")


WORDS = [word(n) for n in range(VOCABULARY)]
WEIGHTS = list(accumulate(1 / (n + 10) for n in range(VOCABULARY)))


def fill(archive: Archive, count: int) -> None:
    """Posts of 30 words on two accounts, one in twenty with a hashtag, through the index."""
    with archive.database.write() as connection:
        for slug in ("one", "two"):
            connection.execute(insert(accounts).values(**{**_entry(slug), "slug": slug}))
        for name in ("step", "rest"):
            _run(connection, name)
    chance = random.Random(4)
    for start in range(1, count + 1, AT_ONCE):
        held, states, entries = [], [], []
        for number in range(start, min(start + AT_ONCE, count + 1)):
            said = " ".join(chance.choices(WORDS, cum_weights=WEIGHTS, k=30))
            if number % 20 == 0:
                said += f" #{WORDS[number % 500]} 🚧"
            published = START + timedelta(minutes=MINUTES * number)
            version_id = ((published - EPOCH) // timedelta(milliseconds=1)) << 20 | number & 0xFFFFF
            record = {
                **_record(number),
                "published_at": published,
                "version_id": version_id,
                "author_handle": f"author{number % 5_000}",
            }
            held.append(record)
            states.append({**_version(number, said), "id": version_id, "record_id": number})
            entries.append(
                search_index.Entry(
                    version_id=version_id,
                    record_id=number,
                    account_id=record["account_id"],
                    kind="post",
                    published_at=published,
                    language="en",
                    title="",
                    words=said,
                )
            )
        with archive.database.write() as connection:
            bulk(connection, records, held)
            bulk(connection, versions, states)
            search_index.add(connection, entries)


def questions(count: int) -> Iterator[tuple[str, list[str]]]:
    """Classes of questions of words alone, each put to raw FTS5 as well."""
    chance = random.Random(7)

    def some(low: int, high: int) -> str:
        return WORDS[chance.randrange(low, high)]

    makers: Sequence[tuple[str, Callable[[], str]]] = (
        ("common word", lambda: some(0, 15)),
        ("mid word", lambda: some(300, 3_000)),
        ("rare word", lambda: some(30_000, VOCABULARY)),
        ("common AND mid", lambda: f"{some(0, 15)} {some(300, 3_000)}"),
        ("phrase of 2", lambda: f'"{some(0, 100)} {some(0, 100)}"'),
        ("exact word", lambda: f'"{some(0, 300)}"'),
        ("prefix", lambda: f"{some(500, 5_000)[:4]}*"),
        ("OR, NOT", lambda: f"({some(0, 50)} OR {some(50, 500)}) -{some(0, 15)}"),
        ("hashtag", lambda: f"#{some(0, 500)}"),
    )
    for name, make in makers:
        yield name, [make() for _ in range(count)]


def limited(count: int) -> Iterator[tuple[str, list[str]]]:
    """Classes with fields, which raw FTS5 cannot answer."""
    chance = random.Random(8)

    def some() -> str:
        return WORDS[chance.randrange(0, 300)]

    def day() -> str:
        return (START + timedelta(days=chance.randrange(200, 5_000))).date().isoformat()

    makers: Sequence[tuple[str, Callable[[], str]]] = (
        ("word, account", lambda: f"{some()} account:one"),
        ("word, after", lambda: f"{some()} after:{day()}"),
        ("word, before", lambda: f"{some()} before:{day()}"),
        ("word, author", lambda: f"{some()} from:author{chance.randrange(5_000)}"),
        ("author alone", lambda: f"from:author{chance.randrange(5_000)}"),
        ("account alone", lambda: "account:two"),
        ("a month alone", lambda: f"on:{day()[:7]}"),
        ("word, current", lambda: f"{some()} is:current"),
    )
    for name, make in makers:
        yield name, [make() for _ in range(count)]


def timed(act: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    took = []
    for each in asked:
        begin = time.perf_counter()
        act(each)
        took.append((time.perf_counter() - begin) * 1000)
    return took


def line(name: str, took: Sequence[float], raw: Sequence[float], facets: Sequence[float]) -> str:
    """One class: without facets, raw FTS5, ratio, with facets."""
    ratio = f"{median(took) / median(raw):8.2f}" if raw else " " * 8
    base = f"{median(raw):8.2f} {p99(raw):8.2f}" if raw else " " * 17
    return (
        f"{name:<16}{base}{median(took):9.2f} {p99(took):8.2f}{ratio}"
        f"{median(facets):9.2f} {p99(facets):8.2f}"
    )


def p99(took: Sequence[float]) -> float:
    """The 99th percentile."""
    return quantiles(took, n=100, method="inclusive")[98]


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("versions", type=int, nargs="?", default=1_000_000)
    parser.add_argument("questions", type=int, nargs="?", default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(given.database) as url:
        home, file = Path(folder) / "home", Path(folder) / "archiver.yaml"
        file.write_text(f'database: {{url: "{url}"}}')
        settings = load(home=home, file=file)
        initialise(settings)
        with opened(settings) as archive:
            begin = time.perf_counter()
            fill(archive, given.versions)
            seconds = time.perf_counter() - begin
            print(f"{given.versions:,} versions filled at {given.versions / seconds:,.0f}/s")
            settle(archive)
            measure(archive, None if url else home / "archiver.db", given.questions)


@contextmanager
def server(database: str) -> Iterator[str]:
    """The address of an empty database; empty for SQLite in the home folder."""
    if database == "sqlite":
        yield ""
        return
    with running_server() as url:
        yield url


def settle(archive: Archive) -> None:
    """What PostgreSQL's own housekeeping does after so many rows came in."""
    if archive.database.engine.dialect.name == "postgresql":
        engine = archive.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def measure(archive: Archive, file: Path | None, each: int) -> None:
    """Every class through the desk and, where it can be put so, raw in SQLite's file."""
    desk = Search(archive.database, archive.settings.sections.agency, archive.clock)
    raw = sqlite3.connect(file or ":memory:")
    raw.execute("PRAGMA cache_size=-65536")
    zone = archive.settings.sections.agency.zone

    def asked_raw(match: str) -> None:
        """The same page, its rows and the same count, as plain as can be."""
        raw.execute(
            "SELECT v.title, v.words FROM (SELECT rowid FROM versions_search WHERE "
            "versions_search MATCH ? ORDER BY rowid DESC LIMIT 20) f "
            "JOIN versions v ON v.id = f.rowid",
            (match,),
        ).fetchall()
        raw.execute(
            "SELECT count(*) FROM (SELECT 1 FROM versions_search WHERE versions_search MATCH ? "
            "LIMIT 10001)",
            (match,),
        ).fetchone()

    print(f"{'p50, p99 in ms':<16}{'raw FTS5':>17}{'the desk':>18}{'ratio':>8}{'with facets':>18}")
    everything: list[float] = []
    for name, asked in [*questions(each), *limited(each)]:
        with archive.database.read() as connection:
            plans = [search.plan(connection, parse(query), zone) for query in asked]
        matches = [
            str(made.params.made[0].value) for made in plans if made.source == "versions_search f"
        ]
        timed(lambda query: desk.page(query, facets=True), asked[:5])
        without = timed(lambda query: desk.page(query, facets=False), asked)
        faceted = timed(lambda query: desk.page(query, facets=True), asked)
        everything += faceted
        print(line(name, without, timed(asked_raw, matches), faceted))
    print(f"all, with facets: median {median(everything):.2f} ms, p99 {p99(everything):.2f} ms")


if __name__ == "__main__":
    main()
