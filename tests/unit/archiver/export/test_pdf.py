"""The PDF, opened by two readers that others wrote, and by qpdf where it is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from PIL import Image

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.export.pdf import PdfExporter
from archiver.export.pdf_volume import write_volume
from archiver.export.print_pictures import shrink
from tests.support import staged_pictures as pictures
from tests.support import staged_scene as scene
from tests.support.staged import CANARY, PRIVATE, crowd, staged

# WeasyPrint leaves the colour profile that it embeds for the garbage collector to close.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    return staged(tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="module")
def volumes(production: Production, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The scene in two volumes."""
    folder = tmp_path_factory.mktemp("pdf")
    for volume in PdfExporter(at_most=20).volumes(production):
        write_volume(production, folder, volume)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def texts(volumes: list[Path]) -> list[list[str]]:
    """What each page says, by volume."""
    return [[page.extract_text() for page in pypdf.PdfReader(volume).pages] for volume in volumes]


@pytest.fixture(scope="module")
def everything(texts: list[list[str]]) -> str:
    return _close(" ".join(page for volume in texts for page in volume))


def _close(text: str) -> str:
    """Without the white space, which lines are broken by."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def objects(volumes: list[Path]) -> Iterator[list[Any]]:
    """All objects of both volumes; they live as long as their files are open."""
    with ExitStack() as stack:
        opened = [stack.enter_context(pikepdf.open(volume)) for volume in volumes]
        yield [each for pdf in opened for each in pdf.objects]


def _dictionaries(objects: list[Any], key: str, value: str) -> list[Any]:
    kinds = pikepdf.Dictionary
    return [each for each in objects if isinstance(each, kinds) and each.get(key) == value]


def test_the_volumes_are_named_and_hold_every_item(
    production: Production, volumes: list[Path], everything: str
) -> None:
    assert [volume.name for volume in volumes] == [
        "2026-0001-1-volume-001.pdf",
        "2026-0001-1-volume-002.pdf",
    ]
    for item in production.items():
        assert item.bates in everything


def test_texts_can_be_taken_out_again(production: Production, everything: str) -> None:
    taken = 0
    for item in production.items():
        if item.language in ("en", "es", "zh") and item.text not in (scene.HOSTILE, scene.EMOJI):
            words = re.sub(r"\[redacted: \w+\]", "\n", item.text) if item.cuts else item.text
            for part in words.split("\n"):
                assert _close(part)[:200] in everything, item.bates
                taken += 1
    assert taken > 25
    assert _close('<script>alert("x")</script>') in everything


def test_it_says_that_it_is_pdf_a_and_is_tagged(volumes: list[Path]) -> None:
    for volume in volumes:
        with pikepdf.open(volume) as pdf:
            meta = pdf.open_metadata()
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
            assert str(meta["dc:title"]).startswith("City of Springfield, request 2026-0001")
            assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
            assert pdf.Root.MarkInfo.Marked
            assert pdf.Root.StructTreeRoot.K is not None
            assert str(pdf.Root.Lang) == "en"


def test_every_font_is_embedded_and_readable(objects: list[Any]) -> None:
    fonts = _dictionaries(objects, "/Subtype", "/Type0")
    assert len(fonts) > 10
    for font in fonts:
        described = font.DescendantFonts[0].FontDescriptor
        assert {"/FontFile2", "/FontFile3"} & set(described.keys())
        assert "/ToUnicode" in font
    simple = ("/Type1", "/TrueType", "/MMType1")  # those would be another's, not embedded
    assert not [kind for kind in simple if _dictionaries(objects, "/Subtype", kind)]


def test_no_picture_is_smoothed_or_larger_than_print_needs(objects: list[Any]) -> None:
    images = [
        each
        for each in objects
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image"
    ]
    assert len(images) >= 7
    for image in images:
        assert not image.get("/Interpolate", False)
        assert int(image.Width) <= 900
        assert int(image.Height) <= 1100


def test_nothing_in_it_acts(volumes: list[Path], objects: list[Any]) -> None:
    for volume in volumes:
        with pikepdf.open(volume) as pdf:
            assert not pdf.is_encrypted
            assert "/AA" not in pdf.Root
            assert "/OpenAction" not in pdf.Root
    for action in ("/JavaScript", "/Launch", "/URI"):
        assert not _dictionaries(objects, "/S", action)
    assert not [each for each in objects if isinstance(each, pikepdf.Dictionary) and "/JS" in each]


def test_every_figure_is_described(objects: list[Any]) -> None:
    figures = _dictionaries(objects, "/S", "/Figure")
    assert len(figures) >= 7
    assert [figure for figure in figures if not str(figure.get("/Alt", ""))] == []


def _titles(outline: list[Any]) -> Iterator[str]:
    for each in outline:
        if isinstance(each, list):
            yield from _titles(each)
        else:
            yield each.title


def test_bookmarks_lead_to_months_threads_and_items(
    production: Production, volumes: list[Path]
) -> None:
    outlines = [pypdf.PdfReader(volume).outline for volume in volumes]
    titles = [title for outline in outlines for title in _titles(outline)]
    for item in production.items():
        assert [title for title in titles if title.startswith(item.bates)], item.bates
    assert "November 2025" in titles
    assert any(title.startswith("Main Street closes") for title in titles)


def test_each_page_of_items_names_the_numbers_that_stand_on_it(texts: list[list[str]]) -> None:
    """The range begins with the item that goes on from the page before, if one does."""
    before = 0
    checked = 0
    for volume in texts:
        for number, page in enumerate(volume, 1):
            assert f"Page {number} of {len(volume)}" in page
            assert "Request 2026-0001" in page
            spans = re.findall(r"SPD-0000(\d\d) to SPD-0000(\d\d)\s*(?:Page|$)", page)
            begun = [int(each) for each in re.findall(r"SPD-0000(\d\d) (?=[A-Z][a-z]+ by)", page)]
            if not spans:
                assert not begun
                continue
            first, last = (int(each) for each in spans[-1])
            assert last == max(begun or [before])
            assert first in (before, before + 1)
            before = last
            checked += 1
    assert before == 31
    assert checked > 10


def test_cover_in_the_first_and_exemptions_in_the_last(texts: list[list[str]]) -> None:
    assert "How to verify this package" in texts[0][0]
    assert "Items withheld whole" in texts[-1][-1]
    assert _close(PRIVATE.citation) in _close(texts[-1][-1])
    assert "Names a child." in texts[-1][-1]


def test_what_was_taken_out_is_nowhere(
    volumes: list[Path], objects: list[Any], everything: str
) -> None:
    assert _close(CANARY) not in everything
    wanted = [word.encode() for word in (CANARY, pictures.EXIF_CANARY)]
    streams = [each for each in objects if isinstance(each, pikepdf.Stream)]
    assert len(streams) > 30
    inner = [
        each.read_bytes() if each.get("/Filter") == "/FlateDecode" else each.read_raw_bytes()
        for each in streams
    ]
    for content in [*inner, *(volume.read_bytes() for volume in volumes)]:
        assert not [word for word in wanted if word in content]


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_fault(volumes: list[Path]) -> None:
    for volume in volumes:
        checked = subprocess.run(
            ["qpdf", "--check", volume], check=False, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_processes_draw_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Each process has hashes of its own; a folder that a killed run left is completed."""
    production = crowd(tmp_path / "staging", items=20, pictures=4)
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        told: list[int] = []
        PdfExporter(at_most=10).write(production, folder, told.append)
        assert told == [10, 20]
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 2


