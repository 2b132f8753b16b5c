"""What is in a text for search: its words with their stems, and its marks.

Marks are hashtags, handles, web addresses and emoji. The index splits at punctuation, so each
mark is written into it as one word of its own: a letter for what it is and its characters in
hexadecimal, which no text contains by chance and whose beginnings match like its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from unicodedata import combining, normalize

import Stemmer  # type: ignore[import-not-found]

_WORD = re.compile(r"[^\W\d_]{2,30}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"“”]+", re.IGNORECASE)
_HASHTAG = re.compile(r"(?<![\w&/])[#＃](\w+)")
_HANDLE = re.compile(r"(?<![\w/.])@(\w[\w.-]*(?:@[\w.-]+)?)")
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
    "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u25a0-\u25ff\u203c\u2049]"
)
_TRAILING = ".,;:!?)]}'\"…"
_LONGEST = 200  # characters of a mark that are indexed
# Where two of these occur the text is taken for Spanish, whatever the platform says of it.
_SPANISH_SIGNS = frozenset({"los", "las", "del", "para", "que", "una", "por", "con", "el"})

_ENGLISH_STEMS = Stemmer.Stemmer("english")
_SPANISH_STEMS = Stemmer.Stemmer("spanish")


class MarkKind(Enum):
    """What a mark is; the value is its letter in the index."""

    HASHTAG = "h"
    HANDLE = "a"
    URL = "u"
    EMOJI = "e"


def folded(word: str) -> str:
    """The word as the index keeps it: small letters without accents."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in normalize("NFKD", word.lower()) if not combining(c))


def stems_of(word: str, *, spanish: bool) -> str:
    """The key under which the forms of a word are kept, in English or in Spanish."""
    stemmer = _SPANISH_STEMS if spanish else _ENGLISH_STEMS
    return ("es:" if spanish else "en:") + folded(str(stemmer.stemWord(word.lower())))


def is_spanish(language: str, words: Iterable[str]) -> bool:
    """Is this a text in Spanish, by what the platform says or by its commonest words?"""
    return language.startswith("es") or len(_SPANISH_SIGNS.intersection(words)) > 1


def terms(text: str) -> set[str]:
    """The distinct words of letters in a text, small, accents kept; addresses left out."""
    lowered = text.lower()
    if "http" in lowered or "www." in lowered:
        lowered = _URL.sub(" ", lowered)
    return set(_WORD.findall(lowered))


def pairs(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Stem and word of every distinct word of some texts, given with their languages."""
    english: set[str] = set()
    spanish: set[str] = set()
    for language, text in texts:
        found = terms(text)
        (spanish if is_spanish(language, found) else english).update(found)
    made = set()
    for words, stemmer, prefix in (
        (sorted(english), _ENGLISH_STEMS, "en:"),
        (sorted(spanish), _SPANISH_STEMS, "es:"),
    ):
        for word, stem in zip(words, stemmer.stemWords(words), strict=True):
            made.add((prefix + folded(stem), folded(word)))
    return sorted(made)


def stems_of_text(language: str, text: str) -> set[str]:
    """The keys of all words of a text, under which their forms are found."""
    found = terms(text)
    stemmer, prefix = (
        (_SPANISH_STEMS, "es:") if is_spanish(language, found) else (_ENGLISH_STEMS, "en:")
    )
    return {prefix + folded(stem) for stem in stemmer.stemWords(list(found))}


def encoded(kind: MarkKind, text: str) -> str:
    """A mark as the index has it."""
    return f"xq{kind.value}" + text[:_LONGEST].encode("utf-8", "replace").hex()


def pieces_of(kind: MarkKind, text: str) -> list[str]:
    """A mark as it is written into the index; an emoji may be of several."""
    if kind is MarkKind.EMOJI:
        return [encoded(kind, each) for each in emoji_in(text)]
    return [encoded(kind, text)]


def places_below(url: str) -> list[str]:
    """Beginnings of the addresses that lie below one, as they are written into the index."""
    return [encoded(MarkKind.URL, url + sign) for sign in "/?#"]


def plain_url(url: str) -> str:
    """An address without scheme, "www." and what a sentence put behind it."""
    bare = re.sub(r"^https?://", "", url.rstrip(_TRAILING), flags=re.IGNORECASE)
    return re.sub(r"^www\.", "", bare, flags=re.IGNORECASE).rstrip("/").casefold()


def emoji_in(text: str) -> list[str]:
    """The emoji of a text in order; of a joined one its parts, skin tones left out."""
    return [] if text.isascii() else _EMOJI.findall(text)


def marks(text: str) -> str:
    """All marks of a text, encoded, parted by blanks."""
    found: list[str] = []
    if "//" in text or "www." in text.lower():
        found += [encoded(MarkKind.URL, plain_url(each)) for each in _URL.findall(text)]
        text = _URL.sub(" ", text)
    if "#" in text or "＃" in text:
        found += [encoded(MarkKind.HASHTAG, folded(tag)) for tag in _HASHTAG.findall(text)]
    if "@" in text:
        handles = (each.rstrip(".-") for each in _HANDLE.findall(text))
        found += [encoded(MarkKind.HANDLE, each.casefold()) for each in handles]
    found += [encoded(MarkKind.EMOJI, each) for each in emoji_in(text)]
    return " ".join(found)
