"""The plan of a destruction: what of which sealed file goes, and what cannot go.

Made by reading every stored page of the accounts concerned, since a record's text is also on
pages that were kept for the sake of others. It changes nothing; printed, it is the dry run.
The execution holds it against the database again inside its transaction.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from archiver.desk.page_things import Find, Thing, Things
from archiver.errors import EvidenceError
from archiver.model.database import Connection
from archiver.model.queries import destruction, erasure
from archiver.model.queries.destruction import Place, State, Subject
from archiver.model.queries.segments import all_segments
from archiver.vault.base import Vault
from archiver.warc.check import CheckReport, check_segment
from archiver.warc.conversion import Converter, without_items
from archiver.warc.reader import read_record
from archiver.warc.tombstones import manifest_without


@dataclass(frozen=True, slots=True, kw_only=True)
class Surgery:
    """What is to be done to one segment. `report` is its check, made for this plan; `drop` are
    WARC record ids, `convert` pages with what replaces them."""

    name: str
    path: Path
    account_id: int
    sha256: str
    report: CheckReport
    drop: frozenset[str]
    convert: Mapping[str, Converter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`impossible` gives the reason for each record that cannot be destroyed provably;
    `payloads` are the hashes of files that nobody else has, `shared` of those that stay for
    another record's sake, `addresses` those that go, `logs` the runs whose log has one of
    those; `verified` are the records whose newest state was read back and found to be what its
    digest says. `together` are records outside of the plan that go with the same batch, and
    without which a page cannot go: then the plan is to be made anew with them."""

    subjects: tuple[Subject, ...]
    surgeries: tuple[Surgery, ...]
    payloads: frozenset[str]
    shared: frozenset[str]
    addresses: frozenset[str]
    logs: tuple[str, ...]
    verified: frozenset[int]
    together: frozenset[int]
    impossible: Mapping[int, str]
    volume: int  # bytes: what the platform had given of the records, and files that go
    fingerprint: str


def make_plan(
    connection: Connection,
    vault: Vault,
    record_ids: Sequence[int],
    *,
    batch: str,
    later: Set[int] = frozenset(),
) -> Plan:
    """The plan for these records; `later` are those that the same batch destroys after them.

    Raises: EvidenceError when a segment that must be opened does not hold: damage is mended
    or told first, never covered up by a rewriting.
    """
    subjects = destruction.subjects(connection, record_ids)
    draft = _Draft(connection=connection, vault=vault, subjects=subjects, later=later)
    draft.files()
    for account_id in sorted({each.account_id for each in subjects}):
        draft.pages(account_id)
    draft.verify()
    return draft.finish(batch)


def fingerprint(connection: Connection, subjects: Sequence[Subject]) -> str:
    """Changes with anything that a plan rests on: states, files, segments, who shares what."""
    ids = {each.id for each in subjects}
    now = destruction.subjects(connection, sorted(ids))
    shas = {f.sha256 for each in now for f in each.files} - {""}
    told = [repr((each.id, [s.id for s in each.states], each.files)) for each in now]
    told += sorted(destruction.used_by_others(connection, "sha256", shas, ids))
    made = hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass"))
    for place in destruction.places(connection, {each.account_id for each in now}):
        made.update(f"\n{place.exchange} {place.segment} {place.response_id}".encode())
    return made.hexdigest()


