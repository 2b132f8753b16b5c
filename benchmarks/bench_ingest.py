"""Ingest from the wire to the committed row, against the least that any ingest must do.

100,000 items of about 2 KB come in pages of 100 from an HTTP server in another process,
through the recorder, the WARC writer, normalisation, comparison and commit into SQLite with
its full-text index. The limit beside it, in the same run: the same page bytes compressed
(isal level 2) and hashed twice, and the same rows written into the same tables (triggers,
indexes and full-text index included) with plain executemany, nothing else.

    python benchmarks/bench_ingest.py [items]
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

from isal import isal_zlib

from archiver.capture.context import Context
from archiver.capture.walk import Walk
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.recorder import Recorder
from archiver.wiring import Archive, initialise, opened
from config.load import load
from connectors.base import (
    Account,
    Author,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Finding,
    Item,
    Kind,
    OptionSpec,
    Page,
    Stamp,
    Target,
    Window,
)
from connectors.capabilities import Capabilities
from connectors.recorded_http import Http, exchange_of
from connectors.registry import Guarded

PAGE = 100
START = datetime(2020, 1, 1, tzinfo=UTC)
WORDS = [
    begin + end
    for begin in ("snow", "road", "park", "lost", "stop", "call", "fire", "tip")
    for end in ("ing", "ed", "s", "less", "side", "way", "er", "out", "fall", "line")
]


def page_body(number: int) -> bytes:
    """A page as a platform's API would send it: 100 items of about 2 KB."""
    chance = random.Random(number)
    items = []
    for index in range(PAGE):
        item_id = number * PAGE + index
        text = " ".join(chance.choices(WORDS, k=30))
        items.append(
            {
                "id": str(item_id),
                "text": text,
                "author": {"id": "501", "name": "Springfield PD", "handle": "springfieldpd"},
                "created": (
                    datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=item_id)
                ).isoformat(),
                "url": f"https://social.example/springfieldpd/{item_id}",
                "metrics": {"likes": chance.randrange(500), "replies": chance.randrange(50)},
                "entities": [
                    {"start": n, "end": n + 7, "type": "mention", "id": chance.randrange(10**12)}
                    for n in range(18)
                ],
                "lang": "en",
            }
        )
    return json.dumps({"items": items}).encode()


