"""What is taken out of a text is gone, and the mark says nothing of it but the ground."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.export.redaction_text import Span, inside, mark, mentions, redacted


def test_a_span_is_replaced_by_a_mark_of_its_code() -> None:
    assert redacted("call 555-0134 now", [Span(5, 13, "TX-1")]) == "call [redacted: TX-1] now"


def test_the_mark_does_not_tell_how_long_the_text_was() -> None:
    short = redacted("a b c", [Span(2, 3, "X")])
    long = redacted("a bbbbbbbbbb c", [Span(2, 12, "X")])
    assert short == long


def test_spans_that_overlap_become_one_with_both_codes() -> None:
    assert redacted("abcdef", [Span(1, 4, "A"), Span(3, 5, "B")]) == "a[redacted: A, B]f"


def test_spans_that_touch_stay_two() -> None:
    assert redacted("abcd", [Span(1, 2, "A"), Span(2, 3, "B")]) == f"a{mark('A')}{mark('B')}d"


@pytest.mark.parametrize(
    "span", [Span(-1, 2, "A"), Span(2, 2, "A"), Span(3, 2, "A"), Span(0, 9, "A")]
)
def test_a_span_outside_the_text_is_refused(span: Span) -> None:
    assert not inside(span, "abc")
    with pytest.raises(ValueError, match="not in the text"):
        redacted("abc", [span])


@given(st.data())
def test_no_marked_character_survives_and_every_other_one_does(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 40))
    text = "".join(chr(0x4E00 + number) for number in range(length))  # each character once
    starts = data.draw(st.lists(st.integers(0, length - 1), max_size=5))
    spans = [Span(s, data.draw(st.integers(s + 1, length)), "C") for s in starts]
    gone = {text[i] for span in spans for i in range(span.start, span.end)}
    made = redacted(text, spans)
    assert [each for each in made if each in text] == [each for each in text if each not in gone]


def test_mentions_are_found_as_whole_words_in_any_case_with_their_sign() -> None:
    text = "@Jane_Doe and JANE_DOE, but not jane_doe2 or xjane_doe"
    assert [text[s.start : s.end] for s in mentions(text, ["jane_doe"], "X")] == [
        "@Jane_Doe",
        "JANE_DOE",
    ]
    assert mentions(text, [""], "X") == []