def test_a_finished_volume_is_not_drawn_again(tmp_path: Path) -> None:
    production = crowd(tmp_path / "staging", items=4)
    first, second = PdfExporter(at_most=2).volumes(production)
    (tmp_path / first.name).write_bytes(b"finished")
    assert write_volume(production, tmp_path, first) == 2
    assert (tmp_path / first.name).read_bytes() == b"finished"
    write_volume(production, tmp_path, second)
    assert (tmp_path / second.name).read_bytes().startswith(b"%PDF-1.7")


def test_a_fault_in_a_process_is_told(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    file = next(file for item in production.items() for file in item.files if file.path)
    production.file(file).unlink()
    (tmp_path / "pdf").mkdir()
    with pytest.raises(ExportError, match=rf"{re.escape(file.path)} of SPD-000001"):
        PdfExporter(at_most=500).write(production, tmp_path / "pdf", lambda _: None)
    assert list((tmp_path / "pdf").iterdir()) == []


def test_an_empty_production_is_one_volume_with_a_cover(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging", items=[])
    (volume,) = PdfExporter().volumes(production)
    write_volume(production, tmp_path, replace(volume))
    text = pypdf.PdfReader(tmp_path / volume.name).pages[0].extract_text()
    assert "Public records of City of Springfield" in text


@pytest.mark.parametrize("name", ["photo.jpg", "turned.jpg", "badge.png", "print.jpg",
                                  "moving.gif", "scan.png", "huge.png"])  # fmt: skip
def test_pictures_become_small_and_plain(name: str, tmp_path: Path) -> None:
    draw, mime = pictures.KINDS[name]
    (tmp_path / name).write_bytes(draw())
    assert shrink(tmp_path / name, tmp_path / "small", mime=mime) == ""
    small = (tmp_path / "small").read_bytes()
    assert pictures.EXIF_CANARY.encode() not in small
    with Image.open(io.BytesIO(small)) as opened:
        assert (opened.format, opened.mode in ("RGB", "L")) == ("JPEG", True)
        assert opened.width <= 900
        assert not dict(opened.getexif())
        if name == "turned.jpg":
            assert opened.height > opened.width
        if name == "badge.png":
            assert opened.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
        if name == "scan.png":
            grey = opened.convert("L").getpixel((9, 9))
            assert grey == pytest.approx(40_000 / 256, abs=2)


@pytest.mark.parametrize(
    ("content", "mime", "told"),
    [
        (pictures.broken(), "image/jpeg", "cannot be decoded"),
        (b"", "image/png", "cannot be decoded"),
        (pictures.poster_free_video(), "video/mp4", "Not printed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "Not printed"),
    ],
)
def test_what_cannot_be_printed_is_told(
    content: bytes, mime: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(content)
    assert told in shrink(tmp_path / "file", tmp_path / "small", mime=mime)
    assert not (tmp_path / "small").exists()


def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    Image.new("1", (12_000, 9_000)).save(tmp_path / "file", "PNG")
    assert "Too large" in shrink(tmp_path / "file", tmp_path / "small", mime="image/png")
