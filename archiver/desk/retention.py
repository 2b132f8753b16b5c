"""Where records stand under the law: computed every night, explained one by one.

Nothing is destroyed here. A standing only says what may be proposed; whoever executes a
disposition is refused if a record changed since, and asks the guard again for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.adoption import Adoptions
from archiver.desk.officers import records_officer
from archiver.desk.retention_acts import RetentionActs
from archiver.desk.retention_judge import Grounds
from archiver.desk.retention_law import lawbook, needs_of
from archiver.desk.schedules import ScheduleFileError, library
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import (
    browse,
    health,
    ledger,
    orders,
    registry,
    standing_keys,
    standing_query,
    standing_rare,
    standing_words,
    standings,
)
from archiver.model.queries import retention as acts
from archiver.model.queries.browse import RecordLine
from archiver.model.queries.holds import as_facts, binding_on
from archiver.model.queries.standings import Due, JudgeKey
from config.settings import Agency
from retention.classify import Override
from retention.facts import Decision, Scope, Standing
from retention.today import Today, clock_refusal

ALARM = "retention"
TIME_HAS_COME = (Standing.ELIGIBLE, Standing.REVIEW, Standing.OVERDUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """How many records stand how on a day. `doubt`: why nothing becomes eligible yet."""

    day: date
    counts: Mapping[str, int]
    doubt: str = ""

    @property
    def records(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A record and the decision on it as of now. `tags` are all that it carries."""

    record: RecordLine
    decision: Decision
    tags: frozenset[str]


class Retention:
    """The use cases of retention; `adoptions` and `acts` are what people decide."""

    def __init__(self, database: Database, agency: Agency, clock: Clock, home: Path) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home
        self.adoptions = Adoptions(database, agency, clock, home)
        self.acts = RetentionActs(database, agency, clock, home)

    # -- the day ------------------------------------------------------------------------------

    def today(self) -> Today:
        """The agency-local day with what is known to judge it by."""
        with self._database.read() as connection:
            return acts.today(connection, self._clock.now(), self._agency.zone)

    def evaluate(self, *, confirmed_by: str = "") -> Evaluated:
        """Compute every record's standing for today. `confirmed_by`: the records officer who
        says that the clock is right, although it went back or jumped.

        Raises: RefusedError when the clock cannot be believed, or the person is no officer;
        ScheduleFileError when a schedule file has mistakes.
        """
        today = self.today()
        officer = ""
        if confirmed_by:
            officer = records_officer(self._agency, confirmed_by, may="confirm the clock")
            today = replace(today, confirmed=today.day)
        doubt = clock_refusal(today)
        if doubt is not None and today.last_known is not None:
            raise RefusedError(
                f"{doubt.text} If the day is right: archiver retention evaluate --confirm-clock "
                "--by NAME"
            )
        began = self._clock.now()
        self._rewrite(today)
        counts = self.counted()
        done = Evaluated(day=today.day, counts=counts, doubt=doubt.text if doubt else "")
        self._keep(done, officer, began)
        return done

    def nightly(self) -> Evaluated | None:
        """Evaluate if it was not done for today; for the daemon. A refusal, or a mistake in a
        schedule file, becomes an alarm that stays open until it went well."""
        now = self._clock.now()
        with self._database.read() as connection:
            day = now.astimezone(self._agency.zone).date()
            if acts.was_evaluated(connection, day):
                return None
        try:
            done = self.evaluate()
        except (RefusedError, ScheduleFileError, UsageError) as error:
            with self._database.write() as connection:
                health.open_alarm(
                    connection, account_id=None, kind=ALARM, text=str(error), since=now, at=now
                )
            return None
        with self._database.write() as connection:
            health.close_alarms(connection, account_id=None, kinds=(ALARM,), at=now)
        return done

    def _rewrite(self, today: Today) -> None:
        with self._database.read() as connection:
            grounds = self._grounds(connection, today)
        words = standing_words.words_found(self._database, grounds.needs.words)

        def prepare(connection: Connection) -> tuple[standing_keys.Keys, JudgeKey]:
            keys = grounds.keys(connection, words)
            return keys, grounds.judge(keys).verdict

        standings.rewrite(self._database, prepare, day=today.day)

    def _grounds(self, connection: Connection, today: Today) -> Grounds:
        zone = self._agency.zone
        adopted = acts.all_adoptions(connection)
        book = lawbook(library(self._home), adopted, day=today.day, zone=zone)
        accounts = registry.all_accounts(connection)
        return Grounds(
            book=book,
            needs=needs_of(accounts, book),
            today=today,
            days=standing_rare.calendar(connection, zone),
            accounts=accounts,
            holds={
                entry.id: as_facts(entry, Scope(everything=True))
                for entry in binding_on(connection, today.day)
            },
            answers=orders.answers(connection),
        )

    def _keep(self, done: Evaluated, officer: str, now: datetime) -> None:
        """`now` is when it began: what came later was perhaps not looked at."""
        with self._database.write() as connection:
            acts.keep_evaluation(
                connection,
                day=done.day,
                at=now,
                records=done.records,
                eligible=done.counts.get(Standing.ELIGIBLE, 0),
                confirmed_by=officer or None,
            )
            if officer:
                ledger.append(
                    connection,
                    at=now,
                    kind="retention clock confirmed",
                    body={"day": done.day.isoformat(), "actor": officer},
                )

    # -- looking ------------------------------------------------------------------------------

    def explain(self, record: str) -> Explanation:
        """The decision on a record as of now, with every reason. `record` is its number,
        platform id or web address.

        Raises: NotFoundError when there is none, or it was destroyed.
        """
        today = self.today()
        with self._database.read() as connection:
            line = browse.find_record(connection, record)
            if line is None:
                raise NotFoundError(f'no record has the number, platform id or address "{record}"')
            grounds = self._grounds(connection, today)
            among = standing_query.with_post(connection, line.id)
            words = standing_words.words_of(connection, grounds.needs.words, among=among)
            keys = grounds.keys(connection, words)
            key = standings.key_of(connection, keys, line.id)
            if key is None:
                raise NotFoundError(f"record {line.id} was destroyed; its tombstone is kept")
            judge = grounds.judge(keys)
            decision = judge.explain(key, line.id, self._overrides(connection, line.id))
            tags = acts.tags_of(connection, line.id)
        return Explanation(record=line, decision=decision, tags=tags)

    def _overrides(self, connection: Connection, record_id: int) -> tuple[Override, ...]:
        claims = acts.by_hand(connection, record_id)
        if not claims:
            return ()
        first = claims[0]
        return (
            Override(
                record_id=record_id,
                series=tuple(each.series for each in claims),
                who=first.actor,
                reason=first.reason,
                on=first.at.astimezone(self._agency.zone).date(),
            ),
        )

    def due(self) -> list[Due]:
        """What is due by series, or waits for a person, as of the last evaluation."""
        with self._database.read() as connection:
            return standings.due(connection, TIME_HAS_COME)

    def due_records(self, series: str, *, limit: int) -> list[int]:
        """The numbers of the records of a series that are due, the longest due first."""
        with self._database.read() as connection:
            return standings.due_records(connection, series, TIME_HAS_COME, limit=limit)

    def counted(self) -> Mapping[str, int]:
        """How many records stand how, as of the last evaluation."""
        with self._database.read() as connection:
            return standings.counted(connection)
