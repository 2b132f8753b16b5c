"""A town's posts for search, indexed as a commit does it, and what a question finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from archiver.desk.search import Search
from archiver.model.queries import search_index
from archiver.wiring import Archive
from tests.support.held_records import (
    START,
    finding_row,
    make_accounts,
    record_row,
    version_row,
    write_rows,
)

DAY = timedelta(days=1)
EDITED = START + timedelta(days=60)


def put(
    archive: Archive, *held: tuple[dict[str, Any], list[dict[str, Any]]], found: Any = ()
) -> None:
    """Rows of records with their versions, indexed as a commit does it."""
    states = [each for _, versions in held for each in versions]
    with archive.database.write() as connection:
        write_rows(connection, [record for record, _ in held], states, found)
        entries = [
            search_index.Entry(
                version_id=each["id"],
                record_id=record["id"],
                account_id=record["account_id"],
                kind=record["kind"],
                published_at=record["published_at"],
                language=each["language"],
                title=each["title"],
                words=each["words"],
            )
            for record, versions in held
            for each in versions
        ]
        search_index.add(connection, sorted(entries, key=lambda entry: entry.version_id))


def post(number: int, words: str, account: int = 1, **changed: Any) -> Any:
    """A post of one state, published so many days after the start."""
    language = changed.pop("language", "")
    record = record_row(number, account, **{"published_at": START + number * DAY, **changed})
    return record, [version_row(record, words=words, language=language)]


def fill_town(archive: Archive) -> Archive:
    """A small town's posts, each of which something finds."""
    ids = make_accounts(archive, "police", "library")
    edited = record_row(
        8, ids["police"], published_at=START + 8 * DAY, edited_at=EDITED, versions=2
    )
    before = version_row(edited, number=2, words="The bridge is open.")
    published = record_row(8, ids["police"], published_at=START + 8 * DAY)
    before["id"] = published["version_id"]
    put(
        archive,
        post(1, "Potholes on Main Street were filled.", author_handle="spd", author_name="Town PD"),
        post(2, "One pothole is left. #StreetsFirst @mayor_q https://springfield.gov/roads/12?x=1"),
        post(3, "Inundaciones en la calle del río, para todos los vecinos.", language="es"),
        post(
            4,
            "🚧 Snow plowing 👩🏽‍🚒",
            ids["library"],
            thread_id="p2",
            parent_id="p2",
            kind="reply",
        ),
        post(5, "Snow is plowed; snow plow works.", presence="gone"),
        post(6, "Snow storm", visibility="hidden"),
        post(7, "Library opens at nine", ids["library"]),
        (edited, [version_row(edited, words="The bridge is closed.", edited_at=EDITED), before]),
        found=[finding_row(record_row(5, 1), at=START + 40 * DAY, not_after=START + 40 * DAY)],
    )
    return archive


def desk(archive: Archive) -> Search:
    """The search of the archive."""
    return Search(archive.database, archive.settings.sections.agency, archive.clock)


def records(archive: Archive, query: str) -> list[int]:
    """The records that a question finds, in their order by number."""
    return sorted(hit.record_id for hit in desk(archive).page(query).hits)
