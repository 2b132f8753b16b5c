"""What changed between two versions, told in words."""

from __future__ import annotations

from typing import Any

import pytest

from archiver.desk import record_changes
from archiver.desk.record_changes import Fact, between, compared
from archiver.export.differences import Piece


def form(text: str = "", **changed: Any) -> dict[str, Any]:
    return {"text": text, "markup": "plain", "title": "", "media": [], "extra": {}, **changed}


def told(pieces: tuple[Piece, ...]) -> str:
    """The comparison as wdiff writes it."""
    signs = {"gone": "[-{}-]", "new": "{{+{}+}}"}
    return "".join(signs.get(each.kind, "{}").format(each.text) for each in pieces)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at nine today", "at ten today", "at [-nine-]{+ten+} today"),
        ("at nine", "at nine o'clock", "at nine{+ o'clock+}"),
        ("one two", "two", "[-one -]two"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("parking", "parked", "[-parking-]{+parked+}"),
        ("a b a b", "a b", "a b[- a b-]"),
    ],
)
def test_words_are_compared_as_wholes(old: str, new: str, expected: str) -> None:
    pieces, whole = compared(old, new)
    assert told(pieces) == expected
    assert not whole
    assert "".join(each.text for each in pieces if each.kind != "new") == old
    assert "".join(each.text for each in pieces if each.kind != "gone") == new


def test_the_same_text_has_no_pieces() -> None:
    assert compared("same", "same") == ((), False)


def test_texts_that_cost_too_much_are_shown_one_after_the_other() -> None:
    old, new = "a " * 4_000 + "end", "b " + "a " * 4_000
    pieces, whole = compared(old, new)
    assert whole
    assert [each.kind for each in pieces] == ["gone", "new"]


def test_a_small_change_in_a_long_text_is_compared_all_the_same() -> None:
    long = "the same word " * 20_000
    pieces, whole = compared(f"{long}nine {long}", f"{long}ten {long}")
    assert not whole
    assert [(each.kind, each.text) for each in pieces if each.kind != "same"] == [
        ("gone", "nine"),
        ("new", "ten"),
    ]


def test_markup_that_changes_no_word_is_told_apart() -> None:
    changes = between(form("<p>Snow</p>", markup="html"), form("<div>Snow</div>", markup="html"))
    assert changes.markup_only
    assert changes.any
    assert changes.text == ()


def test_files_descriptions_and_facts_are_told() -> None:
    def medium(key: str, alt: str) -> dict[str, str]:
        return {"key": key, "alt": alt, "kind": "image", "token": ""}

    changes = between(
        form("x", media=[medium("a", "old"), medium("b", "")], visibility="public"),
        form(
            "x",
            media=[medium("a", "new"), medium("c", "")],
            visibility="hidden",
            extra={"poll": ["yes"]},
        ),
    )
    assert (changes.files_gone, changes.files_new) == (("image",), ("image",))
    assert changes.alternatives == (Fact("image", "old", "new"),)
    assert changes.facts == (
        Fact("visibility", "public", "hidden"),
        Fact("poll", "", '["yes"]'),
    )


def test_nothing_changed_tells_nothing() -> None:
    assert not between(form("x"), form("x")).any


def test_long_values_are_cut() -> None:
    changes = between(form(extra={}), form(extra={"long": "x" * 5_000}))
    assert len(changes.facts[0].after) == record_changes._LONGEST_VALUE + 2
