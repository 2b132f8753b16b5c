"""The register of approvals that stand for a series, or for everything, until taken back.

Where a state's procedure asks for an approval per series, or once for all, it is given here and
serves every disposition; or it is given with a disposition and serves those after it. Taken
back, or after its last day, it serves none that has not begun to be executed. Only records
officers keep the register; who agreed is named with the document. Each act is in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from archiver.clock import Clock
from archiver.desk import batches
from archiver.desk.officers import records_officer
from archiver.desk.schedules import Library
from archiver.errors import NotFoundError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import dispositions, ledger, register
from archiver.model.queries import retention as acts
from config.settings import Agency
from retention import disposition
from retention.approvals import IN_THE_HOUSE, Given
from retention.batch import Stage
from retention.calendars import WorkingCalendar
from retention.facts import Approval, PerWhat, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApproval:
    """An approval as somebody gave it. `series` is a key, empty: for everything; `whom` is the
    party as the procedure names it, empty where only one is possible. Days are agency-local;
    `ends_on` is the last on which it may be used. `waived`: the party asks for no waiting."""

    step: Step
    by: str
    on: date
    series: str = ""
    whom: str = ""
    document: str = ""
    waived: bool = False
    ends_on: date | None = None


class ApprovalsRegister:
    """Giving, taking back and listing. `law` reads the schedules in force."""

    def __init__(
        self,
        database: Database,
        agency: Agency,
        clock: Clock,
        law: Callable[[], Library],
        calendar: WorkingCalendar,
    ) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._law = law
        self._calendar = calendar

    def all(self) -> list[Given]:
        """Every approval that may be used today, those given with a disposition included."""
        with self._database.read() as connection:
            return batches.register(connection, None, day=self._today())

    def give(self, new: NewApproval, *, actor: str) -> list[int]:
        """Enter an approval, in place of an earlier one of the same step, party and series.
        Returns the reviewed dispositions that have all their approvals by this.

        Raises: RefusedError when the actor is no records officer; UsageError when no procedure
        asks for it, or a person, document or day is wrong; NotFoundError for an unknown series.
        """
        actor = records_officer(self._agency, actor, may="keep the register of approvals")
        self._check(new)
        wanted = self._asked(new.step, new.whom, new.series)
        now = self._clock.now()
        with self._database.write() as connection:
            self._enter(connection, new, wanted.whom, actor, now)
            return self._settle(connection)

    def take_back(
        self, step: Step, *, series: str = "", whom: str = "", actor: str, reason: str
    ) -> Given:
        """Take an approval back, also one that was given with a disposition.

        Raises: RefusedError when the actor is no records officer; NotFoundError when there is
        none; UsageError without a reason.
        """
        actor = records_officer(self._agency, actor, may="keep the register of approvals")
        if not reason.strip():
            raise UsageError("say why the approval is taken back")
        now = self._clock.now()
        with self._database.write() as connection:
            given = _named(
                batches.register(connection, None, day=self._today()), step, whom, series
            )
            values = {
                "step": step.value,
                "whom": given.whom,
                "series": series,
                "given_by": given.by,
                "given_on": given.on.isoformat(),
                "document": reason.strip(),
                "waived": given.waived,
                "ends_on": None,
            }
            register.enter(connection, {**values, "actor": actor, "at": now}, withdrawn=True)
            said = {k: values[k] for k in ("step", "whom", "series", "given_by", "given_on")}
            body = {"actor": actor, **said, "reason": reason.strip()}
            ledger.append(connection, at=now, kind="approval taken back", body=body)
        return given

    def _today(self) -> date:
        return self._clock.now().astimezone(self._agency.zone).date()

    def _check(self, new: NewApproval) -> None:
        if not new.by.strip():
            raise UsageError("name the person who agreed")
        if new.step is Step.RECORDS_OFFICER:
            records_officer(self._agency, new.by, may="approve as records officer")
        if new.step not in IN_THE_HOUSE and not new.document.strip():
            raise UsageError(f"an approval by {new.step} needs its document: --document")
        if new.on > self._today():
            raise UsageError(f"{new.on} is ahead: enter an approval once it was given")
        if new.ends_on is not None and new.ends_on < self._today():
            raise UsageError(f"an approval that ended on {new.ends_on} serves no disposition")

    def _asked(self, step: Step, whom: str, series: str) -> Approval:
        """The step of a procedure that such an approval fulfils."""
        per = PerWhat.SERIES if series else PerWhat.STANDING
        held = self._law()
        files = list(held.files.values())
        if not series:
            ours = self._adopted() | set(held.overlaid)
            files = [f for f in files if {f.jurisdiction, *(x.id for x in f.schedules)} & ours]
        else:
            files = [f for f in files if series in {s.key for x in f.schedules for s in x.series}]
            if not files:
                raise NotFoundError(
                    f'there is no series "{series}"; write schedule/series, see: archiver '
                    "retention show STATE"
                )
        steps = [each for file in files if file.procedure for each in file.procedure.steps]
        found = {
            each.whom: each
            for each in steps
            if (each.step, each.per) == (step, per) and whom in ("", each.whom)
        }
        if len(found) == 1:
            return found.popitem()[1]
        what = "per series" if series else "once for all"
        if found:
            listed = "; ".join(sorted(found))
            raise UsageError(f"several parties agree as {step} {what}, name one: {listed}")
        raise UsageError(
            f"no procedure asks for {step}{f' ({whom})' if whom else ''} {what}; such an approval "
            "is given with each disposition, see: archiver dispose approve --help"
        )

    def _adopted(self) -> set[str]:
        with self._database.read() as connection:
            return {each.schedule for each in acts.all_adoptions(connection)}

    def _enter(
        self, connection: Connection, new: NewApproval, whom: str, actor: str, now: datetime
    ) -> None:
        values = {
            "step": new.step.value,
            "whom": whom,
            "series": new.series,
            "given_by": new.by.strip(),
            "given_on": new.on.isoformat(),
            "document": new.document.strip(),
            "waived": new.waived,
            "ends_on": new.ends_on.isoformat() if new.ends_on else None,
        }
        register.enter(connection, {**values, "actor": actor, "at": now})
        ledger.append(
            connection, at=now, kind="approval registered", body={"actor": actor, **values}
        )

    def _settle(self, connection: Connection) -> list[int]:
        """A reviewed disposition may have missed just this."""
        settled = []
        for row in dispositions.all_batches(connection):
            if row.state != Stage.REVIEWED:
                continue
            batch = disposition.settle(
                batches.load(connection, row.id).batch,
                register=batches.register(connection, row.id, day=self._today()),
                calendar=self._calendar,
            )
            if batch.stage is Stage.APPROVED:
                dispositions.set_state(connection, row.id, batch.stage.value)
                settled.append(row.id)
        return settled


def _named(standing: list[Given], step: Step, whom: str, series: str) -> Given:
    found = [
        each
        for each in standing
        if (each.step, each.series) == (step, series) and whom in ("", each.whom)
    ]
    if len({each.whom for each in found}) > 1:
        listed = "; ".join(sorted({each.whom for each in found}))
        raise UsageError(f"several parties have agreed as {step}, name one: {listed}")
    if not found:
        what = f"for the series {series}" if series else "for everything"
        raise NotFoundError(
            f"no approval by {step} stands {what}; see: archiver dispose register list"
        )
    return found[-1]
