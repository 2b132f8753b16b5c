"""Text in pictures and captions of films: read, found, shown, and gone with its record."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import text

from archiver import daemon
from archiver.cli.main import run
from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.desk import picture_text
from archiver.desk.media_texts import Done, MediaTexts
from archiver.desk.search import Hit, Search
from archiver.errors import BusyError, UsageError
from archiver.files import locked
from archiver.model.search_words import stems_of
from connectors.base import Window
from tests.support.canaries import Search as Canaries
from tests.support.disposal import (
    OFFICER,
    SECOND,
    approved_batch,
    evaluated,
    everything_in,
    make_disposal,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

LANGUAGES = ("eng", "spa")
CANARY = "QUEBRACHOWORT"
VTT = b"""WEBVTT

00:01.000 --> 00:02.000
<v Chief>The bridge reopens

00:02.000 --> 00:03.000
The bridge reopens
on Thursday &amp; Friday
"""
SRT = "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Se abre el a\xf1o escolar</i>\r\n".encode("cp1252")
ENDLESS = """#!/bin/sh
case "$1" in
    --version) echo "tesseract 9.9" ;;
    --list-langs) printf 'List of languages\\neng\\nspa\\n' ;;
    *) exec sleep 600 ;;
esac
"""


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        yield made


@pytest.fixture
def lite(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:  # noqa: F811
    """Where the database does not matter."""
    with make_disposal(tmp_path, boards, sections={"search": {"ocr": True}}) as made:
        yield made


def poster(*lines: str) -> bytes:
    """White letters on blue."""
    picture = Image.new("RGB", (900, 120 * len(lines) + 80), "navy")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=64)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 120 * number), line, fill="white", font=font)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def post(page: FacebookSimulator, message: str, content: bytes, *, days: float = 0) -> str:
    """A post with one picture, so many days old."""
    world = page.page
    made = world.publish(
        message, photos=[""], when=page.time.now() - timedelta(days=days) if days else None
    )
    world.posts[made].files[0].content = content
    return made


def reader(stage: Stage) -> MediaTexts:
    archive = stage.archive
    return MediaTexts(stage.database, archive.vault, stage.clock, locks=archive.settings.locks_path)


def read(stage: Stage, limit: int = 100) -> Done:
    return reader(stage).read(limit, LANGUAGES)


def search(stage: Stage, query: str) -> list[Hit]:
    agency = stage.archive.settings.sections.agency
    return list(Search(stage.database, agency, stage.clock).page(query).hits)


def shown(hit: Hit) -> str:
    return "".join(each.text for each in hit.snippet)


def texts(stage: Stage) -> list[tuple[str, str]]:
    return [tuple(r) for r in stage.rows("SELECT source, text FROM media_texts ORDER BY text")]


def places_of(stage: Stage, word: str) -> list[object]:
    """Every place in the home folder and the database that has the word or its stem."""
    stem = stems_of(word, spanish=False).removeprefix("en:")
    canaries = Canaries({"word": word.lower(), "shouted": word, "stem": stem})
    found: list[object] = [*canaries.home(stage.archive.settings.home)]
    for where, cell in everything_in(stage):
        found += canaries.data(cell, where)
    for where, data in files_of(stage):
        found += canaries.data(data, where)
    return found


def files_of(stage: Stage) -> Iterator[tuple[str, bytes]]:
    """PostgreSQL's own files of the tables with such texts: rows that are no more lie there
    until the table is written anew. SQLite's file is in the home folder."""
    if stage.database.engine.dialect.name == "sqlite":
        return
    with stage.database.write() as connection:
        connection.execute(text("CHECKPOINT"))
    for name in ("media_texts", "search_rows"):
        content = stage.value(
            "SELECT pg_read_binary_file(pg_relation_filepath(CAST(:name AS text)::regclass))",
            name=name,
        )
        yield f"the file of {name}", bytes(content)


@pytest.mark.tesseract
def test_text_in_a_picture_is_found_and_shown_as_such(stage: Stage) -> None:
    page = stage.facebook()
    wanted = post(page, "See here", poster("PARADE ROUTES", "Calle cerrada"))
    post(page, "Parade pictures", poster("GOOD EVENING"))
    stage.capture("fb")
    assert [hit.platform_id for hit in search(stage, "cerrada")] == []
    done = read(stage)
    assert (done.with_text, done.unreadable, done.skipped) == (2, 0, 0)
    [hit] = search(stage, "cerrada")
    assert hit.platform_id == wanted
    assert shown(hit) == "in a picture: PARADE ROUTES Calle cerrada"
    assert [each.text for each in hit.snippet if each.marked] == ["cerrada"]
    assert {hit.platform_id for hit in search(stage, '"parade routes"')} == {wanted}
    words = {shown(hit) for hit in search(stage, "parade")}
    assert words == {
        "in a picture: PARADE ROUTES Calle cerrada",
        "Parade pictures May be an image of text",
    }
    assert len(search(stage, "has:text-in-picture")) == 2
    [row] = stage.rows("SELECT * FROM media_texts WHERE text LIKE 'PARADE%'")
    assert (row.source, row.language) == ("ocr", "eng+spa")
    assert row.engine.startswith("tesseract ")
    assert read(stage).read == 0


