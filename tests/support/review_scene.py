"""A request, records that were never captured, and the desk of review over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from archiver.desk import review_setup
from archiver.desk.review_setup import ReviewDesk
from archiver.model.tables import version_media
from archiver.model.tables_requests import requests
from archiver.wiring import Archive
from tests.support.archive import make_archive
from tests.support.clock import NOON, FakeClock
from tests.support.held_records import START, make_accounts, record_row, version_row, write_rows
from tests.support.postgresql import fresh_database

REQUEST = "2026-0001"
CLERK, SECOND = "Clerk Lisa", "Records Officer Marge"
VERIFIED, UNREAD = "FL-2", "FL-6"  # shipped as verified; shipped as a lead only


def canonical(text: str, *, markup: str = "plain", **changed: Any) -> str:
    """A canonical form with this text."""
    return json.dumps({"text": text, "markup": markup, "media": [], **changed})


@contextmanager
def review_archive(
    tmp_path: Path, dialect: str, request: pytest.FixtureRequest
) -> Iterator[Archive]:
    """A new archive on this database, with one open request in it."""
    with fresh_database(dialect, request) as url:
        sections = {"database": {"url": url}, "agency": {"timezone": "America/New_York"}}
        with make_archive(tmp_path, clock=FakeClock(), sections=sections) as archive:
            add_request(archive, REQUEST)
            yield archive


def add_request(archive: Archive, number: str, **changed: Any) -> None:
    """An open request of this number."""
    with archive.database.write() as connection:
        connection.execute(
            insert(requests).values(
                **{
                    "number": number, "kind": "public records", "requester": "Kent Brockman",
                    "organisation": "Channel 6", "contact": "kent@channel6.example",
                    "channel": "mail", "text": "All posts on the fair", "received_at": NOON,
                    "received_on": "2026-11-24", "state": "open", "routed_to": CLERK,
                    "hold_id": None, "opened_by": CLERK, "opened_at": NOON, **changed,
                }
            )
        )  # fmt: skip


def desk_of(archive: Archive, *, second_review: bool = False) -> ReviewDesk:
    """The desk of the archive."""
    return review_setup.made(
        archive.database,
        archive.vault,
        archive.clock,
        home=archive.settings.home,
        agency=archive.settings.sections.agency,
        second_review=second_review,
    )


class Filling:
    """Fills an archive with posts and replies on one account."""

    def __init__(self, archive: Archive, account: str = "springfieldpd") -> None:
        self.archive = archive
        self.account_id = make_accounts(archive, account)[account]
        self.ids: list[tuple[int, int]] = []

    def add(self, text: str, *, reply_to: int = 0, alt: str = "", **changed: Any) -> int:
        """A public record by a citizen; `reply_to` is the number of a post. Returns its own."""
        number = len(self.ids) + 1
        state = {name: changed.pop(name) for name in ("title", "native") if name in changed}
        values: dict[str, Any] = {
            "kind": "reply" if reply_to else "post",
            "thread_id": f"p{reply_to or number}",
            "parent_id": f"p{reply_to}" if reply_to else "",
            "published_at": START + timedelta(hours=number),
            "author_id": f"author-{number}",
            "author_handle": f"citizen_{number}",
            "author_name": f"Citizen Number {number}",
            "permalink": f"https://x.example/citizen_{number}/status/{number}",
            **changed,
        }
        record = record_row(number, self.account_id, **values)
        media = [{"alt": alt, "key": "k", "kind": "image", "token": ""}] if alt else []
        version = version_row(record, words=text, canonical=canonical(text, media=media), **state)
        with self.archive.database.write() as connection:
            write_rows(connection, [record], [version])
            if alt:
                connection.execute(
                    insert(version_media).values(
                        version_id=version["id"], position=0, key="k", url="", kind="image",
                        alt_text=alt, token="", status="failed", etag="",
                    )
                )  # fmt: skip
        self.ids.append((number, version["id"]))
        return number


def everything_in(folder: Path) -> bytes:
    """All bytes and names below a folder."""
    parts = []
    for path in sorted(folder.rglob("*")):
        parts.append(path.name.encode())
        if path.is_file():
            parts.append(path.read_bytes())
    return b"\n".join(parts)
