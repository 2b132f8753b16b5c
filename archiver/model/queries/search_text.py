"""Words and marks of a question, as the full-text index of either database understands them.

SQLite has one index of the words as they are written. A word in all its forms becomes those of
its forms that occur in the archive; so exact and loose questions are asked of the same index,
and any mixture of them is one question. PostgreSQL stems by itself, in three columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, text

from archiver.model.search_query import And, Mark, Node, Not, Or, Words
from archiver.model.search_words import MarkKind, emoji_in, encoded, folded, stems_of
from archiver.model.tables import Utc

MOST_FORMS = 200  # of one word
_TOKEN = re.compile(r"[^\W_]+")


@dataclass
class Params:
    """Collects the values of a statement; each is named in its text."""

    made: list[BindParameter[Any]] = field(default_factory=list)

    def add(self, value: object) -> str:
        """Take a value in; returns how the statement names it."""
        name = f"p{len(self.made)}"
        kind = Utc() if isinstance(value, datetime) else None
        self.made.append(bindparam(name, value, type_=kind))
        return f":{name}"


def match(connection: Connection, node: Node) -> str | None:
    """The question for FTS5; None when it cannot be put to it alone: it has fields, or only
    says what must not be."""
    if isinstance(node, Words):
        return _match_words(connection, node)
    if isinstance(node, Mark):
        return _match_mark(node)
    if isinstance(node, Or):
        return _joined([match(connection, part) for part in node.parts], " OR ")
    if isinstance(node, And):
        wanted = [part for part in node.parts if not isinstance(part, Not)]
        denied = [part.part for part in node.parts if isinstance(part, Not)]
        found = _joined([match(connection, part) for part in wanted], " AND ")
        if found is None or not denied:
            return found
        without = _joined([match(connection, part) for part in denied], " OR ")
        return None if without is None else f"({found} NOT {without})"
    return None


def _joined(parts: list[str | None], word: str) -> str | None:
    if not parts or None in parts:
        return None
    known = [part for part in parts if part is not None]
    return known[0] if len(known) == 1 else "(" + word.join(known) + ")"


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _match_words(connection: Connection, node: Words) -> str:
    tokens = _TOKEN.findall(node.text)
    if not tokens:
        return '""'  # nothing has no words
    if node.prefix:
        return _quoted(" ".join(tokens)) + "*"
    if node.exact or len(tokens) > 1 or not tokens[0].isalpha():
        return _quoted(" ".join(tokens))
    found = forms(connection, tokens[0])
    if len(found) == 1:
        return _quoted(found[0])
    return "(" + " OR ".join(_quoted(each) for each in found) + ")"


def forms(connection: Connection, word: str) -> list[str]:
    """The forms of a word that occur in the archive, the word itself first; SQLite only."""
    own = folded(word)
    known = connection.execute(
        text("SELECT stem FROM search_stems WHERE term = :term"), {"term": own}
    ).scalars()
    stems = list(known) or [stems_of(word, spanish=False), stems_of(word, spanish=True)]
    query = text("SELECT term FROM search_stems WHERE stem IN (:a, :b) ORDER BY term LIMIT :most")
    found = connection.execute(query, {"a": stems[0], "b": stems[-1], "most": MOST_FORMS}).scalars()
    return [own, *(term for term in dict.fromkeys(found) if term != own)]


def _pieces(node: Mark) -> list[str]:
    """The mark as it is written into the index; an emoji may be of several."""
    if node.kind is MarkKind.EMOJI:
        return [encoded(node.kind, each) for each in emoji_in(node.text)]
    return [encoded(node.kind, node.text)]


def _below(node: Mark) -> list[str]:
    """Beginnings of the addresses that lie below one."""
    return [encoded(node.kind, node.text + sign) for sign in "/?#"]


def _match_mark(node: Mark) -> str:
    own = _quoted(" ".join(_pieces(node)))
    if node.prefix:
        return own + "*"
    if node.kind is not MarkKind.URL:
        return own
    return "(" + " OR ".join([own, *(_quoted(each) + "*" for each in _below(node))]) + ")"


# -- PostgreSQL -------------------------------------------------------------------------------

_MARKS = "to_tsvector('simple', marks || ' ' || pictures)"


def sub_select(node: Words | Mark, params: Params) -> str:
    """PostgreSQL: a SELECT of the versions that have the words or the mark. It stands by
    itself on purpose: joined with an order by date, the planner would walk all dates for a
    rare word."""
    if isinstance(node, Mark):
        question = params.add(_tsquery_of_mark(node))
        return (
            f"SELECT version_id FROM search_rows WHERE {_MARKS} @@ to_tsquery('simple', {question})"  # noqa: S608 - our own names
        )
    tokens = _TOKEN.findall(node.text)
    exact = params.add(_tsquery(tokens, prefix=node.prefix))
    clauses = [f"exact @@ to_tsquery('simple', {exact})"]
    if not (node.exact or node.prefix):
        given = params.add(" ".join(tokens))
        clauses += [
            f"search @@ phraseto_tsquery('english', {given})",
            f"spanish @@ phraseto_tsquery('spanish', {given})",
        ]
    return (
        f"SELECT id FROM versions WHERE {' OR '.join(clauses)} UNION ALL "  # noqa: S608
        f"SELECT version_id FROM search_rows WHERE {_MARKS} @@ to_tsquery('simple', {exact})"
    )


def _tsquery(tokens: list[str], *, prefix: bool) -> str:
    made = [f"'{each}'" for each in tokens]
    if prefix:
        made[-1] += ":*"
    return " <-> ".join(made)


def _tsquery_of_mark(node: Mark) -> str:
    own = _tsquery(_pieces(node), prefix=node.prefix)
    if node.kind is not MarkKind.URL or node.prefix:
        return own
    return " | ".join([own, *(f"'{each}':*" for each in _below(node))])
