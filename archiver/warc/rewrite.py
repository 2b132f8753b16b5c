"""Makes a new segment from a sealed one in which some records are no more; the old one stays
as it is, to be destroyed by whom that is allowed.

Records that stay are copied byte for byte. Changed are only: pages that are converted, records
whose payload lay in one that goes, and the WARC header of those that referred to a record that
goes (their id, block and digest stay). A new warcinfo names the file that this one replaces.

Extension fields:
    WARC-Archiver-Disposition    the batch (or batches) for which the record was changed
    WARC-Archiver-Captured       on a conversion: the WARC-Date of what it was made of
    WARC-Archiver-Promoted-From  on a response that was a revisit: whose payload it now has
    WARC-Archiver-Replaces       on a metadata record that was written anew: the former one
A conversion with an HTTP head has no payload digest, because WARC readers do not agree whether
that would be over the body or the block.

Not done here: the check that the new file holds (`check_segment`), and references from other
segments. Who drops or converts a record must promote its revisits in every file first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from archiver.clock import Clock
from archiver.errors import EvidenceError, UsageError
from archiver.values import RecordRef
from archiver.warc.check import check_segment
from archiver.warc.conversion import Converter
from archiver.warc.moved import MovedRecords
from archiver.warc.replaced import Maker, NewRecord, Original
from archiver.warc.survey import Member, opened, survey
from archiver.warc.target import Target

_NOTHING: Mapping[str, str | Original] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The new file. `sha256` is hex over its bytes, `records` how many it has.

    `moved` tells for every record that stays or was replaced, by its old id, where it lies now.
    `dropped` and `replaced` are the (record id, hex block SHA-256) of what is no more: left
    out, or there only in its new form.
    """

    name: str
    sha256: str
    size: int
    records: int
    moved: Mapping[str, RecordRef]
    dropped: tuple[tuple[str, str], ...]
    replaced: tuple[tuple[str, str], ...]


def rewrite(
    source: Path,
    target: Path,
    *,
    drop: Set[str],
    convert: Mapping[str, Converter],
    info: Mapping[str, str],
    batch: str,
    predecessor: str,
    clock: Clock,
    promote: Mapping[str, str | Original] = _NOTHING,
    name: str | None = None,
    members: Sequence[Member] | None = None,
) -> Rewritten:
    """Write `target`, which must not exist; when this returns it is durable and complete.

    `drop` are record ids to leave out, `convert` those to replace, `promote` revisits that get
    the payload of their original: a record id of this file, or a place elsewhere. `info` goes
    into the warcinfo, with `batch` (the disposition's id) and `predecessor` (hex SHA-256 of
    the source). `name` is the new file's final name. `members` is the survey of a source that
    was checked just now; without it the source is checked here.

    Raises: UsageError when something is asked for that is not in the file or would leave a
        revisit without its payload; EvidenceError when the source does not hold; StoreError
        when the disk refuses. The target is then gone.
    """
    if members is None:
        members = _checked(source, predecessor)
    _refuse_nonsense(source, members, drop, convert, promote)
    maker = Maker(
        source=source,
        members={each.record_id: each for each in members},
        convert=convert,
        promote=promote,
        drop=drop,
        spool=target.parent,
        batch=" ".join(batch.split()),
        clock=clock,
    )
    made = Target(target)
    try:
        with opened(source) as file:
            writing = _Writing(file, made, maker, name or target.name)
            writing.begin({**info, **_origin(source, predecessor, batch)})
            writing.take_all(members)
            return writing.finish()
    finally:
        made.abandon()


def _origin(source: Path, predecessor: str, batch: str) -> dict[str, str]:
    return {
        "archiver-replaces": source.name,
        "archiver-replaces-sha256": predecessor,
        "archiver-disposition": batch,
    }


def _checked(source: Path, predecessor: str) -> Sequence[Member]:
    report = check_segment(source)
    if not report.ok:
        raise EvidenceError(
            f"{source} does not hold and is not rewritten, lest the damage be covered up: "
            f"{report.problems[0]}"
        )
    if report.sha256 != predecessor:
        raise EvidenceError(
            f"{source} has the SHA-256 {report.sha256}, {predecessor} when it was sealed; "
            "it is not rewritten"
        )
    return survey(source, report.records)


def _refuse_nonsense(
    source: Path,
    members: Sequence[Member],
    drop: Set[str],
    convert: Mapping[str, Converter],
    promote: Mapping[str, str | Original],
) -> None:
    kinds = {each.record_id: each.kind for each in members}
    if len(kinds) != len(members):
        raise EvidenceError(f"{source} has two records with the same id; it is not rewritten")
    originals = {each for each in promote.values() if isinstance(each, str)}
    unknown = (drop | convert.keys() | promote.keys() | originals) - kinds.keys()
    if unknown:
        raise UsageError(f"{source} has no record {min(unknown)}")
    both = drop & (convert.keys() | promote.keys())
    if both:
        raise UsageError(f"the record {min(both)} is to be dropped and to be kept in another form")
    for record_id in promote:
        if kinds[record_id] != "revisit":
            raise UsageError(f"the record {record_id} is no revisit; it has its payload already")
    for record_id in convert:
        if kinds[record_id] == "revisit" and record_id not in promote:
            raise UsageError(f"the revisit {record_id} has no payload to convert; promote it")
    for each in members:
        if each.kind == "revisit" and each.record_id not in drop and each.record_id not in promote:
            for original in each.refers:
                if original in drop or original in convert:
                    raise UsageError(
                        f"the revisit {each.record_id} has its payload in {original}, which goes; "
                        "promote it, or drop it as well"
                    )


class _Writing:
    """Copies the stretches of untouched records, and writes new ones in between."""

    def __init__(self, file: BinaryIO, target: Target, maker: Maker, name: str) -> None:
        self._file = file
        self._target = target
        self._maker = maker
        self._name = name
        self._moved = MovedRecords(name, maker.members)
        self._dropped: list[tuple[str, str]] = []
        self._replaced: list[tuple[str, str]] = []

    def begin(self, info: Mapping[str, str]) -> None:
        self._write(self._maker.warcinfo(self._name, info))

    def take_all(self, members: Sequence[Member]) -> None:
        begin = 0
        for index in self._maker.touched(members):
            self._copy(members[begin:index])
            self._take(members[index])
            begin = index + 1
        self._copy(members[begin:])

    def _copy(self, members: Sequence[Member]) -> None:
        if not members:
            return
        start = members[0].offset
        end = members[-1].offset + members[-1].length
        self._moved.stretch(start, end, self._target.offset, len(members))
        self._target.copy(self._file, start, end)

    def _take(self, member: Member) -> None:
        made = self._maker.made(member, self._moved)
        if made is None:
            self._dropped.append((member.record_id, member.block_sha256))
            return
        self._moved.put(member.record_id, self._write(made))
        if made.is_other:
            self._replaced.append((member.record_id, member.block_sha256))

    def _write(self, record: NewRecord) -> RecordRef:
        offset = self._target.offset
        self._target.append(record.packed())
        return RecordRef(
            record_id=record.record_id,
            segment=self._name,
            offset=offset,
            length=self._target.offset - offset,
            block_sha256=record.block_sha256,
            payload_sha256=record.payload_sha256,
        )

    def finish(self) -> Rewritten:
        sha256, size = self._target.seal()
        return Rewritten(
            name=self._name,
            sha256=sha256,
            size=size,
            records=1 + len(self._moved),
            moved=self._moved,
            dropped=tuple(self._dropped),
            replaced=tuple(self._replaced),
        )
