"""What the law looks at in a record, as one short text: its key. Records of one key stand
alike, so the law is asked once a key and never once a record.

Only what the rules in force ask about is in the key (`Needs`): where no rule speaks of
authors, two records that differ by their author share one. Keys are made by the database for
a stretch of record numbers at a time; nothing is read into Python but the distinct ones.

    the record > its post, if a comment | created | withdrawn | stated | holds | answered

Created: the day on which the present state came to be. A record is kept as a whole, so an edit
starts the clock of all its versions anew; an edit seen by comparing counts from its latest
possible moment. Nothing stands in for a publication time that the platform does not give.
Withdrawn: the latest moment by which the public could no longer see it. Answered: its number,
if a person decided about its maximum, since that decision is for this record alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select

from archiver.model.queries.standing_query import keys_query
from archiver.model.queries.standing_rare import Needs, filled, gather, own_authors
from retention.facts import Event

AGENCY, PUBLIC = "agency", "public"
_ROLES = {"a": AGENCY, "p": PUBLIC, "": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the rules of classification see of a record; what they do not ask for is empty.
    `account_id` is one of those that no rule tells apart. `words` are those of `Needs.words`
    that occur in it; `by_hand` are keys of series."""

    account_id: int | None
    kind: str
    role: str
    author_id: str
    thread_id: str
    visible: bool
    tags: frozenset[str]
    words: tuple[str, ...]
    by_hand: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What the periods are counted from, in agency-local days, and the numbers of the holds.
    `answered` is the record's number if a person decided about its maximum."""

    created: date | None
    withdrawn: date | None
    stated: Mapping[Event, date]
    holds: tuple[int, ...]
    answered: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of all records, as the connection that prepared them can make them. `series`
    numbers the series that people put records into; `holds` are those to look for."""

    needs: Needs
    series: Mapping[int, str]
    own: tuple[tuple[int, str], ...]
    holds: tuple[int, ...]
    filled: frozenset[str]
    dialect: str

    def query(self, first: int, last: int) -> Select[Any]:
        """Number and key of every record from `first` to `last` that was not destroyed."""
        return keys_query(
            self.needs,
            first,
            last,
            own=self.own,
            holds=self.holds,
            filled=self.filled,
            dialect=self.dialect,
        )

    def traits_of(self, part: str) -> tuple[Traits, Traits | None]:
        """The first part of a key: the record, and the post that it is a comment on."""
        own, _, post = part.partition(">")
        group, _, traits = own.partition(";")
        account = self.needs.accounts[int(group)][0] if self.needs.accounts else None
        return self._traits(account, traits), self._traits(account, post) if post else None

    def _traits(self, account: int | None, text: str) -> Traits:
        kind, role, author, thread, visible, tags, words, by_hand = text.split(";")
        return Traits(
            account_id=account,
            kind=self.needs.kinds[int(kind)] if kind else "",
            role=_ROLES[role],
            author_id=self.needs.authors[int(author)] if author else "",
            thread_id=self.needs.threads[int(thread)] if thread else "",
            visible=visible == "1",
            tags=frozenset(self.needs.tags[n] for n in _numbers(tags)),
            words=tuple(self.needs.words[n] for n in _numbers(words)),
            by_hand=tuple(self.series[n] for n in _numbers(by_hand)),
        )


def happened_of(part: str) -> Happened:
    """The second part of a key."""
    created, withdrawn, stated, holds, answered = part.split("|")
    return Happened(
        created=_day(created),
        withdrawn=_day(withdrawn),
        stated=dict(sorted(map(_event, stated.split(",")))) if stated else {},
        holds=tuple(sorted(map(int, holds.split(",")))) if holds else (),
        answered=int(answered) if answered else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _event(text: str) -> tuple[Event, date]:
    name, _, day = text.partition("=")
    return Event(name), date.fromisoformat(day)


def _numbers(text: str) -> list[int]:
    return sorted(map(int, text.split(","))) if text else []


# -- preparing --------------------------------------------------------------------------------


def prepare(
    connection: Connection,
    needs: Needs,
    *,
    days: Mapping[datetime, str],
    holds: Sequence[int],
    words: Mapping[int, str],
    answered: Iterable[int] = (),
) -> Keys:
    """Gather what is rare into tables of this connection alone. `holds` are the numbers of
    those that bind, `answered` those of the records about whose maximum a person decided.
    `words` is what `standing_words` found in the records whose keys, and in the posts of which,
    will be asked for. `days` is the agency's `calendar`."""
    series = gather(connection, needs, days=days, answered=answered, words=words)
    own = tuple(own_authors(connection)) if needs.roles else ()
    dialect = connection.dialect.name
    return Keys(
        needs=needs,
        series=series,
        own=own,
        holds=tuple(holds),
        filled=filled(connection),
        dialect=dialect,
    )
