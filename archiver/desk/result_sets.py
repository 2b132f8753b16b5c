"""Result sets: what a search found for a request, frozen so that it is the same ever after.

A set names versions, not searches: what is captured, edited or removed later does not move
it. A later search makes another set, and two sets can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archiver.clock import Clock
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import result_sets
from archiver.model.queries.result_sets import RequestRow, ResultSet
from config.settings import Agency

CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one set has and another has not, as (record, version)."""

    new: tuple[tuple[int, int], ...]
    gone: tuple[tuple[int, int], ...]


class ResultSets:
    """The use cases of frozen sets."""

    def __init__(self, database: Database, agency: Agency, clock: Clock) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock

    def freeze(
        self, request_number: str, query: str, ids: Iterable[tuple[int, int]], *, by: str
    ) -> int:
        """Freeze (record, version) pairs as a set of the request; returns the set's number.

        `query` is kept as the words that found them. The order of `ids` does not matter.

        Raises: NotFoundError; RefusedError when the request is closed; UsageError when
            nothing was found, or a version is not one of its record.
        """
        if not by.strip():
            raise UsageError("say who freezes the set")
        items = sorted(set(ids), key=lambda pair: pair[1])
        if not items:
            raise UsageError("nothing was found, so there is no set to freeze")
        now = self._clock.now()
        with self._database.write() as connection:
            request = request_of(connection, request_number)
            if request.state == CLOSED:
                raise RefusedError(f"request {request.number} is closed; open another one")
            digest, strangers = result_sets.digest_over(connection, items)
            if strangers:
                raise UsageError(f"{strangers[0]} is not a version of the record it is said to be")
            made = result_sets.add_set(
                connection,
                request.id,
                query=query,
                made_by=by,
                made_at=now,
                size=len(items),
                digest=digest,
            )
            result_sets.add_items(connection, made.id, items)
            result_sets.add_event(
                connection,
                request.id,
                at=now,
                day=now.astimezone(self._agency.zone).date().isoformat(),
                actor=by,
                action="result set frozen",
                detail={"set": made.number, "size": made.size, "digest": digest, "query": query},
            )
        return made.number

    def all(self, request_number: str) -> list[ResultSet]:
        """The sets of a request, oldest first. Raises: NotFoundError."""
        with self._database.read() as connection:
            return result_sets.sets_of(connection, request_of(connection, request_number).id)

    def get(self, request_number: str, number: int) -> ResultSet:
        """One set. Raises: NotFoundError."""
        with self._database.read() as connection:
            return set_of(connection, request_number, number)

    def still_holds(self, request_number: str, number: int) -> bool:
        """Is the set's digest what its items give today? Raises: NotFoundError."""
        with self._database.read() as connection:
            found = set_of(connection, request_number, number)
            items = list(result_sets.items_of(connection, found.id))
            digest, strangers = result_sets.digest_over(connection, items)
        return digest == found.digest and not strangers and len(items) == found.size

    def compare(self, request_number: str, older: int, newer: int) -> Difference:
        """What is new in the newer set, and what is gone from it. Raises: NotFoundError."""
        with self._database.read() as connection:
            before = set_of(connection, request_number, older)
            after = set_of(connection, request_number, newer)
            return Difference(
                new=tuple(result_sets.only_in(connection, after.id, before.id)),
                gone=tuple(result_sets.only_in(connection, before.id, after.id)),
            )


def request_of(connection: Connection, number: str) -> RequestRow:
    """The request of this number. Raises: NotFoundError."""
    found = result_sets.request_of(connection, number)
    if found is None:
        raise NotFoundError(f'there is no request "{number}"')
    return found


def set_of(connection: Connection, request_number: str, number: int) -> ResultSet:
    """A set of a request. Raises: NotFoundError."""
    request = request_of(connection, request_number)
    for each in result_sets.sets_of(connection, request.id):
        if each.number == number:
            return each
    raise NotFoundError(f"request {request_number} has no result set {number}")
