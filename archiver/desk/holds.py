"""Holds: counsel's orders to keep, and requests and audits that freeze records in the same way.

Placed in one transaction with everything that they reach, a hold stops every disposition of
it until it is released, by somebody else than its issuer where the settings say so, and its
tail is over. Nothing here can shorten one: it can be widened, and it can be released. Every
act is in the hold's history and in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archiver.clock import Clock
from archiver.desk.hold_order import (
    REVIEW_AFTER,
    TAIL_DAYS,
    HoldOrder,
    completed,
    distinct,
    resolved,
)
from archiver.desk.hold_standing import NOTICE_GIVEN, HoldStanding, is_custodian, standing_of
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import hold_matches, holds, registry
from archiver.model.queries.hold_matches import Example, Held
from archiver.model.queries.holds import HoldEntry, HoldEvent
from archiver.notify.base import Delivery, Fanout, Notice, Notifier, NotifyError, Severity
from archiver.notify.journal import JournalNotifier
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice that was given. `delivery` is empty when no channel is set up: the text is
    then handed over by a person."""

    text: str
    custodians: tuple[str, ...]
    delivery: Delivery


class Holds:
    """The use cases of holds."""

    def __init__(
        self, database: Database, agency: Agency, clock: Clock, channels: Sequence[Notifier]
    ) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._channels = [each for each in channels if not isinstance(each, JournalNotifier)]

    def preview(self, scope: Scope) -> Preview:
        """What a hold of this scope would reach. Nothing is written.

        Raises: UsageError for an empty or impossible scope; NotFoundError.
        """
        with self._database.read() as connection:
            scope = resolved(connection, scope)
            reached = hold_matches.preview(connection, scope, zone=self._agency.zone)
            examples = hold_matches.examples(connection, scope, zone=self._agency.zone)
        return Preview(
            scope=scope,
            records=sum(each.records for each in reached),
            accounts=tuple(reached),
            examples=tuple(examples),
        )

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
            entry = _for_act(connection, name, actor)
            wider = resolved(connection, scope) if scope is not None else None
            known = {each.casefold() for each in entry.custodians}
            people = [each for each in distinct(custodians) if each.casefold() not in known]
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
        """Give the custodians notice, through every channel that is set up.

        Raises: NotifyError when there are channels and none of them took it; UsageError when
        there is nobody to tell; RefusedError when the hold is released.
        """
        with self._database.read() as connection:
            entry = _open(connection, name, actor)
        if not entry.custodians:
            raise UsageError(f"{name} has no custodian; add one: archiver holds widen --custodian")
        words = text.strip() or entry.notice
        delivery = Fanout(self._channels).send(
            Notice(
                severity=Severity.WARNING,
                subject=f"Duty to preserve records: {entry.matter}",
                body=f"For: {', '.join(entry.custodians)}\n\n{words}",
                key=f"hold-{entry.name}",
                at=self._clock.now(),
            )
        )
        if delivery.failed and not delivery.told:
            raise NotifyError(f"nobody was told: {'; '.join(why for _, why in delivery.failed)}")
        with self._database.write() as connection:
            entry = _for_act(connection, name, actor)
            self._write(
                connection,
                entry,
                actor,
                NOTICE_GIVEN,
                {
                    "custodians": list(entry.custodians),
                    "channels": list(delivery.sent),
                    "failed": [list(each) for each in delivery.failed],
                    "text": words,
                },
            )
        return Told(text=words, custodians=entry.custodians, delivery=delivery)

    def acknowledge(self, name: str, custodian: str, *, actor: str = "") -> HoldStanding:
        """Keep that a custodian has confirmed the notice. `actor`: who enters it.

        Raises: UsageError when there is nothing to confirm; NotFoundError.
        """
        with self._database.write() as connection:
            entry = _for_act(connection, name, actor or custodian)
            person = is_custodian(entry, custodian)
            if person is None:
                raise NotFoundError(
                    f"{custodian} is no custodian of {name}; they are: "
                    f"{', '.join(entry.custodians) or 'none'}"
                )
            before = self._standing(connection, name)
            if person in before.untold:
                raise UsageError(f"{person} was given no notice yet: archiver holds notice {name}")
            if person not in before.waiting_for:
                raise UsageError(f"{person} has acknowledged {name} already")
            detail = {"custodian": person}
            self._write(connection, entry, actor or person, "acknowledged", detail)
            return self._standing(connection, name)

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
            entry = _for_act(connection, name, actor)
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
            entry = _for_act(connection, name, actor)
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
                standing_of(
                    entry,
                    holds.events(connection, entry.id),
                    records=counts.get(entry.id, 0),
                    today=self.today(),
                )
                for entry in holds.all_holds(connection)
            ]

    def history(self, name: str) -> list[HoldEvent]:
        """What was done about a hold, oldest first."""
        with self._database.read() as connection:
            return holds.events(connection, _known(connection, name).id)

    def reach(self, name: str) -> list[Held]:
        """How many records a hold has matched, account by account."""
        with self._database.read() as connection:
            return hold_matches.held_by(connection, _known(connection, name).id)

    def today(self) -> date:
        """The agency-local day."""
        return self._clock.now().astimezone(self._agency.zone).date()

    def _standing(self, connection: Connection, name: str) -> HoldStanding:
        entry = _known(connection, name)
        return standing_of(
            entry,
            holds.events(connection, entry.id),
            records=hold_matches.matched(connection).get(entry.id, 0),
            today=self.today(),
        )

    def _write(
        self,
        connection: Connection,
        entry: HoldEntry,
        actor: str,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        holds.write_event(
            connection,
            hold_id=entry.id,
            name=entry.name,
            at=self._clock.now(),
            actor=actor,
            action=action,
            detail=detail,
        )


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
        holds=[holds.as_facts(hold, scope) for hold in binding for scope in hold.scopes],
        held_records={hold.name: counts.get(hold.id, 0) for hold in binding},
        account=account,
        department=entry.department if entry else department,
    )
    if not verdict.allowed:
        what = account or department or "the archive"
        reasons = " ".join(dict.fromkeys(reason.text for reason in verdict.reasons))
        raise RefusedError(f"{what} must stay. {reasons} Only counsel can release a hold")


def _for_act(connection: Connection, name: str, actor: str) -> HoldEntry:
    """The open hold, for an act on it that nobody else disturbs."""
    holds.shut_out(connection)
    return _open(connection, name, actor)


def _open(connection: Connection, name: str, actor: str) -> HoldEntry:
    if not actor.strip():
        raise UsageError("say who does it")
    entry = _known(connection, name)
    if entry.released_on is not None:
        raise RefusedError(
            f"{name} was released on {entry.released_on} by {entry.released_by}; that cannot "
            "be taken back, but another hold can be placed"
        )
    return entry


def _known(connection: Connection, name: str) -> HoldEntry:
    entry = holds.find(connection, name)
    if entry is None:
        names = ", ".join(each.name for each in holds.all_holds(connection)) or "none"
        raise NotFoundError(f'there is no hold "{name}"; there are: {names}')
    return entry


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
