"""The web pages, read by a parser that others wrote, which stops at any fault of markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import pytest

from archiver.errors import ExportError
from archiver.export import wording
from archiver.export.base import ITEMS, Cut, Production
from archiver.export.html import HtmlExporter
from tests.support import staged_scene as scene
from tests.support.staged import CANARY, PRIVATE, crowd, released, staged

STYLE = Path("archiver/export/templates/html.css")


def _written(production: Production, folder: Path, **options: int | str) -> Path:
    folder.mkdir()
    told: list[int] = []
    HtmlExporter(**options).write(production, folder, told.append)  # type: ignore[arg-type]
    assert told[-1:] == ([production.released] if production.released else [])
    return folder


def _parsed(page: Path) -> Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    parsed: Element = parser.parse(page.read_text(encoding="utf-8"))
    return parsed


def _text(element: Element) -> str:
    return "".join(element.itertext())


def _by_class(root: Element, name: str) -> list[Element]:
    return [each for each in root.iter() if name in str(each.get("class", "")).split()]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    return staged(tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="module")
def pages(production: Production, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Element]:
    folder = _written(production, tmp_path_factory.mktemp("out") / "html", at_most=20)
    return {page.name: _parsed(page) for page in sorted(folder.glob("*.html"))}


@pytest.fixture(scope="module")
def items(pages: dict[str, Element]) -> dict[str, Element]:
    return {
        str(each.get("id")): each for page in pages.values() for each in _by_class(page, "item")
    }


def test_every_item_stands_once_and_in_order(
    production: Production, pages: dict[str, Element]
) -> None:
    shown = [
        each.get("id")
        for name, page in pages.items()
        if name.startswith("items-")
        for each in _by_class(page, "item")
    ]
    assert shown == [item.bates for item in production.items()]
    assert len([name for name in pages if name.startswith("items-")]) == 2


def test_each_text_is_there_letter_for_letter(
    production: Production, items: dict[str, Element]
) -> None:
    for item in production.items():
        if not item.cuts and item.text:
            texts = [_text(each) for each in _by_class(items[item.bates], "text")]
            assert texts[0] == wording.visible(item.text), item.bates


def test_hostile_text_stays_text(pages: dict[str, Element], items: dict[str, Element]) -> None:
    for page in pages.values():
        for element in page.iter():
            assert element.tag not in ("script", "iframe", "object", "form", "base", "svg")
            assert not [name for name in element.keys() if name.startswith("on")]  # noqa: SIM118
            assert "style" not in element.keys()  # noqa: SIM118
    (hostile,) = [each for each in items.values() if "onerror" in _text(each)]
    assert [image.get("src") for image in hostile.iter("img")] == []
    assert "\u2400" in _text(hostile)  # a null, as the picture of its name
    assert "{{ 7*7 }}" in _text(hostile)
    direction = _by_class(hostile, "text")[0].get("dir")
    assert direction == "auto"  # an override ends with its block


def test_nothing_is_asked_of_the_outside(pages: dict[str, Element]) -> None:
    for page in pages.values():
        for element in page.iter():
            for name in ("href", "src", "srcset", "action", "poster"):
                assert not re.match(r"([a-z]+:|//)", element.get(name, ""), re.IGNORECASE)
        (policy,) = [
            meta.get("content", "")
            for meta in page.iter("meta")
            if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "script-src" not in policy
    assert not re.search(r"url\(|@import|expression", STYLE.read_text())


def test_every_link_leads_somewhere(pages: dict[str, Element]) -> None:
    anchors = {name: {each.get("id") for each in page.iter()} for name, page in pages.items()}
    followed = 0
    for name, page in pages.items():
        for link in page.iter("a"):
            target, _, anchor = link.get("href", "").partition("#")
            if target.startswith("media/"):
                continue
            assert target in ("", *pages), link.get("href")
            assert not anchor or anchor in anchors[target or name], link.get("href")
            followed += 1
    assert followed > 40


def test_the_pages_can_be_used_without_seeing_them(pages: dict[str, Element]) -> None:
    for name, page in pages.items():
        assert page.get("lang") == "en"
        assert len(list(page.iter("main"))) == len(list(page.iter("h1"))) == 1, name
        assert next(page.iter("nav")).get("aria-label")
        ids = [each.get("id") for each in page.iter() if each.get("id")]
        assert len(ids) == len(set(ids))
        body = page.find("body")
        assert body is not None
        assert body[0].get("href") == "#main"
        levels = [int(each.tag[1]) for each in page.iter() if re.fullmatch("h[1-6]", each.tag)]
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert all(image.get("alt") for image in page.iter("img"))
        for table in page.iter("table"):
            assert table.find("caption") is not None
            assert all(head.get("scope") in ("col", "row") for head in table.iter("th"))
        for article in page.iter("article"):
            assert article.get("aria-labelledby") in ids


def test_texts_carry_their_language(items: dict[str, Element]) -> None:
    spoken = {
        _text(text): text.get("lang") for each in items.values() for text in _by_class(each, "text")
    }
    turned = [
        _text(text)
        for each in items.values()
        for text in _by_class(each, "text")
        if text.get("dir") == "rtl"
    ]
    assert turned == [scene.ARABIC]
    assert spoken[scene.SPANISH] == "es"
    assert spoken[scene.ARABIC] == "ar"
    assert spoken[scene.CHINESE] == "zh"


def _colours() -> Iterator[tuple[str, str, str]]:
    """(selector, text, ground) of every rule that sets text, on each ground it may lie on."""
    for selector, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", STYLE.read_text()):
        text = re.search(r"(?<![\w-])color:\s*(#\w+)", rules)
        ground = re.search(r"background:\s*(#\w+)", rules)
        if text:
            for each in [ground[1]] if ground else ["#ffffff", "#f3f4f6"]:
                yield selector.strip(), text[1], each


def _light(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_for_weak_eyes() -> None:
    found = list(_colours())
    assert len(found) > 10
    for selector, text, ground in found:
        lights = sorted((_light(text), _light(ground)))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5, selector


def test_replies_stand_under_what_they_answer(items: dict[str, Element]) -> None:
    assert "depth1" in str(items["SPD-000002"].get("class"))
    assert "depth2" in str(items["SPD-000003"].get("class"))
    (answers,) = [link for link in items["SPD-000003"].iter("a") if "#SPD" in link.get("href", "")]
    assert answers.get("href") == "#SPD-000002"


def test_an_edit_shows_what_changed_and_when(items: dict[str, Element]) -> None:
    second, third = items["SPD-000008"], items["SPD-000009"]
    assert ["".join(_text(each)) for each in second.iter("del")] == ["[removed: 6]"]
    assert ["".join(_text(each)) for each in second.iter("ins")] == ["[added: 7]"]
    assert "edited Tue, Nov 4, 2025, 04:00:00 PM CST (2025-11-04 22:00:00 UTC)" in _text(second)
    assert "after Wed, Nov 5, 2025" in _text(third)
    assert "not later than" in _text(third)
    assert "Superseded" in _text(second)
    assert "Superseded" not in _text(third)


def test_redacted_versions_are_not_compared(items: dict[str, Element]) -> None:
    for bates in ("SPD-000021", "SPD-000022"):
        assert not list(items[bates].iter("ins")) + list(items[bates].iter("del"))


def test_a_redaction_names_code_and_citation_where_it_stands(items: dict[str, Element]) -> None:
    (cut,) = _by_class(_by_class(items["SPD-000016"], "text")[0], "cut")
    assert _text(cut) == f"[Redacted: PRIV – {PRIVATE.citation}: {PRIVATE.label}]"
    author = _by_class(items["SPD-000018"], "name")[0]
    assert PRIVATE.citation in _text(author)
    assert "MINOR" in _text(_by_class(items["SPD-000020"], "post")[0])


def test_a_mark_that_the_writer_typed_is_no_redaction(items: dict[str, Element]) -> None:
    (typed,) = [each for each in items.values() if "FAKE" in _text(each)]
    assert not _by_class(typed, "cut")


def test_a_span_under_two_codes_cites_both(tmp_path: Path) -> None:
    cuts = tuple(
        Cut(field="text", code=code, citation=f"Rule {code}", label="Made up") for code in "AB"
    )
    item = released(1, text="Ask [redacted: A, B] today.", cuts=cuts)
    folder = _written(staged(tmp_path / "s", items=[item]), tmp_path / "html")
    (cut,) = _by_class(_by_class(_parsed(folder / "items-00001.html"), "text")[0], "cut")
    assert "Rule A" in _text(cut)
    assert "Rule B" in _text(cut)


def test_findings_quote_the_platform_and_tell_both_bounds(items: dict[str, Element]) -> None:
    gone = _text(items["SPD-000011"])
    assert "This post was deleted by its author." in gone
    assert "the platform says that the author removed it" in gone
    assert "2025-11-06 12:00:00 UTC" in gone
    assert "2025-11-06 16:00:00 UTC" in gone
    assert "Hidden by the agency's moderation" in _text(items["SPD-000010"])
    assert "does not show a deletion" in _text(items["SPD-000014"])


def test_nothing_but_what_is_released_is_copied(production: Production, tmp_path: Path) -> None:
    folder = _written(production, tmp_path / "html")
    released_paths = {f.path: f.sha256 for item in production.items() for f in item.files if f.path}
    copied = {
        str(path.relative_to(folder / "media"))
        for path in (folder / "media").rglob("*")
        if path.is_file()
    }
    assert copied == set(released_paths)
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()


def test_pictures_lie_where_another_exporter_put_them(
    production: Production, tmp_path: Path
) -> None:
    folder = _written(production, tmp_path / "html", media_prefix="../media/")
    assert not (folder / "media").exists()
    sources = [
        unquote(image.get("src", "")) for image in _parsed(folder / "items-00001.html").iter("img")
    ]
    paths = {f"../media/{f.path}" for item in production.items() for f in item.files}
    assert len(sources) > 5
    assert set(sources) <= paths


def test_the_same_staging_gives_the_same_bytes(production: Production, tmp_path: Path) -> None:
    first, second = (_written(production, tmp_path / name) for name in ("one", "two"))
    made = {str(path.relative_to(first)): path for path in first.rglob("*") if path.is_file()}
    for name, path in made.items():
        assert path.read_bytes() == (second / name).read_bytes()


def test_pages_are_cut_between_threads(tmp_path: Path) -> None:
    folder = _written(crowd(tmp_path / "s", items=230), tmp_path / "html", at_most=99)
    firsts = []
    for page in sorted(folder.glob("items-*.html")):
        firsts.append(_by_class(_parsed(page), "item")[0].get("id"))
    assert firsts == ["SPD-000001", "SPD-000091", "SPD-000181"]


def test_a_thread_that_a_page_begins_in_is_said_to_go_on(tmp_path: Path) -> None:
    folder = _written(crowd(tmp_path / "s", items=10), tmp_path / "html", at_most=4)
    second = _parsed(folder / "items-00002.html")
    assert "(continued)" in _text(next(second.iter("h3")))
    assert "(continued)" not in _text(next(_parsed(folder / "items-00001.html").iter("h3")))


def test_an_empty_production_still_has_a_cover(tmp_path: Path) -> None:
    folder = _written(staged(tmp_path / "s", items=[]), tmp_path / "html")
    assert "No item was released." in _text(_parsed(folder / "index.html"))


def test_the_cover_tells_agency_counts_and_exemptions(pages: dict[str, Element]) -> None:
    told = _text(pages["index.html"])
    for fact in ("City of Springfield", "2026-0001", "SPD-000001 to SPD-000031", "verify.py",
                 PRIVATE.citation, "Names a child."):  # fmt: skip
        assert fact in told


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    production = staged(tmp_path / "s")
    file = next(file for item in production.items() for file in item.files if file.path)
    production.file(file).unlink()
    with pytest.raises(ExportError, match=rf"{re.escape(file.path)} of SPD-000001"):
        _written(production, tmp_path / "html")


def test_a_missing_staging_is_told_in_a_sentence(tmp_path: Path) -> None:
    production = staged(tmp_path / "s", items=[])
    (tmp_path / "s" / ITEMS).unlink()
    with pytest.raises(ExportError, match="check the staging folder"):
        HtmlExporter().write(replace(production), tmp_path, lambda _: None)
