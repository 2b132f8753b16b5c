"""PostgreSQL: a version as a tsvector, and a question as a tsquery.

Both are written out here, word by word, and only cast by the server: its parsers and
dictionaries split and stem otherwise than SQLite does, and what folds accents there is an
extension that not every agency may install. So both databases find the same.

Words stand in a vector as they are written, folded, with their places. A colon begins what is
no word of the text: a mark, or the stem of a word with its language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from archiver.model.search_query import Mark, Words
from archiver.model.search_words import MarkKind, folded, pieces_of, stems_of, stems_of_text
from archiver.model.search_words import places_below as below

TOKEN = re.compile(r"[^\W_]+")
_LONGEST = 500  # characters of a word; the server takes no more than 2,046 bytes
_LAST_PLACE = 16_383  # the server counts no further: phrases are found up to there
_MOST_PLACES = 255  # of one word
_MOST_BYTES = 1_000_000  # of a vector; the server takes a mebibyte
_APART = 2  # places between two texts, so that no phrase reaches from one into the next
_NOTHING = "':'"  # in no vector


def vector(marks: str, texts: Sequence[tuple[str, str]]) -> str:
    """A version, as PostgreSQL reads a tsvector; `texts` come with their languages. What is
    beyond the server's measure, at the end of a very long text, is left out."""
    places: dict[str, list[int]] = {}
    place = 0
    for lexemes in ([f":{each}" for each in marks.split()], *(_tokens(text) for _, text in texts)):
        for lexeme in lexemes:
            place += 1
            known = places.setdefault(lexeme, [])
            if len(known) < _MOST_PLACES:
                known.append(min(place, _LAST_PLACE))
        place += _APART
    stems = {f":{stem}" for language, text in texts for stem in stems_of_text(language, text)}
    written = chain(
        (f"'{lexeme}':{','.join(map(str, known))}" for lexeme, known in places.items()),
        (f"'{stem}'" for stem in stems),
    )
    return " ".join(_measured(written))


def _tokens(text: str) -> list[str]:
    return [each[:_LONGEST] for each in TOKEN.findall(folded(text))]


def _measured(written: Iterable[str]) -> Iterable[str]:
    left = _MOST_BYTES
    for each in written:
        left -= len(each.encode()) + 8
        if left < 0:
            return
        yield each


def query_of_words(node: Words) -> str:
    """The words of a question, as a tsquery is written."""
    tokens = _tokens(node.text)
    if not tokens:
        return _NOTHING
    if node.prefix or node.exact or len(tokens) > 1 or not tokens[0].isalpha():
        return _phrase(tokens, prefix=node.prefix)
    word = TOKEN.findall(node.text)[0]
    stems = (stems_of(word, spanish=spanish) for spanish in (False, True))
    return f"('{tokens[0]}' | " + " | ".join(f"':{stem}'" for stem in stems) + ")"


def query_of_mark(node: Mark) -> str:
    """A mark of a question, as a tsquery is written."""
    own = _phrase([f":{each}" for each in pieces_of(node.kind, node.text)], prefix=node.prefix)
    if node.kind is not MarkKind.URL or node.prefix:
        return own
    return "(" + " | ".join([own, *(f"':{each}':*" for each in below(node.text))]) + ")"


def _phrase(lexemes: Sequence[str], *, prefix: bool) -> str:
    return "(" + " <-> ".join(f"'{each}'" for each in lexemes) + (":*)" if prefix else ")")
