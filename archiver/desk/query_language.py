"""The query language of search, as people know it from their mail: words in, a tree out.

    snow plow                 both words, in any form (plowing, plowed)
    "snow plow"               exactly these words in this order
    plow*                     words that begin so
    snow OR ice   -salt       one of them; without salt (NOT salt says the same)
    (snow OR ice) account:spd-x from:mayor after:2026-01-01 is:edited has:media
    #snow @mayor https://springfield.gov/news 🚧

Days are the agency's. docs/search.md tells it to clerks.
"""

from __future__ import annotations

import difflib
import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput
from lark.exceptions import UnexpectedEOF, UnexpectedToken, VisitError

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
from archiver.model.search_words import MarkKind, emoji_in, folded, plain_url

LONGEST = 4_000  # characters of a question
DEEPEST = 50  # parentheses and NOTs within one another
HAS = ("media", "picture", "video", "link", "hashtag", "text-in-picture")
IS = (
    "current", "superseded", "edited", "deleted", "vanished", "hidden", "public", "present",
    "held", "reply",
)  # fmt: skip
_DATES = ("before", "after", "on", *(each.value for each in Which))
FIELDS = (*(each.value for each in Name), *_DATES)

# The longest piece wins; a piece that begins with a letter and a colon is a field, but for
# web addresses.
_GRAMMAR = r"""
start: any?
?any: all (OR all)*
?all: clause (AND? clause)*
?clause: NOT clause -> without
    | MINUS clause -> without
    | LPAR any RPAR -> group
    | FIELD WORD -> field
    | FIELD PHRASE -> field
    | PHRASE -> phrase
    | WORD -> word
FIELD.4: /[A-Za-z]+:(?!\/\/)/
OR.5: /OR(?=[\s()"]|$)|\|\|?/
AND.5: /AND(?=[\s()"]|$)|&&?/
NOT.5: /NOT(?=[\s()"]|$)/
MINUS.5: /-(?=[^\s)])/
LPAR: "("
RPAR: ")"
PHRASE.3: /"[^"]*"\*?/
WORD.2: /(?!(?:OR|AND|NOT)(?:[\s()"]|$))[^\s()":|&][^\s()"]*/
%ignore /\s+/
"""
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def parse(query: str) -> Node:
    """The tree of a question; an empty question asks for everything.

    Raises: UsageError that says at which column something is wrong and what to write there.
    """
    if len(query) > LONGEST:
        raise UsageError(
            f"the question has {len(query):,} characters; at most {LONGEST:,} are read: "
            "split it into several searches"
        )
    plain = query.translate(_QUOTES)
    _check_depth(plain)
    try:
        tree = _parser().parse(plain)
        made: Node = _Tree().transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise _worded(plain, error) from None
    return made


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def _check_depth(query: str) -> None:
    if query.count("(") > DEEPEST or len(re.findall(r"(?:^|[\s(])(?:NOT\b|-)", query)) > 500:
        raise UsageError(
            f"the question has more than {DEEPEST} parentheses; split it into several searches"
        )


def _worded(query: str, error: UnexpectedInput) -> UsageError:
    """What is wrong, at which column, and what to write."""
    token = error.token if isinstance(error, UnexpectedToken) else None
    at_end = isinstance(error, UnexpectedEOF) or (token is not None and token.type == "$END")
    place = len(query.rstrip()) if at_end else max(0, int(error.pos_in_stream or 0))
    before = query[:place].rstrip()
    column = place + 1
    rest = query[place:]
    if isinstance(error, UnexpectedCharacters) and rest.startswith('"'):
        return _wrong(column, "the quotation mark is not closed: write another one behind the text")
    name = re.search(r"([A-Za-z]+):$", before)
    if name:
        return _wrong(
            len(before) + 1,
            f'write what to look for right behind "{name[0]}", such as {_example(name[1])}',
        )
    if rest.startswith(")"):
        said = "there is nothing between the parentheses" if before.endswith("(") else (
            "this parenthesis closes none: take it away, or open one with ("
        )  # fmt: skip
        return _wrong(column, said)
    word = re.search(r"(?:^|[\s(])(OR|AND|NOT|\||&|-)$", before)
    if word:
        return _wrong(
            column,
            f"write what to look for behind {word[1]}, or put the word in quotation marks "
            "to search for it",
        )
    if at_end and before.count("(") > before.count(")"):
        return _wrong(column, "a parenthesis is not closed: write ) behind the last word")
    begins = re.match(r"(OR|AND|\|+|&+)", rest)
    if begins:
        return _wrong(
            column,
            f"write something to look for before {begins[1]}, or put the word in quotation "
            "marks to search for it",
        )
    shown = rest.split()[0] if rest.split() else "this"
    return _wrong(column, f"{shown} is not understood here: put it in quotation marks")


def _wrong(column: int, said: str) -> UsageError:
    return UsageError(f"column {column} of the question: {said}")


def _example(name: str) -> str:
    examples = {
        "from": "from:mayor", "has": "has:media", "is": "is:edited", "lang": "lang:es",
        "kind": "kind:comment", "platform": "platform:x", "account": "account:spd-x",
        "department": 'department:"Public Works"',
    }  # fmt: skip
    if name.lower() in _DATES:
        return f"{name}:2026-01-31"
    return examples.get(name.lower(), f'{name}:"..."')


