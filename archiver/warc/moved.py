"""Where the records of a rewritten segment lie now, by the ids that they had.

Whole stretches of records move by the same distance, so the stretches are kept and a
record's place is worked out when it is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from archiver.values import RecordRef
from archiver.warc.survey import Member


class MovedRecords(Mapping[str, RecordRef]):
    """Grows while the new file is written; `segment` is that file's name."""

    def __init__(self, segment: str, members: Mapping[str, Member]) -> None:
        self._segment = segment
        self._members = members
        self._starts: list[int] = []  # of the stretches, in the old file
        self._ends: list[int] = []
        self._shifts: list[int] = []
        self._new: dict[str, RecordRef] = {}
        self._kept = 0

    def stretch(self, start: int, end: int, to: int, count: int) -> None:
        """The old file's bytes from `start` to `end` (`count` records) now begin at `to`."""
        self._starts.append(start)
        self._ends.append(end)
        self._shifts.append(to - start)
        self._kept += count

    def put(self, record_id: str, ref: RecordRef) -> None:
        """The record is not among those that moved unchanged; it lies here."""
        self._new[record_id] = ref

    def __getitem__(self, record_id: str) -> RecordRef:
        new = self._new.get(record_id)
        if new is not None:
            return new
        member = self._members[record_id]
        at = bisect_right(self._starts, member.offset) - 1
        if at < 0 or member.offset >= self._ends[at]:
            raise KeyError(record_id)
        return RecordRef(
            record_id=record_id,
            segment=self._segment,
            offset=member.offset + self._shifts[at],
            length=member.length,
            block_sha256=member.block_sha256,
            payload_sha256=member.payload_sha256,
        )

    def __iter__(self) -> Iterator[str]:
        return (record_id for record_id in self._members if record_id in self)

    def __len__(self) -> int:
        return self._kept + len(self._new)
