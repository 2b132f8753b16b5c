"""One record as its page shows it: head, states, thread, where it lies, what it is part of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from archiver.model.tables import (
    accounts,
    ledger,
    metrics,
    records,
    runs,
    segments,
    version_media,
    versions,
)
from archiver.model.tables_requests import (
    production_items,
    productions,
    requests,
    result_items,
    result_sets,
)
from archiver.model.tables_retention import standings

_MOST_IN_THREAD = 5_000  # of which the oldest are taken
_AROUND = 200  # lines of the ledger on either side of the time that is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A record with its account. Times are aware UTC; `versions` counts its states."""

    id: int
    account_id: int
    account: str
    account_name: str
    platform: str
    department: str
    family: str
    kind: str
    platform_id: str
    parent_id: str
    thread_id: str
    author_id: str
    author_handle: str
    author_name: str
    permalink: str
    published_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    visibility: str
    presence: str
    version_id: int
    versions: int

    @property
    def author(self) -> str:
        """For people; empty where the platform hides it."""
        return self.author_name or self.author_handle or self.author_id


def subject(connection: Connection, record_id: int) -> Subject | None:
    """The record of this number."""
    query = (
        select(
            records,
            accounts.c.slug.label("account"),
            accounts.c.name.label("account_name"),
            accounts.c.platform,
            accounts.c.department,
        )
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(records.c.id == record_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Subject(**{name: row._mapping[name] for name in Subject.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One version without its text. The state came to be after `not_before` and not later than
    `not_after`; `edited_at` only when the platform states it. Times are aware UTC."""

    id: int
    number: int
    run_id: str
    run_ended: datetime
    exchange_id: str
    captured_at: datetime
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    superseded: bool
    visibility: str
    language: str
    digest: str
    leaf: str
    media: int


def states(connection: Connection, record_id: int) -> list[State]:
    """All versions of a record in the order of capture."""
    filed = (
        select(version_media.c.version_id)
        .join(versions, versions.c.id == version_media.c.version_id)
        .where(versions.c.record_id == record_id)
    )
    files: dict[int, int] = {}
    for row in connection.execute(filed):
        files[row.version_id] = files.get(row.version_id, 0) + 1
    plain = [versions.c[name] for name in State.__slots__ if name not in ("run_ended", "media")]
    query = (
        select(*plain, runs.c.ended_at.label("run_ended"))
        .join(runs, runs.c.id == versions.c.run_id)
        .where(versions.c.record_id == record_id)
        .order_by(versions.c.number)
    )
    return [State(**row._mapping, media=files.get(row.id, 0)) for row in connection.execute(query)]


def forms(connection: Connection, version_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The canonical forms of versions, parsed; empty where a disposition destroyed them."""
    query = select(versions.c.id, versions.c.canonical).where(versions.c.id.in_(version_ids))
    return {
        row.id: json.loads(row.canonical) if row.canonical else {}
        for row in connection.execute(query)
    }


def canonical_of(connection: Connection, version_id: int) -> str:
    """The canonical form of a version, byte for byte; empty when it was destroyed."""
    query = select(versions.c.canonical).where(versions.c.id == version_id)
    return str(connection.execute(query).scalar_one())


def segment_sha256(connection: Connection, name: str) -> str:
    """The hash of a sealed file, as it was noted when it was sealed; empty if not known."""
    query = select(segments.c.sha256).where(segments.c.name == name)
    return connection.execute(query).scalar() or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A record in a thread, in its current state."""

    id: int
    family: str
    kind: str
    platform_id: str
    parent_id: str
    author: str
    published_at: datetime | None
    visibility: str
    presence: str
    versions: int
    words: str


_SPOKEN = select(
    records.c.id,
    records.c.family,
    records.c.kind,
    records.c.platform_id,
    records.c.parent_id,
    records.c.author_name,
    records.c.author_handle,
    records.c.author_id,
    records.c.published_at,
    records.c.visibility,
    records.c.presence,
    records.c.versions,
    versions.c.words,
).join(versions, versions.c.id == records.c.version_id)


def of_thread(connection: Connection, record: Subject, *, most: int) -> list[Spoken]:
    """What belongs to the record's thread, oldest first, at most so many; what the thread hangs
    from is among them. A thread is of one account."""
    root = record.thread_id or record.platform_id
    own = records.c.account_id == record.account_id
    # Which they are comes first: for the order alone SQLite would walk through all of the account.
    ids = select(records.c.id).where(own, records.c.thread_id == root).limit(_MOST_IN_THREAD)
    query = _SPOKEN.where(records.c.id.in_(ids)).order_by(records.c.published_at, records.c.id)
    found = [_spoken(row) for row in connection.execute(query.limit(most))]
    known = {each.id for each in found}
    return [each for each in _named(connection, own, root) if each.id not in known] + found


def named(connection: Connection, account_id: int, platform_id: str) -> list[Spoken]:
    """The records of an account with this id of the platform, of whatever family."""
    return _named(connection, records.c.account_id == account_id, platform_id)


def _named(connection: Connection, own: ColumnElement[bool], platform_id: str) -> list[Spoken]:
    families = ("post", "comment", "story", "message", "media", "profile")  # lets the index work
    query = _SPOKEN.where(own, records.c.family.in_(families), records.c.platform_id == platform_id)
    return [_spoken(row) for row in connection.execute(query)]


def _spoken(row: Any) -> Spoken:
    return Spoken(
        id=row.id,
        family=row.family,
        kind=row.kind,
        platform_id=row.platform_id,
        parent_id=row.parent_id,
        author=row.author_name or row.author_handle or row.author_id,
        published_at=row.published_at,
        visibility=row.visibility,
        presence=row.presence,
        versions=row.versions,
        words=row.words,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was last counted on a record, when (aware UTC)."""

    at: datetime
    counts: Mapping[str, int]


def counted(connection: Connection, record_id: int) -> Counted | None:
    """The newest counts of a record."""
    query = (
        select(metrics.c.at, metrics.c.counts)
        .where(metrics.c.record_id == record_id)
        .order_by(metrics.c.day.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return Counted(at=row.at, counts=row.counts) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A request that the record was found for: `production` and `outcome` are empty unless it
    is in a package; then `bates` is its number there, None if withheld."""

    request: str
    state: str
    result_set: int
    version: int
    production: int | None = None
    production_state: str = ""
    outcome: str = ""
    prefix: str = ""
    bates: int | None = None


def filed_in(connection: Connection, record_id: int) -> list[Filed]:
    """The requests that the record was found for, newest first, and the packages it is in."""
    packed = {
        (row.set_id, row.version_id): row
        for row in connection.execute(
            select(
                productions.c.set_id,
                production_items.c.version_id,
                productions.c.number,
                productions.c.state,
                productions.c.prefix,
                production_items.c.outcome,
                production_items.c.bates,
            )
            .join(productions, productions.c.id == production_items.c.production_id)
            .join(versions, versions.c.id == production_items.c.version_id)
            .where(versions.c.record_id == record_id)
            .order_by(productions.c.id)
        )
    }
    query = (
        select(
            requests.c.number,
            requests.c.state,
            result_sets.c.number.label("set_number"),
            result_items.c.set_id,
            result_items.c.version_id,
            versions.c.number.label("version"),
        )
        .join(result_sets, result_sets.c.id == result_items.c.set_id)
        .join(requests, requests.c.id == result_sets.c.request_id)
        .join(versions, versions.c.id == result_items.c.version_id)
        .where(result_items.c.record_id == record_id)
        .order_by(requests.c.id.desc(), result_sets.c.number.desc(), versions.c.number)
    )
    return [_filed(row, packed.get((row.set_id, row.version_id)))
            for row in connection.execute(query)]  # fmt: skip


def _filed(row: Any, packed: Any) -> Filed:
    return Filed(
        request=row.number,
        state=row.state,
        result_set=row.set_number,
        version=row.version,
        production=packed.number if packed else None,
        production_state=packed.state if packed else "",
        outcome=packed.outcome if packed else "",
        prefix=packed.prefix if packed else "",
        bates=packed.bates if packed else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the last evaluation put a record; days are agency-local, ISO, empty if open."""

    standing: str
    series: str
    eligible_on: str
    must_go_by: str
    evaluated_on: str


def standing(connection: Connection, record_id: int) -> Standing | None:
    """The record's standing; None before the first evaluation after its capture."""
    row = connection.execute(select(standings).where(standings.c.record_id == record_id)).first()
    if row is None:
        return None
    return Standing(
        standing=row.standing,
        series=row.series,
        eligible_on=row.eligible_on or "",
        must_go_by=row.must_go_by or "",
        evaluated_on=row.evaluated_on,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the ledger with the hash of the line before it, as they are stored."""

    seq: int
    at: datetime
    kind: str
    body: str
    previous: str
    hash: str


def line_of_run(connection: Connection, run_id: str, *, ended: datetime) -> Line | None:
    """The ledger's line about a run. It carries the time at which the run ended, and times rise
    with the numbers, so it is found without reading the ledger; where a clock went back, by
    reading it after all."""
    here = _first_at(connection, ended)
    around = ledger.c.seq.between(here - _AROUND, here + _AROUND)
    for condition in (around, ledger.c.seq > 0):
        for line in _of_runs(connection, condition):
            if json.loads(line.body)["run"] == run_id:
                return line
    return None


def line(connection: Connection, seq: int) -> Line | None:
    """The line of this number."""
    row = connection.execute(select(ledger).where(ledger.c.seq == seq)).first()
    return Line(**row._mapping) if row else None


def _of_runs(connection: Connection, condition: ColumnElement[bool]) -> Iterator[Line]:
    query = select(ledger).where(ledger.c.kind == "run", condition).order_by(ledger.c.seq)
    with connection.execute(query.execution_options(yield_per=500)) as rows:
        for row in rows:
            yield Line(**row._mapping)


def _first_at(connection: Connection, moment: datetime) -> int:
    """The number of the first line that is not older than the moment; the numbers have no gaps."""
    last = connection.execute(select(ledger.c.seq).order_by(ledger.c.seq.desc()).limit(1)).scalar()
    low, high = 1, last or 1
    while low < high:
        middle = (low + high) // 2
        at = connection.execute(select(ledger.c.at).where(ledger.c.seq == middle)).scalar()
        if at is None or at < moment:
            low = middle + 1
        else:
            high = middle
    return low
