"""Does a text contain a word or phrase? Case, accents and punctuation do not matter.

Both sides become tokens between single spaces (`" police chief "`), so that a database can ask
the same question of a stored column with a plain substring search. It rather finds too much
than too little: `Neill` is found in `O'Neill`, `jones` in `#Jones_2024`, `jose` in `José`.
Where a script has no spaces between words (Chinese, Japanese), the word is found anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LEFT_OUT = frozenset("PCZ")  # punctuation, control, separators: general categories


def normalised(text: str) -> str:
    """The tokens of a text, each between single spaces; a lone space if there are none."""
    plain = _without_marks(_without_marks(text).casefold()).replace("_", " ")
    tokens = [each for each in _TOKEN.findall(plain) if _counts(each)]
    return f" {' '.join(tokens)} " if tokens else " "


def needle(word: str) -> str:
    """What to look for in a normalised text; empty if the word has nothing to look for."""
    tokens = normalised(word).strip()
    if any(unicodedata.east_asian_width(char) in "WF" for char in tokens):
        return tokens
    return f" {tokens} " if tokens else ""


def needles(words: Iterable[str]) -> tuple[str, ...]:
    """The needles of all words that have one."""
    return tuple(found for word in words if (found := needle(word)))


def contains_any(text: str, words: Iterable[str]) -> bool:
    """True if at least one of the words or phrases is in the text."""
    hay = normalised(text)
    return any(each in hay for each in needles(words))


def _without_marks(text: str) -> str:
    if text.isascii():  # which has no marks, and decomposes into itself
        return text
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", text)
        if not unicodedata.category(char).startswith("M")
    )


def _counts(token: str) -> bool:
    return unicodedata.category(token[0])[0] not in _LEFT_OUT
