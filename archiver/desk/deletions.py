"""The sanctioned way to delete or hide something on a platform.

Asked -> checked -> the account is captured again, back to the record and its thread -> every
newest version is read back from the vault -> captured once more, until a walk shows nothing
but what was verified -> announced in the ledger -> sent once -> looked up -> found, kept, and
told in the ledger. Any "no" on the way is a refusal that names the reason and who can lift it.
The account is locked all along, so nothing else of Archiver comes between.

What the platform shows right before is compared with the newest version; when it was edited
meanwhile, nothing is sent, it is archived, and the whole is asked once more. Not closed: the
moment between that reading and the platform's own act, and platforms whose reading there has
no content to compare; the statement then says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from archiver.capture.run import Captures
from archiver.clock import Clock
from archiver.desk import deletion_checks as checks
from archiver.desk.deletion_act import Act, Ended
from archiver.desk.deletion_checks import Bundle, Check, Plan, RemovalOrder
from archiver.desk.deletion_proof import Proof
from archiver.desk.deletion_settle import Unfinished
from archiver.desk.deletion_steps import Settled, Steps
from archiver.errors import (
    CaptureError,
    NotFoundError,
    RefusedError,
    UsageError,
)
from archiver.model.database import Database
from archiver.model.queries import holds, removals
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.removals import (
    CLEARED,
    SENT,
    Request,
    Taken,
    Thing,
)
from archiver.vault.base import Vault
from config.settings import Moderation
from connectors.base import Window
from connectors.capabilities import Capabilities
from connectors.errors import ConnectorError, Misconfigured
from connectors.registry import connector_class
from connectors.removals import Removal

TRIES = 4  # walks; something that is edited during each of them must come to rest first


class Deletions:
    """The use cases of guarded deletion."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        captures: Captures,
        clock: Clock,
        *,
        rules: Moderation | None = None,
    ) -> None:
        """`rules`: those of the posted policy; without, the ones that the settings ship with."""
        self._database = database
        self._vault = vault
        self._captures = captures
        self._clock = clock
        self._rules = rules or Moderation()
        self._steps = Steps(database, clock)

    # -- use cases ----------------------------------------------------------------------------

    def plan(self, order: RemovalOrder) -> Plan:
        """Everything but the removal: the account is captured again, and each condition that
        can be checked is in the plan, also after one that does not hold.

        Raises: UsageError when something is missing; NotFoundError; RefusedError when the
        account is not approved; BusyError when it is being captured.
        """
        order, record = self._meant(order)
        entry = self._captures.approved(record.account)
        with self._captures.lock(entry.slug):
            return self._examined(order, entry, record.id, thorough=False)

    def carry_out(self, order: RemovalOrder) -> Settled:
        """Delete, hide or show again. What was cut off earlier is settled first.

        Raises: RefusedError naming every reason and its remedy, also when the platform itself
        refuses; CaptureError when the platform did not do it, or does not tell; UsageError;
        NotFoundError; BusyError.
        """
        order, record = self._meant(order)
        self.resume(again=True)
        with self._captures.lock(record.account):
            for last in (False, True):
                request, ended = self._once(order, record)
                if not ended.changed or last:
                    break
                # It was edited after the last walk: archived now, and asked anew.
                self._steps.end(request, record, ended)
            return self._ended(request, record, ended)

    def resume(self, *, again: bool = False) -> list[Settled]:
        """Settle what was cut off: the platform is asked what became of it. Needs only the
        credentials that read. Requests that are under way are left alone.

        `again`: hide or show again once more where no look-up can tell, which takes the
        credentials for removals and changes nothing when it was done.
        """
        parts = Unfinished(self._database, self._captures, self._steps, self._today())
        return parts.settle(again=again)

    def history(self, record_id: int = 0) -> list[Taken]:
        """Every step of the removals of a record, or of all."""
        with self._database.read() as connection:
            return removals.steps(connection, record_id=record_id)

    def _once(self, order: RemovalOrder, record: Thing) -> tuple[Request, Ended]:
        request = self._steps.ask(order, record)
        try:
            entry = self._captures.approved(record.account)
        except RefusedError as error:
            self._steps.refuse(request, str(error))
        plan = self._examined(order, entry, record.id, thorough=True)
        sent = self._announced(request, plan)
        return request, self._sent(entry, request, plan.bundle, sent)

    # -- before -------------------------------------------------------------------------------

    def _meant(self, order: RemovalOrder) -> tuple[RemovalOrder, Thing]:
        order = replace(
            order,
            actor=" ".join(order.actor.split()),
            reason=order.reason.strip(),
            rule=self._rule(order.rule),
        )
        if not order.actor:
            raise UsageError("say who does it")
        if not order.reason:
            raise UsageError(f"say why: the reason to {order.removal} it is kept for good")
        with self._database.read() as connection:
            found = removals.named(connection, order.wanted)
        if not found:
            raise NotFoundError(
                f'no record has the number, platform id or address "{order.wanted}"; what was '
                "never captured cannot be removed from here: archiver capture ACCOUNT"
            )
        if len(found) > 1:
            ways = ", ".join(f'"#{each.id}" ({each.name} on {each.account})' for each in found)
            raise UsageError(f'"{order.wanted}" can mean {ways}; write one of these')
        return order, found[0]

    def _rule(self, code: str) -> str:
        """The rule of this code as it is kept: code and text. Empty when none was named.

        Raises: UsageError with all codes for one that the policy does not have.
        """
        code = code.strip().lower()
        if not code:
            return ""
        known = {rule.code: rule.text for rule in self._rules.rules}
        if code not in known:
            listed = "; ".join(f"{name} ({text.rstrip('.')})" for name, text in known.items())
            raise UsageError(
                f'the posted policy has no rule "{code}"; moderation.rules in the settings has: '
                + (listed or "none")
            )
        return f"{code}: {known[code]}"

    def _examined(
        self, order: RemovalOrder, entry: AccountEntry, record_id: int, *, thorough: bool
    ) -> Plan:
        """`thorough`: for the deed itself. It stops at the first thing that does not hold,
        and walks until a walk shows nothing but what was verified."""
        capabilities = _capabilities(entry)
        with self._database.read() as connection:
            bundle = checks.bundle_of(connection, record_id, order.removal, capabilities)
            plan = Plan(
                order=order,
                bundle=bundle,
                means=checks.means_of(order.removal, bundle, capabilities),
            )
            plan.checks += checks.permitted(connection, order, bundle, day=self._today())
        if not (thorough and plan.refused):
            plan.checks.append(self._willing(entry, order.removal, bundle))
        if thorough and plan.refused:
            return plan
        self._prove(plan, entry, tries=TRIES if thorough else 1)
        return plan

    def _willing(self, entry: AccountEntry, removal: Removal, bundle: Bundle) -> Check:
        """Would the platform do it, for these credentials?"""
        target = checks.target_of(bundle.record)
        remedy = f"what it takes is in docs/platforms/{entry.platform}.md"
        try:
            with self._captures.at_work(entry, removing=True) as (connector, _):
                why = connector.can_remove(target, removal)
        except ConnectorError as error:
            why, remedy = f"{error.code}: {error}", f"archiver accounts test {entry.slug}"
        if why:
            return Check(name="the platform", ok=False, text=why, remedy=remedy)
        return Check(name="the platform", ok=True, text=f"{entry.platform} lets it be done")

    def _prove(self, plan: Plan, entry: AccountEntry, *, tries: int) -> None:
        """Capture, and read back what was captured. The plan gets the checks of the last try."""
        proof = Proof(self._database, self._vault)
        capabilities = _capabilities(entry)
        verified: tuple[frozenset[int], list[Check]] = frozenset(), []
        for _ in range(max(tries, 1)):
            with self._database.read() as connection:
                since = checks.reach(connection, plan.bundle)
            walked = self._captures.capture_locked(entry, Window.RECENT, since=since)
            if walked.error is not None:
                plan.checks.append(_not_walked(walked.error.code, walked.error_text))
                return
            with self._database.read() as connection:
                plan.bundle = checks.bundle_of(
                    connection, plan.bundle.record.id, plan.order.removal, capabilities
                )
            seen = checks.listed(plan.bundle, plan.order.removal, walked.listed)
            if not seen.ok or plan.bundle.versions == verified[0]:
                plan.checks += [seen, *verified[1]]
                return
            verified = plan.bundle.versions, proof.of(plan.bundle)
            if tries == 1 or not all(check.ok for check in verified[1]):
                plan.checks += [seen, *verified[1]]
                return
        plan.checks.append(_restless(tries))

    # -- the deed -----------------------------------------------------------------------------

    def _announced(self, request: Request, plan: Plan) -> datetime:
        """Clear and announce it, with holds and policy asked once more in the transaction.

        Raises: RefusedError when anything does not hold.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            holds.keep_still(connection)
            again = checks.permitted(connection, plan.order, plan.bundle, day=self._today())
            refused = list(dict.fromkeys([*plan.refused, *(c for c in again if not c.ok)]))
            text = _refusal(plan, refused)
            if refused:
                self._steps.write_refusal(connection, request, text)
            else:
                found = "; ".join(f"{check.name}: {check.text}" for check in plan.checks)
                removals.enter(connection, request, CLEARED, at=now, statement=found)
                removals.enter(connection, request, SENT, at=now)
                things = {str(each.id): each.version_id for each in plan.bundle.things}
                self._steps.tell(connection, "removal will", request, now, versions=things)
        if refused:
            raise RefusedError(text)
        return now

    def _sent(self, entry: AccountEntry, request: Request, bundle: Bundle, sent: datetime) -> Ended:
        try:
            with self._captures.at_work(entry, removing=True) as (connector, context):
                return Act(connector, context, bundle, request, sent).carry_out()
        except ConnectorError as error:  # the connector could not be made: nothing was sent
            return Ended(done=False, statement=f"{error.code}: {error}")

    def _ended(self, request: Request, record: Thing, ended: Ended) -> Settled:
        """Raises: RefusedError or CaptureError when it was not done."""
        settled = self._steps.end(request, record, ended)
        if ended.done is None:
            raise CaptureError(
                f"it is not known whether the platform did {request.removal} {record.name}: "
                f"{ended.statement}. It is looked up again before the next removal and at the "
                "next start of the daemon"
            )
        if not ended.done:
            raise RefusedError(f"the platform did not {request.removal} it: {ended.statement}")
        return settled

    # -- common -------------------------------------------------------------------------------

    def _today(self) -> date:
        return self._clock.now().astimezone(self._captures.agency.zone).date()


def _capabilities(entry: AccountEntry) -> Capabilities:
    """Raises: RefusedError when there is no such connector any more."""
    try:
        return connector_class(entry.platform).capabilities
    except Misconfigured as error:
        raise RefusedError(str(error)) from error


def _not_walked(code: str, text: str) -> Check:
    return Check(
        name="captured now",
        ok=False,
        text=f"the account could not be captured just now ({code}: {text})",
        remedy="when this is over, ask again; archiver status shows how the account is doing",
    )


def _restless(tries: int) -> Check:
    return Check(
        name="captured now",
        ok=False,
        text=f"something new came with each of {tries} captures in a row",
        remedy="everything that came is kept; ask again when it has come to rest",
    )


def _refusal(plan: Plan, refused: list[Check]) -> str:
    said = "; ".join(
        f"{check.text.rstrip('.')} ({check.remedy})" if check.remedy else check.text
        for check in refused
    )
    return f"{plan.bundle.record.name} stays as it is: {said}"
