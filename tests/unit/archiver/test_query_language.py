"""The query language: what is understood, and what is said where it is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.desk.query_language import DEEPEST, FIELDS, IS, LONGEST, parse
from archiver.errors import UsageError
from archiver.model.search_query import (
    EVERYTHING,
    And,
    Dates,
    Field,
    Mark,
    Name,
    Node,
    Not,
    Or,
    Which,
    Words,
)
from archiver.model.search_words import MarkKind

SNOW = Words(text="snow", column=1)


def shape(node: Node) -> object:
    """The tree without columns, as nested tuples."""
    if isinstance(node, And):
        return ("and", *(shape(part) for part in node.parts))
    if isinstance(node, Or):
        return ("or", *(shape(part) for part in node.parts))
    if isinstance(node, Not):
        return ("not", shape(node.part))
    if isinstance(node, Words):
        return f'"{node.text}"' if node.exact else node.text + "*" * node.prefix
    if isinstance(node, Field):
        return f"{node.name.value}:{node.value}" + "*" * node.prefix
    if isinstance(node, Mark):
        return (node.kind, node.text)
    assert isinstance(node, Dates)  # departments come from who asks, never from the question
    return (node.which, node.first, node.last)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("snow", "snow"),
        ("snow plow", ("and", "snow", "plow")),
        ("snow AND plow", ("and", "snow", "plow")),
        ("snow OR plow", ("or", "snow", "plow")),
        ("snow | plow", ("or", "snow", "plow")),
        ("a b OR c", ("or", ("and", "a", "b"), "c")),
        ("a (b OR c)", ("and", "a", ("or", "b", "c"))),
        ("snow -plow", ("and", "snow", ("not", "plow"))),
        ("snow NOT plow", ("and", "snow", ("not", "plow"))),
        ("-(a OR b)", ("not", ("or", "a", "b"))),
        ('"snow plow"', '"snow plow"'),
        ("“snow plow”", '"snow plow"'),
        ("plow*", "plow*"),
        ("covid-19", "covid-19"),
        ("AT&T", "AT&T"),
        ("12:30", "12:30"),
        ("ORANGE ANDY NOTE", ("and", "ORANGE", "ANDY", "NOTE")),
        ("or and not", ("and", "or", "and", "not")),
        ("from:@mayor", "from:mayor"),
        ('department:"Public Works"', "department:Public Works"),
        ("account:spd*", "account:spd*"),
        ("IS:Edited", "is:edited"),
        ("#Schnee", (MarkKind.HASHTAG, "schnee")),
        ("@Mayor", (MarkKind.HANDLE, "mayor")),
        ("https://www.Springfield.gov/News/", (MarkKind.URL, "springfield.gov/news")),
        ("🚧", (MarkKind.EMOJI, "🚧")),
        ("snow🚧", ("and", (MarkKind.EMOJI, "🚧"), "snow")),
    ],
)
def test_it_is_read_as_people_mean_it(query: str, meant: object) -> None:
    assert shape(parse(query)) == meant


@pytest.mark.parametrize(
    ("query", "which", "first", "last"),
    [
        ("before:2026-03-01", Which.PUBLISHED, None, date(2026, 2, 28)),
        ("after:2026-03-01", Which.PUBLISHED, date(2026, 3, 1), None),
        ("on:2026-03-01", Which.PUBLISHED, date(2026, 3, 1), date(2026, 3, 1)),
        ("on:2024-02", Which.PUBLISHED, date(2024, 2, 1), date(2024, 2, 29)),
        ("on:2025-12", Which.PUBLISHED, date(2025, 12, 1), date(2025, 12, 31)),
        ("on:2026", Which.PUBLISHED, date(2026, 1, 1), date(2026, 12, 31)),
        ("captured:2026-01..2026-02", Which.CAPTURED, date(2026, 1, 1), date(2026, 2, 28)),
        ("edited:2026-01-05..", Which.EDITED, date(2026, 1, 5), None),
        ("vanished:..2026-01-05", Which.VANISHED, None, date(2026, 1, 5)),
        ("published:2026-01-05", Which.PUBLISHED, date(2026, 1, 5), date(2026, 1, 5)),
    ],
)
def test_days_months_years_and_ranges(
    query: str, which: Which, first: date | None, last: date | None
) -> None:
    assert parse(query) == Dates(which=which, first=first, last=last)


def test_an_empty_question_asks_for_everything() -> None:
    assert parse("  ") == EVERYTHING


def test_each_leaf_knows_its_column() -> None:
    tree = parse("snow account:nobody")
    assert tree == And((SNOW, Field(name=Name.ACCOUNT, value="nobody", column=6)))


@pytest.mark.parametrize(
    ("query", "column", "said"),
    [
        ('snow "plow', 6, "not closed"),
        ("(snow", 6, "write )"),
        ("snow)", 5, "closes none"),
        ("snow ()", 7, "nothing between"),
        ("snow OR", 8, "behind OR"),
        ("OR snow", 1, "before OR"),
        ("snow NOT", 9, "behind NOT"),
        ("from:", 6, "such as from:mayor"),
        ("from: mayor", 7, "write from:mayor"),
        ("form:mayor", 1, "did you mean from:"),
        ("x is:nice", 3, ", ".join(IS)),
        ("has:money", 1, 'not "money"'),
        ("on:2026-13-01", 1, "write on:2026-01-31"),
        ("edited:2026-05..2026-01", 1, "ends before it begins"),
        ("sn*w", 1, "at the end"),
        ("snow !!", 6, "no word"),
        ('""', 1, "no word"),
    ],
)
def test_what_is_wrong_is_said_with_its_column_and_what_to_write(
    query: str, column: int, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(query)
    assert str(caught.value).startswith(f"column {column} of the question: ")
    assert said in str(caught.value)


def test_an_unknown_field_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        parse("qqq:mayor")
    assert all(name in str(caught.value) for name in FIELDS)
    assert '"qqq:mayor" in quotation marks' in str(caught.value)


def test_questions_without_end_are_refused() -> None:
    for query in ("a" * (LONGEST + 1), "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1)):
        with pytest.raises(UsageError, match="split it"):
            parse(query)


@given(st.text(alphabet=st.sampled_from('ab "()-*:|&#@🚧ORANDTis.2026_é'), max_size=40))
def test_any_question_is_read_or_refused_in_a_sentence(query: str) -> None:
    try:
        parse(query)
    except UsageError as error:
        assert "question" in str(error)  # noqa: PT017 - refusing is one of the two right answers
