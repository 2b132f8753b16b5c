"""Cutting items out of pages: exactly those, and no other byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import EvidenceError
from archiver.warc.cutting import Found, at_pointers, cut_items, says, with_ids
from archiver.warc.feed_entries import entries
from archiver.warc.reader import StoredRecord


def page(body: bytes, mime: str = "application/json") -> StoredRecord:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n\r\n"
    return StoredRecord(
        record_id="urn:uuid:page",
        kind="response",
        date=datetime(2026, 11, 3, tzinfo=UTC),
        uri="https://api.platform.example/posts",
        content_type="application/http; msgtype=response",
        headers=(),
        block=head.encode() + body,
    )


@pytest.mark.parametrize(
    ("body", "ids", "left"),
    [
        (b'[{"id": 1}, {"id": 2} ,{"id": 3}]', {"1"}, b'[{"id": 2} ,{"id": 3}]'),
        (b'[{"id": 1}, {"id": 2} ,{"id": 3}]', {"2"}, b'[{"id": 1} ,{"id": 3}]'),
        (b'[{"id": 1}, {"id": 2} ,{"id": 3}]', {"3"}, b'[{"id": 1}, {"id": 2}]'),
        (b'[{"id": 1}, {"id": 2} ,{"id": 3}]', {"1", "2"}, b'[{"id": 3}]'),
        (b'[{"id": 1}, {"id": 2} ,{"id": 3}]', {"1", "3"}, b'[{"id": 2}]'),
        (b'[ {"id": 1}, {"id": 2} ]', {"1", "2"}, b"[  ]"),
        (b'{"a": {"id": "1"}, "n": 1e400}', {"1"}, b'{"n": 1e400}'),
        (b'{"n": 1.10, "a": {"id": "1"}}', {"1"}, b'{"n": 1.10}'),
        (b'{"data":[{"id":"1","re":[{"id":"2"}]}]}', {"2"}, b'{"data":[{"id":"1","re":[]}]}'),
        (b'{"data":[{"id":"1","re":[{"id":"2"}]}]}', {"1", "2"}, b'{"data":[]}'),
        (b'\xef\xbb\xbf[{"id":"1"},2]', {"1"}, b"\xef\xbb\xbf[2]"),
        ('["\u20ac{\\"", {"id":"\u20ac"}]'.encode(), {"\u20ac"}, '["\u20ac{\\""]'.encode()),
    ],
)
def test_an_object_goes_with_one_comma_and_nothing_else(
    body: bytes, ids: set[str], left: bytes
) -> None:
    assert cut_items(page(body), with_ids(ids)) == left


def test_an_x_page_loses_a_post_where_it_is_listed_and_where_it_is_included() -> None:
    body = {
        "data": [{"id": "10", "text": "stays"}, {"id": "11", "text": "goes"}],
        "includes": {
            "tweets": [{"id": "11", "text": "goes"}, {"id": "12", "text": "stays"}],
            "media": [{"media_key": "3_7", "alt_text": "goes"}],
        },
        "meta": {"newest_id": "11"},
    }
    cut = cut_items(page(json.dumps(body).encode()), with_ids({"11", "3_7"}))
    assert cut is not None
    assert b"goes" not in cut
    assert cut.count(b"stays") == 2


NAMES = ("edit_history_tweet_ids", "edit_history_post_ids")


def test_every_edit_of_an_x_post_goes_with_it() -> None:
    edits = ["10", "11"]
    body = [{"id": "11", name: edits} for name in NAMES] + [{"id": "12"}]
    assert cut_items(page(json.dumps(body).encode()), with_ids({"10"})) == b'[{"id": "12"}]'


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": ["x", {"t": "He said \\"no\\"\\n to \\u20ac 5"}]}', True),
        (b'{"t": "He said &quot;no&quot; to &#8364; 5"}', True),
        ("<p>He said &quot;no&quot;\n  to \u20ac 5</p>".encode(), True),
        (b'{"t": "He said yes", "n": 5}', False),
        (b"", False),
    ],
)
def test_words_are_heard_however_they_are_written(body: bytes, found: bool) -> None:
    assert says(body, ["", 'He said "no" to \u20ac 5']) is found


def test_equal_ids_of_different_kinds_are_told_apart_by_the_fields() -> None:
    body = b'[{"id": 7, "type": "post"}, {"id": 7, "type": "page", "author": {"id": 7}}]'

    def doomed(found: Found) -> bool:
        return "7" in found.ids and found.fields.get("type") == "post"

    assert cut_items(page(body), doomed) == b'[{"id": 7, "type": "page", "author": {"id": 7}}]'


def test_pointers_escape_as_in_rfc_6901() -> None:
    body = b'{"a/b": [{"x~y": {"t": 1}}]}'
    assert cut_items(page(body), at_pointers({"/a~1b/0/x~0y"})) == b'{"a/b": [{}]}'


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (b'{"id": "1", "text": "all of it"}', "application/json"),
        (b'{"data": [{"id": "1"}', "application/json"),
        (b'[{"id": "\xff"}]', "application/json"),
        (b'{"a":' * 250 + b'{"id": "1"}' + b"}" * 250, "application/json"),
        (b"<!DOCTYPE html><html><body><div id='1'>x</div></body></html>", "text/html"),
        (b"<html><item><guid>1</guid></item></html>", "text/html"),
        (b"<rss><channel><item><guid>1</guid></channel></rss>", "application/rss+xml"),
        (b"<entry><id>1</id></entry>", "application/atom+xml"),
        (b"jsonp([1])", "text/javascript"),
        (b"", "application/json"),
    ],
)
def test_what_cannot_be_cut_is_said_to_be_dropped_whole(body: bytes, mime: str) -> None:
    assert cut_items(page(body, mime), with_ids({"1"})) is None


@pytest.mark.parametrize(
    "body", [b'[{"id": "2"}]', b"<rss><channel><item><guid>2</guid></item></channel></rss>"]
)
def test_a_page_without_the_item_is_refused_and_does_not_stay_by_mistake(body: bytes) -> None:
    with pytest.raises(EvidenceError, match="urn:uuid:page"):
        cut_items(page(body), with_ids({"1"}))


RSS = """<?xml version="1.0" encoding="{0}"?>
<!-- feed -->
<rss version="2.0" xmlns:media="m"><channel><title>Lage &nbsp; \u00e9</title>
  <item>
    <title>One</title><guid isPermaLink="false">a&amp;1</guid><media:item>x</media:item>
  </item >
  <item><guid> b </guid><guid>z</guid><description><![CDATA[<item>no</item>]]></description></item>
  <item/>
  <item><link>https://city.example/c</link>\u00e9</item>
