"""Staging: from a frozen set and its newest decisions to the folder that exporters read.

The folder counts as ready when `items.jsonl` is in it, which gets its name last: after
everything was written and nothing that was redacted or withheld was found in what is
released. A staging that was cut off or refused is made again, whole, in an empty folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from archiver import __version__
from archiver.clock import Clock
from archiver.desk import staging_plan
from archiver.desk.exemptions import Catalogue
from archiver.desk.held_exchanges import HeldExchanges
from archiver.desk.held_media import HeldMedia
from archiver.desk.leak_check import LeakCheck, Protected, Repeat, told, without
from archiver.desk.leak_media import TakenFiles
from archiver.desk.leak_readings import normal
from archiver.desk.result_sets import request_of, set_of
from archiver.desk.staging_files import StagedFiles
from archiver.desk.staging_item import ItemMaker, Parts, without_originals
from archiver.desk.staging_originals import StagedOriginals
from archiver.desk.staging_plan import Plan, Planned
from archiver.desk.staging_unsalted import Unsalted
from archiver.errors import ExportError, RefusedError, UsageError
from archiver.export.base import (
    FILES,
    ITEMS,
    WITHHELD,
    CaptureDay,
    Production,
    Released,
    Withheld,
    staged,
)
from archiver.files import make_folder, sync_folder
from archiver.model.database import Connection, Database
from archiver.model.queries import result_sets, staging
from archiver.model.queries.result_sets import RequestRow, ResultSet
from archiver.model.queries.review import media_of
from archiver.model.queries.staging import HeldItem, Judged
from archiver.values import Place
from config.settings import Agency

AT_ONCE = 250  # items read together
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}")
Places = Callable[[Connection, Sequence[int]], dict[int, Place]]
"""Where versions stand in the ledger, by version id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedItem:
    """What was staged, for the register of productions. `bates` is None for what is withheld."""

    position: int
    version_id: int
    decision_id: int
    outcome: str
    bates: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a production is to be made. `first` is its first Bates number, 0 for the next free
    one of the prefix. `accept_repeats` are texts that may stand in released items although
    they were redacted elsewhere, each with the reason."""

    number: int
    made_by: str
    prefix: str
    first: int = 0
    title: str = ""
    accept_repeats: Mapping[str, str] | None = None


class Staging:
    """The use case of staging. `places` gives the proof of each item; None: none is staged."""

    def __init__(
        self,
        database: Database,
        agency: Agency,
        clock: Clock,
        *,
        exemptions: Catalogue,
        media: HeldMedia,
        held: HeldExchanges,
        second_review: bool,
        places: Places | None = None,
    ) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._exemptions = exemptions
        self._media = media
        self._held = held
        self._second_review = second_review
        self._places = places

    def stage(
        self,
        request_number: str,
        set_number: int,
        folder: Path,
        *,
        order: Order,
        tell: Callable[[int], None] = lambda _done: None,
        register: Callable[[int, Iterator[StagedItem]], None] = lambda _first, _items: None,
    ) -> Production:
        """Write the staging folder, which must be empty or new. `register` hears the first
        Bates number and every item once the staging is ready.

        Raises: NotFoundError; UsageError when the order cannot be carried out; RefusedError
            when a decision is missing or cannot stand, or when something that was taken out
            is found in what is released, naming the items; EvidenceError, StoreError.
        """
        _check(order, folder)
        now = self._clock.now()
        with self._database.read() as connection:
            request = request_of(connection, request_number)
            found = set_of(connection, request_number, set_number)
            plan = self._plan(connection, request, found)
            taken = _taken(connection, plan)
            protected = [*plan.protected, *taken.protected()]
            leaks = _leaks(protected, order.accept_repeats or {})
            title = order.title or f"Records for request {request_number}"
            _check_words(leaks, title, order.made_by)
            first = order.first or staging.last_bates(connection, order.prefix) + 1
            if first <= staging.last_bates(connection, order.prefix):
                raise UsageError(f"{order.prefix}{first:06d} was given out already")
            writing = _Writing(self, connection, plan, leaks, taken, folder, order, first)
            redacted = writing.run(tell)
            reread = writing.originals.write(folder)
            log = tuple(
                replace(day, gaps=tuple(without(leaks.in_words(each), each) for each in day.gaps))
                for day in self._capture_log(connection, plan, now)
            )
        self._ready(request, order, leaks, folder)
        register(first, staged_items(plan, first))
        return Production(
            agency=self._agency.name,
            zone=self._agency.zone,
            request=request_number,
            number=order.number,
            title=title,
            query=without(leaks.in_query(found.query), found.query),
            made_at=now,
            made_by=order.made_by,
            released=plan.released,
            redacted=redacted,
            withheld=len(plan.items) - plan.released,
            staging=folder,
            capture_log=log,
            version=__version__,
            reread=reread,
        )

    def _plan(self, connection: Connection, request: RequestRow, found: ResultSet) -> Plan:
        released_on = staging.freeze_released_on(connection, request.id)
        if released_on:
            raise RefusedError(
                f"the freeze of request {request.number} was released on {released_on}: what it "
                "touches may be disposed of; place a hold before anything is produced"
            )
        own = staging.own_authors(connection)
        names = staging.account_names(connection)

        def is_own(item: Judged) -> bool:
            handle = item.author_handle.lstrip("@").casefold()
            return (item.account_id, item.author_id) in own or handle in names

        return staging_plan.made(
            staging.judged(connection, found.id, request.id),
            self._exemptions,
            second_review=self._second_review,
            is_own=is_own,
        )

    def _capture_log(
        self, connection: Connection, plan: Plan, now: datetime
    ) -> tuple[CaptureDay, ...]:
        """The run log of the accounts that the set touches, from its earliest state on."""
        accounts = sorted({each.account_id for each in plan.items})
        # A version's id begins with the milliseconds of its state; see the table.
        earliest = min(each.version_id for each in plan.items) >> 20
        since = min(datetime.fromtimestamp(max(earliest, 0) / 1000, tz=now.tzinfo), now)
        days = staging.days_of_runs(connection, accounts, since, zone=self._agency.zone)
        return tuple(
            CaptureDay(
                account=account,
                day=day,
                runs=each.runs,
                failed=each.failed,
                new_versions=each.new_versions,
                gaps=each.gaps,
            )
            for (account, day), each in sorted(days.items())
        )

    def _ready(self, request: RequestRow, order: Order, leaks: LeakCheck, folder: Path) -> None:
        accepted = order.accept_repeats or {}
        if accepted:
            now = self._clock.now()
            reasons = {normal(text): reason for text, reason in accepted.items()}
            with self._database.write() as connection:
                result_sets.add_event(
                    connection,
                    request.id,
                    at=now,
                    day=now.astimezone(self._agency.zone).date().isoformat(),
                    actor=order.made_by,
                    action="repeats accepted",
                    detail={
                        "production": order.number,
                        "repeats": [
                            {"item": each.position, "part": each.what, "reason": reasons[text]}
                            for text, each in leaks.accepted.items()
                        ],
                    },
                )
        part = folder / f"{ITEMS}.part"
        part.rename(folder / ITEMS)
        sync_folder(folder)


class _Writing:
    """One staging while it is written."""

    def __init__(
        self,
        desk: Staging,
        connection: Connection,
        plan: Plan,
        leaks: LeakCheck,
        taken: TakenFiles,
        folder: Path,
        order: Order,
        first: int,
    ) -> None:
        self._desk = desk
        self._connection = connection
        self._plan = plan
        self._leaks = leaks
        self._taken = taken
        self._folder = folder
        self._order = order
        self._first = first
        self._repeats: list[Repeat] = []
        self._maker = ItemMaker(plan, desk._exemptions)
        self._unsalted = Unsalted()
        everything = {each.version_id for each in plan.items}
        self.originals = StagedOriginals(
            connection, desk._held, leaks, desk._clock.now, everything=everything
        )

    def run(self, tell: Callable[[int], None]) -> int:
        """Write everything; returns how many items had something taken out. Raises:
        RefusedError when something that was taken out is found."""
        make_folder(self._folder / FILES)
        files = StagedFiles(
            self._folder / FILES,
            self._desk._media,
            self._leaks,
            self._repeats.append,
            taken=self._taken,
        )
        done = redacted = 0
        with ExitStack() as stack:
            items = stack.enter_context((self._folder / f"{ITEMS}.part").open("wb"))
            withheld = stack.enter_context((self._folder / WITHHELD).open("wb"))
            for chunk in _chunks(self._plan.items):
                for made in self._chunk(chunk, files):
                    (items if isinstance(made, Released) else withheld).write(staged(made))
                    redacted += isinstance(made, Released) and made.redacted
                done += len(chunk)
                tell(done)
            for file in (items, withheld):
                file.flush()
                os.fsync(file.fileno())
        if self._repeats:
            raise RefusedError(
                f"what was taken out is still to be read: {told(self._repeats)}. Redact it there "
                "as well, or accept the repeat by name with a reason"
            )
        self._unsalted.strip(self._folder / f"{ITEMS}.part", self._folder / WITHHELD)
        return redacted

    def _chunk(self, chunk: Sequence[Planned], files: StagedFiles) -> Iterator[Released | Withheld]:
        ids = [each.version_id for each in chunk]
        records = sorted({each.record_id for each in chunk})
        held = staging.held(self._connection, ids)
        media = media_of(self._connection, ids)
        findings = staging.findings_of(self._connection, records)
        metrics = staging.metrics_of(self._connection, records)
        places = self._desk._places(self._connection, ids) if self._desk._places else {}
        for planned in chunk:
            item = held[planned.version_id]
            place = places.get(planned.version_id)
            if not planned.released:
                withheld = self._withheld(planned, item, place)
                self._unsalted.note(withheld)
                yield withheld
                continue
            bates = f"{self._order.prefix}{self._first + planned.released - 1:06d}"
            parts = Parts(
                planned=planned,
                held=item,
                files=files.write(planned, bates, media.get(planned.version_id, [])),
                findings=findings.get(planned.record_id, ()),
                metrics=metrics.get(planned.record_id, {}),
                bates=bates,
            )
            made = self._released(planned, self._maker.made(parts), place)
            self._unsalted.note(made)
            self.originals.note(planned.version_id, made)
            yield made

    def _released(self, planned: Planned, item: Released, place: Place | None) -> Released:
        self._repeats += self._leaks.in_item(item, planned.position)
        repeated = self._leaks.in_data(item.native, item.canonical)
        if repeated:
            # What people read of the item is clean, or it is refused above; its data file
            # alone repeats something, and is left out as a whole.
            codes = dict.fromkeys(each.code for each in repeated)
            cuts = tuple(self._maker.cut("native", code) for code in codes)
            item = without_originals(item, (*item.cuts, *cuts))
        if place is not None and item.redacted:
            place = replace(place, preimage=None)
        return replace(item, place=place)

    def _withheld(self, planned: Planned, item: HeldItem, place: Place | None) -> Withheld:
        self._repeats += [
            Repeat(position=planned.position, field="reason", protected=each)
            for each in self._leaks.in_words(planned.reason)
        ]
        ground = self._desk._exemptions.of(planned.code)
        moment = item.published_at or item.captured_at
        return Withheld(
            position=planned.order,
            kind=item.kind,
            platform=item.platform,
            account=item.account,
            date=moment.astimezone(self._desk._agency.zone).date().isoformat(),
            code=ground.code,
            citation=ground.citation,
            label=ground.label,
            reason=planned.reason,
            place=replace(place, preimage=None) if place is not None else None,
        )


def staged_items(plan: Plan, first: int) -> Iterator[StagedItem]:
    """The items of a plan, as the register of productions keeps them."""
    for each in plan.items:
        yield StagedItem(
            position=each.order,
            version_id=each.version_id,
            decision_id=each.decision_id,
            outcome=each.outcome,
            bates=first + each.released - 1 if each.released else None,
        )


def _check(order: Order, folder: Path) -> None:
    if not _PREFIX.fullmatch(order.prefix):
        raise UsageError(
            f'"{order.prefix}" is no prefix for Bates numbers: use letters, digits, "-" and "_"'
        )
    if order.first < 0 or order.number < 1:
        raise UsageError("numbers of productions and Bates numbers begin with 1")
    if not order.made_by.strip():
        raise UsageError("say who makes the production")
    blank = [text for text, why in (order.accept_repeats or {}).items() if not why.strip()]
    if blank:
        raise UsageError("say for each accepted repeat why it may be released")
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty; a staging is made whole, in an empty folder")


def _taken(connection: Connection, plan: Plan) -> TakenFiles:
    taken = TakenFiles()
    for chunk in _chunks([each for each in plan.items if each.marks or not each.released]):
        taken.add(chunk, media_of(connection, [each.version_id for each in chunk]))
    return taken


def _check_words(leaks: LeakCheck, title: str, made_by: str) -> None:
    for what, text in (("title of the production", title), ("name of who makes it", made_by)):
        for each in leaks.in_words(text)[:1]:
            raise RefusedError(
                f"the {what} repeats the {each.what} of item {each.position}, which is taken out; "
                "write another"
            )


def _leaks(protected: Sequence[Protected], accepted: Mapping[str, str]) -> LeakCheck:
    leaks = LeakCheck(protected, accepted=accepted)
    unknown = {normal(text) for text in accepted} - set(leaks.accepted)
    if unknown:
        raise UsageError(
            f"{len(unknown)} of the accepted repeats were not redacted or withheld in this set; "
            "write each as it stands there"
        )
    return leaks


def _chunks(items: Sequence[Planned]) -> Iterator[list[Planned]]:
    waiting = iter(items)
    while chunk := list(islice(waiting, AT_ONCE)):
        yield chunk
