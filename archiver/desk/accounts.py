"""The registry of accounts: nothing is captured that a named approver has not approved.

An account is proposed with its business case, department, custodian, terms-of-service review
and basis, as the model policy asks ("Guidelines for Authorizing the Use of Social Media").
An approver named in the settings approves it, never the one who proposed it; the approval
ends for the annual review. Every act is kept with its actor and time, and is in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from archiver.capture.lookup import CONFIRMED
from archiver.clock import Clock
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Database
from archiver.model.queries import health, registry
from archiver.model.queries.registry import AccountEntry, AccountEvent
from config.settings import Agency
from connectors.errors import Misconfigured
from connectors.registry import connector_class


class Basis(StrEnum):
    """Why an account is under the records rules (model policy, section I)."""

    OFFICIAL = "official"
    IDENTIFIES_AGENCY = "identifies-agency"  # (c) names the agency or the position in it
    WORKING_HOURS = "working-hours"  # (a) used in working hours
    AGENCY_EQUIPMENT = "agency-equipment"  # (b) used from agency equipment


class AccountState(StrEnum):
    """Where an account stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What must be said to propose an account. `terms_reviewed_on` is an agency-local day."""

    platform: str
    address: str
    name: str
    department: str
    custodian: str
    business_case: str
    terms_reviewed_by: str
    terms_reviewed_on: date
    proposed_by: str
    basis: Basis = Basis.OFFICIAL
    basis_detail: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    slug: str = ""


class Accounts:
    """The use cases of the registry."""

    def __init__(self, database: Database, agency: Agency, clock: Clock) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock

    def propose(self, proposal: Proposal) -> AccountEntry:
        """Enter an account; it is not captured before it is approved.

        Raises: UsageError when something is missing, unknown, or entered already.
        """
        _complete(proposal)
        _known_options(proposal)
        slug = proposal.slug or _slug(proposal.platform, proposal.address)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,60}", slug):
            raise UsageError(f'"{slug}" is no name for an account: use a-z, 0-9 and "-"')
        now = self._clock.now()
        with self._database.write() as connection:
            before = registry.find(connection, slug) or registry.by_address(
                connection, proposal.platform, proposal.address
            )
            if before is not None:
                raise UsageError(
                    f"{before.slug} ({before.platform} {before.address}) is in the registry "
                    f"already; it is {before.state}"
                )
            values = {
                "slug": slug,
                "platform": proposal.platform,
                "address": proposal.address,
                "options": dict(proposal.options),
                "name": proposal.name,
                "department": proposal.department,
                "custodian": proposal.custodian,
                "business_case": proposal.business_case,
                "basis": proposal.basis.value,
                "basis_detail": proposal.basis_detail,
                "terms_reviewed_by": proposal.terms_reviewed_by,
                "terms_reviewed_on": proposal.terms_reviewed_on.isoformat(),
                "state": AccountState.PROPOSED.value,
                "proposed_by": proposal.proposed_by,
            }
            account_id = registry.add(connection, {**values, "proposed_at": now})
            registry.write_event(
                connection,
                account_id=account_id,
                slug=slug,
                at=now,
                actor=proposal.proposed_by,
                action="proposed",
                detail={k: v for k, v in values.items() if k not in ("slug", "state")},
            )
        return self.get(slug)

    def approve(self, slug: str, *, approver: str, note: str = "") -> AccountEntry:
        """Approve an account, or renew its approval.

        Raises: RefusedError when the approver is not one, or proposed the account.
        """
        entry = self.get(slug)
        named = {_person(name): name for name in self._agency.approvers}
        if _person(approver) not in named:
            who = ", ".join(self._agency.approvers) or "nobody yet"
            raise RefusedError(
                f'"{approver}" may not approve accounts; agency.approvers in the settings '
                f"names: {who}"
            )
        if _person(approver) == _person(entry.proposed_by):
            raise RefusedError(f"{approver} proposed {slug}; another approver must approve it")
        if entry.state == AccountState.CLOSED:
            raise RefusedError(f"{slug} is closed; propose it anew under another name")
        now = self._clock.now()
        ends = now + self._agency.approval_lasts
        self._act(
            entry,
            actor=named[_person(approver)],
            action="approved",
            detail={"until": ends.isoformat(), "note": note},
            at=now,
            state=AccountState.APPROVED.value,
            approved_by=named[_person(approver)],
            approved_at=now,
            approval_ends=ends,
        )
        return self.get(slug)

    def suspend(self, slug: str, *, actor: str, reason: str) -> AccountEntry:
        """Stop capturing an account; an approval starts it again. The stop is a gap.

        Raises: UsageError without a reason.
        """
        entry = self.get(slug)
        if not reason.strip():
            raise UsageError("say why: a suspended account is a gap in the records")
        now = self._clock.now()
        self._act(
            entry,
            actor=actor,
            action="suspended",
            detail={"reason": reason},
            at=now,
            state=AccountState.SUSPENDED.value,
        )
        with self._database.write() as connection:
            health.open_gap(
                connection,
                account_id=entry.id,
                kind="suspended",
                began=now,
                reason=f"suspended by {actor}: {reason}",
            )
        return self.get(slug)

    def confirm_emptying(self, slug: str, *, actor: str, reason: str) -> None:
        """Say that so many records were really removed on the platform. For two days the
        missing ones are then looked up one by one, as always twice, instead of an alarm.

        Raises: UsageError when no such alarm is open, or without a reason.
        """
        entry = self.get(slug)
        if not reason.strip():
            raise UsageError("say how you know that they were removed")
        now = self._clock.now()
        with self._database.read() as connection:
            if not health.is_alarmed(connection, entry.id, "emptied"):
                raise UsageError(f"{slug} has no alarm about missing records that is open")
        self._act(entry, actor=actor, action=CONFIRMED, detail={"reason": reason}, at=now)
        with self._database.write() as connection:
            health.close_alarms(connection, account_id=entry.id, kinds=("emptied",), at=now)

    def get(self, slug: str) -> AccountEntry:
        """The account.

        Raises: NotFoundError, naming those that there are.
        """
        with self._database.read() as connection:
            entry = registry.find(connection, slug)
            if entry is None:
                names = ", ".join(a.slug for a in registry.all_accounts(connection)) or "none"
                raise NotFoundError(f'there is no account "{slug}"; there are: {names}')
            return entry

    def all(self) -> list[AccountEntry]:
        """Every account, by name."""
        with self._database.read() as connection:
            return registry.all_accounts(connection)

    def history(self, slug: str) -> list[AccountEvent]:
        """What was done to an account, oldest first."""
        entry = self.get(slug)
        with self._database.read() as connection:
            return registry.events(connection, entry.id)

    def _act(
        self,
        entry: AccountEntry,
        *,
        actor: str,
        action: str,
        detail: Mapping[str, object],
        at: datetime,
        **values: object,
    ) -> None:
        if not actor.strip():
            raise UsageError("say who does it")
        with self._database.write() as connection:
            if values:
                registry.change(connection, entry.id, **values)
            registry.write_event(
                connection,
                account_id=entry.id,
                slug=entry.slug,
                at=at,
                actor=actor,
                action=action,
                detail=detail,
            )


def _person(name: str) -> str:
    """A name as persons are told apart by: case and blanks make nobody another one."""
    return " ".join(name.split()).casefold()


def _complete(proposal: Proposal) -> None:
    needed = {
        "an address": proposal.address,
        "a name": proposal.name,
        "the department": proposal.department,
        "the custodian": proposal.custodian,
        "the business case": proposal.business_case,
        "who reviewed the terms of service": proposal.terms_reviewed_by,
        "who proposes it": proposal.proposed_by,
    }
    if proposal.basis is not Basis.OFFICIAL:
        needed["whose account it is and why the policy covers it"] = proposal.basis_detail
    missing = [what for what, value in needed.items() if not value.strip()]
    if missing:
        raise UsageError(f"a proposal also needs {', '.join(missing)}")


def _known_options(proposal: Proposal) -> None:
    try:
        connector = connector_class(proposal.platform)
    except Misconfigured as error:
        raise UsageError(str(error)) from error
    known = {option.name for option in connector.options}
    for name in proposal.options:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise UsageError(
                f'{proposal.platform} has no option "{name}"; its options are: {listed}'
            )


def _slug(platform: str, address: str) -> str:
    short = re.sub(r"^https?://(www\.)?", "", address.casefold())
    return f"{platform}-{re.sub(r'[^a-z0-9]+', '-', short).strip('-')}"[:60].strip("-")