@dataclass(kw_only=True)
class _Draft:
    connection: Connection
    vault: Vault
    subjects: list[Subject]
    later: Set[int]
    payloads: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    drop: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    convert: dict[str, dict[str, Converter]] = field(default_factory=lambda: defaultdict(dict))
    cut: set[str] = field(default_factory=set)  # exchanges that no longer show a subject
    verified: set[int] = field(default_factory=set)
    together: set[int] = field(default_factory=set)
    impossible: dict[int, str] = field(default_factory=dict)

    @property
    def ids(self) -> set[int]:
        return {each.id for each in self.subjects}

    def files(self) -> None:
        """Media: a payload goes with the last record that names it."""
        entries = [file for each in self.subjects for file in each.files]
        shas = {file.sha256 for file in entries} - {""}
        self.shared = destruction.used_by_others(self.connection, "sha256", shas, self.ids)
        self.payloads = shas - self.shared
        keys, urls = {f.key for f in entries}, {f.url for f in entries}
        self.keys = keys - destruction.used_by_others(self.connection, "key", keys, self.ids)
        others = destruction.used_by_others(self.connection, "url", urls, self.ids)
        self.addresses = urls - others - {""}
        holders = destruction.holders(self.connection, self.payloads)
        held = destruction.places_of(self.connection, holders.values())
        stored = {place.payload_sha256 for place in held if place.payload_sha256}
        for place in (*held, *destruction.same_payload(self.connection, stored)):
            self._drop(place)

    def _drop(self, place: Place) -> None:
        ids = {place.request_id, place.response_id} - {None}
        self.drop[place.segment] |= {each for each in ids if each is not None}
        self.cut.add(place.exchange)

    def pages(self, account_id: int) -> None:
        """Every stored page of the account, for the sake of whichever record it was kept."""
        mine = [each for each in self.subjects if each.account_id == account_id]
        staying: Set[str] = frozenset()
        if mine[0].platform == "x":
            staying = destruction.staying_ids(self.connection, account_id, self.ids)
        things = Things(
            mine[0].platform, things_of(mine), media_keys=self.keys, staying=staying
        )  # fmt: skip
        holding = destruction.media_exchanges(self.connection, {account_id})
        for place in destruction.places(self.connection, {account_id}):
            if place.exchange in self.cut or place.response_id is None:
                continue
            if place.url in self.addresses and place.exchange not in holding:
                self._drop(place)  # on the way to a file that goes, or a second look at it
            elif place.exchange not in holding:
                self._page(place, things, mine)

    def _page(self, place: Place, things: Things, mine: Sequence[Subject]) -> None:
        assert place.offset is not None
        assert place.length is not None
        assert place.response_id is not None
        record = read_record(self.vault.path(place.segment), place.offset, place.length)
        if record.kind == "revisit":
            return
        find, doomed = things.look(record)
        if find is Find.PARTS:
            assert doomed is not None
            self.convert[place.segment][place.response_id] = without_items(doomed)
            self.cut.add(place.exchange)
        elif find is Find.WHOLE:
            resting = destruction.rests_on(self.connection, [place.exchange])[place.exchange]
            others = resting - self.ids
            if not others:
                self._drop(place)
                return
            if others <= self.later:
                self.together |= others
                return
            for each in mine:
                if each.id in resting or len(mine) == 1:
                    self.impossible[each.id] = (
                        f"it stands on the page {place.exchange}, which cannot be cut and is the "
                        f"proof of record {min(others)}, which stays"
                    )

    def verify(self) -> None:
        """Is the newest state what its digest says, and is its page found and cut?"""
        for each in self.subjects:
            for state in each.states:
                if state.exchange not in self.cut and self._has_page(state):
                    self.impossible.setdefault(
                        each.id,
                        f"it was not found on the page {state.exchange} that it was read from; "
                        "what is left of it there could not be destroyed",
                    )
            newest = next(state for state in each.states if state.id == each.current)
            text = newest.canonical.encode("ascii", "replace")
            if hashlib.sha256(text).hexdigest() == newest.digest and newest.exchange in self.cut:
                self.verified.add(each.id)

    def _has_page(self, state: State) -> bool:
        places = destruction.places_of(self.connection, [state.exchange])
        return any(place.response_id is not None for place in places)

    def finish(self, batch: str) -> Plan:
        names = destruction.told_in(self.connection, sorted(self.ids))
        names |= {name for name, ids in (*self.drop.items(), *self.convert.items()) if ids}
        known = {each.name: each.sha256 for each in all_segments(self.connection)}
        surgeries = tuple(self._surgery(name, known[name], batch) for name in sorted(names))
        return Plan(
            subjects=tuple(self.subjects),
            surgeries=surgeries,
            payloads=frozenset(self.payloads),
            shared=frozenset(self.shared),
            addresses=frozenset(self.addresses),
            logs=erasure.with_addresses(
                self.connection,
                {each.account_id for each in self.subjects},
                addresses_of(self.subjects, self.addresses),
            ),
            verified=frozenset(self.verified),
            together=frozenset(self.together),
            impossible=dict(self.impossible),
            volume=self._volume(),
            fingerprint=fingerprint(self.connection, self.subjects),
        )

    def _volume(self) -> int:
        told = (state.native for each in self.subjects for state in each.states)
        files = destruction.payload_sizes(self.connection, self.payloads)
        return sum(len(native.encode("utf-8", "surrogatepass")) for native in told) + files

    def _surgery(self, name: str, sha256: str, batch: str) -> Surgery:
        path = self.vault.path(name)
        report = check_segment(path)
        if not report.ok or report.sha256 != sha256:
            what = report.problems[0] if report.problems else "it is not the file that was sealed"
            raise EvidenceError(
                f"the segment {name} does not hold ({what}); nothing of it is destroyed before "
                "that is cleared up, see: archiver verify"
            )
        account_id = destruction.account_of(self.connection, name)
        mine = [each for each in self.subjects if each.account_id == account_id]
        manifest = manifest_without(
            {(each.family, each.platform_id) for each in mine},
            batch=batch,
            recovered={state.id for each in mine for state in each.states},
        )
        last = report.records[-1].record_id
        return Surgery(
            name=name,
            path=path,
            account_id=account_id,
            sha256=sha256,
            report=report,
            drop=frozenset(self.drop.get(name, ())),
            convert={**self.convert.get(name, {}), last: manifest},
        )


def addresses_of(subjects: Iterable[Subject], files: Set[str]) -> set[str]:
    """The addresses that go out of the run log: of the files that go, and of the records."""
    return {*files, *(each.permalink for each in subjects if each.permalink)}


def things_of(subjects: Iterable[Subject]) -> list[Thing]:
    """All states of the records, as what to look for on pages."""
    return [
        Thing(
            key=(each.family, each.platform_id),
            native=state.native,
            permalink=each.permalink,
            title=state.title,
            words=state.words,
        )
        for each in subjects
        for state in each.states
    ]
