"""Patterns suggest what reviewers tend to take out, and leave alone what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.desk.sensitive import MINORS, WORDS, Patterns, patterns
from archiver.desk.sensitive_faces import in_picture


def found(text: str, where: Patterns | None = None) -> list[tuple[str, str]]:
    return [(each.why, each.piece) for each in (where or Patterns()).in_text(text)]


@pytest.mark.parametrize(
    ("text", "why", "piece"),
    [
        ("Call 512-463-2000 today", "phone number", "512-463-2000"),
        ("Call (512) 463 2000", "phone number", "(512) 463 2000"),
        ("Ring +44 20 7946 0958", "phone number", "+44 20 7946 0958"),
        ("mail jane.doe+x@mail.example.org!", "mail address", "jane.doe+x@mail.example.org"),
        ("SSN 536-90-4399.", "Social Security number", "536-90-4399"),
        ("card 4111 1111 1111 1111", "card number", "4111 1111 1111 1111"),
        ("DOB: 03/04/1999", "date of birth", "03/04/1999"),
        ("she was born on March 4, 1999 here", "date of birth", "March 4, 1999"),
        ("license plate ABC-1234 seen", "licence plate", "ABC-1234"),
    ],
)
def test_it_is_suggested(text: str, why: str, piece: str) -> None:
    assert (why, piece) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Case 26-004411 was closed on 03/04/1999",
        "SSN 000-12-3456 cannot exist",
        "order 4111 1111 1111 1112",
        "@springfieldpd thanks",
        "the plate is broken",
        "",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_marks_lie_on_their_pieces_and_carry_no_code() -> None:
    text = "Jané 😀 512-463-2000"
    (only,) = Patterns().in_text(text)
    assert text[only.mark.start : only.mark.end] == only.piece == "512-463-2000"
    assert only.mark.code == ""


def test_lists_of_the_home_folder_are_found_as_whole_words(tmp_path: Path) -> None:
    (tmp_path / MINORS).write_text("# at the school\nBart  Simpson\n", encoding="utf-8")
    (tmp_path / WORDS).write_text("Operation Donut\n", encoding="utf-8")
    where = patterns(tmp_path)
    assert found("bart\nsimpson saw OPERATION DONUT", where) == [
        ("name of a minor", "bart\nsimpson"),
        ("on the agency's list", "OPERATION DONUT"),
    ]
    assert found("Bart Simpsonian", where) == []


def test_a_picture_without_faces_gives_no_suggestion() -> None:
    pytest.importorskip("cv2")
    assert in_picture(b"no picture", 0) == []
