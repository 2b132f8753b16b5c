"""Holds: counsel's orders to keep, and requests and audits that freeze records in the same way.

Placed in one transaction with everything that they reach, a hold stops every disposition of
it until it is released, by somebody else than its issuer where the settings say so, and its
tail is over. Nothing here can shorten one: it can be widened, and it can be released. Every
act is in the hold's history and in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archiver.clock import Clock
from archiver.desk.hold_book import HoldBook, for_act, known
from archiver.desk.hold_limits import HoldLimits
from archiver.desk.hold_notices import HoldNotices, Letters, Told
from archiver.desk.hold_order import (
    REVIEW_AFTER,
    TAIL_DAYS,
    HoldOrder,
    completed,
    named,
    resolved,
)
from archiver.desk.hold_standing import HoldStanding
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import hold_matches, hold_records, holds, registry
from archiver.model.queries.hold_matches import Example, Held
from archiver.model.queries.hold_records import CaughtRecord
from archiver.model.queries.holds import HoldEntry, HoldEvent
from archiver.notify.base import Notifier
from config.settings import Agency
from retention.facts import Scope
from retention.guard import may_remove_whole
from retention.hold import release_refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a scope reaches now. `examples` are a few of these records."""

    scope: Scope
    records: int
    accounts: tuple[Held, ...]
    examples: tuple[Example, ...]


