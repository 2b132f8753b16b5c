"""Dispositions for people: propose, review, approve, execute, certify.

A batch holds records whose time has come by the last evaluation, all with the same action and
manner and under the law of one jurisdiction. Who must agree, and in which order, comes from
that jurisdiction's procedure; a second person always must. Only records officers named in the
settings may act as such and execute. What each act says is in the batch's history and in the
ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from archiver.desk import batches, certificate
from archiver.desk.approvals_register import ApprovalsRegister
from archiver.desk.batches import Loaded, combined, load
from archiver.desk.destruction_plan import Plan
from archiver.desk.disposition_choice import refuse_mixed, refuse_without_copy
from archiver.desk.disposition_law import adopted, procedure
from archiver.desk.execution import Execution
from archiver.desk.officers import records_officer
from archiver.desk.schedules import Library
from archiver.desk.transfer import Bag
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import dispositions, due
from archiver.model.queries.dispositions import EXCLUDED, BatchRow
from archiver.model.queries.due import Candidate
from config.settings import Agency
from retention import disposition
from retention.approvals import Given, StepState, states
from retention.batch import Signed, Stage
from retention.brakes import Brakes, brake_reasons
from retention.errors import RetentionError
from retention.facts import Action, Approval, Step
from retention.guard import Verdict

PERCENT = 50  # of an account or of the archive: more takes a named override
RESUMED_BY = "Archiver"  # goes on by itself with what a person has begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The plan as it stands now: what would be done, what the guard says, which brakes are on."""

    plan: Plan
    verdicts: Mapping[int, Verdict]
    brakes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A new batch. `listed`: so many of its records are still on the platform, where a later
    capture would meet them again."""

    batch: int
    records: int
    listed: int
    series: tuple[str, ...]
    route: tuple[Approval, ...]


class Dispositions:
    """The use cases of disposition. `law` reads the schedules in force."""

    def __init__(
        self,
        database: Database,
        execution: Execution,
        law: Callable[[], Library],
        agency: Agency,
    ) -> None:
        self._database = database
        self._execution = execution
        self._law = law
        self._agency = agency
        self.register = ApprovalsRegister(
            database, agency, execution.clock, law, execution.calendar
        )

    # -- looking --------------------------------------------------------------------------

    def due(self, *, series: str = "", account: str = "") -> list[Candidate]:
        """The records that could be proposed."""
        with self._database.read() as connection:
            return due.candidates(
                connection, day=self._execution.today(), series=series, account=account
            )

    def all(self) -> list[BatchRow]:
        """Every batch, oldest first."""
        with self._database.read() as connection:
            return dispositions.all_batches(connection)

    def get(self, batch_id: int) -> Loaded:
        """A batch with its items and history. Raises: NotFoundError."""
        with self._database.read() as connection:
            return load(connection, batch_id)

    def steps(self, batch_id: int) -> tuple[StepState, ...]:
        """How far each approval of the batch's route is, in order. Raises: NotFoundError."""
        with self._database.read() as connection:
            batch = load(connection, batch_id, among=()).batch
            known = batches.register(connection, batch_id, day=self._execution.today())
        calendar = self._execution.calendar
        return states(batch.route, batch.given, known, series=batch.series, calendar=calendar)

    def missing(self, batch_id: int) -> Approval | None:
        """The next approval that the batch needs; None: it has all."""
        return next((each.approval for each in self.steps(batch_id) if each.done is None), None)

    def preview(self, batch_id: int) -> Preview:
        """The dry run: the plan itself. Writes nothing."""
        plan, verdicts = self._execution.preview(batch_id)
        with self._database.read() as connection:
            loaded = load(connection, batch_id)
            brakes = Brakes(totals=due.totals(connection), percent=PERCENT)
        return Preview(plan=plan, verdicts=verdicts, brakes=brake_reasons(loaded.batch, brakes))

    # -- acting ---------------------------------------------------------------------------

    def propose(
        self,
        *,
        by: str,
        series: str = "",
        account: str = "",
        action: Action | None = None,
        copy: str = "",
    ) -> Proposed:
        """Make a batch of all records that are due, of a series and of an account if given.
        `copy` names the document on a trusted reproduction, for what one replaces.

        Raises: UsageError when none is, or when they need different actions; RefusedError when
        a schedule is not adopted as it stands, or nobody stated that a record was reproduced.
        """
        day = self._execution.today()
        with self._database.write() as connection:
            ready = due.candidates(connection, day=day, series=series, account=account)
            chosen = [each for each in ready if action is None or each.action is action]
            if not chosen:
                raise UsageError("no record is due for disposition; see: archiver dispose due")
            refuse_mixed(chosen)
            refuse_without_copy(connection, chosen, copy)
            digests = adopted(self._law(), connection, {each.schedule for each in chosen})
            keys = tuple(sorted({each.key for each in chosen}))
            with _worded():
                batch = disposition.propose(
                    "new",
                    digest=combined(digests),
                    by=Signed(by=by, on=day),
                    records={each.record_id: each.account for each in chosen},
                    series=keys,
                    steps=procedure(self._law(), {each.schedule for each in chosen}),
                )
            batch_id = dispositions.add_batch(
                connection,
                chosen,
                action=chosen[0].action,
                manner=chosen[0].manner,
                by=by,
                at=self._execution.clock.now(),
                digests=digests,
                detail={
                    "on": day.isoformat(),
                    "records": [each.record_id for each in chosen],
                    "series": list(keys),
                    "digests": digests,
                    "route": batches.route_as_json(batch.route),
                    "copy": copy.strip(),
                },
            )
        return Proposed(
            batch=batch_id,
            records=len(chosen),
            listed=sum(each.listed for each in chosen),
            series=keys,
            route=batch.route,
        )

    def exclude(self, batch_id: int, record_ids: Iterable[int], *, by: str, reason: str) -> Loaded:
        """Take records out of a batch, with the reason."""
        with self._changing(batch_id) as (connection, loaded):
            _named(by)
            batch = loaded.batch
            for record_id in record_ids:
                batch = disposition.drop(batch, record_id, reason)
                dispositions.set_items(connection, batch_id, [record_id], EXCLUDED, reason)
                self._tell(
                    connection, batch_id, by, "excluded", {"record": record_id, "reason": reason}
                )
        return self.get(batch_id)

    def review(self, batch_id: int, *, by: str) -> Loaded:
        """Say that the list was looked through."""
        with self._changing(batch_id) as (connection, loaded):
            batch = disposition.review(loaded.batch, Signed(by=by, on=self._execution.today()))
            self._tell(connection, batch_id, by, "reviewed", {"records": len(batch.remaining)})
            dispositions.set_state(connection, batch_id, batch.stage.value)
            known = batches.register(connection, batch_id, day=self._execution.today())
            settled = disposition.settle(batch, register=known, calendar=self._execution.calendar)
            if settled.stage is not batch.stage:
                dispositions.set_state(connection, batch_id, settled.stage.value)
        return self.get(batch_id)

    def approve(
        self,
        batch_id: int,
        *,
        by: str,
        document: str = "",
        series: str = "",
        on: date | None = None,
        waived: bool = False,
        entered_by: str = "",
    ) -> Loaded:
        """Give the next approval of the batch's route; the last one makes it approved.
        `entered_by`: who wrote it down, where that is somebody else.

        Raises: RefusedError when it is not this person's to give, or a waiting time runs.
        """
        wanted = self.missing(batch_id)
        if wanted is None:
            return self._settled(batch_id)
        if wanted.step is Step.RECORDS_OFFICER:
            by = records_officer(self._agency, by, may="approve as records officer")
        given = Given(
            step=wanted.step,
            by=by,
            on=on or self._execution.today(),
            document=document,
            whom=wanted.whom,
            series=series,
            waived=waived,
        )
        with self._changing(batch_id) as (connection, loaded):
            batch = disposition.approve(
                loaded.batch,
                given,
                today=self._execution.today(),
                register=batches.register(connection, batch_id, day=self._execution.today()),
                calendar=self._execution.calendar,
            )
            said = {**batches.given_as_json(batch.given[-1]), "per": wanted.per.value}
            if entered_by:
                said["entered_by"] = entered_by
            self._tell(connection, batch_id, by, "approved", said)
            if batch.stage is not loaded.batch.stage:
                dispositions.set_state(connection, batch_id, batch.stage.value)
        return self.get(batch_id)

    def _settled(self, batch_id: int) -> Loaded:
        """What was missing may have come with another disposition."""
        with self._changing(batch_id) as (connection, loaded):
            if loaded.batch.stage is not Stage.REVIEWED:
                raise UsageError(f"disposition {batch_id} has all its approvals")
            dispositions.set_state(connection, batch_id, Stage.APPROVED.value)
        return self.get(batch_id)

    def withdraw(self, batch_id: int, *, by: str, reason: str) -> Loaded:
        """Give a batch up; its records can be proposed again."""
        with self._changing(batch_id) as (connection, loaded):
            _named(by)
            if not reason.strip():
                raise UsageError("say why the disposition is withdrawn")
            batch = disposition.withdraw(loaded.batch)
            self._tell(connection, batch_id, by, "withdrawn", {"reason": reason})
            dispositions.set_state(connection, batch_id, batch.stage.value)
        return self.get(batch_id)

    def transfer(self, batch_id: int, folder: Path, *, by: str) -> Bag:
        """Write the bag for the state archives. Nothing in the archive changes.

        Raises: UsageError, RefusedError, StoreError.
        """
        by = records_officer(self._agency, by, may="hand records over")
        loaded = self.get(batch_id)
        if loaded.row.action is not Action.TRANSFER:
            raise UsageError(f"disposition {batch_id} is no transfer: its schedule says destroy")
        if loaded.batch.stage is not Stage.APPROVED:
            raise RefusedError(f"disposition {batch_id} is {loaded.row.state}, not approved")
        return self._execution.hand_over(batch_id, folder, by=by, agency=self._agency.name)

    def receipt(self, batch_id: int, *, by: str, document: str) -> Loaded:
        """Record that the archives have acknowledged what was transferred to them."""
        loaded = self.get(batch_id)
        if loaded.row.action is not Action.TRANSFER:
            raise UsageError(f"disposition {batch_id} destroys; only a transfer has a receipt")
        if loaded.event("transferred") is None:
            raise RefusedError(f"disposition {batch_id} was not handed over yet")
        if not document.strip():
            raise UsageError("name the document in which the receipt is acknowledged")
        with self._changing(batch_id) as (connection, _):
            _named(by)
            self._tell(connection, batch_id, by, "receipt", {"document": document})
        return self.get(batch_id)

    def execute(
        self, batch_id: int, *, by: str, override_by: str = "", override_reason: str = ""
    ) -> Loaded:
        """Destroy what is approved, once.

        Raises: RefusedError naming what is missing; BusyError, EvidenceError, StoreError. An
        execution that was cut off is gone on with by calling this again, or by `resume`.
        """
        by = records_officer(self._agency, by, may="execute a disposition")
        loaded = self.get(batch_id)
        if loaded.row.action is Action.TRANSFER and loaded.event("receipt") is None:
            raise RefusedError(
                f"disposition {batch_id} is a transfer: the archive's own copy goes only after a "
                "receipt was recorded, see: archiver dispose receipt --help"
            )
        override = None
        if override_by or override_reason:
            named = records_officer(self._agency, override_by, may="override a brake")
            override = Signed(by=named, on=self._execution.today(), reason=override_reason)
        self._execution.run(batch_id, by=by, override=override)
        return self.get(batch_id)

    def certify(self, batch_id: int, *, by: str) -> Mapping[str, Any]:
        """Make the certificate of an executed batch and keep it in the ledger; one that was
        made already is given back as it was.

        Raises: UsageError when nothing was destroyed; RefusedError.
        """
        loaded = self.get(batch_id)
        before = loaded.event("certified")
        if before is not None:
            kept: Mapping[str, Any] = before.detail["certificate"]
            return kept
        by = records_officer(self._agency, by, may="certify a disposition")
        with self._changing(batch_id) as (connection, loaded):
            content = certificate.certificate(
                connection, loaded, agency=self._agency.name, zone=self._agency.zone
            )
            digest = certificate.digest_of(content)
            signed = Signed(by=by, on=self._execution.today(), reason=digest)
            batch = disposition.certify(loaded.batch, signed)
            said = {"sha256": digest, "certificate": content}
            self._tell(connection, batch_id, by, "certified", said)
            dispositions.set_state(
                connection, batch_id, batch.stage.value, certificate_sha256=digest
            )
        return content

    def resume(self) -> list[str]:
        """At a start: go on with executions that were cut off. One sentence for each that
        cannot be ended now."""
        with self._database.read() as connection:
            waiting = dispositions.unfinished(connection)
        problems = []
        for batch_id in waiting:
            try:
                self._execution.run(batch_id, by=RESUMED_BY)
            except ArchiverError as error:
                problems.append(f"disposition {batch_id} was not ended: {error}")
        return problems

    @contextmanager
    def _changing(self, batch_id: int) -> Iterator[tuple[Connection, Loaded]]:
        with _worded(), self._database.write() as connection:
            yield connection, load(connection, batch_id)

    def _tell(
        self,
        connection: Connection,
        batch_id: int,
        by: str,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        day = self._execution.today().isoformat()
        dispositions.write_event(
            connection,
            batch_id,
            at=self._execution.clock.now(),
            actor=by,
            action=action,
            detail={"on": day, **detail},
        )


def _named(by: str) -> None:
    if not by.strip():
        raise UsageError("say who does it")


@contextmanager
def _worded() -> Iterator[None]:
    """What the law refuses is a refusal, in its own words."""
    try:
        yield
    except RetentionError as error:
        raise RefusedError(str(error)) from error
