"""The evidence behind what is released: read again, and copied where nothing speaks against it.

Every exchange that a released item was read from is read from the vault again, and its digests
are compared: nothing is released whose evidence is not what was captured. Its original records
go into the staging folder, byte for byte, only if all that stands on its page is released
whole. Of every other exchange is noted why it is left out, and nothing of it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from archiver.desk.held_exchanges import HeldExchanges, Pair
from archiver.desk.leak_check import LeakCheck
from archiver.desk.page_accounting import Page, Told, asked_for, read_page
from archiver.errors import EvidenceError
from archiver.export.base import (
    ORIGINAL_LINES,
    ORIGINALS,
    Original,
    Released,
    Reread,
    original_line,
)
from archiver.model.database import Connection
from archiver.model.queries import evidence
from archiver.model.queries.evidence import ReadState, StoredExchange
from archiver.warc import framing

NOT_HELD = "the archive does not hold it"
NOT_AS_IT_WAS = "what the archive still holds of it is not as it was recorded"
UNSURE = "its page cannot be read for sure"
SENT = "its request carried content of its own"
OTHERS = "the same page holds other things than the items that are released whole"
REPEATED = "something that was taken out elsewhere stands in it"
_AT_ONCE = 20  # exchanges; each may have brought a hundred items


@dataclass(frozen=True, slots=True, kw_only=True)
class _Behind:
    """What is known of the exchanges that are looked at together."""

    stored: dict[str, StoredExchange]
    read_from: dict[str, list[ReadState]]
    found_by: dict[str, set[int]]


class StagedOriginals:
    """The exchanges of one staging. `everything` are the versions of the whole set."""

    def __init__(
        self,
        connection: Connection,
        held: HeldExchanges,
        leaks: LeakCheck,
        now: Callable[[], datetime],
        *,
        everything: Set[int],
    ) -> None:
        self._connection = connection
        self._held = held
        self._leaks = leaks
        self._now = now
        self._everything = everything
        self._items: Counter[str] = Counter()  # released ones, by exchange
        self._whole: set[int] = set()  # versions
        self._records: set[int] = set()  # of the whole versions
        self._files = 0
        self._profiles: dict[int, list[str] | None] = {}

    def note(self, version_id: int, item: Released) -> None:
        """Hear of an item that was staged."""
        self._items[item.exchange_id] += 1
        self._files += sum(1 for each in item.files if each.path)
        if not item.redacted:
            self._whole.add(version_id)
            self._records.add(item.record_id)

    def write(self, folder: Path) -> Reread:
        """Read all of them again, and write what may be copied; returns what was found.

        Raises: EvidenceError when one is not what was captured; StoreError.
        """
        reread = records = unread = originals = 0
        with (folder / ORIGINALS).open("wb") as packed, (folder / ORIGINAL_LINES).open("wb") as out:
            for ids in _chunks(list(self._items)):
                behind = self._behind(ids)
                for each in ids:
                    stored = behind.stored[each]
                    pair = self._held.read(stored)
                    if pair is None:
                        unread += self._items[each]
                    else:
                        _as_sealed(behind.read_from[each])
                        reread += 1
                        records += 1 + (pair.request is not None)
                    made = self._original(stored, pair, behind, packed)
                    originals += 0 if made.why else self._items[each]
                    out.write(original_line(made))
            for file in (packed, out):
                file.flush()
                os.fsync(file.fileno())
        return Reread(
            at=self._now(),
            items=self._items.total() - unread,
            exchanges=reread,
            records=records,
            files=self._files,
            unread=unread,
            originals=originals,
        )

    def _behind(self, ids: Sequence[str]) -> _Behind:
        read_from: dict[str, list[ReadState]] = {each: [] for each in ids}
        for state in evidence.states_read_from(self._connection, ids):
            read_from[state.exchange].append(state)
        return _Behind(
            stored=evidence.stored_exchanges(self._connection, ids),
            read_from=read_from,
            found_by=evidence.records_found_by(self._connection, ids),
        )

    def _original(
        self, stored: StoredExchange, pair: Pair | None, behind: _Behind, packed: BinaryIO
    ) -> Original:
        states, found = behind.read_from[stored.id], behind.found_by.get(stored.id, set())
        why = self._why_not(stored, pair, states, found)
        if why:
            return Original(exchange=stored.id, why=why)
        assert pair is not None
        at = packed.tell()
        lengths = []
        for member in self._held.members(stored):
            before = packed.tell()
            packed.writelines(member)
            lengths.append(packed.tell() - before)
        stated = framing.field(pair.response.http_head, "Content-Type")
        return Original(
            exchange=stored.id,
            uri=pair.response.uri,
            at=pair.response.date,
            status=stored.status,
            mime=stated.partition(";")[0].strip().lower(),
            payload_sha256=hashlib.sha256(pair.response.payload).hexdigest(),
            offset=at,
            request_length=lengths[0],
            response_length=lengths[1],
        )

    def _why_not(
        self,
        stored: StoredExchange,
        pair: Pair | None,
        states: Sequence[ReadState],
        found: Set[int],
    ) -> str:
        """Why the exchange is not copied; empty: nothing speaks against it."""
        held_back = {each.record_id for each in states if not self._may_stand(each)}
        held_back |= found - self._records
        if held_back:
            return f"the same page holds {len(held_back)} items that are not released whole"
        if pair is None or pair.request is None:
            return NOT_HELD
        if (pair.request.kind, pair.response.kind) != ("request", "response"):
            return NOT_AS_IT_WAS
        if pair.request.payload:
            return SENT
        page = read_page(pair.response)
        if page is None:
            return UNSURE
        page = replace(page, texts=page.texts | asked_for(pair.request))
        if not self._accounted(stored.account_id, page, states):
            return OTHERS
        return REPEATED if self._repeats(pair) else ""

    def _may_stand(self, state: ReadState) -> bool:
        """Is it released whole, or what the account says of itself and nobody took out?"""
        if state.id in self._whole:
            return True
        return state.family == "profile" and state.id not in self._everything

    def _accounted(self, account_id: int, page: Page, states: Sequence[ReadState]) -> bool:
        told = Told()
        whole = [each for each in states if each.id in self._whole]
        self._learn(told, whole)
        told.learn(self._profile(account_id))
        if told.accounts_for(page):
            return True
        others = evidence.states_of(self._connection, account_id, page.names)
        self._learn(told, [each for each in others if each.id in self._whole])
        return told.accounts_for(page)

    def _learn(self, told: Told, states: Sequence[ReadState]) -> None:
        for each in states:
            told.learn((each.native, each.canonical), each.words)
        told.learn((), evidence.file_words(self._connection, [each.id for each in states]))

    def _profile(self, account_id: int) -> Sequence[str]:
        """What the account has said of itself; nothing if any of it was taken out here."""
        if account_id not in self._profiles:
            states = list(evidence.profile_states(self._connection, account_id))
            fine = all(self._may_stand(each) for each in states)
            self._profiles[account_id] = [each.native for each in states] if fine else None
        return self._profiles[account_id] or ()

    def _repeats(self, pair: Pair) -> bool:
        """Does anything in the two records say what was taken out, in whatever spelling?"""
        assert pair.request is not None
        texts = [pair.response.content.decode("utf-8", "replace")]
        blocks = [pair.response.content]
        for record in (pair.request, pair.response):
            texts.append(record.http_head.decode("latin-1"))
            texts += [value for _, value in record.headers]
            blocks.append(record.block)
        if self._leaks.in_data(*texts):
            return True
        return any(hits for block in blocks for _, hits in self._leaks.in_file((block,)))


def _as_sealed(states: Iterable[ReadState]) -> None:
    """Is the text of each version in the database still the one that its digest is over?"""
    for each in states:
        text = each.canonical.encode("ascii", "replace")
        if each.canonical and hashlib.sha256(text).hexdigest() != each.digest:
            raise EvidenceError(
                f"what is stored of version {each.id} is not what was captured: its digest "
                "differs; run: archiver verify"
            )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
