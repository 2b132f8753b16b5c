"""Removals as people look at them: what can be done to a record, and how each request went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archiver.desk.access import Viewer
from archiver.desk.deletion_checks import bundle_of, means_of
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import registry, removals
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.removals import Request, Taken, Thing
from connectors.base import Kind
from connectors.errors import Misconfigured
from connectors.registry import connector_class
from connectors.removals import Removal

OVER = frozenset({removals.REFUSED, removals.DONE, removals.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing that the platform lets be done to a record: in words, and what goes along."""

    removal: Removal
    means: str
    along: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A record that somebody wants to remove. `own`: the agency wrote it, so no rule of the posted
    policy is needed."""

    record: Thing
    account: AccountEntry
    own: bool
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request with all its steps, oldest first. `over`: it has ended."""

    request: Request
    record: Thing
    account: AccountEntry
    steps: tuple[Taken, ...]

    @property
    def last(self) -> Taken:
        """Where it stands."""
        return self.steps[-1]

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.last.step in OVER


def chosen(database: Database, wanted: str, viewer: Viewer) -> Chosen:
    """The record that a number ("7", "#7"), platform id or address means.

    Raises: NotFoundError; UsageError when it can mean several; RefusedError when its department
    is not for the viewer, or its platform is no longer known.
    """
    wanted = wanted.strip()
    with database.read() as connection:
        found = removals.named(connection, wanted) if wanted else []
        if not found:
            raise NotFoundError(
                f'no record has the number, platform id or address "{wanted}"; search for it '
                "under Records. What was never captured cannot be removed from here"
            )
        if len(found) > 1:
            ways = ", ".join(f'"#{each.id}" ({each.name} on {each.account})' for each in found)
            raise UsageError(f'"{wanted}" can mean {ways}; write one of these')
        record = found[0]
        entry = registry.find(connection, record.account)
        assert entry is not None
        viewer.require_department(entry.department)
        return Chosen(
            record=record,
            account=entry,
            own=removals.agency_wrote(connection, record),
            ways=_ways(connection, record, entry),
        )


def cases(database: Database, taken: Sequence[Taken], viewer: Viewer) -> list[Case]:
    """These steps by request, the newest request first; only of departments that the viewer
    sees."""
    by_request: dict[str, list[Taken]] = {}
    for each in taken:
        by_request.setdefault(each.request.request, []).append(each)
    found = []
    with database.read() as connection:
        entries = {entry.slug: entry for entry in registry.all_accounts(connection)}
        things: dict[int, Thing] = {}
        for steps in by_request.values():
            request = steps[0].request
            if request.record_id not in things:
                things[request.record_id] = removals.thing(connection, request.record_id)
            record = things[request.record_id]
            entry = entries[record.account]
            if viewer.sees(entry.department):
                found.append(
                    Case(request=request, record=record, account=entry, steps=tuple(steps))
                )
    return found[::-1]


def _ways(connection: Connection, record: Thing, entry: AccountEntry) -> tuple[Way, ...]:
    try:
        capabilities = connector_class(entry.platform).capabilities
    except Misconfigured as error:
        raise RefusedError(str(error)) from error
    offered = {each.removal for each in capabilities.removals if Kind(record.kind) in each.kinds}
    found = []
    for removal in Removal:
        if removal in offered:
            bundle = bundle_of(connection, record.id, removal, capabilities)
            means = means_of(removal, bundle, capabilities)
            found.append(Way(removal=removal, means=means, along=len(bundle.along)))
    return tuple(found)
