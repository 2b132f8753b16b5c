"""What all acts on holds share: finding a hold, seeing where it stands, writing an act down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from archiver.clock import Clock
from archiver.desk.hold_standing import HoldStanding, standing_of
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import hold_matches, holds
from archiver.model.queries.holds import HoldEntry
from config.settings import Agency


@dataclass(frozen=True, slots=True)
class HoldBook:
    """The holds of an archive, as the use cases of holds open them."""

    database: Database
    agency: Agency
    clock: Clock

    def today(self) -> date:
        """The agency-local day."""
        return self.day_of(self.clock.now())

    def day_of(self, moment: datetime) -> date:
        """The agency-local day of a moment."""
        return moment.astimezone(self.agency.zone).date()

    def standing(self, connection: Connection, name: str) -> HoldStanding:
        """The hold of that name as it stands. Raises: NotFoundError."""
        return self.standing_of(
            connection, known(connection, name), matched=hold_matches.matched(connection)
        )

    def standing_of(
        self, connection: Connection, entry: HoldEntry, *, matched: Mapping[int, int]
    ) -> HoldStanding:
        """The same of an entry; `matched` counts the records of each hold, by its number."""
        return standing_of(
            entry,
            holds.events(connection, entry.id),
            records=matched.get(entry.id, 0),
            today=self.today(),
        )

    def write(
        self,
        connection: Connection,
        entry: HoldEntry,
        *,
        actor: str,
        action: str,
        detail: Mapping[str, object],
        at: datetime | None = None,
    ) -> None:
        """Keep an act, in the hold's history and in the ledger; now, if no time is given."""
        holds.write_event(
            connection,
            hold_id=entry.id,
            name=entry.name,
            at=at or self.clock.now(),
            actor=actor,
            action=action,
            detail=detail,
        )


def for_act(connection: Connection, name: str, actor: str) -> HoldEntry:
    """The open hold, for an act on it that nobody else disturbs.

    Raises: NotFoundError; UsageError without an actor; RefusedError when it is released.
    """
    holds.shut_out(connection)
    return open_hold(connection, name, actor)


def open_hold(connection: Connection, name: str, actor: str) -> HoldEntry:
    """The open hold, to read only. Raises: as `for_act`."""
    if not actor.strip():
        raise UsageError("say who does it")
    entry = known(connection, name)
    if entry.released_on is not None:
        raise RefusedError(
            f"{name} was released on {entry.released_on} by {entry.released_by}; that cannot "
            "be taken back, but another hold can be placed"
        )
    return entry


def known(connection: Connection, name: str) -> HoldEntry:
    """The hold of that name. Raises: NotFoundError, naming those that there are."""
    entry = holds.find(connection, name)
    if entry is None:
        names = ", ".join(each.name for each in holds.all_holds(connection)) or "none"
        raise NotFoundError(f'there is no hold "{name}"; there are: {names}')
    return entry
