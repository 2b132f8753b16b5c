"""Hands records over to the state archives: a BagIt bag with exactly these records.

The bag holds WARC segments in which everything that is not of the records was left out or cut
out, and `metadata.json`: of each record its series with authority and dates, and every version
with its digest. Nothing in the archive changes; its own copy goes later, by an execution, once
a receipt was recorded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bagit  # type: ignore[import-untyped]

from archiver import __version__
from archiver.clock import Clock
from archiver.desk.batches import Loaded
from archiver.desk.destruction_plan import Plan, things_of
from archiver.desk.page_things import Find, Thing, Things
from archiver.errors import StoreError, UsageError
from archiver.files import make_folder, sha256_of
from archiver.model.database import Connection
from archiver.model.queries import destruction
from archiver.model.queries.destruction import Place, Subject
from archiver.model.queries.segments import segment_hashes
from archiver.vault.base import Vault
from archiver.warc.check import CheckReport, check_segment
from archiver.warc.conversion import Converter, without_items
from archiver.warc.reader import read_record
from archiver.warc.rewrite import rewrite
from archiver.warc.survey import survey
from archiver.warc.tombstones import manifest_without


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """A finished bag. `manifest_sha256` is over its manifest-sha256.txt, which names the hash
    of every file in it."""

    path: Path
    manifest_sha256: str
    files: int


def make_bag(
    connection: Connection,
    vault: Vault,
    loaded: Loaded,
    plan: Plan,
    folder: Path,
    *,
    agency: str,
    clock: Clock,
) -> Bag:
    """Write the bag into a new folder.

    Raises: UsageError when the folder exists; EvidenceError when a segment does not hold;
    StoreError when the disk refuses.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already; name a new folder for the bag")
    make_folder(folder / "warc")
    packing = _Packing(connection, vault, plan, clock, str(loaded.row.id))
    for name in packing.names():
        packing.pack(name, folder / "warc" / name)
    text = json.dumps(_metadata(loaded, plan.subjects, agency), indent=1, ensure_ascii=False)
    (folder / "metadata.json").write_text(text, encoding="utf-8")
    try:
        made = bagit.make_bag(
            str(folder),
            {
                "Source-Organization": agency,
                "External-Identifier": f"disposition {loaded.row.id}",
                "Bagging-Date": clock.now().date().isoformat(),
                "Bag-Software-Agent": f"Archiver/{__version__}",
            },
            checksums=["sha256", "sha512"],
        )
        made.validate()
    except (OSError, bagit.BagError) as error:
        raise StoreError(f"the bag {folder} could not be made: {error}") from error
    return Bag(
        path=folder,
        manifest_sha256=sha256_of(folder / "manifest-sha256.txt"),
        files=len(made.payload_entries()),
    )


class _Packing:
    """Makes of each segment one that holds nothing but the records'."""

    def __init__(
        self, connection: Connection, vault: Vault, plan: Plan, clock: Clock, batch: str
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._plan = plan
        self._clock = clock
        self._batch = batch
        self._ids = {each.id for each in plan.subjects}
        self._pages = {name for each in plan.surgeries for name in each.convert}
        self._pages |= {name for each in plan.surgeries for name in each.drop}
        self._media: dict[str, set[str]] = defaultdict(set)  # records with payloads, by segment
        holders = destruction.holders(connection, plan.payloads | plan.shared)
        for place in destruction.places_of(connection, holders.values()):
            ids = {place.request_id, place.response_id}
            self._media[place.segment] |= {each for each in ids if each is not None}
        self._hashes = segment_hashes(connection)

    def names(self) -> list[str]:
        return sorted({each.name for each in self._plan.surgeries} | self._media.keys())

    def pack(self, name: str, target: Path) -> None:
        source = self._vault.path(name)
        report = check_segment(source)
        keep, convert = self._chosen(name, report)
        drop = {
            each.record_id
            for each in report.records
            if each.kind != "warcinfo" and each.record_id not in keep
        }
        rewrite(
            source,
            target,
            drop=drop - convert.keys(),
            convert=convert,
            info={"software": f"Archiver/{__version__}", "format": "WARC File Format 1.1"},
            batch=self._batch,
            predecessor=self._hashes[name],
            clock=self._clock,
            members=survey(source, report.records),
        )

    def _chosen(self, name: str, report: CheckReport) -> tuple[set[str], dict[str, Converter]]:
        """The WARC records that stay as they are, and those that are cut."""
        account_id = destruction.account_of(self._connection, name)
        mine = [each for each in self._plan.subjects if each.account_id == account_id]
        keep = set(self._media[name])
        convert: dict[str, Converter] = {}
        if mine:
            others = destruction.natives_of_others(self._connection, account_id, self._ids)
            for place in destruction.places(self._connection, {account_id}):
                if place.segment == name and place.response_id in self._pages:
                    self._page(place, mine, others, keep, convert)
            keys = {(family, platform_id) for family, platform_id, _ in others}
            manifest = report.records[-1].record_id
            convert[manifest] = manifest_without(keys, batch=self._batch)
        return keep, convert

    def _page(
        self,
        place: Place,
        mine: Sequence[Subject],
        others: Iterable[tuple[str, str, str]],
        keep: set[str],
        convert: dict[str, Converter],
    ) -> None:
        if place.response_id is None or place.offset is None or place.length is None:
            return
        record = read_record(self._vault.path(place.segment), place.offset, place.length)
        wanted = Things(mine[0].platform, things_of(mine))
        if record.kind == "revisit" or wanted.look(record)[0] is Find.NOTHING:
            return
        staying = frozenset(state.version_key for each in mine for state in each.states)
        foreign = Things(
            mine[0].platform,
            [Thing(key=(family, id_), native=native) for family, id_, native in others],
            staying=staying | {each.platform_id for each in mine},
        )
        find, doomed = foreign.look(record)
        if find is Find.WHOLE:
            return
        keep |= {each for each in (place.request_id, place.response_id) if each is not None}
        if doomed is not None and find is Find.PARTS:
            convert[place.response_id] = without_items(doomed)


def _metadata(loaded: Loaded, subjects: Iterable[Subject], agency: str) -> Mapping[str, Any]:
    items = {each.record_id: each for each in loaded.items}
    return {
        "agency": agency,
        "disposition": loaded.row.id,
        "schedules": dict(loaded.row.digests),
        "records": [
            {
                "record": each.id,
                "account": each.account,
                "platform": each.platform,
                "family": each.family,
                "platform_id": each.platform_id,
                "kind": each.kind,
                "permalink": each.permalink,
                "published_at": each.published_at.isoformat() if each.published_at else None,
                "schedule": items[each.id].schedule,
                "series": items[each.id].series,
                "authority": items[each.id].citation,
                "eligible_on": items[each.id].eligible_on,
                "versions": [
                    {"sha256": state.digest, "leaf": state.leaf, "state": json.loads(
                        state.canonical)} for state in each.states
                ],
                "media": [
                    {"url": file.url, "sha256": file.sha256} for file in each.files
                ],
            }
            for each in subjects
        ],
    }  # fmt: skip
