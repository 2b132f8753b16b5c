"""Carries out an approved disposition: the only code that destroys archived content.

Order of writes, each step durable before the next:

1. the ledger says what will go; the items are "going"
2. every segment concerned is written anew without it, sealed, checked, placed in the vault
3. one transaction: the guard is asked again with the holds held still; rows are blanked and
   become tombstones, exchanges move to the new segments, the ledger says what has gone
4. the old segments are removed, the database's leftovers with them; the ledger says so

A crash before 3 leaves copies in the vault that no row speaks of: they are removed and made
again. A crash after 3 leaves old segments that no row lies in: they are removed. What a hold
reaches before 3 drops out and stays whole; after 3 nothing of it is left to hold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from archiver import __version__
from archiver.clock import Clock
from archiver.desk import permit
from archiver.desk.batches import Loaded, combined, load, register
from archiver.desk.destruction_plan import Plan, Surgery, fingerprint, make_plan
from archiver.desk.execution_words import announced, destroyed, mark, refusals, successor_name
from archiver.desk.standstill import Lock, standstill
from archiver.desk.transfer import Bag, make_bag
from archiver.errors import BusyError, EvidenceError, RefusedError
from archiver.files import make_folder
from archiver.model.database import Connection, Database
from archiver.model.queries import dispositions, due, erasure, holds, registry, retention
from archiver.model.queries.dispositions import DONE, EXCLUDED, GOING, HELD, PROPOSED
from archiver.model.queries.segments import segment_names
from archiver.values import SegmentRef
from archiver.vault.base import Vault
from archiver.warc.check import check_segment
from archiver.warc.rewrite import Rewritten, rewrite
from archiver.warc.survey import survey
from retention import disposition
from retention.batch import Signed, Stage
from retention.brakes import Brakes
from retention.calendars import WorkingCalendar
from retention.errors import RetentionError
from retention.facts import Reason
from retention.guard import Verdict

log = logging.getLogger(__name__)

_ALL_EXECUTIONS = "_dispositions"  # a lock's name that no account can have
ATTEMPTS = 5  # plans that others' writing may overtake before it is put off


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What an execution needs. `in_force` gives the digests of the adopted schedules;
    `lock` keeps captures of an account away; `percent` is the brakes' share."""

    database: Database
    vault: Vault
    clock: Clock
    zone: ZoneInfo
    spool: Path
    lock: Lock
    in_force: Callable[[Connection, Iterable[str]], Mapping[str, str]]
    calendar: WorkingCalendar
    percent: int

    def today(self) -> date:
        """The agency-local day."""
        return self.clock.now().astimezone(self.zone).date()

    def preview(self, batch_id: int) -> tuple[Plan, dict[int, Verdict]]:
        """What an execution would do now, and what the guard says. Writes nothing."""
        with self.database.read() as connection:
            loaded = load(connection, batch_id)
            wanted = loaded.ids(PROPOSED, GOING)
            plan = make_plan(connection, self.vault, wanted, batch=str(batch_id))
            return plan, self._verdicts(connection, loaded, plan)

    def hand_over(self, batch_id: int, folder: Path, *, by: str, agency: str) -> Bag:
        """Write a bag with exactly the batch's records. What the guard refuses cannot be handed
        over either: take it out first. Raises: RefusedError, UsageError, StoreError."""
        with self.database.read() as connection:
            loaded = load(connection, batch_id)
            plan = make_plan(connection, self.vault, loaded.ids(PROPOSED), batch=str(batch_id))
            refused = refusals(self._verdicts(connection, loaded, plan))
            for record_id, reason in refused.items():
                raise RefusedError(f"record {record_id} cannot be handed over: {reason}")
            bag = make_bag(
                connection, self.vault, loaded, plan, folder, agency=agency, clock=self.clock
            )
        said = {"bag": folder.name, "manifest_sha256": bag.manifest_sha256, "files": bag.files}
        with self.database.write() as connection:
            self._tell(connection, batch_id, by, "transferred", said)
        return bag

    def run(self, batch_id: int, *, by: str, override: Signed | None = None) -> None:
        """Execute an approved batch, or go on with one that was cut off.

        Raises: RefusedError when a step is missing or a brake is on; BusyError when a capture
        of an account is running; EvidenceError when a segment does not hold.
        """
        one_at_a_time = standstill((_ALL_EXECUTIONS,), self.lock, self.clock)
        with one_at_a_time, standstill(self._accounts(batch_id), self.lock, self.clock):
            stage = self._load(batch_id).batch.stage
            if stage is Stage.EXECUTED or stage is Stage.CERTIFIED:
                raise RefusedError(f"disposition {batch_id} was executed; it is executed once only")
            if stage is not Stage.EXECUTING and not self._begin(batch_id, by, override):
                return
            self._carry_out(batch_id, by)

    def _load(self, batch_id: int) -> Loaded:
        with self.database.read() as connection:
            return load(connection, batch_id)

    def _accounts(self, batch_id: int) -> list[str]:
        return sorted({each.account for each in self._load(batch_id).items})

    def _other_accounts(self, batch_id: int) -> set[str]:
        with self.database.read() as connection:
            known = {each.slug for each in registry.all_accounts(connection)}
        return known - set(self._accounts(batch_id))

    # -- 1: the announcement --------------------------------------------------------------

    def _begin(self, batch_id: int, by: str, override: Signed | None) -> bool:
        """Say in the ledger what will go; False when nothing may."""
        loaded = self._load(batch_id)
        if loaded.batch.stage is not Stage.APPROVED:
            raise RefusedError(
                f"disposition {batch_id} is {loaded.batch.stage}; only an approved one is executed"
            )
        self._evaluated_today(loaded)
        plan = self._plan(batch_id, loaded.ids(PROPOSED))
        with self.database.write() as connection:
            loaded = load(connection, batch_id)
            verdicts = self._verdicts(connection, loaded, plan)
            begun = self._start(connection, loaded, verdicts, override)
            self._drop(connection, batch_id, by, refusals(verdicts))
            if begun is Stage.WITHDRAWN:
                dispositions.set_state(connection, batch_id, Stage.WITHDRAWN.value)
                self._tell(connection, batch_id, by, "withdrawn", {"reason": "nothing may go"})
                return False
            said = override.reason if override else ""
            dispositions.set_state(connection, batch_id, Stage.EXECUTING.value, override=said)
            going = [each for each in verdicts if verdicts[each].allowed]
            dispositions.set_items(connection, batch_id, going, GOING)
            self._tell(
                connection, batch_id, by, "will", announced(plan, going, override, on=self.today())
            )
        return True

    def _start(
        self,
        connection: Connection,
        loaded: Loaded,
        verdicts: Mapping[int, Verdict],
        override: Signed | None,
    ) -> Stage:
        try:
            begun = disposition.start(
                loaded.batch,
                today=retention.today(connection, self.clock.now(), self.zone),
                digest=combined(self._in_force(connection, loaded)),
                verdicts=verdicts,
                brakes=Brakes(totals=due.totals(connection), percent=self.percent),
                register=register(connection, loaded.row.id),
                calendar=self.calendar,
                override=override,
            )
        except RetentionError as error:
            raise RefusedError(str(error)) from error
        return begun.stage

    def _in_force(self, connection: Connection, loaded: Loaded) -> dict[str, str]:
        now = self.in_force(connection, loaded.row.digests)
        return {name: now.get(name, "") for name in loaded.row.digests}

    def _evaluated_today(self, loaded: Loaded) -> None:
        day = self.today()
        with self.database.read() as connection:
            known = due.standing_of(connection, loaded.ids(PROPOSED))
        if known and all(each.evaluated_on != day for each in known.values()):
            last = max(each.evaluated_on for each in known.values())
            raise RefusedError(
                f"retention was evaluated last on {last}, not today; evaluate it and try again"
            )

    def _verdicts(self, connection: Connection, loaded: Loaded, plan: Plan) -> dict[int, Verdict]:
        found = permit.verdicts(
            connection,
            loaded,
            [each.id for each in plan.subjects],
            day=self.today(),
            in_force=self._in_force(connection, loaded),
            verified=plan.verified,
        )
        for record_id, reason in plan.impossible.items():
            found[record_id] = Verdict(allowed=False, reasons=(Reason(text=reason),))
        return found

    def _drop(
        self, connection: Connection, batch_id: int, by: str, refused: Mapping[int, str]
    ) -> None:
        held = holds.open_holds_on(connection, sorted(refused), day=self.today())
        for record_id, reason in refused.items():
            state = HELD if record_id in held else EXCLUDED
            dispositions.set_items(connection, batch_id, [record_id], state, reason)
            self._tell(connection, batch_id, by, "dropped", {"record": record_id, "reason": reason})

    def _tell(
        self,
        connection: Connection,
        batch_id: int,
        by: str,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        dispositions.write_event(
            connection, batch_id, at=self.clock.now(), actor=by, action=action, detail=detail
        )

    # -- 2 and 3: new segments, then the transaction --------------------------------------

    def _carry_out(self, batch_id: int, by: str) -> None:
        for _ in range(ATTEMPTS):
            self._remove_copies(batch_id)
            going = self._load(batch_id).ids(GOING)
            if not going:
                break
            plan = self._plan(batch_id, going)
            if plan.impossible:
                with self.database.write() as connection:
                    self._drop(connection, batch_id, by, plan.impossible)
                continue
            copies = [(each, *self._copy(each, batch_id)) for each in plan.surgeries]
            # A capture elsewhere may just be referring to a file that goes.
            elsewhere = self._other_accounts(batch_id) if plan.payloads else ()
            with standstill(elsewhere, self.lock, self.clock):
                if self._destroy(batch_id, by, plan, copies):
                    break
        else:
            raise BusyError(
                f"the records of disposition {batch_id} changed again and again while it was "
                "executed; nothing of it was destroyed, run it again"
            )
        self._finish(batch_id, by)

    def _plan(self, batch_id: int, record_ids: Sequence[int]) -> Plan:
        with self.database.read() as connection:
            return make_plan(connection, self.vault, record_ids, batch=str(batch_id))

    def _copy(self, surgery: Surgery, batch_id: int) -> tuple[SegmentRef, Rewritten]:
        """The segment without what goes, placed in the vault; no row speaks of it yet."""
        make_folder(self.spool)
        name = successor_name(surgery.name, batch_id)
        made = rewrite(
            surgery.path,
            self.spool / name,
            drop=surgery.drop,
            convert=surgery.convert,
            info={"software": f"Archiver/{__version__}", "format": "WARC File Format 1.1"},
            batch=str(batch_id),
            predecessor=surgery.sha256,
            clock=self.clock,
            name=name,
            members=survey(surgery.path, surgery.report.records),
        )
        report = check_segment(self.spool / name)
        if not report.ok or report.sha256 != made.sha256:
            what = report.problems[0] if report.problems else "its hash differs"
            raise EvidenceError(
                f"the new segment {name} does not hold ({what}); nothing was destroyed"
            )
        self.vault.put(name, self.spool / name)
        return (
            SegmentRef(
                name=name,
                sha256=made.sha256,
                size=made.size,
                records=len(report.records),
                sealed_at=self.clock.now(),
            ),
            made,
        )

    def _destroy(
        self,
        batch_id: int,
        by: str,
        plan: Plan,
        copies: Sequence[tuple[Surgery, SegmentRef, Rewritten]],
    ) -> bool:
        """The transaction. False, and nothing destroyed, when a record must stay after all or
        something has changed since the plan."""
        with self.database.write() as connection:
            loaded = load(connection, batch_id)
            refused = refusals(self._verdicts(connection, loaded, plan))
            if refused:
                self._drop(connection, batch_id, by, refused)
                return False
            if fingerprint(connection, plan.subjects) != plan.fingerprint:
                return False
            at = self.clock.now()
            for surgery, new, made in copies:
                erasure.replace_segment(
                    connection, surgery.name, new, made.moved, batch_id=batch_id, at=at
                )
            accounts = {each.account_id for each in plan.subjects}
            gone = plan.addresses | {s.permalink for s in plan.subjects if s.permalink}
            erasure.forget_addresses(connection, accounts, gone)
            erasure.erase(connection, [each.id for each in plan.subjects], plan.payloads)
            self._bury(connection, loaded, plan)
            dispositions.set_items(connection, batch_id, [s.id for s in plan.subjects], DONE)
            self._tell(connection, batch_id, by, "destroyed", destroyed(plan, copies))
        return True

    def _bury(self, connection: Connection, loaded: Loaded, plan: Plan) -> None:
        ids = {each.id for each in plan.subjects}
        erasure.bury(
            connection,
            [item for item in loaded.items if item.record_id in ids],
            batch_id=loaded.row.id,
            leaves={each.id: [state.leaf for state in each.states] for each in plan.subjects},
            published_on={
                each.id: each.published_at.astimezone(self.zone).date().isoformat()
                for each in plan.subjects
                if each.published_at is not None
            },
            approved_by=[each.by for each in loaded.batch.given],
            at=self.clock.now(),
        )

    # -- 4: the old bytes -----------------------------------------------------------------

    def _finish(self, batch_id: int, by: str) -> None:
        with self.database.read() as connection:
            leave = permit.for_replaced(connection, batch_id)
        for name in sorted(leave.segments):
            self.vault.remove(name, leave)
        if leave.segments:
            erasure.compact(self.database)
        with self.database.write() as connection:
            done = load(connection, batch_id).ids(DONE)
            dispositions.set_state(connection, batch_id, Stage.EXECUTED.value)
            self._tell(
                connection,
                batch_id,
                by,
                "did",
                {
                    "on": self.today().isoformat(),
                    "records": len(done),
                    "removed": sorted(leave.segments),
                },
            )
        log.warning("a disposition was executed", extra={"action": "disposed", "batch": batch_id})

    def _remove_copies(self, batch_id: int) -> None:
        """What an attempt left that no transaction took over."""
        for path in sorted(self.spool.glob(f"*{mark(batch_id)}")):
            path.unlink(missing_ok=True)
        with self.database.read() as connection:
            known = segment_names(connection)
            left = [
                name
                for name in self.vault.names()
                if name.endswith(mark(batch_id)) and name not in known
            ]
            leave = permit.for_copies(connection, batch_id, left)
        for name in sorted(left):
            self.vault.remove(name, leave)
