"""A whole package in every format, searched byte by byte: in what is packed inside it, in every
spelling that an encoder may give to what was taken out, and for hashes that would confirm it."""

from __future__ import annotations

from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver.desk.productions import Wish
from archiver.model.queries.review import Pick
from tests.support.canaries import Search
from tests.support.production_scene import REDACTED, WITHHELD, everything_said, scene
from tests.support.review_scene import CLERK, REQUEST, desk_of
from tests.support.stage import Board, boards  # noqa: F401 - a fixture

# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


def test_no_spelling_of_what_was_taken_out_is_in_any_byte(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with scene(tmp_path, boards) as made:
        archive = made.archive
        desk = desk_of(archive)
        items = list(desk.reviews.items(REQUEST, 1))
        pairs = [(each.record_id, each.version_id) for each in items]
        desk.sets.freeze(REQUEST, "bridge OR quillfeather", pairs, by=CLERK)
        assert not list(desk.reviews.items(REQUEST, 2, pick=Pick(outcome="undecided")))
        secret = {"redacted": REDACTED, "name": "Quillfeather", "withheld": WITHHELD,
                  "requester": "Kent Brockman", "contact": "kent@channel6.example",
                  "request": "All posts on the fair"}  # fmt: skip
        (kept,) = [each for each in items if WITHHELD in str(each.state)]
        (cut,) = [each for each in items if REDACTED in str(each.state)]
        secret |= {"where the withheld one stands": kept.platform_id}
        with archive.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT v.id, v.digest, v.salt, m.sha256, f.size FROM versions v "
                "LEFT JOIN version_media m ON m.version_id = v.id "
                "LEFT JOIN media f ON f.sha256 = m.sha256"
            ).all()
        for row in rows:
            if row.id in (kept.version_id, cut.version_id):
                secret |= {f"digest {row.id}": row.digest, f"salt {row.id}": row.salt}
            if row.id == kept.version_id:
                assert row.sha256
                secret |= {"file of the withheld one": row.sha256}
        archive.productions.make(REQUEST, 2, by=CLERK, wish=Wish(unsigned=True))
        folder = archive.settings.home / "productions" / f"{REQUEST}-1"
    assert {each.name for each in folder.iterdir()} == {f"{REQUEST}-1"}
    search = Search(secret)
    searched = 0
    for path in sorted(folder.rglob("*")):
        assert search.data(path.name.encode(), "a name") == []
        if path.is_file():
            for where, data in everything_said(path):
                searched += 1
                assert search.data(data, where) == []
                for coded in ("utf-16-be", "utf-16-le"):
                    assert not [s for s in secret.values() if s.encode(coded) in data], where
    assert searched > 200
    with (folder / f"{REQUEST}-1/data/warc/released.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file):
            said = str(record.rec_headers).encode() + record.content_stream().read()
            assert search.data(said, record.rec_type) == []
