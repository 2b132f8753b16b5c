"""Finding words: rather too much than too little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.words import contains_any, needles, normalised
from tests.unit.retention.strategies import patient


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The JONES case", "jones"),
        ("#Jones_2024 is back", "Jones"),
        ("O'Neill said so", "o'neill"),
        ("O'Neill said so", "Neill"),
        ("Jones, Smith and sons", "jones smith"),
        ("José was here", "jose"),
        ("use\n  of   force", "use of force"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("it costs $500 now", "500"),
        ("burn it 🔥🔥", "🔥"),
        ("警察に苦情を言う", "苦情"),
        ("ｆｕｌｌ width", "full"),
    ],
)
def test_a_word_is_found_whatever_its_dress(text: str, word: str) -> None:
    assert contains_any(text, [word])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("joneses", "jones"),
        ("a catalogue", "cat"),
        ("use force", "use of force"),
        ("", "jones"),
        ("anything", ""),
        ("anything ...", " ... "),
    ],
)
def test_a_part_of_a_word_is_not_the_word(text: str, word: str) -> None:
    assert not contains_any(text, [word])


def test_what_has_no_letters_sets_no_limit() -> None:
    assert needles(["", "  ", "...", "Jones"]) == (" jones ",)
    assert normalised("... !") == " "


@given(st.text(), st.text())
@patient
def test_a_word_between_spaces_is_always_found_in_a_text_that_contains_it(
    before: str, after: str
) -> None:
    assert contains_any(f"{before} excessive force {after}", ["Excessive  FORCE"])


@given(st.text())
@patient
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
