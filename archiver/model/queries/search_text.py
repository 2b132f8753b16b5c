"""Words and marks of a question, as the full-text index of either database understands them.

Either has one index of the words as they are written, without accents. In SQLite's a word in
all its forms becomes those of its forms that occur in the archive; PostgreSQL's also has the
stems. So exact and loose questions are asked of the same index, and any mixture of them is one
question.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, text

from archiver.model.queries.search_vectors import TOKEN, query_of_mark, query_of_words
from archiver.model.search_query import And, Mark, Node, Not, Or, Words
from archiver.model.search_words import MarkKind, folded, pieces_of, places_below, stems_of
from archiver.model.tables import Utc

MOST_FORMS = 200  # of one word


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
    """The question for FTS5, or as a tsquery; None when it cannot be put to the index alone:
    it has fields, or only says what must not be."""
    sqlite = connection.dialect.name == "sqlite"
    if isinstance(node, Words):
        return _match_words(connection, node) if sqlite else query_of_words(node)
    if isinstance(node, Mark):
        return _match_mark(node) if sqlite else query_of_mark(node)
    either, both, but_not = (" OR ", " AND ", " NOT ") if sqlite else (" | ", " & ", " & !")
    if isinstance(node, Or):
        return _joined([match(connection, part) for part in node.parts], either)
    if isinstance(node, And):
        wanted = [part for part in node.parts if not isinstance(part, Not)]
        denied = [part.part for part in node.parts if isinstance(part, Not)]
        found = _joined([match(connection, part) for part in wanted], both)
        if found is None or not denied:
            return found
        without = _joined([match(connection, part) for part in denied], either)
        return None if without is None else f"({found}{but_not}{without})"
    return None


def having(connection: Connection, asked: str, params: Params) -> str:
    """A SELECT of the versions that `match` asks for."""
    if connection.dialect.name == "sqlite":
        question = params.add(asked)
        return f"SELECT rowid FROM versions_search WHERE versions_search MATCH {question}"  # noqa: S608
    return f"SELECT version_id FROM search_texts WHERE {vector_has(asked, params)}"  # noqa: S608


def vector_has(asked: str, params: Params) -> str:
    """PostgreSQL: the condition on a row of `search_texts`."""
    return f"found @@ CAST({params.add(asked)} AS tsquery)"


def _joined(parts: list[str | None], word: str) -> str | None:
    if not parts or None in parts:
        return None
    known = [part for part in parts if part is not None]
    return known[0] if len(known) == 1 else "(" + word.join(known) + ")"


# -- SQLite -----------------------------------------------------------------------------------


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _match_words(connection: Connection, node: Words) -> str:
    tokens = TOKEN.findall(node.text)
    if not tokens:
        return '""'  # nothing has no words
    if node.prefix:
        begins = _quoted(" ".join(tokens)) + "*"
        # Marks begin with an x in their column.
        return begins if folded(tokens[-1])[0] != "x" else f"({{title words pictures}} : {begins})"
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


def _match_mark(node: Mark) -> str:
    own = _quoted(" ".join(pieces_of(node.kind, node.text)))
    if node.prefix:
        return own + "*"
    if node.kind is not MarkKind.URL:
        return own
    return (
        "(" + " OR ".join([own, *(_quoted(each) + "*" for each in places_below(node.text))]) + ")"
    )
