"""Marks as the form writes them, and texts that are cut along them."""

from __future__ import annotations

import pytest

from archiver.web.review_marks import Piece, phrase, pieces, read, written
from tests.support.review_web import (
    LINES,
)


@pytest.mark.parametrize(
    "word",
    ["text:3-9@FL-2", "title:0-1@b(7)(C)", "author@IL-2", "file:2@IL-2", "box:1:4,5,6x7@IL-2",
     "blur:3:0,0,1x1@IL-2"],
)  # fmt: skip
def test_a_mark_is_read_as_it_was_written(word: str) -> None:
    assert written(read(word)) == word


def test_pieces_of_a_text_are_the_text_and_overlapping_cuts_name_all_grounds() -> None:
    text = "👮🏽 abc\r\n<b>defghi"
    marks = [read("text:3-6@A"), read("text:5-9@B")]
    found = pieces(text, marks, [(read("text:0-4"), "a hint")])
    assert "".join(each.text for each in found) == text
    assert found[1] == Piece(text=text[3:5], codes=("A",))
    assert found[2].codes == ("A", "B")
    assert found[0].why == "a hint"
    assert "&#13;" in "".join(each.shown for each in found)
    assert "<b>" not in "".join(each.shown for each in found)
    assert pieces("", [], []) == []


def test_a_phrase_is_found_wherever_it_stands() -> None:
    found = phrase("Ana and ANA\nMaria", "ana", what="text", code="A")
    assert [(each.start, each.end) for each in found] == [(0, 3), (8, 11)]
    (both,) = phrase("x Ana\n Maria", "ana maria", what="text", code="A")
    assert (both.start, both.end) == (2, 12)
    assert len(LINES) == len(LINES.encode())
