"""The piece of a text that shows why it was found, with the words that were asked for marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from archiver.model.search_query import Mark, Words
from archiver.model.search_words import MarkKind, emoji_in, folded, plain_url, stems_of

LENGTH = 200  # characters that are shown
_BEFORE = 60  # of them at most so many before the first marked word
_PIECE = re.compile(r"(?:https?://|www\.)\S+|[^\W_]+|[^\w\s]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; `marked`: it is what was asked for."""

    text: str
    marked: bool


class Marker:
    """Knows the words of a question."""

    def __init__(self, asked: Iterable[object]) -> None:
        self._exact: set[str] = set()
        self._stems: set[str] = set()
        self._beginnings: list[str] = []
        self._urls: list[str] = []
        self._judged: dict[str, bool] = {}
        for leaf in asked:
            if isinstance(leaf, Words):
                self._take_words(leaf)
            elif isinstance(leaf, Mark):
                self._take_mark(leaf)
        # A form begins like its stem; so most words of a text are never stemmed.
        self._firsts = {each[3:4] for each in self._stems}

    def _take_words(self, leaf: Words) -> None:
        words = [folded(each) for each in re.findall(r"[^\W_]+", leaf.text)]
        if leaf.prefix:
            self._beginnings.append(words.pop())
        self._exact.update(words)
        if not leaf.exact and not leaf.prefix:
            for word in re.findall(r"[^\W_]+", leaf.text):
                self._stems |= {stems_of(word, spanish=False), stems_of(word, spanish=True)}

    def _take_mark(self, leaf: Mark) -> None:
        if leaf.kind is MarkKind.EMOJI:
            self._exact.update(emoji_in(leaf.text))
        elif leaf.kind is MarkKind.URL:
            self._urls.append(leaf.text)
        else:
            words = re.findall(r"[^\W_]+", leaf.text)
            if leaf.prefix and words:
                self._beginnings.append(folded(words.pop()))
            self._exact.update(folded(each) for each in words)

    def _asked(self, piece: str) -> bool:
        known = self._judged.get(piece)
        if known is None:
            known = self._judged[piece] = self._judge(piece)
        return known

    def _judge(self, piece: str) -> bool:
        plain = folded(piece)
        if plain in self._exact or any(plain.startswith(each) for each in self._beginnings):
            return True
        if self._urls and any(plain_url(piece).startswith(each) for each in self._urls):
            return True
        return plain[:1] in self._firsts and (
            stems_of(piece, spanish=False) in self._stems
            or stems_of(piece, spanish=True) in self._stems
        )

    def finds(self, text: str) -> bool:
        """Is any word of the question in the text?"""
        return any(self._asked(found[0]) for found in _PIECE.finditer(text))

    def snippet(self, text: str) -> tuple[Piece, ...]:
        """The text around its first marked word, on one line, in pieces."""
        line = " ".join(text.split())
        begin = 0
        for found in _PIECE.finditer(line):
            if self._asked(found[0]):
                begin = max(0, found.start() - _BEFORE)
                break
        if begin:
            begin = line.find(" ", begin) + 1 or begin
        shown = line[begin : begin + LENGTH]
        pieces = self._pieces(shown)
        if begin:
            pieces.insert(0, Piece("… ", marked=False))
        if begin + LENGTH < len(line):
            pieces.append(Piece(" …", marked=False))
        return tuple(pieces)

    def _pieces(self, shown: str) -> list[Piece]:
        made: list[Piece] = []
        done = 0
        for found in _PIECE.finditer(shown):
            if self._asked(found[0]):
                if found.start() > done:
                    made.append(Piece(shown[done : found.start()], marked=False))
                made.append(Piece(found[0], marked=True))
                done = found.end()
        if done < len(shown):
            made.append(Piece(shown[done:], marked=False))
        return made