@pytest.mark.tesseract
def test_sqlite_finds_the_forms_of_a_word_in_a_picture(lite: Stage) -> None:
    post(lite.facebook(), "See here", poster("PARADE ROUTES"))
    lite.capture("fb")
    read(lite)
    assert len(search(lite, "route")) == 1


@pytest.mark.tesseract
def test_a_later_state_with_the_same_picture_is_found_at_once(stage: Stage) -> None:
    page = stage.facebook()
    wanted = post(page, "See here", poster("PARADE ROUTE"))
    stage.capture("fb")
    read(stage)
    stage.later(minutes=5)
    page.page.edit(wanted, "See there")
    stage.capture("fb")
    assert sorted(hit.number for hit in search(stage, "parade")) == [1, 2]


@pytest.mark.tesseract
def test_a_file_that_is_fetched_later_brings_the_text_that_is_known_of_it(stage: Stage) -> None:
    page = stage.facebook()
    content = poster("PARADE ROUTE")
    post(page, "First", content)
    stage.capture("fb")
    read(stage)
    late = post(page, "Second", content)
    page.plan("/media/", Fault(status=500), times=100)
    stage.later(minutes=15)
    stage.capture("fb", Window.NEW)
    page._faults.clear()
    stage.later(minutes=15)
    stage.capture("fb", Window.RECENT)
    assert read(stage).read == 0  # the file is known
    assert late in {hit.platform_id for hit in search(stage, "parade")}


@pytest.mark.tesseract
def test_text_of_a_destroyed_picture_is_nowhere_and_of_a_shared_one_stays(stage: Stage) -> None:
    page = stage.facebook()
    shared = poster("PARADE ROUTE")
    post(page, "Old", poster(CANARY, "NOTICE"), days=365 * 3)
    post(page, "Old too", shared, days=365 * 3)
    kept = post(page, "New", shared)
    stage.capture("fb")
    read(stage)
    evaluated(stage)
    assert [len(search(stage, word)) for word in (CANARY, "parade", "notice")] == [1, 2, 1]
    assert places_of(stage, CANARY) != []
    batch = approved_batch(stage.archive).batch
    stage.archive.dispositions.execute(
        batch, by=OFFICER, override_by=SECOND, override_reason="most of the account is due"
    )
    assert places_of(stage, CANARY) == []
    assert [len(search(stage, word)) for word in (CANARY, "notice")] == [0, 0]
    assert [hit.platform_id for hit in search(stage, "parade")] == [kept]
    assert [said for _, said in texts(stage) if said] == ["PARADE ROUTE"]
    assert read(stage).read == 0


def captioned(stage: Stage) -> None:
    site = stage.wordpress()
    site.upload("bridge.vtt", VTT, "text/vtt")
    site.upload("escuela.srt", SRT, "text/plain")
    site.upload("notes.txt", b"Not captions at all", "text/plain")
    stage.capture("wp")


