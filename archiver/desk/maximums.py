"""Records that the law wants gone, and the named officer's answer: destroy, or keep.

A maximum that is over destroys nothing by itself. Where another period still runs, only an
answer to destroy lets the record be proposed, and never while a hold binds; an answer to keep
leaves it overdue, with the officer's name and document beside it. An answer is for one record
and one series, is kept for good and stands in the ledger; a later one takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.officers import records_officer
from archiver.desk.retention import Retention
from archiver.desk.schedules import library
from archiver.errors import UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, orders
from archiver.model.queries.orders import OverdueRecord
from config.settings import Agency
from retention.facts import Decision, MaximumDecision

ANSWERED, TAKEN_BACK = "maximum answered", "maximum answer taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An overdue record, with the answers that count for it."""

    record: OverdueRecord
    answers: tuple[MaximumDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that was taken, or taken back. `holds` bind the record now: while one does, it
    is not destroyed, whatever the answer."""

    answer: MaximumDecision
    holds: tuple[str, ...]


class Maximums:
    """The use cases of maximums."""

    def __init__(
        self, database: Database, agency: Agency, clock: Clock, home: Path, retention: Retention
    ) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home
        self._retention = retention

    def overdue(self, *, limit: int) -> list[Overdue]:
        """The overdue records by the last evaluation, the longest overdue first."""
        with self._database.read() as connection:
            found = orders.overdue(connection, limit=limit)
            given = orders.answers(connection)
        return [Overdue(record=each, answers=given.get(each.record_id, ())) for each in found]

    def answer(
        self, record: str, *, series: str, destroy: bool, who: str, document: str, reason: str
    ) -> Answered:
        """Answer the maximum of this series (a key) for one record, given as number, platform
        id or web address. It counts from the next evaluation; `explain` knows it at once.

        Raises: RefusedError for anybody but a records officer; NotFoundError; UsageError when
        the series sets no maximum to this record, or the document or the reason is missing.
        """
        officer = records_officer(self._agency, who, may="answer a maximum")
        if not document.strip() or not reason.strip():
            raise UsageError("name the document in which this was decided, and say why")
        decision = self._retention.explain(record).decision
        self._check_series(decision, series)
        answer = MaximumDecision(
            record_id=decision.record_id,
            series=series,
            who=officer,
            on=self._today(),
            document=document.strip(),
            destroy=destroy,
        )
        with self._database.write() as connection:
            self._keep(connection, ANSWERED, answer, reason, withdrawn=False)
        return Answered(answer=answer, holds=decision.holds)

    def take_back(self, record: str, *, series: str, who: str, reason: str) -> Answered:
        """Take the answer of this record and series back; it stays in the ledger.

        Raises: RefusedError; NotFoundError; UsageError when there is none, or no reason.
        """
        officer = records_officer(self._agency, who, may="take an answer to a maximum back")
        if not reason.strip():
            raise UsageError("say why the answer is taken back")
        decision = self._retention.explain(record).decision
        with self._database.write() as connection:
            before = orders.answer_of(connection, decision.record_id, series)
            if before is None:
                raise UsageError(
                    f'record {decision.record_id} has no answer to a maximum of "{series}"'
                )
            answer = MaximumDecision(
                record_id=before.record_id,
                series=series,
                who=officer,
                on=self._today(),
                document=before.document,
                destroy=before.destroy,
            )
            self._keep(connection, TAKEN_BACK, answer, reason, withdrawn=True)
        return Answered(answer=answer, holds=decision.holds)

    def _check_series(self, decision: Decision, series: str) -> None:
        """Raises: UsageError unless this series sets a maximum to the record."""
        with_maximum = {
            each.key
            for file in library(self._home).files.values()
            for schedule in file.schedules
            for each in schedule.series
            if any(rule.maximum is not None for rule in each.rules)
        }
        limited = [key for key in decision.series if key in with_maximum]
        if series in limited and decision.must_go_by is not None:
            return
        if not limited or decision.must_go_by is None:
            raise UsageError(
                f"no maximum counts for record {decision.record_id}; see: archiver retention "
                f"explain {decision.record_id}"
            )
        raise UsageError(
            f'"{series}" sets no maximum to record {decision.record_id}; these do: '
            f"{', '.join(limited)}"
        )

    def _keep(
        self,
        connection: Connection,
        kind: str,
        answer: MaximumDecision,
        reason: str,
        *,
        withdrawn: bool,
    ) -> None:
        now = self._clock.now()
        orders.record_answer(
            connection, answer, reason=reason, actor=answer.who, at=now, withdrawn=withdrawn
        )
        body: dict[str, object] = {
            "actor": answer.who,
            "reason": reason,
            "record": answer.record_id,
            "series": answer.series,
            "destroy": answer.destroy,
            "document": answer.document,
            "on": answer.on.isoformat(),
        }
        ledger.append(connection, at=now, kind=kind, body=body)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._agency.zone).date()