</channel></rss>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_feed_loses_whole_items_and_no_other_byte(encoding: str) -> None:
    body = RSS.format(encoding).encode(encoding)
    found = entries(body)
    assert found is not None
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    spans = [body[each.start : each.end].decode(codec) for each in found]
    assert spans[0].startswith("<item>\n")
    assert spans[0].endswith("</item >")
    assert spans[3] == "<item/>"
    assert found[2].fields["guid"] == "b"
    cut = cut_items(page(body, "application/rss+xml"), with_ids({"a&1", "https://city.example/c"}))
    assert cut == body.replace(spans[0].encode(codec), b"").replace(spans[4].encode(codec), b"")


def test_atom_and_rdf_entries_are_known_by_id_link_and_about() -> None:
    atom = (
        b'\n<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><entry><id>1</id>'
        b"<source><id>2</id></source></entry>"
        b'<entry><link rel="alternate" href="https://city.example/2"/></entry></feed>\n<!-- 9 -->'
        b"<p>a remark of the server</p>"
    )
    cut = cut_items(page(atom), with_ids({"https://city.example/2"}))
    assert cut is not None
    assert b"city.example" not in cut
    assert cut.count(b"<entry>") == 1
    assert cut_items(page(atom), with_ids({"1"})) is not None
    with pytest.raises(EvidenceError):
        cut_items(page(atom), with_ids({"2", "f"}))
    rdf = b'<r:RDF xmlns:r="r"><item r:about="u:1">x</item><item r:about="u:2"/></r:RDF>'
    assert cut_items(page(rdf), with_ids({"u:1"})) == rdf.replace(
        b'<item r:about="u:1">x</item>', b""
    )


