"""How a text may be read: as it stands, and with the codings undone that could hide words in it.

Pure functions. A reading is compared twice: as `normal` makes it, and `squeezed`, so that
neither a hyphen for a blank nor a number written in another way hides a repeat.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from archiver.capture.normalise import plain

WORD = 4  # characters; shorter words are in too many texts
_DEEP = 3  # codings inside each other
_UNSEEN = {ord(each): None for each in "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"}
_BETWEEN = re.compile(r"[\W_]+")
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def normal(text: str) -> str:
    """A text without regard to case, the width of blanks and what cannot be seen."""
    if text.isascii():  # most is, and needs no more
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).translate(_UNSEEN).casefold()
    return " ".join(folded.split())


def squeezed(text: str) -> str:
    """Letters and digits of a normal text alone."""
    return _BETWEEN.sub("", text)


def words(text: str) -> frozenset[str]:
    """The words of a text, as they are compared; short ones left out."""
    return frozenset(each for each in _BETWEEN.split(normal(text)) if len(each) >= WORD)


def readings(text: str) -> Iterator[str]:
    """The text, and all that it says with percent signs, entities, tags, JSON, escapes and
    base64 undone, also inside each other."""
    seen = {text}
    level = [text]
    yield text
    for _ in range(_DEEP):
        level = list({new for old in level for new in _undone(old)} - seen)
        seen.update(level)
        yield from level


def texts_in(document: str) -> Iterator[str]:
    """The names and values of a JSON document; anything else as one text."""
    if not document:
        return
    try:
        read = json.loads(document)
    except ValueError:
        read = document
    yield from _texts(read)


def _undone(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote_plus(text)
    if "<" in text or "&" in text:
        yield plain(text)
        yield html.unescape(text)
    if text[:1] in ("{", "[", '"'):
        yield from texts_in(text)
    if "\\u" in text:
        yield _ESCAPE.sub(lambda found: chr(int(found[0][2:], 16)), text)
    for found in _BASE64.findall(text):
        yield from _from_base64(found)


def _from_base64(token: str) -> Iterator[str]:
    bare = token.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        yield raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return  # a word, an id: nothing that was coded


def _texts(value: Any) -> Iterator[str]:
    waiting: list[Any] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, int | float) and not isinstance(each, bool):
            yield str(each)
