"""What PostgreSQL is given as a tsvector and as a tsquery."""

from __future__ import annotations

import re

import pytest

from archiver.desk.query_language import parse
from archiver.model.queries.search_vectors import query_of_mark, query_of_words, vector
from archiver.model.search_query import Mark, Words
from archiver.model.search_words import MarkKind, encoded, marks


def asked(query: str) -> str:
    leaf = parse(query)
    if isinstance(leaf, Mark):
        return query_of_mark(leaf)
    assert isinstance(leaf, Words)
    return query_of_words(leaf)


def lexemes(made: str) -> dict[str, list[int]]:
    found = re.findall(r"'([^']+)'(?::([\d,]+))?", made)
    return {word: [int(n) for n in places.split(",")] if places else [] for word, places in found}


def test_words_are_folded_with_their_places_and_stems() -> None:
    made = lexemes(vector("", [("", "Potholes, POTHOLES! Année_2026")]))
    assert made == {
        "potholes": [3, 4], "annee": [5], "2026": [6],
        ":en:pothol": [], ":en:anne": [],
    }  # fmt: skip


def test_stems_are_of_the_language_of_the_text() -> None:
    made = lexemes(vector("", [("es-MX", "inundaciones")]))
    assert set(made) == {"inundaciones", ":es:inund"}


def test_no_phrase_reaches_from_a_mark_or_a_text_into_the_next() -> None:
    made = lexemes(vector(marks("#a #b"), [("", "one two"), ("", "three")]))
    assert made["two"] == [made["one"][0] + 1]
    assert made["three"][0] > made["two"][0] + 1
    assert made["one"][0] > max(made[":" + encoded(MarkKind.HASHTAG, "b")]) + 1


def test_nothing_in_a_text_can_close_a_word() -> None:
    assert set(lexemes(vector("", [("", r"it's a\b 'c':1,2")]))) == {
        "it", "s", "a", "b", "c", "1", "2", ":en:it",
    }  # fmt: skip


def test_a_very_long_text_stays_within_the_servers_measure() -> None:
    made = vector("", [("", " ".join(f"w{n}" for n in range(300_000)) + " " + "x" * 9_000)])
    assert len(made.encode()) < 4_000_000
    found = lexemes(made)
    assert sum(len(word) + 8 for word in found) <= 1_000_000
    assert max(place for places in found.values() for place in places) == 16_383
    repeated = lexemes(vector("", [("", "again " * 1_000 + "y" * 9_000)]))
    assert len(repeated["again"]) == 255
    assert "y" * 500 in repeated


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Peñas", "('penas' | ':en:pena' | ':es:pen')"),
        ('"Main Street"', "('main' <-> 'street')"),
        ("plow*", "('plow':*)"),
        ('"snow plow"*', "('snow' <-> 'plow':*)"),
        ("covid-19", "('covid' <-> '19')"),
        ("#Fair", f"(':{encoded(MarkKind.HASHTAG, 'fair')}')"),
    ],
)
def test_a_question_becomes_a_tsquery(query: str, expected: str) -> None:
    assert asked(query) == expected


def test_an_address_is_asked_for_with_everything_below_it() -> None:
    own = encoded(MarkKind.URL, "town.gov")
    below = [encoded(MarkKind.URL, f"town.gov{sign}") for sign in "/?#"]
    assert (
        asked("https://town.gov")
        == f"((':{own}') | " + " | ".join(f"':{each}':*" for each in below) + ")"
    )