def test_the_charset_of_the_head_counts_when_the_feed_names_none() -> None:
    body = "<rss><item><guid>\u00e9</guid></item><item>\u00e9</item></rss>".encode("latin-1")
    cut = cut_items(page(body, 'application/xml; charset="ISO-8859-1"'), with_ids({"\u00e9"}))
    assert cut == b"<rss><item>\xe9</item></rss>"
    for charset in ("no-such", "a\0b"):
        assert cut_items(page(body, f"text/xml; charset={charset}"), with_ids({"\u00e9"})) is None


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.floats(allow_nan=False, allow_infinity=False)
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)


def pointers_of(tree: Any, at: str = "") -> list[str]:
    """Where objects stand below the root."""
    found = [at] if isinstance(tree, dict) and at else []
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += pointers_of(value, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    if isinstance(tree, list):
        for index, value in enumerate(tree):
            found += pointers_of(value, f"{at}/{index}")
    return found


def without(tree: Any, gone: set[str], at: str = "") -> Any:
    """The same, by a way of its own: on the values instead of the text."""
    if isinstance(tree, dict):
        places = {key: f"{at}/{key.replace('~', '~0').replace('/', '~1')}" for key in tree}
        return {
            key: without(value, gone, places[key])
            for key, value in tree.items()
            if places[key] not in gone
        }
    if isinstance(tree, list):
        return [
            without(value, gone, f"{at}/{index}")
            for index, value in enumerate(tree)
            if f"{at}/{index}" not in gone
        ]
    return tree


@given(
    st.lists(trees, min_size=1, max_size=5) | st.dictionaries(st.text(max_size=3), trees),
    st.data(),
    st.sampled_from([None, 0, 3, "\t"]),
    st.booleans(),
)
def test_cutting_the_text_is_cutting_the_values(
    tree: Any, data: st.DataObject, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    gone = data.draw(st.sets(st.sampled_from(pointers_of(tree) or [""])))
    if not gone or gone == {""}:
        return
    cut = cut_items(page(text.encode()), at_pointers(gone))
    assert cut is not None
    assert json.loads(cut) == without(tree, gone)


@given(
    st.lists(
        st.tuples(
            st.text("ab<&\u20ac]", max_size=8),
            st.sampled_from(["", " ", "\n\t", "<!-- <item> -->"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    st.data(),
)
def test_every_entry_that_stays_is_there_byte_for_byte(
    made: list[tuple[str, str, bool]], data: st.DataObject
) -> None:
    sources = []
    for number, (words, space, quoted) in enumerate(made):
        escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace("]", "&#93;")
        text = f"<![CDATA[{words.replace(']', '')}]]>" if quoted else escaped
        sources.append(
            f"<item{space if not space.strip() else ''}><guid>{number}</guid>{text}</item>"
        )
    between = [space for _, space, _ in made]
    whole = "".join(a + b for a, b in zip(sources, between, strict=True))
    gone = data.draw(st.sets(st.integers(0, len(made) - 1), min_size=1))
    cut = cut_items(
        page(f"<rss><channel>{whole}</channel></rss>".encode()), with_ids({str(n) for n in gone})
    )
    kept = "".join(
        ("" if n in gone else a) + b for n, (a, b) in enumerate(zip(sources, between, strict=True))
    )
    assert cut == f"<rss><channel>{kept}</channel></rss>".encode()
    assert len(Xml.fromstring(cut).findall(".//item")) == len(made) - len(gone)
