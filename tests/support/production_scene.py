"""A captured thread with pictures, a request for it, and decisions: ready to be produced."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdf

from archiver.demo.simulators.facebook_world import NEIGHBOURS
from archiver.desk.plain_text import plain_text
from archiver.desk.review_rules import Outcome
from archiver.model.queries.review import Pick
from archiver.values import Mark
from archiver.wiring import Archive
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.review_scene import CLERK, REQUEST, VERIFIED, add_request, desk_of
from tests.support.stage import Board, Stage

REDACTED = "Quillfeather 612-555-0147"  # cut out of a reply that is released
WITHHELD = "Zwetschgenkuchen at the barn"  # all that a withheld reply says
RELEASED = "Road works end on Friday."
CANARIES = (REDACTED, "Quillfeather", "612-555-0147", WITHHELD, "Zwetschgenkuchen")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What was captured: the archive, and how many items there are."""

    archive: Archive
    items: int


@contextmanager
def scene(
    tmp_path: Path, boards: tuple[Board, ...], *, url: str = "", **sections: Mapping[str, Any]
) -> Iterator[Scene]:
    """A thread of a page in an archive on this database, with a request, a frozen set
    and every decision made."""
    made: dict[str, Mapping[str, Any]] = {
        "database": {"url": url},
        "agency": {"timezone": "America/New_York"},
        "requests": {"second_review": False, "bates_prefix": "SPD"},
        **sections,
    }
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock, sections=made) as archive:
        yield Scene(archive=archive, items=_fill(Stage(archive, clock, boards)))
    for board in boards:
        board.current = None


def _fill(stage: Stage) -> int:
    page = stage.facebook().page
    post = page.publish("The new bridge is open.", photos=["The bridge", "The ribbon"])
    page.comment(post, f"Ask {REDACTED} about it", NEIGHBOURS[0])
    page.comment(post, WITHHELD, NEIGHBOURS[1], photo=True)
    page.publish(RELEASED)
    stage.capture("fb")
    archive = stage.archive
    rows = stage.rows(
        "SELECT v.record_id, v.id FROM versions v JOIN records r ON r.id = v.record_id "
        "WHERE r.family <> 'profile' ORDER BY v.id"
    )
    add_request(archive, REQUEST)
    desk = desk_of(archive)
    desk.sets.freeze(REQUEST, "bridge", [(row.record_id, row.id) for row in rows], by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
    for item in list(desk.reviews.items(REQUEST, 1)):
        text = plain_text(item.state)
        if REDACTED in text:
            start = text.index(REDACTED)
            mark = Mark(what="text", code=VERIFIED, start=start, end=start + len(REDACTED))
            desk.reviews.decide(REQUEST, 1, item.position, Outcome.REDACT, by=CLERK, marks=[mark])
        elif WITHHELD in text:
            desk.reviews.decide(REQUEST, 1, item.position, Outcome.WITHHOLD, by=CLERK,
                                code=VERIFIED, reason="about a victim")  # fmt: skip
    return len(rows)


def everything_said(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's bytes and all that is packed inside them, each with where it is."""
    yield from _unpacked(str(path), path.read_bytes())


def _unpacked(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield where, data
    if data.startswith(b"\x1f\x8b"):
        yield f"{where} (unpacked)", gzip.decompress(data)
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for name in file.namelist():
                yield from _unpacked(f"{where}/{name}", file.read(name))
    elif data.startswith(b"%PDF"):
        yield from _streams(where, data)
    elif data.startswith(b"\x89PNG"):
        yield from _chunks(where, data)


def _streams(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(data)).pages, start=1):
        yield f"{where} (text of page {number})", page.extract_text().encode()
    with pikepdf.open(io.BytesIO(data)) as document:
        for number, each in enumerate(document.objects):
            if isinstance(each, pikepdf.Stream):
                try:
                    yield f"{where} (stream {number})", each.read_bytes()
                except pikepdf.PdfError:  # a picture, in a coding of its own
                    yield f"{where} (stream {number})", each.read_raw_bytes()
            else:
                yield f"{where} (object {number})", each.unparse()


def _chunks(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind in (b"zTXt", b"iTXt"):
            body = data[at + 8 : at + 8 + size]
            yield f"{where} ({kind!r})", zlib.decompressobj().decompress(body.partition(b"\0")[2])
        at += size + 12
