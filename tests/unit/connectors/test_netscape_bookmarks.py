# ruff: noqa: E501  the lines of the samples are as long as those of real files
"""Bookmarks files of browsers, Delicious and Pinboard, whole, cut, and hostile."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archiver.capture.normalise import canonical
from connectors.base import Author, Item, Kind, Visibility
from connectors.errors import BadAnswer
from connectors.imports.netscape_bookmarks import MAX_TEXT, BookmarksFile, stamp
from connectors.pinboard.bookmarks import item_of

WHO = Author(id="springfieldpd", handle="springfieldpd")
TOP = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
META = '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'

DELICIOUS = f"""{TOP}{META}<!-- This is an automatically generated file.
It will be read and overwritten.
Do Not Edit! -->
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
<DT><A HREF="https://springfield.example/tips" ADD_DATE="1199145600" PRIVATE="0" TAGS="safety,tips">Tips &amp; tricks</A>
<DD>List:
- lock doors

See <A HREF="https://b.example/">more</A>.
<DT><A HREF="https://springfield.example/own?a=1&amp;b=2" ADD_DATE="1265670000" PRIVATE="1" TAGS="">Own</A>
</DL><p>
"""
FIREFOX = f"""{TOP}{META}<TITLE>Bookmarks</TITLE>
<H1>Bookmarks Menu</H1>

<DL><p>
    <DT><A HREF="place:type=6&sort=14" ADD_DATE="1460294956" LAST_MODIFIED="1460294957">Recent</A>
    <HR>    <DT><H3 ADD_DATE="1460294955" PERSONAL_TOOLBAR_FOLDER="true">Toolbar</H3>
    <DD>Add bookmarks to this folder
    <DL><p>
        <DT><A HREF="https://a.example/" ADD_DATE="1463686279" LAST_MODIFIED="1463686300" ICON_URI="https://a.example/i.ico" ICON="data:image/png;base64,AAAA" LAST_CHARSET="UTF-8" TAGS="public safety,maps">A — one</A>
        <DD>
        <DT><H3>Inner</H3>
        <DL><p>
            <DT><A HREF="https://b.example/" ADD_DATE="1463686280" SHORTCUTURL="b">B</A>
        </DL><p>
    </DL>
    <DT><A HREF="https://c.example/" ADD_DATE="0">C</A>
    <DD>Last note
</DL>
"""
CHROME = f"""{TOP}<!-- This is an automatically generated file. -->
{META}<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1466008580" LAST_MODIFIED="1466011730">Bookmarks bar</H3>
    <DL><p>
        <DT><A HREF="https://d.example/" ADD_DATE="1466010266">D</A>
        <DT><H3>Empty</H3>
        <DL><p>
        </DL><p>
        <DT><A HREF="https://e.example/" ADD_DATE="1466010267">E</A>
    </DL><p>
</DL><p>
"""
PINBOARD = f"""{TOP}{META}<TITLE>Pinboard Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL>
<p>

<DT><A HREF="https://f.example/x?y=1" ADD_DATE="1542616733" PRIVATE="1" TOREAD="1" TAGS="vpn,scripts,toread">Scripts</A>
<DD>A note
<DT><A HREF="https://g.example/" ADD_DATE="1542374412" PRIVATE="0" TOREAD="0" TAGS="lisp">uLisp</A>

