"""Carries out an approved disposition: the only code that destroys archived content.

The ledger says that it has begun; the items are "going". Then, for each part of it (see
`execution_parts`), each step durable before the next:

1. the ledger says what will go
2. every segment concerned is written anew without it, sealed, checked, placed in the vault
3. one transaction: the guard is asked again with the holds held still; rows are blanked and
   become tombstones, exchanges move to the new segments, the ledger says what has gone
4. the old segments are removed; the ledger says so

At the end the database's leftovers are removed, and the ledger says that it is executed.

A crash before 3 leaves copies in the vault that no row speaks of: they are removed and made
again. A crash after 3 leaves old segments that no row lies in: they are removed. What a hold
reaches before 3 drops out and stays whole; after 3 nothing of it is left to hold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from archiver.clock import Clock
from archiver.desk import permit
from archiver.desk.batches import Loaded, approvals_of, combined, load, register, used_of_register
from archiver.desk.destruction_plan import Plan, addresses_of, fingerprint, make_plan
from archiver.desk.execution_checks import refuse_unless_evaluated, verdicts, whole_plan
from archiver.desk.execution_copies import Copy, placed_copy
from archiver.desk.execution_parts import parts
from archiver.desk.execution_words import (
    announced,
    begun,
    destroyed,
    is_announced,
    is_marked,
    part_of,
    refusals,
    unremoved,
)
from archiver.desk.standstill import Lock, standstill
from archiver.desk.transfer import Bag, make_bag
from archiver.errors import BusyError, RefusedError
from archiver.model.database import Connection, Database
from archiver.model.queries import dispositions, due, erasure, holds, registry, retention
from archiver.model.queries.dispositions import DONE, EXCLUDED, GOING, HELD, PROPOSED
from archiver.model.queries.segments import segment_names
from archiver.vault.base import Vault
from retention import disposition
from retention.batch import Signed, Stage
from retention.brakes import Brakes
from retention.calendars import WorkingCalendar
from retention.errors import RetentionError
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
        with self.database.read() as connection:
            return dispositions.accounts_of(connection, batch_id)

    def _other_accounts(self, batch_id: int) -> set[str]:
        with self.database.read() as connection:
            known = {each.slug for each in registry.all_accounts(connection)}
        return known - set(self._accounts(batch_id))

    # -- the beginning --------------------------------------------------------------------

    def _begin(self, batch_id: int, by: str, override: Signed | None) -> bool:
        """Say in the ledger what will go; False when nothing may."""
        loaded = self._load(batch_id)
        if loaded.batch.stage is not Stage.APPROVED:
            raise RefusedError(
                f"disposition {batch_id} is {loaded.batch.stage}; only an approved one is executed"
            )
        self._evaluated_today(loaded.ids(PROPOSED))
        verified, impossible = self._checked(batch_id, loaded.ids(PROPOSED))
        with self.database.write() as connection:
            loaded = load(connection, batch_id)
            found = verdicts(
                connection,
                loaded,
                loaded.ids(PROPOSED),
                day=self.today(),
                in_force=self._in_force(connection, loaded),
                verified=verified,
                impossible=impossible,
            )
            stage = self._start(connection, loaded, found, override)
            self._drop(connection, batch_id, by, refusals(found))
            if stage is Stage.WITHDRAWN:
                dispositions.set_state(connection, batch_id, Stage.WITHDRAWN.value)
                self._tell(connection, batch_id, by, "withdrawn", {"reason": "nothing may go"})
                return False
            said = override.reason if override else ""
            dispositions.set_state(connection, batch_id, Stage.EXECUTING.value, override=said)
            going = [each for each in found if found[each].allowed]
            dispositions.set_items(connection, batch_id, going, GOING)
            known = register(connection, batch_id, day=self.today())
            rests_on = used_of_register(loaded.batch, known)
            said_all = begun(going, override, on=self.today(), registered=rests_on)
            self._tell(connection, batch_id, by, "begun", said_all)
        return True

    def _checked(self, batch_id: int, record_ids: Sequence[int]) -> tuple[set[int], dict[int, str]]:
        """Whether all of it can be done, before anything is: the records whose newest state
        was read back, and what is impossible. A segment that does not hold stops it here."""
        verified: set[int] = set()
        impossible: dict[int, str] = {}
        for part in self._parts(record_ids):
            plan = self._plan(batch_id, part, set(record_ids))
            verified |= plan.verified
            impossible.update(plan.impossible)
        return verified, impossible

    def _parts(self, record_ids: Sequence[int]) -> list[tuple[int, ...]]:
        with self.database.read() as connection:
            return parts(connection, record_ids)

    def _start(
        self,
        connection: Connection,
        loaded: Loaded,
        found: Mapping[int, Verdict],
        override: Signed | None,
    ) -> Stage:
        try:
            begun = disposition.start(
                loaded.batch,
                today=retention.today(connection, self.clock.now(), self.zone),
                digest=combined(self._in_force(connection, loaded)),
                verdicts=found,
                brakes=Brakes(totals=due.totals(connection), percent=self.percent),
                register=register(connection, loaded.row.id, day=self.today()),
                calendar=self.calendar,
                override=override,
            )
        except RetentionError as error:
            raise RefusedError(str(error)) from error
        return begun.stage

    def _in_force(self, connection: Connection, loaded: Loaded) -> dict[str, str]:
        now = self.in_force(connection, loaded.row.digests)
        return {name: now.get(name, "") for name in loaded.row.digests}

    def _evaluated_today(self, record_ids: Sequence[int]) -> None:
        with self.database.read() as connection:
            refuse_unless_evaluated(connection, record_ids, day=self.today())

    def _verdicts(self, connection: Connection, loaded: Loaded, plan: Plan) -> dict[int, Verdict]:
        return verdicts(
            connection,
            loaded,
            [each.id for each in plan.subjects],
            day=self.today(),
            in_force=self._in_force(connection, loaded),
            verified=plan.verified,
            impossible=plan.impossible,
        )

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

    # -- part after part ------------------------------------------------------------------

    def _carry_out(self, batch_id: int, by: str) -> None:
        self._remove_copies(batch_id)
        self._remove_old(batch_id, by)
        for part in self._parts(self._going(batch_id)):
            self._carry_out_part(batch_id, by, part)
            self._remove_old(batch_id, by)
        self._finish(batch_id, by)

    def _going(self, batch_id: int) -> list[int]:
        with self.database.read() as connection:
            return dispositions.ids_in(connection, batch_id, GOING)

    def _carry_out_part(self, batch_id: int, by: str, part: Sequence[int]) -> None:
        for _ in range(ATTEMPTS):
            going = set(self._going(batch_id))
            chosen = sorted(going.intersection(part))
            if not chosen:
                return
            self._evaluated_today(chosen)
            plan = self._plan(batch_id, chosen, going)
            if plan.impossible:
                with self.database.write() as connection:
                    self._drop(connection, batch_id, by, plan.impossible)
                continue
            number = self._announce(batch_id, by, plan)
            copies = [
                placed_copy(
                    each, self.vault, self.spool, self.clock, batch_id=batch_id, part=number
                )
                for each in plan.surgeries
            ]
            # A capture elsewhere may just be referring to a file that goes.
            elsewhere = self._other_accounts(batch_id) if plan.payloads else ()
            with standstill(elsewhere, self.lock, self.clock):
                if self._destroy(batch_id, by, plan, copies, part=number):
                    return
            self._remove_copies(batch_id)
        raise BusyError(
            f"the records of disposition {batch_id} changed again and again while it was "
            "executed; it is not ended, run it again"
        )

    def _plan(self, batch_id: int, record_ids: Sequence[int], going: Set[int]) -> Plan:
        with self.database.read() as connection:
            return whole_plan(connection, self.vault, record_ids, batch=str(batch_id), going=going)

    def _announce(self, batch_id: int, by: str, plan: Plan) -> int:
        """Say in the ledger what will go in this part; returns its number."""
        with self.database.write() as connection:
            loaded = load(connection, batch_id, among=())
            part = part_of(loaded)
            if not is_announced(loaded, plan, part=part):
                said = announced(plan, part=part, on=self.today())
                self._tell(connection, batch_id, by, "will", said)
        return part

    def _destroy(
        self, batch_id: int, by: str, plan: Plan, copies: Sequence[Copy], *, part: int
    ) -> bool:
        """The transaction. False, and nothing destroyed, when a record must stay after all or
        something has changed since the plan."""
        ids = [each.id for each in plan.subjects]
        with self.database.write() as connection:
            loaded = load(connection, batch_id, among=ids)
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
            gone = addresses_of(plan.subjects, plan.addresses)
            erasure.forget_addresses(connection, plan.logs, gone)
            erasure.erase(connection, ids, plan.payloads)
            self._bury(connection, loaded, plan)
            dispositions.set_items(connection, batch_id, ids, DONE)
            self._tell(connection, batch_id, by, "destroyed", destroyed(plan, copies, part=part))
        return True

    def _bury(self, connection: Connection, loaded: Loaded, plan: Plan) -> None:
        erasure.bury(
            connection,
            loaded.items,
            batch_id=loaded.row.id,
            leaves={each.id: [state.leaf for state in each.states] for each in plan.subjects},
            published_on={
                each.id: each.published_at.astimezone(self.zone).date().isoformat()
                for each in plan.subjects
                if each.published_at is not None
            },
            approved_by=[each.by for each in approvals_of(loaded)],
            at=self.clock.now(),
        )

    # -- the old bytes --------------------------------------------------------------------

    def _remove_old(self, batch_id: int, by: str) -> None:
        """The segments that the part before, or one that was cut off, has replaced."""
        with self.database.read() as connection:
            left = unremoved(load(connection, batch_id, among=()))
            leave = permit.for_replaced(connection, batch_id) if left else None
        for part, names in left:
            assert leave is not None
            for name in names:
                self.vault.remove(name, leave)
            with self.database.write() as connection:
                said = {"on": self.today().isoformat(), "part": part, "removed": names}
                self._tell(connection, batch_id, by, "did", said)

    def _finish(self, batch_id: int, by: str) -> None:
        with self.database.read() as connection:
            done = len(dispositions.ids_in(connection, batch_id, DONE))
        if done:
            erasure.compact(self.database)
        with self.database.write() as connection:
            dispositions.set_state(connection, batch_id, Stage.EXECUTED.value)
            said = {"on": self.today().isoformat(), "records": done}
            self._tell(connection, batch_id, by, "executed", said)
        log.warning("a disposition was executed", extra={"action": "disposed", "batch": batch_id})

    def _remove_copies(self, batch_id: int) -> None:
        """What an attempt left that no transaction took over."""
        for path in sorted(self.spool.glob("*.warc.gz")):
            if is_marked(path.name, batch_id):
                path.unlink(missing_ok=True)
        with self.database.read() as connection:
            known = segment_names(connection)
            left = [
                name
                for name in self.vault.names()
                if is_marked(name, batch_id) and name not in known
            ]
            leave = permit.for_copies(connection, batch_id, left)
        for name in sorted(left):
            self.vault.remove(name, leave)