class Holds:
    """The use cases of holds; `notices` tells custodians, `limits` sets the end of a data
    subject's hold. `letters` writes to one person."""

    def __init__(
        self,
        database: Database,
        agency: Agency,
        clock: Clock,
        channels: Sequence[Notifier],
        *,
        letters: Letters | None = None,
    ) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._book = HoldBook(database, agency, clock)
        self.notices = HoldNotices(self._book, channels, letters)
        self.limits = HoldLimits(self._book)

    def preview(self, scope: Scope, *, departments: Collection[str] = ()) -> Preview:
        """What a hold of this scope would reach. Nothing is written. `departments`: the examples
        are of accounts of these only, empty for all.

        Raises: UsageError for an empty or impossible scope; NotFoundError.
        """
        with self._database.read() as connection:
            scope = resolved(connection, scope)
            reached = hold_matches.preview(connection, scope, zone=self._agency.zone)
            examples = hold_matches.examples(
                connection, scope, zone=self._agency.zone, departments=departments
            )
        return Preview(
            scope=scope,
            records=sum(each.records for each in reached),
            accounts=tuple(reached),
            examples=tuple(examples),
        )

    def picked(self, wanted: Iterable[str]) -> frozenset[int]:
        """The records meant, each by its number, platform id or web address.

        Raises: NotFoundError for what is not held.
        """
        picks: set[int] = set()
        with self._database.read() as connection:
            for each in wanted:
                found = hold_matches.named(connection, each)
                if not found:
                    raise NotFoundError(
                        f'no record has the number, platform id or address "{each}"'
                    )
                picks |= found
        return frozenset(picks)

    def draft(self, order: HoldOrder) -> HoldOrder:
        """The order with all that was left open, as it would be placed. Nothing is written.

        Raises: UsageError when something is missing or impossible; NotFoundError.
        """
        with self._database.read() as connection:
            return completed(connection, order, today=self.today())

    def place(self, order: HoldOrder) -> HoldStanding:
        """Place a hold: from now on everything that it reaches is kept, also what comes later.

        Raises: UsageError when something is missing or impossible; NotFoundError.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            holds.shut_out(connection)
            whole = completed(connection, order, today=self.today())
            name = _free_name(connection, whole.name, given=bool(order.name))
            said: dict[str, object] = {
                "kind": whole.kind.value,
                "matter": whole.matter,
                "reason": whole.reason,
                "issuer": whole.issuer,
                "custodians": list(whole.custodians),
                "scope": holds.scope_as_json(whole.scope),
                "notice": whole.notice,
                "placed_on": self.today().isoformat(),
                "anticipated_on": _written(whole.anticipated_on),
                "review_on": _written(whole.review_on),
                "tail_days": TAIL_DAYS.get(whole.kind, 0),
            }
            hold_id = holds.add(connection, {"name": name, "placed_at": now, **said})
            matched = hold_matches.match(
                connection, hold_id, whole.scope, zone=self._agency.zone, at=now
            )
            holds.write_event(
                connection,
                hold_id=hold_id,
                name=name,
                at=now,
                actor=whole.issuer,
                action="placed",
                detail={**said, "matched": matched},
            )
            return self._standing(connection, name)

    def widen(
        self,
        name: str,
        *,
        actor: str,
        reason: str,
        scope: Scope | None = None,
        custodians: Sequence[str] = (),
    ) -> HoldStanding:
        """Let a hold reach more: what the new scope reaches is added to what it reaches now.

        Raises: UsageError when nothing is added; RefusedError when it is released.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            entry = for_act(connection, name, actor)
            wider = resolved(connection, scope) if scope is not None else None
            there = {each.casefold() for each in entry.custodians}
            people = [each for each in named(custodians) if each.casefold() not in there]
            if (wider is None or wider in entry.scopes) and not people:
                raise UsageError(f"{name} reaches that already; nothing was changed")
            if not reason.strip():
                raise UsageError("say why the hold is widened")
            matched = 0
            if wider is not None:
                matched = hold_matches.match(
                    connection, entry.id, wider, zone=self._agency.zone, at=now
                )
            added = holds.scope_as_json(wider) if wider is not None else None
            self._write(
                connection,
                entry,
                actor,
                holds.WIDENED,
                {"scope": added, "custodians": people, "reason": reason, "matched": matched},
            )
            return self._standing(connection, name)

    def notify(self, name: str, *, actor: str, text: str = "") -> Told:
        """Give the custodians notice; see `HoldNotices.give`."""
        return self.notices.give(name, actor=actor, text=text)

    def acknowledge(self, name: str, custodian: str, *, actor: str = "") -> HoldStanding:
        """Keep that a custodian has confirmed; see `HoldNotices.acknowledge`."""
        return self.notices.acknowledge(name, custodian, actor=actor)

    def review(
        self, name: str, *, actor: str, note: str, next_on: date | None = None
    ) -> HoldStanding:
        """Keep that somebody looked whether the hold is still needed, and it is.

        Raises: UsageError without a note, or when the next review is not ahead.
        """
        following = next_on or self.today() + REVIEW_AFTER
        if following <= self.today():
            raise UsageError(f"the next review on {following} is not ahead; name a later day")
        if not note.strip():
            raise UsageError("say what the review found")
        with self._database.write() as connection:
            entry = for_act(connection, name, actor)
            detail = {"next": following.isoformat(), "note": note}
            self._write(connection, entry, actor, holds.REVIEWED, detail)
            return self._standing(connection, name)

    def release(
        self, name: str, *, actor: str, reason: str, tail_days: int | None = None
    ) -> HoldStanding:
        """Release a hold; it binds on for `tail_days`, by default those of its kind.

        Raises: RefusedError when it is released already, without a reason, or by its issuer
        where the settings ask for somebody else; UsageError.
        """
        with self._database.write() as connection:
            entry = for_act(connection, name, actor)
            refusal = release_refusal(
                issuer=entry.issuer,
                by=" ".join(actor.split()),
                reason=reason,
                other_person=self._agency.hold_release_needs_other,
            )
            if refusal is not None:
                raise RefusedError(f"{name} stays: {refusal.text}")
            tail = entry.tail_days if tail_days is None else tail_days
            if tail < 0:
                raise UsageError("a hold cannot end before its release; give 0 days or more")
            on = self.today()
            detail = {"reason": reason, "released_on": on.isoformat(), "tail_days": tail}
            self._write(connection, entry, actor, holds.RELEASED, detail)
            holds.set_released(connection, entry.id, on=on, by=actor, tail_days=tail)
            return self._standing(connection, name)

    def get(self, name: str) -> HoldStanding:
        """The hold as it stands.

        Raises: NotFoundError, naming those that there are.
        """
        with self._database.read() as connection:
            return self._standing(connection, name)

    def all(self) -> list[HoldStanding]:
        """Every hold as it stands, in the order of placing."""
        with self._database.read() as connection:
            counts = hold_matches.matched(connection)
            return [
                self._book.standing_of(connection, entry, matched=counts)
                for entry in holds.all_holds(connection)
            ]

    def history(self, name: str) -> list[HoldEvent]:
        """What was done about a hold, oldest first."""
        with self._database.read() as connection:
            return holds.events(connection, known(connection, name).id)

    def reach(self, name: str) -> list[Held]:
        """How many records a hold has matched, account by account."""
        with self._database.read() as connection:
            return hold_matches.held_by(connection, known(connection, name).id)

    def caught(
        self,
        name: str,
        *,
        departments: Collection[str] = (),
        account: str = "",
        before: int | None = None,
        limit: int,
    ) -> list[CaughtRecord]:
        """The records that a hold has caught, by falling number; see `hold_records.caught`."""
        with self._database.read() as connection:
            return hold_records.caught(
                connection,
                known(connection, name).id,
                departments=departments,
                account=account,
                before=before,
                limit=limit,
            )

    def today(self) -> date:
        """The agency-local day."""
        return self._book.today()

    def _standing(self, connection: Connection, name: str) -> HoldStanding:
        return self._book.standing(connection, name)

    def _write(
        self,
        connection: Connection,
        entry: HoldEntry,
        actor: str,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        self._book.write(connection, entry, actor=actor, action=action, detail=detail)


def refuse_if_held(
    connection: Connection, account: str = "", *, department: str = "", day: date
) -> None:
    """Call before an account, a department or (both empty) the whole archive is closed or
    removed, in the transaction that does it; `account` is a slug.

    Raises: RefusedError naming the holds that reach a record of it, or could reach one to come.
    """
    holds.keep_still(connection)
    entry = registry.find(connection, account) if account else None
    counts = hold_matches.matched_in(connection, account=account, department=department)
    binding = holds.binding_on(connection, day)
    verdict = may_remove_whole(
        day=day,
        holds=[holds.until_released(hold, scope) for hold in binding for scope in hold.scopes],
        held_records={hold.name: counts.get(hold.id, 0) for hold in binding},
        account=account,
        department=entry.department if entry else department,
    )
    if not verdict.allowed:
        what = account or department or "the archive"
        reasons = " ".join(dict.fromkeys(reason.text for reason in verdict.reasons))
        raise RefusedError(f"{what} must stay. {reasons} Only counsel can release a hold")


def _free_name(connection: Connection, name: str, *, given: bool) -> str:
    """The name, or with a number if another hold of the matter has it."""
    if holds.find(connection, name) is None:
        return name
    if given:
        raise UsageError(f'there is a hold "{name}" already; choose another --name')
    number = 2
    while holds.find(connection, f"{name}-{number}") is not None:
        number += 1
    return f"{name}-{number}"


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