</DL>
</p>
"""


def read(text: str | bytes, *, at_once: int = 1 << 20) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    pieces = (data[start : start + at_once] for start in range(0, len(data), at_once))
    return list(BookmarksFile(exchange="import-1", author=WHO).items(pieces))


def test_delicious() -> None:
    tips, own = read(DELICIOUS)
    assert (tips.kind, tips.title, tips.permalink) == (
        Kind.POST, "Tips & tricks", "https://springfield.example/tips",
    )  # fmt: skip
    assert tips.text == "List:\n- lock doors\n\nSee more."
    assert tips.published is not None
    assert tips.published.utc == datetime(2008, 1, 1, tzinfo=UTC)
    assert tips.extra == {"address": tips.permalink, "tags": ["safety", "tips"]}
    assert (tips.visibility, own.visibility) == (Visibility.PUBLIC, Visibility.PRIVATE)
    assert own.permalink == "https://springfield.example/own?a=1&b=2"
    assert tips.exchange == "import-1"


def test_firefox() -> None:
    found = {item.title: item for item in read(FIREFOX)}
    assert list(found) == ["Recent", "A — one", "B", "C"]
    first = found["A — one"]
    assert first.extra["folders"] == ["Toolbar"]
    assert first.extra["tags"] == ["public safety", "maps"]
    assert first.text == ""
    assert first.edited is not None
    assert "icon" not in first.native
    assert first.native["icon_uri"] == "https://a.example/i.ico"
    assert found["B"].extra["folders"] == ["Toolbar", "Inner"]
    assert found["B"].extra["keyword"] == "b"
    assert (found["C"].published, found["C"].text) == (None, "Last note")
    assert "folders" not in found["C"].extra


def test_chrome() -> None:
    assert [(i.title, i.extra["folders"]) for i in read(CHROME)] == [
        ("D", ["Bookmarks bar"]),
        ("E", ["Bookmarks bar"]),
    ]


def test_an_export_of_pinboard_is_the_same_state_as_a_capture_of_it() -> None:
    row = {
        "href": "https://f.example/x?y=1",
        "description": "Scripts",
        "extended": "A note",
        "meta": "0" * 32,
        "time": "2018-11-19T08:38:53Z",
        "shared": "no",
        "toread": "yes",
        "tags": "vpn scripts",
    }
    assert canonical(read(PINBOARD)[0]) == canonical(item_of(row, "springfieldpd", "e"))


@pytest.mark.parametrize("text", [DELICIOUS, FIREFOX, CHROME, PINBOARD])
@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_it_does_not_matter_where_the_stream_is_cut(text: str, at_once: int) -> None:
    assert read(text, at_once=at_once) == read(text)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("1199145600", datetime(2008, 1, 1, tzinfo=UTC)),
        ("1199145600123", datetime(2008, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)),
        ("1199145600000001", datetime(2008, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        ("12843619200000000", datetime(2008, 1, 1, tzinfo=UTC)),
    ],
)
def test_dates_in_all_units(given: str, moment: datetime) -> None:
    found = stamp(given)
    assert found is not None
    assert (found.given, found.utc) == (given, moment)


@pytest.mark.parametrize("given", ["", "0", "-5", "soon", "٣", "9" * 400, "2008-01-01"])
def test_what_is_no_date_is_none(given: str) -> None:
    assert stamp(given) is None


def test_declared_and_marked_encodings_are_read() -> None:
    body = '<DL><DT><A HREF="https://a.example/" ADD_DATE="1">Café</A></DL>'
    latin = TOP + META.replace("UTF-8", "windows-1252") + body
    for data in (
        latin.encode("cp1252"),
        (TOP + body).encode("utf-16"),
        ("\ufeff" + TOP + body).encode(),
    ):
        assert [i.title for i in read(data)] == ["Café"]
    odd = TOP + META.replace("UTF-8", "unicode_escape") + body
    assert [i.title for i in read(odd)] == ["Café"]


@pytest.mark.parametrize("text", ["", "hello", "<html><p><a href='https://a.example/'>A</a>", "{}"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(BadAnswer, match="no bookmarks file"):
        read(text)


def test_an_empty_bookmarks_file_is_one() -> None:
    assert read(TOP + "<DL><p></DL>") == []


BOOKMARK = '<DT><A HREF="https://a.example/" ADD_DATE="1">A</A>\n'


@pytest.mark.parametrize(
    "noise",
    [
        "<![foo[ bar ]]>", "<![", "<?php >", "</>", "<!>", "<script>", "<style>x", "&#xD800; &#99999999999;",
        "<DT><A>no address</A>", "<DT><A HREF=''>empty</A>", "\x00\ufffd", "</DL></DL></DL>",
        "<DL>" * 5000, "<p " + "a=1 " * 1000 + ">",
    ],
)  # fmt: skip
def test_noise_between_bookmarks_loses_none(noise: str) -> None:
    found = read(f"{TOP}<DL>{BOOKMARK}{noise}>\n{BOOKMARK}")
    assert [item.title for item in found] == ["A", "A"]


@pytest.mark.parametrize("opening", ["<!--", "<A HREF='", "<![x", "<?", "<!doctype "])
def test_what_never_ends_is_dropped_in_bounded_time(opening: str) -> None:
    file = BookmarksFile(exchange="e", author=WHO)
    many = opening * (3 * (1 << 20) // len(opening))
    found = list(file.items([f"{TOP}<DL>{BOOKMARK}".encode(), many.encode()]))
    assert found[0].title == "A"
    assert file.notes


def test_text_without_end_is_cut_and_told() -> None:
    file = BookmarksFile(exchange="e", author=WHO)
    pieces = [f"{TOP}<DL>{BOOKMARK}<DD>".encode(), *([b"x & y <b>z</b> " * 4000] * 40)]
    [item] = file.items(pieces)
    assert len(item.text) <= MAX_TEXT
    assert "was cut" in file.notes[0]


def test_memory_stays_flat_over_a_hundred_megabytes() -> None:
    one = BOOKMARK.replace(">A<", " ICON='" + "A" * 60_000 + "'>A<") + "<DD>" + "note " * 2000
    block = one.encode() * 14  # about a megabyte

    def pieces() -> Iterator[bytes]:
        yield TOP.encode() + b"<DL>"
        for _ in range(105):
            yield block

    file = BookmarksFile(exchange="e", author=WHO)
    tracemalloc.start()
    try:
        count = sum(1 for _ in file.items(pieces()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(block) * 105 > 100_000_000
    assert count == 14 * 105
    assert peak < 12_000_000


def test_items_are_equal_but_for_the_evidence() -> None:
    [first] = read(TOP + "<DL>" + BOOKMARK)
    assert replace(first, exchange="other") != first
