"""Brings removals that were cut off into a known state.

A look-up tells what became of most. Where the platform has no reading that tells (hiding on
X), only doing it once more does, with the credentials for removals and not while a hold reaches
the record.
"""

from __future__ import annotations

from datetime import date

from archiver.capture.run import Captures
from archiver.desk import deletion_checks as checks
from archiver.desk.deletion_act import Act, Ended
from archiver.desk.deletion_steps import Settled, Steps
from archiver.errors import BusyError
from archiver.model.database import Database
from archiver.model.queries import holds, registry, removals
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.removals import SENT, Request, Taken, Thing
from connectors.errors import ConnectorError
from connectors.registry import connector_class
from connectors.removals import Removal


class Unfinished:
    """The requests that have not ended. `day` is today in the agency's time zone."""

    def __init__(self, database: Database, captures: Captures, steps: Steps, day: date) -> None:
        self._database = database
        self._captures = captures
        self._steps = steps
        self._day = day

    def settle(self, *, again: bool) -> list[Settled]:
        """Settle all that is not under way just now; see `Deletions.resume`."""
        with self._database.read() as connection:
            waiting = removals.unfinished(connection)
        settled = []
        for taken in waiting:
            with self._database.read() as connection:
                record = removals.thing(connection, taken.request.record_id)
            try:
                with self._captures.lock(record.account):
                    found = self._settle(taken.request, record, again=again)
            except BusyError:
                continue
            if found is not None:
                settled.append(found)
        return settled

    def _settle(self, request: Request, record: Thing, *, again: bool) -> Settled | None:
        """Under the account's lock; None when somebody settled it meanwhile."""
        with self._database.read() as connection:
            waiting = {each.request.request: each for each in removals.unfinished(connection)}
            entry = registry.find(connection, record.account)
        if request.request not in waiting or entry is None:
            return None
        last = waiting[request.request]
        if last.step != SENT:
            text = "it was cut off before anything was sent; nothing was changed"
            return self._steps.end(request, record, Ended(done=False, statement=text))
        try:
            ended = self._became(entry, last, record, again=again)
        except ConnectorError as error:
            ended = Ended(done=None, statement=f"{error.code}: {error}")
        return self._steps.end(request, record, ended)

    def _became(self, entry: AccountEntry, last: Taken, record: Thing, *, again: bool) -> Ended:
        """Raises: ConnectorError when the platform cannot be asked."""
        removal = Removal(last.request.removal)
        hidden_state = connector_class(entry.platform).capabilities.hidden_state
        again = again and removal is not Removal.DELETE and not hidden_state
        if again and removal is Removal.HIDE:
            with self._database.read() as connection:
                held = holds.open_holds_on(connection, [record.id], day=self._day)
            if held:
                names = ", ".join(hold.id for hold in held[record.id])
                text = f"it is not sent again while hold {names} reaches it; counsel releases it"
                return Ended(done=None, statement=text)
        with self._captures.at_work(entry, removing=again) as (connector, context):
            with self._database.read() as connection:
                bundle = checks.bundle_of(connection, record.id, removal, connector.capabilities)
            act = Act(connector, context, bundle, last.request, last.at)
            return act.send_again() if again else act.settle()