def test_captions_are_read_without_tesseract_and_shown_as_captions(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    captioned(stage)
    done = read(stage)
    assert (done.read, done.with_text, done.unreadable) == (2, 2, 0)
    assert texts(stage) == [
        ("speech", "Se abre el año escolar"),
        ("speech", "The bridge reopens on Thursday & Friday"),
    ]
    [hit] = search(stage, "thursday")
    assert shown(hit) == ("in the captions of a film: The bridge reopens on Thursday & Friday")
    assert len(search(stage, '"año escolar"')) == 1
    assert search(stage, "has:text-in-picture") == []


def test_what_cannot_be_read_is_kept_as_read_and_told(
    lite: Stage, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(ENDLESS, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(picture_text, "SECONDS", 0.5)
    page = lite.facebook()
    huge = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(huge, "PNG")
    post(page, "Huge", huge.getvalue())
    post(page, "Broken", b"\x89PNG\r\n\x1a\n" + b"no picture" * 30)
    post(page, "Endless", poster("PARADE"))
    lite.wordpress().upload("broken.vtt", b"no captions", "text/vtt")
    lite.capture("fb")
    lite.capture("wp")
    waiting = reader(lite).status(LANGUAGES)
    with caplog.at_level(logging.WARNING):
        done = read(lite)
    held = waiting.pictures.held + waiting.captions.held
    assert (done.read, done.with_text, done.unreadable) == (held, 0, held)
    for reason in (
        "it is too large to be decoded (10000 x 6000 pixels)",
        "it cannot be decoded as a picture",
        "tesseract did not end within",
        "it is neither WebVTT nor SubRip",
    ):
        assert reason in caplog.text
    assert {said for _, said in texts(lite)} == {""}
    assert read(lite).read == 0


def test_pictures_wait_while_tesseract_is_not_installed(
    lite: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    post(lite.facebook(), "See here", poster("PARADE"))
    lite.capture("fb")
    with pytest.raises(UsageError, match="install the package tesseract-ocr"):
        read(lite)
    assert texts(lite) == []
    status = reader(lite).status(LANGUAGES)
    assert (status.pictures.held > 0, status.pictures.read) == (True, 0)
    assert "install the package tesseract-ocr" in status.problem


@pytest.mark.tesseract
@pytest.mark.parametrize(
    ("ground", "letters", "form"),
    [
        ((0, 0, 0, 0), (0, 0, 0, 255), "PNG"),
        ((0, 0, 0, 0), (255, 255, 255, 255), "PNG"),
        ((0, 90, 0, 255), (255, 255, 0, 255), "WEBP"),
        ((255, 255, 255, 255), (90, 0, 0, 255), "GIF"),
    ],
)
def test_letters_are_read_on_whatever_ground(
    ground: tuple[int, ...], letters: tuple[int, ...], form: str
) -> None:
    picture = Image.new("RGBA", (600, 120), ground)
    font = ImageFont.load_default(size=60)
    ImageDraw.Draw(picture).text((20, 20), "ROAD CLOSED", fill=letters, font=font)
    made = io.BytesIO()
    picture.save(made, form)
    read_out = picture_text.installed(LANGUAGES).in_picture(made.getvalue())
    assert (read_out.text, read_out.problem) == ("ROAD CLOSED", "")


@pytest.mark.tesseract
@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 3)])
def test_odd_shapes_have_no_text_and_do_no_harm(size: tuple[int, int]) -> None:
    made = io.BytesIO()
    Image.new("L", size, 255).save(made, "PNG")
    read_out = picture_text.installed(LANGUAGES).in_picture(made.getvalue())
    assert (read_out.text, read_out.problem) == ("", "")


@pytest.mark.tesseract
def test_a_language_that_is_not_installed_is_named(lite: Stage) -> None:
    post(lite.facebook(), "See here", poster("PARADE"))
    lite.capture("fb")
    with pytest.raises(UsageError, match="install the package tesseract-ocr-xyz-abc or take it"):
        reader(lite).read(10, ("eng", "xyz_abc"))


def test_captured_bytes_that_do_not_hold_are_left_for_another_time(
    lite: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    captioned(lite)
    [row] = lite.rows(
        "SELECT e.segment, e.response_offset AS o, e.response_length AS n FROM media m "
        "JOIN exchanges e ON e.id = m.exchange_id WHERE m.mime = 'text/vtt'"
    )
    path = lite.archive.vault.path(row.segment)
    whole = path.read_bytes()
    path.chmod(0o600)
    middle = row.o + row.n // 2
    path.write_bytes(whole[:middle] + bytes((whole[middle] ^ 255,)) + whole[middle + 1 :])
    done = read(lite)
    assert (done.read, done.skipped) == (1, 1)
    assert "no text is read out of the file" in caplog.text
    path.write_bytes(whole)
    assert read(lite).with_text == 1


def test_reading_ends_at_its_limit_and_when_it_is_told_to(lite: Stage) -> None:
    captioned(lite)
    assert reader(lite).read(10, LANGUAGES, stop=lambda: True).read == 0
    assert read(lite, 1).read == 1
    assert read(lite, 10).read == 1


def test_one_process_reads_at_a_time(lite: Stage) -> None:
    lock = lite.archive.settings.locks_path / "media-texts.lock"
    with locked(lock, busy=""), pytest.raises(BusyError, match="another process reads"):
        read(lite)


def test_the_commands_read_and_tell(lite: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    captioned(lite)
    home = ["--home", str(lite.archive.settings.home)]
    assert run([*home, "media-texts", "read"]) == 0
    assert "2 files read, 2 with text, 0 without" in capsys.readouterr().out
    assert run([*home, "media-texts", "status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["on"], told["languages"]) == (True, ["eng", "spa"])
    assert told["status"]["captions"] == {
        "source": "speech", "held": 2, "read": 2, "with_text": 2,
    }  # fmt: skip
    assert run([*home, "media-texts", "status"]) == 0
    assert "search.ocr is on" in capsys.readouterr().out


def test_the_service_reads_each_round_what_is_new(
    lite: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    captioned(lite)
    with caplog.at_level(logging.INFO):
        daemon._read_media(lite.archive, lambda: False)
    assert "media were read for search: 2 files read" in caplog.text
    assert len(search(lite, "thursday")) == 1
