"""What the page of a record shows: all that is held and known of it, for one who may see it.

Whoever is limited to departments sees no record of another one. What a person may not look at
otherwise (holds, requests, retention) is left out of the view and given as None.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from archiver.clock import Clock
from archiver.desk.access import Permission, Viewer
from archiver.desk.plain_text import plain_text
from archiver.desk.record_changes import Changes, between
from archiver.desk.record_looks import Looks
from archiver.desk.record_thread import Thread, arranged
from archiver.errors import NotFoundError
from archiver.model.database import Connection, Database
from archiver.model.queries import browse, evidence, holds, record_page, review
from archiver.model.queries.browse import FindingLine
from archiver.model.queries.evidence import StoredExchange
from archiver.model.queries.record_page import Counted, Filed, Spoken, Standing, State, Subject
from archiver.model.queries.review import HeldMedium
from config.settings import Agency
from connectors.base import Markup
from retention.facts import Hold

MOST_IN_THREAD = 500  # records of a thread that are looked at
MOST_BELOW = 100  # answers that are listed
_DEEPEST = 50  # how far what is answered is followed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the chosen version lies. `line` is the ledger's line of its run, None if there is
    none; `exchange` None when a disposition destroyed the whole of it."""

    exchange: StoredExchange | None
    file_sha256: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record with one of its versions chosen. `html` is the captured markup, never to be
    shown as it is; empty where the text is plain. `changes` are those since the version before
    `chosen`, None for the first one or where one of the two was destroyed."""

    subject: Subject
    timeline: tuple[State, ...]
    chosen: State
    before: State | None
    destroyed: bool
    title: str
    text: str
    html: str
    changes: Changes | None
    media: tuple[HeldMedium, ...]
    thread: Thread
    findings: tuple[FindingLine, ...]
    counted: Counted | None
    place: Place
    holds: tuple[Hold, ...] | None
    filed: tuple[Filed, ...] | None
    standing: Standing | None
    retention_shown: bool

    @property
    def current(self) -> bool:
        """Is the chosen version how the record is now?"""
        return self.chosen.id == self.subject.version_id

    @property
    def following(self) -> State | None:
        """The version after the chosen one."""
        return next((each for each in self.timeline if each.number > self.chosen.number), None)


class RecordViews:
    """The use cases of the record page. One for each process; threads may share it."""

    def __init__(self, database: Database, agency: Agency, clock: Clock) -> None:
        self._database = database
        self._zone = agency.zone
        self._clock = clock
        self._looks = Looks(database, clock)

    def look(self, record: str, viewer: Viewer, *, version: int = 0) -> RecordView:
        """A record with this version, 0 for the current one; the look is in the ledger.

        Raises: NotFoundError; RefusedError when it is of another department.
        """
        with self._database.read() as connection:
            found = visible_record(connection, record, viewer)
            timeline = record_page.states(connection, found.id)
            chosen = _chosen(found, timeline, version)
            view = self._view(connection, found, timeline, chosen, viewer)
        self._looks.at(found.id, version=chosen.number, by=viewer.name)
        return view

    def file(self, record: str, version: int, position: int, viewer: Viewer) -> HeldMedium:
        """A media file of a version; whoever has not opened the record leaves a line.

        Raises: NotFoundError; RefusedError when it is of another department.
        """
        with self._database.read() as connection:
            found = visible_record(connection, record, viewer)
            chosen = _chosen(found, record_page.states(connection, found.id), version)
            media = review.media_of(connection, [chosen.id]).get(chosen.id, [])
        medium = next((each for each in media if each.position == position), None)
        if medium is None or not medium.segment:
            raise NotFoundError(
                f"version {chosen.number} of record {found.id} has no file {position} that is held"
            )
        self._looks.at_file(found.id, version=chosen.number, position=position, by=viewer.name)
        return medium

    def held(self, record_ids: Collection[int], viewer: Viewer) -> frozenset[int]:
        """Which of these are on hold; none for who may not look at holds."""
        if not viewer.may(Permission.HOLDS):
            return frozenset()
        with self._database.read() as connection:
            return frozenset(self._holds(connection, list(record_ids)))

    def _holds(self, connection: Connection, record_ids: Sequence[int]) -> dict[int, list[Hold]]:
        day = self._clock.now().astimezone(self._zone).date()
        return holds.open_holds_on(connection, record_ids, day=day)

    def _view(
        self,
        connection: Connection,
        found: Subject,
        timeline: Sequence[State],
        chosen: State,
        viewer: Viewer,
    ) -> RecordView:
        before = next((each for each in timeline if each.number == chosen.number - 1), None)
        wanted = [chosen.id, *([before.id] if before else [])]
        forms = record_page.forms(connection, wanted)
        form = forms[chosen.id]
        earlier = forms[before.id] if before else {}
        html = form.get("markup") == Markup.HTML.value
        held = viewer.may(Permission.HOLDS)
        asked = viewer.may(Permission.REQUESTS)
        kept = viewer.may(Permission.RETENTION)
        return RecordView(
            subject=found,
            timeline=tuple(timeline),
            chosen=chosen,
            before=before,
            destroyed=not form,
            title=str(form.get("title", "")),
            text=plain_text(form),
            html=str(form["text"]) if html else "",
            changes=between(earlier, form) if form and earlier else None,
            media=tuple(review.media_of(connection, [chosen.id]).get(chosen.id, [])),
            thread=_thread(connection, found),
            findings=tuple(browse.list_findings(connection, record_id=found.id)),
            counted=record_page.counted(connection, found.id),
            place=place_of(connection, chosen),
            holds=tuple(self._holds(connection, [found.id]).get(found.id, [])) if held else None,
            filed=tuple(record_page.filed_in(connection, found.id)) if asked else None,
            standing=record_page.standing(connection, found.id) if kept else None,
            retention_shown=kept,
        )


def visible_record(connection: Connection, record: str, viewer: Viewer) -> Subject:
    """The record of this number, if the viewer may see its department.

    Raises: NotFoundError, RefusedError.
    """
    if record.isascii() and record.isdecimal() and len(record) < 16:
        found = record_page.subject(connection, int(record))
        if found is not None:
            viewer.require_department(found.department)
            return found
    raise NotFoundError(f'there is no record "{record[:40]}"; search for it by its words')


def chosen_version(connection: Connection, found: Subject, version: int) -> State:
    """The version of this number, 0 for the current one. Raises: NotFoundError."""
    return _chosen(found, record_page.states(connection, found.id), version)


def place_of(connection: Connection, state: State) -> Place:
    """Where a version lies, and the ledger's line of its run."""
    exchanges = evidence.stored_exchanges(connection, [state.exchange_id])
    exchange = exchanges.get(state.exchange_id)
    line = record_page.line_of_run(connection, state.run_id, ended=state.run_ended)
    return Place(
        exchange=exchange if exchange and exchange.response_offset is not None else None,
        file_sha256=record_page.segment_sha256(connection, exchange.segment) if exchange else "",
        line=line.seq if line else None,
    )


def _chosen(found: Subject, timeline: Sequence[State], version: int) -> State:
    for each in timeline:
        if each.number == version or (not version and each.id == found.version_id):
            return each
    raise NotFoundError(f"record {found.id} has no version {version}; it has {len(timeline)}")


def _thread(connection: Connection, found: Subject) -> Thread:
    lines = record_page.of_thread(connection, found, most=MOST_IN_THREAD)
    if all(each.id != found.id for each in lines):
        lines += _own(connection, found)
    # What is answered may lie outside of what was looked at.
    known = {each.platform_id for each in lines}
    above = next(each for each in lines if each.id == found.id)
    for _ in range(_DEEPEST):
        if not above.parent_id or above.parent_id in known:
            break
        fetched = record_page.named(connection, found.account_id, above.parent_id)
        if not fetched:
            break
        lines += fetched
        known.add(above.parent_id)
        above = fetched[0]
    return arranged(lines, found.id, most=MOST_BELOW)


def _own(connection: Connection, found: Subject) -> list[Spoken]:
    named = record_page.named(connection, found.account_id, found.platform_id)
    return [each for each in named if each.id == found.id]