def _serve(pages: int, pipe: Connection) -> None:
    bodies = [page_body(n) for n in range(pages)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = bodies[int(self.path.rpartition("=")[2])]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()


class Synthetic:
    """A connector for the synthetic platform: as thin as a connector can be."""

    platform: ClassVar[str] = "synthetic"
    title: ClassVar[str] = "Synthetic"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=False, edits="compare", hidden_state=False, counts=False
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = ()
    options: ClassVar[tuple[OptionSpec, ...]] = ()

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        del credentials
        self._session = http.session()
        self._base = account.address
        self._pages = int(account.option("pages"))

    def check(self) -> Check:
        return Check(ok=True, identity="synthetic")

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        del window, since
        for number in range(int(str((cursor or {}).get("page", 0))), self._pages):
            response = self._session.get(f"{self._base}/items?page={number}")
            exchange = exchange_of(response)
            yield Page(
                items=[_item(each, exchange) for each in response.json()["items"]],
                exchanges=(exchange,),
                cursor={"page": number + 1},
                total=self._pages * PAGE,
            )

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        del targets
        return iter(())

    def count(self) -> Counts | None:
        return None


def _item(each: dict[str, object], exchange: str) -> Item:
    author = each["author"]
    metrics = each["metrics"]
    assert isinstance(author, dict)
    assert isinstance(metrics, dict)
    created = str(each["created"])
    return Item(
        kind=Kind.POST,
        id=str(each["id"]),
        exchange=exchange,
        native=each,
        author=Author(author["id"], author["handle"], author["name"]),
        text=str(each["text"]),
        language=str(each["lang"]),
        published=Stamp(created, datetime.fromisoformat(created)),
        permalink=str(each["url"]),
        metrics=metrics,
    )


def ingest(archive: Archive, address: str, pages: int) -> float:
    """Seconds that the product takes."""
    settings = archive.settings.sections
    from archiver.model.queries import registry  # noqa: PLC0415 - only this measurement

    with archive.database.write() as connection:
        account_id = registry.add(connection, _entry(address))
    recorder = Recorder(
        secrets=Secrets(),
        policy=AddressPolicy(("127.0.0.0/8",)),
        spool=archive.settings.spool_path,
        clock=archive.clock,
    )
    account = Account(
        slug="synthetic", platform="synthetic", address=address, options={"pages": str(pages)}
    )
    context = Context(
        account_id=account_id,
        account=account,
        window=Window.FULL,
        database=archive.database,
        vault=archive.vault,
        recorder=recorder,
        secrets=archive.secrets,
        clock=archive.clock,
        settings=settings.capture,
        zone=settings.agency.zone,
        spool=archive.settings.spool_path,
    )
    connector = Guarded(Synthetic(account, recorder, Credentials({})))
    begin = time.perf_counter()
    outcome = Walk(context, connector, stop=lambda: False, tell=lambda _: None).run()
    seconds = time.perf_counter() - begin
    assert outcome.finished
    assert outcome.new_versions == pages * PAGE
    return seconds


def _entry(address: str) -> dict[str, object]:
    now = datetime.now(UTC)
    texts = ("name", "department", "custodian", "business_case", "basis", "basis_detail",
             "terms_reviewed_by", "terms_reviewed_on", "proposed_by")  # fmt: skip
    return {
        "slug": "synthetic", "platform": "synthetic", "address": address, "options": {},
        "state": "approved", "proposed_at": now, **dict.fromkeys(texts, ""),
    }  # fmt: skip


def limit(source: Path, home: Path, pages: int) -> float:
    """Seconds for compress + hash + executemany of the same bytes and rows."""
    settings = load(home=home)
    initialise(settings)
    read = sqlite3.connect(source)
    tables = ("accounts", "segments", "runs", "exchanges", "records", "versions", "metrics",
              "search_rows")  # fmt: skip
    rows = {}
    for table in tables:
        cursor = read.execute(f"SELECT * FROM {table}")
        marks = ",".join("?" * len(cursor.description))
        rows[table] = (f"INSERT INTO {table} VALUES ({marks})", cursor.fetchall())
    words = read.execute(
        "SELECT id, title, words, marks, pictures FROM versions_searched ORDER BY id"
    ).fetchall()
    bodies = [page_body(n) for n in range(pages)]
    write = sqlite3.connect(home / "archiver.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536",
                   "recursive_triggers=ON", "temp_store=MEMORY"):  # fmt: skip
        write.execute(f"PRAGMA {pragma}")
    begin = time.perf_counter()
    with (home / "plain.gz").open("wb") as out:
        for body in bodies:
            hashlib.sha256(body).digest()
            hashlib.sha256(body).digest()
            out.write(isal_zlib.compress(body, 2, 31))
    step = 50 * PAGE
    for table in ("accounts", "segments", "runs", "exchanges"):
        write.execute("BEGIN")
        write.executemany(*rows[table])
        write.execute("COMMIT")
    for start in range(0, pages * PAGE, step):
        write.execute("BEGIN IMMEDIATE")
        for table in ("records", "versions", "metrics", "search_rows"):
            statement, all_rows = rows[table]
            write.executemany(statement, all_rows[start : start + step])
        write.executemany(
            "INSERT INTO versions_search (rowid, title, words, marks, pictures) "
            "VALUES (?, ?, ?, ?, ?)",
            words[start : start + step],
        )
        write.execute("COMMIT")
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    pages = items // PAGE
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(pages, theirs), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{ours.recv()}"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = load(home=home)
        initialise(settings)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with opened(settings) as archive:
            seconds = ingest(archive, address, pages)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        least = limit(home / "archiver.db", Path(folder) / "limit", pages)
    server.terminate()
    print(f"items                         {items:>10,}")
    print(f"ingest, end to end            {items / seconds:>10,.0f} items/s")
    print(f"compress + hash + executemany {items / least:>10,.0f} items/s")
    print(f"ratio (goal 0.30)             {least / seconds:>10.2f}")
    print(f"memory grown by               {(after - before) / 1024:>10,.0f} MB")


if __name__ == "__main__":
    main()
