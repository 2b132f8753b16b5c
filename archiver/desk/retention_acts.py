"""What people say about records: which series they are in, what happened, what is so.

Each act has a person and a reason, is kept for good and stands in the ledger. What the law
will make of it shows at the next evaluation; `explain` knows it at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.officers import records_officer
from archiver.desk.schedules import library
from archiver.errors import NotFoundError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import browse, ledger
from archiver.model.queries import retention as acts
from archiver.model.queries.browse import RecordLine
from config.settings import Agency
from retention.claim import APPRAISED
from retention.errors import Unnamed
from retention.facts import Event
from retention.statements import EventStatement, FactStatement, check_event, check_fact

_TAG_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A statement that was taken, and how many records it concerns now."""

    what: str
    records: int


class RetentionActs:
    """Classifying by hand, declaring events, tagging."""

    def __init__(self, database: Database, agency: Agency, clock: Clock, home: Path) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home

    def classify(self, record: str, series: Sequence[str], *, by: str, reason: str) -> RecordLine:
        """Put a record into these series (keys, the leading one first), in place of what the
        rules say and of what a person said before.

        Raises: NotFoundError for an unknown record or series; UsageError.
        """
        _said(by, reason)
        held = library(self._home)
        known = {s.key for f in held.files.values() for each in f.schedules for s in each.series}
        for key in series:
            if key not in known:
                raise NotFoundError(
                    f'there is no series "{key}"; write schedule/series, see: archiver retention '
                    "show STATE"
                )
        if not series:
            raise UsageError("name at least one series, as schedule/series")
        pairs = [(schedule, name) for schedule, _, name in (k.partition("/") for k in series)]
        return self._assign(record, pairs, by=by, reason=reason)

    def unclassify(self, record: str, *, by: str, reason: str) -> RecordLine:
        """Leave a record to the rules again.

        Raises: UsageError when nobody has classified it by hand.
        """
        _said(by, reason)
        return self._assign(record, [], by=by, reason=reason)

    def _assign(
        self, record: str, pairs: Sequence[tuple[str, str]], *, by: str, reason: str
    ) -> RecordLine:
        now = self._clock.now()
        with self._database.write() as connection:
            line = _found(connection, record)
            if not pairs and not acts.by_hand(connection, line.id):
                raise UsageError(f"record {line.id} was not classified by hand")
            acts.assign(connection, line.id, pairs, reason=reason, actor=by, at=now)
            self._note(
                connection,
                "record classified" if pairs else "classification withdrawn",
                by,
                reason,
                {"record": line.id, "series": ["/".join(pair) for pair in pairs]},
            )
        return line

    def declare(
        self,
        event: Event,
        day: date | None,
        *,
        record: str = "",
        tag: str = "",
        by: str,
        reason: str,
    ) -> Declared:
        """State that an event happened on an agency-local day, to one record or to all that
        carry a tag, now or later. No day takes it back.

        Raises: UsageError when it cannot be stated so; NotFoundError for an unknown record.
        """
        if bool(record) == bool(tag):
            raise UsageError("say either which record, or which tag")
        now = self._clock.now()
        today = now.astimezone(self._agency.zone).date()
        if day is not None and day > today:
            raise UsageError(f"{day} is ahead: declare an event once it has happened")
        try:
            check_event(EventStatement(event=event, day=day, who=by, reason=reason, on=today))
        except Unnamed as error:
            raise UsageError(str(error)) from error
        with self._database.write() as connection:
            number = _found(connection, record).id if record else None
            acts.state_event(
                connection, record_id=number, tag=tag, event=event, day=day, reason=reason,
                actor=by, at=now,
            )  # fmt: skip
            self._note(
                connection,
                "event declared" if day else "event taken back",
                by,
                reason,
                {
                    "record": number,
                    "tag": tag,
                    "event": event.value,
                    "day": day.isoformat() if day else None,
                },
            )
            concerned = 1 if record else acts.count_tagged(connection, tag)
        return Declared(what=event.value, records=concerned)

    def tag(self, record: str, tag: str, *, by: str, reason: str, place: str = "") -> RecordLine:
        """Attach a tag: a case number, or a fact that a branch of a series asks for, such as
        "historical value". `place` says where the other copy of a record is.

        Raises: UsageError when it cannot be stated so; RefusedError for an appraisal by
        somebody who is no records officer.
        """
        return self._tag(record, tag, on=True, by=by, reason=reason, place=place)

    def untag(self, record: str, tag: str, *, by: str, reason: str) -> RecordLine:
        """Take a tag off again.

        Raises: UsageError when the record does not carry it.
        """
        return self._tag(record, tag, on=False, by=by, reason=reason, place="")

    def _tag(
        self, record: str, tag: str, *, on: bool, by: str, reason: str, place: str
    ) -> RecordLine:
        word = " ".join(tag.split())
        if not word or len(word) > _TAG_LENGTH:
            raise UsageError(f"a tag has at least one letter and at most {_TAG_LENGTH}")
        now = self._clock.now()
        today = now.astimezone(self._agency.zone).date()
        statement = FactStatement(fact=word, who=by, reason=reason, on=today, place=place, holds=on)
        try:
            check_fact(statement)
        except Unnamed as error:
            raise UsageError(str(error)) from error
        if word in APPRAISED:
            by = records_officer(self._agency, by, may="enter an appraisal")
        with self._database.write() as connection:
            line = _found(connection, record)
            if not on and word not in acts.tags_of(connection, line.id):
                raise UsageError(f'record {line.id} does not carry the tag "{word}"')
            acts.set_tag(connection, line.id, word, on=on, actor=by, at=now)
            self._note(
                connection,
                "record tagged" if on else "tag taken off",
                by,
                reason,
                {"record": line.id, "tag": word, "place": place},
            )
        return line

    def _note(
        self, connection: Connection, kind: str, by: str, reason: str, body: Mapping[str, object]
    ) -> None:
        ledger.append(
            connection,
            at=self._clock.now(),
            kind=kind,
            body={"actor": by, "reason": reason, **body},
        )


def _said(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise UsageError("say who does it, and why")


def _found(connection: Connection, record: str) -> RecordLine:
    line = browse.find_record(connection, record)
    if line is None:
        raise NotFoundError(f'no record has the number, platform id or address "{record}"')
    return line
