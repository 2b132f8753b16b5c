"""How long each page of the web takes over a million versions, and what a first load weighs.

    python -m benchmarks.bench_web [versions] [times]

Goals: the median of each page under 100 ms of server time; a first load (page, styles, scripts,
pictures) under 200 KB. The application is called in this process: the time is that of gate,
use case, template and headers, without a network. Limit for comparison: a page that shows
nothing but its frame ("my settings").
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from fastapi.testclient import TestClient
from sqlalchemy import text

from archiver.desk.access import Role
from archiver.desk.people import PersonState
from archiver.model.queries import people
from archiver.web.app import make_app
from archiver.web.gate import COOKIE
from archiver.web.site import make_site
from archiver.wiring import initialise, opened
from benchmarks.bench_search import WORDS, fill
from config.load import load

MOST_MS, MOST_KB = 100, 200
SETTINGS = "web:\n  second_factor: false\n  requests_a_minute: 1000000\n"


def pages(record: int) -> dict[str, str]:
    """What is opened, by name."""
    return {
        "my settings (frame only)": "/own",
        "home": "/",
        "records, newest": "/records",
        "records, a common word": f"/records?q={WORDS[3]}",
        "records, a rare word": f"/records?q={WORDS[40_000]}",
        "records, word and author": f"/records?q={WORDS[10]}+from%3Aauthor17",
        "a record": f"/records/{record}",
        "requests": "/requests",
        "productions": "/productions",
        "holds": "/holds",
        "retention": "/retention",
        "dispositions": "/dispositions",
        "findings": "/findings",
        "accounts": "/accounts",
        "deletions": "/removals",
        "audit log": "/audit-log",
        "open archive, choosing": "/portal",
        "people": "/people",
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", type=int, nargs="?", default=1_000_000)
    parser.add_argument("times", type=int, nargs="?", default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        file = Path(folder) / "archiver.yaml"
        file.write_text(SETTINGS, encoding="utf-8")
        settings = load(home=Path(folder), file=file)
        initialise(settings)
        with opened(settings) as archive:
            began = time.perf_counter()
            fill(archive, given.versions)
            with archive.database.write() as connection:
                connection.execute(text("ANALYZE"))
            print(f"{given.versions:,} versions in {time.perf_counter() - began:,.0f} s")
            site = make_site(archive)
            login = site.people.invite("bench", "Bench Mark", roles=list(Role), by="bench").person
            with archive.database.write() as connection:
                people.change(connection, login.id, state=PersonState.ACTIVE, invitation="")
            person = site.people.get("bench")
            cookie = site.sign_in.with_proof(person, "passkey", where="127.0.0.1")
            with TestClient(make_app(site), follow_redirects=False) as client:
                client.cookies.set(COOKIE, cookie)
                _time(client, given.versions // 2, given.times)
                _weigh(client)


def _time(client: TestClient, record: int, times: int) -> None:
    frame = 0.0
    print(f"{'page':<28} {'median':>9} {'p99':>9} {'frame':>7}  KB")
    for name, path in pages(record).items():
        took, size = [], 0
        for _ in range(times):
            began = time.perf_counter()
            answer = client.get(path)
            took.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{path}: {answer.status_code}")
            size = len(answer.content)
        middle, worst = median(took), quantiles(took, n=100)[98]
        frame = frame or middle
        mark = "" if middle < MOST_MS else "  TOO SLOW"
        print(
            f"{name:<28} {middle:6.1f} ms {worst:6.1f} ms {middle / frame:6.1f}x "
            f"{size / 1000:3.0f}{mark}"
        )


def _weigh(client: TestClient) -> None:
    page = client.get("/").text
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    total = len(page) + sum(len(client.get(each).content) for each in files)
    mark = "ok" if total / 1000 < MOST_KB else "TOO MUCH"
    print(f"first load: {total / 1000:.0f} KB in {len(files) + 1} files (goal {MOST_KB}): {mark}")


if __name__ == "__main__":
    main()
