"""Rows of an archive that were never captured: for questions to the database about many."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from archiver.model.queries.bulk import bulk
from archiver.model.tables import exchanges, findings, records, runs, segments, versions
from archiver.wiring import Archive
from tests.support.archive import approved

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN, EXCHANGE, SEGMENT = "run-1", "exchange-1", "segment-1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_accounts(archive: Archive, *slugs: str) -> dict[str, int]:
    """Approved accounts on X, by their names, with their numbers; and one run of the first."""
    entries = {slug: approved(archive, "x", slug, slug=slug) for slug in slugs}
    with archive.database.write() as connection:
        connection.execute(
            insert(segments).values(
                name=SEGMENT, sha256="0" * 64, size=1, records=1, sealed_at=START
            )
        )
        connection.execute(
            insert(runs).values(
                id=RUN, account_id=entries[slugs[0]].id, window="full", started_at=START,
                ended_at=START, outcome="news", pages=1, items=1, new_records=0, new_versions=0,
                new_findings=0, new_media=0, notes=[], exchanges=[], segment=SEGMENT,
            )
        )  # fmt: skip
        connection.execute(
            insert(exchanges).values(
                id=EXCHANGE, run_id=RUN, segment=SEGMENT, method="GET", url="https://x.example/",
                status=200, at=START, truncated="",
            )
        )  # fmt: skip
    return {slug: entry.id for slug, entry in entries.items()}


def record_row(record_id: int, account_id: int, **changed: Any) -> dict[str, Any]:
    """A public post, listed when it was captured. The id of its version tells when its state
    came to be, as in a captured one; `edited_at` moves it."""
    published = changed.get("published_at", START)
    moment = changed.pop("edited_at", None) or published or START
    milliseconds = max(0, int((moment - _EPOCH).total_seconds() * 1000))
    return {
        "id": record_id,
        "account_id": account_id,
        "family": "post",
        "platform_id": f"p{record_id}",
        "kind": "post",
        "parent_id": "",
        "thread_id": "",
        "author_id": "",
        "author_handle": "",
        "author_name": "",
        "permalink": "",
        "published_at": published,
        "first_seen": START,
        "last_seen": START,
        "visibility": "public",
        "presence": "present",
        "version_id": (milliseconds << 20) | (record_id & 0xFFFFF),
        "versions": 1,
        "digest": "0" * 64,
        **changed,
    }


def version_row(
    record: dict[str, Any], *, number: int = 1, words: str = "", **changed: Any
) -> dict[str, Any]:
    """A version of a record; number 1 is its present one."""
    return {
        "id": record["version_id"] + (number - 1) * (1 << 50),
        "record_id": record["id"],
        "number": number,
        "run_id": RUN,
        "exchange_id": EXCHANGE,
        "captured_at": START,
        "digest": "0" * 64,
        "leaf": "0" * 64,
        "version_key": "",
        "superseded": number > 1,
        "edited_at": None,
        "not_before": None,
        "not_after": None,
        "visibility": record["visibility"],
        "language": "",
        "title": "",
        "words": words,
        "canonical": "{}",
        "native": "{}",
        **changed,
    }


def finding_row(record: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A confirmed finding that it is gone."""
    return {
        "account_id": record["account_id"],
        "record_id": record["id"],
        "run_id": RUN,
        "exchange_id": EXCHANGE,
        "at": START,
        "stage": "confirmed",
        "presence": "gone",
        "evidence": None,
        "statement": "",
        "not_before": None,
        "not_after": None,
        **changed,
    }


def write_rows(
    connection: Connection,
    held: Iterable[dict[str, Any]],
    states: Iterable[dict[str, Any]],
    found: Iterable[dict[str, Any]] = (),
) -> None:
    """Insert them all."""
    bulk(connection, records, list(held))
    bulk(connection, versions, list(states))
    bulk(connection, findings, list(found))
