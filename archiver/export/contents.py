"""The table of contents of a production: one small entry an item, in the order of the staging.

It is made in one pass and holds no content, so that a hundred thousand items fit in memory.
From it exporters cut their parts, find the earlier version of a record and the item that an
item answers, and read any stretch of the staged items again by its place in the file.

The order of the staging is kept: it is the order of the Bates numbers. A thread is a run of
neighbours of the same thread; one that is interrupted goes on under the same name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import TypeAdapter

from archiver.export import wording
from archiver.export.base import ITEMS, Cut, Production, Released

_DEEPEST = 3  # replies to replies to replies stand under each other
_released = TypeAdapter(Released)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item. `offset` is its line's place in the staging file; `earlier` that of the
    version before it, -1 when that is not in the production."""

    position: int
    offset: int
    bates: str
    record: int
    version: int
    month: str  # of the thread's first item, agency-local; "Undated"
    thread: str  # the same for all neighbours of one thread
    title: str  # of the thread, one line
    opens: bool  # the first of its run of neighbours
    depth: int = 0
    parent: str = ""  # Bates number of what it answers, wherever in the production
    earlier: int = -1
    earlier_bates: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All entries, and what a cover tells of the whole."""

    entries: Sequence[Entry]
    cuts: Counter[tuple[str, str, str]]  # (code, citation, label) -> redactions
    accounts: Counter[tuple[str, str]]  # (name, platform) -> items
    first: datetime | None
    last: datetime | None


@dataclass(slots=True)
class _Pass:
    """What is remembered while the items pass by."""

    production: Production
    cuts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    accounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    homes: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    parents: list[tuple[str, str]] = field(default_factory=list)
    versions: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def take(self, item: Released, offset: int) -> None:
        """One more item."""
        for cut in item.cuts:
            self.cuts[cut.code, cut.citation, cut.label] += 1
        self.accounts[item.account_name, item.platform] += 1
        at = item.published_at
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)
        parent = (item.account, item.parent_id) if item.parent_id else ("", "")
        self.parents.append(parent)
        self.homes.setdefault((item.account, item.platform_id), (item.bates, parent[1]))
        if item.versions > 1:
            of_record = self.versions.setdefault(item.record_id, [])
            of_record.append((item.version, offset, item.bates))
        self.entries.append(self._entry(item, offset))

    def _entry(self, item: Released, offset: int) -> Entry:
        thread = f"{item.account} {item.thread_id or item.platform_id}"
        before = self.entries[-1] if self.entries else None
        goes_on = before is not None and before.thread == thread
        zone, at = self.production.zone, item.published_at
        return Entry(
            position=item.position,
            offset=offset,
            bates=item.bates,
            record=item.record_id,
            version=item.version,
            thread=thread,
            month=before.month
            if before and goes_on
            else (wording.month(at, zone) if at else "Undated"),
            title=before.title if before and goes_on else _title(item),
            opens=not goes_on,
        )

    def joined(self) -> Iterator[Entry]:
        """The entries with what is known only when all have passed."""
        for entry, parent in zip(self.entries, self.parents, strict=True):
            home = self.homes.get(parent)
            of_record = self.versions.get(entry.record, ())
            earlier = max((each for each in of_record if each[0] < entry.version), default=None)
            yield replace(
                entry,
                depth=self._depth(parent) if parent[1] else 0,
                parent=home[0] if home else "",
                earlier=earlier[1] if earlier else -1,
                earlier_bates=earlier[2] if earlier else "",
            )

    def _depth(self, parent: tuple[str, str]) -> int:
        depth, account = 1, parent[0]
        while depth < _DEEPEST and (home := self.homes.get((account, parent[1]))) and home[1]:
            parent, depth = (account, home[1]), depth + 1
        return depth


def contents(production: Production) -> Contents:
    """Read all staged items once.

    Raises: OSError when the staging cannot be read, pydantic's ValidationError on a bad line.
    """
    seen = _Pass(production)
    with (production.staging / ITEMS).open("rb") as lines:
        offset = 0
        for line in lines:
            seen.take(_released.validate_json(line), offset)
            offset += len(line)
    return Contents(
        entries=list(seen.joined()),
        cuts=seen.cuts,
        accounts=seen.accounts,
        first=seen.first,
        last=seen.last,
    )


def parts(entries: Sequence[Entry], at_most: int) -> Iterator[Sequence[Entry]]:
    """The entries in stretches of at most so many, cut between threads where one ends in the
    last fifth of a stretch."""
    start = 0
    while start < len(entries):
        end = min(start + at_most, len(entries))
        if end < len(entries):
            fifth = range(end, max(end - at_most // 5, start + 1) - 1, -1)
            end = next((place for place in fifth if entries[place].opens), end)
        yield entries[start:end]
        start = end


def read(production: Production, entries: Sequence[Entry]) -> Iterator[Item]:
    """The items of these entries again, each with the version before it.

    Raises: OSError when the staging cannot be read.
    """
    with (production.staging / ITEMS).open("rb") as lines:
        for entry in entries:
            lines.seek(entry.offset)
            item = _released.validate_json(lines.readline())
            before = None
            if entry.earlier >= 0:
                lines.seek(entry.earlier)
                before = _released.validate_json(lines.readline())
            yield Item(entry=entry, item=item, before=before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry with its content."""

    entry: Entry
    item: Released
    before: Released | None


def _title(item: Released) -> str:
    """What a thread is called: its title, or how it begins."""
    words = " ".join(wording.visible(item.title or item.text).split())
    shown = f"{words[:77]}…" if len(words) > 78 else words
    return shown or f"{item.kind.capitalize()} without text"


def cuts_of(item: Released, name: str) -> tuple[Cut, ...]:
    """The redactions of one field."""
    return tuple(cut for cut in item.cuts if cut.field == name)
