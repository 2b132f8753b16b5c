"""Handing out a finished production: what it holds, who took it; on SQLite and PostgreSQL."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.desk.production_handout import WHOLE, Handouts
from archiver.desk.productions import Wish
from archiver.errors import EvidenceError, NotFoundError, RefusedError
from archiver.model.queries import ledger, requests
from archiver.wiring import Archive
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.production_scene import scene
from tests.support.review_scene import CLERK, REQUEST
from tests.support.stage import Board, boards  # noqa: F401 - a fixture

AUDITOR = "Waylon Smithers"
# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Archive]:
    with fresh_database(request.param, request) as url, scene(tmp_path, boards, url=url) as made:
        made.archive.productions.make(
            REQUEST, 1, by=CLERK, wish=Wish(formats=("json",), unsigned=True)
        )
        yield made.archive


def handouts(archive: Archive) -> Handouts:
    return Handouts(
        archive.database,
        archive.clock,
        archive.settings.sections.agency,
        base=archive.settings.home / "productions",
        authorities=archive.checkpoints.authorities,
    )


def test_what_is_in_it_is_told_and_what_is_taken_is_written_down(archive: Archive) -> None:
    desk, row = handouts(archive), archive.productions.get(f"{REQUEST}-1")
    counts = desk.counts(row)
    assert (counts["redact"], counts["withhold"]) == (1, 1)
    assert desk.departments(row) == {"Police"}
    assert desk.departments_of_set(REQUEST, 1) == {"Police"}
    assert desk.beyond(["Police"]) == frozenset()
    assert desk.beyond(["Parks"]) == {row.id}
    packed = desk.packed(row, by=AUDITOR)
    sent = b"".join(packed.pieces)
    assert len(sent) == packed.size
    with zipfile.ZipFile(io.BytesIO(sent)) as file:
        assert file.testzip() is None
        names = {each for each in file.namelist() if not each.endswith("/")}
    package = archive.settings.home / "productions" / row.folder / row.folder
    there = {
        f"{row.folder}/{each.relative_to(package).as_posix()}"
        for each in package.rglob("*")
        if each.is_file()
    }
    assert names == there
    assert desk.file(row, "data/verify.py", by=AUDITOR).name == "verify.py"
    with archive.database.read() as connection:
        taken = [json.loads(e.body) for e in ledger.lines(connection) if e.kind == "download"]
        last = requests.events(connection, row.request_id)[-1]
    assert [(each["what"], each["by"]) for each in taken] == [
        (WHOLE, AUDITOR), ("data/verify.py", AUDITOR),
    ]  # fmt: skip
    assert (last.action, last.actor) == ("production downloaded", AUDITOR)
    assert "EVERYTHING HOLDS" in desk.check(row, by=AUDITOR)


def test_nothing_is_handed_out_of_what_is_not_there(archive: Archive) -> None:
    desk, row = handouts(archive), archive.productions.get(f"{REQUEST}-1")
    (archive.settings.home / "productions" / row.folder).rename(archive.settings.home / "away")
    assert desk.payload(row) is None
    with pytest.raises(EvidenceError, match="not where they were put"):
        desk.packed(row, by=CLERK)
    given_up = archive.productions.abandon(row.folder, reason="lost", by=CLERK)
    with pytest.raises(RefusedError, match="abandoned"):
        desk.listing(given_up)


def test_a_path_out_of_the_package_leads_nowhere(archive: Archive) -> None:
    desk, row = handouts(archive), archive.productions.get(f"{REQUEST}-1")
    package = archive.settings.home / "productions" / row.folder / row.folder
    (package / "data" / "out").symlink_to(archive.settings.home)
    for path in ("../../../archiver.yaml", "data/out/archiver.yaml", "data/../../..", "a\0b"):
        with pytest.raises(NotFoundError):
            desk.file(row, path, by=CLERK)
    names = [each.name for each in desk.listing(row, "data")]
    assert "json" in names