class _Tree(Transformer[Token, Node]):
    """From lark's tree to ours."""

    def start(self, parts: list[Node]) -> Node:
        return parts[0] if parts else EVERYTHING

    def any(self, parts: list[Node]) -> Node:
        return Or(tuple(p for p in parts if not isinstance(p, Token)))

    def all(self, parts: list[Node]) -> Node:
        return And(tuple(p for p in parts if not isinstance(p, Token)))

    def without(self, parts: list[Node]) -> Node:
        return Not(parts[-1])

    def group(self, parts: list[Node]) -> Node:
        return parts[1]

    def phrase(self, parts: list[Token]) -> Node:
        text, prefix = _unquoted(parts[0])
        column = int(parts[0].column or 1)
        if not re.search(r"[^\W_]", text):
            return _symbols(text, column)
        return Words(text=text, exact=True, prefix=prefix, column=column)

    def word(self, parts: list[Token]) -> Node:
        return _leaf(str(parts[0]), int(parts[0].column or 1))

    def field(self, parts: list[Token]) -> Node:
        name, value = parts
        column = int(name.column or 1)
        if str(name)[:-1].lower() in FIELDS and name.end_pos != value.start_pos:
            raise _wrong(
                int(value.column or 1),
                f'there is a blank behind "{name}": write {name}{value} without it',
            )
        return _field(str(name)[:-1].lower(), *_unquoted(value), column)


def _unquoted(token: Token) -> tuple[str, bool]:
    """The text, and whether a star follows it."""
    text = str(token)
    prefix = text.endswith("*") and len(text) > 1
    text = text.removesuffix("*") if prefix else text
    return (text[1:-1].strip() if token.type == "PHRASE" else text), prefix


def _leaf(text: str, column: int) -> Node:
    """A word, or a mark, by how it begins."""
    prefix = text.endswith("*")
    text = text.rstrip("*")
    if "*" in text or not text:
        raise _wrong(column, "a star stands only at the end of a word, such as plow*")
    if re.match(r"https?://|www\.", text, re.IGNORECASE):
        return Mark(kind=MarkKind.URL, text=plain_url(text), prefix=prefix, column=column)
    if text[0] in "#＃" and re.fullmatch(r"\w+", text[1:]):
        return Mark(kind=MarkKind.HASHTAG, text=folded(text[1:]), prefix=prefix, column=column)
    if text[0] == "@" and re.fullmatch(r"[\w.@-]+", text[1:]):
        return Mark(kind=MarkKind.HANDLE, text=text[1:].casefold(), prefix=prefix, column=column)
    if not re.search(r"[^\W_]", text):
        return _symbols(text, column)
    emoji = emoji_in(text)
    if emoji:  # "snow🚧" asks for both
        rest = "".join(c if c not in "".join(emoji) else " " for c in text)
        return And((_symbols("".join(emoji), column), *(_leaf(w, column) for w in rest.split())))
    return Words(text=text, prefix=prefix, column=column)


def _symbols(text: str, column: int) -> Node:
    if not emoji_in(text):
        raise _wrong(column, f'there is no word in "{text}": write letters, digits or an emoji')
    return Mark(kind=MarkKind.EMOJI, text=text, column=column)


def _field(name: str, value: str, prefix: bool, column: int) -> Node:
    if not value:
        raise _wrong(column, f'write what to look for behind "{name}:", such as {_example(name)}')
    if name in _DATES:
        return _dates(name, value, column)
    if name not in FIELDS:
        close = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {close[0]}:?" if close else f"there are {', '.join(FIELDS)}"
        raise _wrong(
            column,
            f'there is no field "{name}:"; {hint} To search for the words, write '
            f'"{name}:{value}" in quotation marks',
        )
    for which, known in ((Name.HAS, HAS), (Name.IS, IS)):
        if name == which and value.lower() not in known:
            raise _wrong(column, f'{name}: knows {", ".join(known)}, not "{value}"')
    if name in (Name.HAS, Name.IS, Name.KIND, Name.PLATFORM, Name.LANGUAGE):
        value = value.lower()
    if name == Name.FROM:
        value = value.removeprefix("@")
    return Field(name=Name(name), value=value, prefix=prefix, column=column)


def _dates(name: str, value: str, column: int) -> Dates:
    """`before:` and its like mean the publication; `captured:` and its like take ranges."""
    if name in ("before", "after", "on"):
        first, last = _span(value, name, column)
        if name == "before":
            return Dates(which=Which.PUBLISHED, first=None, last=_next(first, -1), column=column)
        if name == "after":
            return Dates(which=Which.PUBLISHED, first=first, last=None, column=column)
        return Dates(which=Which.PUBLISHED, first=first, last=last, column=column)
    begin, dots, end = value.partition("..")
    start = _span(begin, name, column)[0] if begin else None
    stop = _span(end if dots else begin, name, column)[1] if end or not dots else None
    if start and stop and start > stop:
        raise _wrong(column, f"{name}:{value} ends before it begins: exchange the two days")
    return Dates(which=Which(name), first=start, last=stop, column=column)


def _span(value: str, name: str, column: int) -> tuple[date, date]:
    """First and last day of a day, month or year."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", value)
    try:
        if found is None:
            raise ValueError(value)
        year, month, day = (int(each) if each else 0 for each in found.groups())
        if not 1900 <= year <= 9000:
            raise ValueError(value)
        first = date(year, month or 1, day or 1)
        if day:
            return first, first
        after = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
        return first, _next(after, -1)
    except (ValueError, OverflowError):
        raise _wrong(
            column,
            f'"{value}" is no day: write {name}:2026-01-31, or a month (2026-01) or a year (2026)'
            + ("" if name in ("before", "after", "on") else ", or two with .. between them"),
        ) from None


def _next(day: date, days: int) -> date:
    return day + timedelta(days=days)


def leaves(node: Node) -> list[Any]:
    """All leaves of a tree that are not denied: what a snippet marks."""
    if isinstance(node, And | Or):
        return [leaf for part in node.parts for leaf in leaves(part)]
    return [] if isinstance(node, Not) else [node]
