"""Ends a listing whose continuations lead nowhere."""

from __future__ import annotations

from connectors.errors import BadAnswer
from connectors.x.answers import Answer, id_of

_BARREN_PAGES = 5  # empty pages do occur within a listing, but not one after the other


class Watch:
    """Watches one listing within one run."""

    def __init__(self) -> None:
        self._tokens: set[str] = set()
        self._ids: set[str] = set()
        self._barren = 0

    def look(self, answer: Answer) -> None:
        """Take note of a page.

        Raises: BadAnswer when a continuation repeats or several pages bring nothing new.
        """
        token = answer.next_token()
        ids = {id_of(post) for post in answer.things()}
        self._barren = 0 if ids - self._ids else self._barren + 1
        if token and (token in self._tokens or self._barren >= _BARREN_PAGES):
            raise BadAnswer(
                "X goes on giving continuations without anything new: endless pagination",
                exchange=answer.exchange,
            )
        self._ids |= ids
        self._tokens.add(token)
