"""Verifies one version of a record, now: what lies in the archive is read and computed again.

The answer of the platform in its WARC file, the digest of the version, its media, its leaf in the
tree of its run, and the line of the ledger that carries the root of that tree. Whole files and the
whole chain are the work of `archiver verify`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archiver.clock import Clock
from archiver.desk.access import Viewer
from archiver.desk.held_exchanges import HeldExchanges
from archiver.desk.held_media import HeldMedia
from archiver.desk.record_view import Place, chosen_version, place_of, visible_record
from archiver.errors import EvidenceError, StoreError
from archiver.ledger.chain import GENESIS, entry
from archiver.ledger.merkle import verify
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, places, record_page, review
from archiver.model.queries.record_page import State
from archiver.vault.base import Vault

LOGGED = "record verified"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked, and in one sentence what came of it."""

    what: str
    holds: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a verification. `at` is aware UTC. It tells nothing of the content."""

    record_id: int
    version: int
    at: datetime
    by: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Does everything hold?"""
        return all(each.holds for each in self.steps)


class RecordChecks:
    """The use case."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def check(self, record: str, viewer: Viewer, *, version: int = 0) -> Checked:
        """Verify a version, 0 for the current one; that and the outcome is in the ledger.

        Raises: NotFoundError; RefusedError when it is of another department.
        """
        with self._database.read() as connection:
            found = visible_record(connection, record, viewer)
            state = chosen_version(connection, found, version)
            steps = tuple(self._steps(connection, state))
        made = Checked(
            record_id=found.id,
            version=state.number,
            at=self._clock.now(),
            by=viewer.name,
            steps=steps,
        )
        with self._database.write() as connection:
            body = {
                "by": viewer.name,
                "record": found.id,
                "version": state.number,
                "faults": [each.said for each in steps if not each.holds],
            }
            ledger.append(connection, at=made.at, kind=LOGGED, body=body)
        return made

    def _steps(self, connection: Connection, state: State) -> Iterator[Step]:
        place = place_of(connection, state)
        yield self._answer(place)
        canonical = record_page.canonical_of(connection, state.id)
        if not canonical:
            yield Step(
                "The version",
                True,
                "It was destroyed by a disposition; its digest and its leaf are kept.",
            )
        else:
            yield _digest(canonical, state)
            yield from self._files(connection, state)
        yield _leaf(connection, state)
        yield _line(connection, place)

    def _answer(self, place: Place) -> Step:
        what = "The platform's answer"
        exchange = place.exchange
        if exchange is None:
            return Step(what, True, "It was destroyed as a whole by a disposition.")
        try:
            pair = HeldExchanges(self._vault).read(exchange)
        except (EvidenceError, StoreError) as error:
            return Step(what, False, _sentence(error))
        if pair is None:
            return Step(what, False, f"No answer is held in {exchange.segment}.")
        payload = hashlib.sha256(pair.response.payload).hexdigest()
        if exchange.payload_sha256 not in (None, payload):
            return Step(what, False, f"Its payload in {exchange.segment} is not what was noted.")
        return Step(
            what,
            True,
            f"It lies at byte {exchange.response_offset} of {exchange.segment}; block and payload "
            f"have the digests that were noted. Payload: SHA-256 {payload}.",
        )

    def _files(self, connection: Connection, state: State) -> Iterator[Step]:
        media = HeldMedia(self._vault)
        for each in review.media_of(connection, [state.id]).get(state.id, []):
            if not each.segment:
                continue  # nothing is held that could be wrong; the page says why
            what = f"File {each.position}"
            try:
                size = sum(len(piece) for piece in media.pieces(each))
            except (EvidenceError, StoreError) as error:
                yield Step(what, False, _sentence(error))
                continue
            yield Step(what, True, f"{size:,} bytes were read again: SHA-256 {each.sha256}.")


def _digest(canonical: str, state: State) -> Step:
    computed = hashlib.sha256(canonical.encode("ascii", "replace")).hexdigest()
    if computed != state.digest:
        return Step(
            "The version", False, f"Its digest is {computed}; {state.digest} was noted: changed."
        )
    return Step("The version", True, f"Its canonical form has the digest SHA-256 {computed}.")


def _leaf(connection: Connection, state: State) -> Step:
    what = "Its leaf"
    try:
        place = places.places(connection, [state.id])[state.id]
    except EvidenceError as error:
        return Step(what, False, _sentence(error))
    proved = verify(
        place.leaf, index=place.index, size=place.size, path=place.path, root=place.root
    )
    if not proved:
        return Step(what, False, "Its path does not lead to the root of its run.")
    return Step(
        what,
        True,
        f"Computed again and found as number {place.index + 1} of {place.size} under the root "
        f"{place.root} that line {place.line} of the ledger carries.",
    )


def _line(connection: Connection, place: Place) -> Step:
    what = "The ledger"
    line = record_page.line(connection, place.line) if place.line else None
    if line is None:
        return Step(what, False, "There is no line about the run.")
    before = record_page.line(connection, line.seq - 1)
    again = entry(
        seq=line.seq,
        at=line.at,
        kind=line.kind,
        body=json.loads(line.body),
        previous=line.previous,
    )
    if again.hash != line.hash or line.previous != (before.hash if before else GENESIS):
        return Step(what, False, f"Line {line.seq} was changed or does not follow from the last.")
    return Step(what, True, f"Line {line.seq} has the hash {line.hash} and follows from the last.")


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
