"""Looking at dispositions without reading all their records: counts, pages, what a proposal
would become.

A disposition can have very many records; a page about it takes its history, its approvals and
counts, and one page of records at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from archiver.clock import Clock
from archiver.desk.batches import Loaded, load
from archiver.desk.disposition_choice import refuse_mixed
from archiver.desk.disposition_law import adopted, procedure
from archiver.desk.dispositions import PERCENT
from archiver.desk.schedules import library
from archiver.errors import UsageError
from archiver.model.database import Database
from archiver.model.queries import disposition_items, dispositions, due, registry
from archiver.model.queries.disposition_items import Counted, ListedItem
from archiver.model.queries.dispositions import (
    DONE,
    EXCLUDED,
    GOING,
    HELD,
    PROPOSED,
    BatchRow,
)
from archiver.model.queries.due import Candidate, Ready
from config.settings import Agency
from retention.approvals import route
from retention.brakes import Brakes, brake_reasons
from retention.facts import Action, Approval

_REMAINING = (PROPOSED, GOING, DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLine:
    """The records of one series in a disposition: those that are to go, or have gone, and how
    many were `kept` after all. The days are those since when they all are due."""

    key: str
    citation: str
    records: int
    kept: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A disposition without its records: `loaded` has its row and its history, `counts` how
    many records are in which state, `accounts` how many that are not taken out."""

    loaded: Loaded
    counts: Mapping[str, int]
    series: tuple[SeriesLine, ...]
    accounts: Mapping[str, int]

    @property
    def records(self) -> int:
        """All that were proposed."""
        return sum(self.counts.values())

    @property
    def remaining(self) -> int:
        """Those that are to go, or have gone."""
        return sum(self.counts.get(each, 0) for each in _REMAINING)

    @property
    def kept(self) -> int:
        """Those that dropped out: taken out by a person, or by what protects them."""
        return self.counts.get(EXCLUDED, 0) + self.counts.get(HELD, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a proposal would be: its records, a few of them, and who would have to agree."""

    records: int
    listed: int
    action: Action
    manner: str
    groups: tuple[Ready, ...]
    examples: tuple[Candidate, ...]
    route: tuple[Approval, ...]


class DispositionLook:
    """Looks at the dispositions of an archive. `home` is where the agency's schedules lie."""

    def __init__(self, database: Database, agency: Agency, clock: Clock, home: Path) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home

    def look(self, batch_id: int) -> Look:
        """A disposition with its counts. Raises: NotFoundError."""
        with self._database.read() as connection:
            loaded = load(connection, batch_id, among=())
            found = disposition_items.counted(connection, batch_id)
        counts: Counter[str] = Counter()
        accounts: Counter[str] = Counter()
        for each in found:
            counts[each.state] += each.records
            if each.state in _REMAINING:
                accounts[each.account] += each.records
        return Look(loaded=loaded, counts=counts, series=_by_series(found), accounts=accounts)

    def items(
        self, batch_id: int, *, state: str = "", after: int = 0, limit: int
    ) -> list[ListedItem]:
        """A page of the records; see `disposition_items.listed`. Raises: NotFoundError."""
        with self._database.read() as connection:
            load(connection, batch_id, among=())
            return disposition_items.listed(
                connection, batch_id, state=state, after=after, limit=limit
            )

    def certificate(self, batch_id: int) -> Mapping[str, Any] | None:
        """The certificate as it was made; None before. Raises: NotFoundError."""
        with self._database.read() as connection:
            made = load(connection, batch_id, among=()).event("certified")
        return None if made is None else made.detail["certificate"]

    def ready(self) -> list[Ready]:
        """What could be proposed today, by series and account."""
        with self._database.read() as connection:
            return due.ready(connection, day=self._today())

    def foresee(self, *, series: str = "", account: str = "", limit: int) -> Foreseen:
        """What a proposal of these would be; writes nothing. `series` is a key.

        Raises: UsageError when nothing is due, or different things are to be done with it;
        RefusedError when a schedule is not adopted as it stands.
        """
        with self._database.read() as connection:
            groups = [
                each
                for each in due.ready(connection, day=self._today())
                if series in ("", each.series) and account in ("", each.account)
            ]
            if not groups:
                raise UsageError("no record of this choice is due, or all are proposed already")
            examples = due.sample(
                connection, day=self._today(), series=series, account=account, limit=limit
            )
            refuse_mixed([*groups])
            names = {each.series.partition("/")[0] for each in groups}
            held = library(self._home)
            adopted(held, connection, names)
        return Foreseen(
            records=sum(each.records for each in groups),
            listed=sum(each.listed for each in groups),
            action=groups[0].action,
            manner=groups[0].manner,
            groups=tuple(groups),
            examples=tuple(examples),
            route=route(procedure(held, names)),
        )

    def lines(self, batches: Sequence[BatchRow]) -> list[tuple[BatchRow, int]]:
        """These dispositions, each with the number of its records."""
        with self._database.read() as connection:
            totals = disposition_items.totals(connection, [each.id for each in batches])
        return [(each, totals.get(each.id, 0)) for each in batches]

    def brakes(self, batch_id: int) -> tuple[str, ...]:
        """Why the disposition is too large to go without an officer's override.

        Raises: NotFoundError.
        """
        with self._database.read() as connection:
            loaded = load(connection, batch_id)
            brakes = Brakes(totals=due.totals(connection), percent=PERCENT)
        return brake_reasons(loaded.batch, brakes)

    def departments(self, batch_id: int) -> frozenset[str]:
        """The departments of the accounts that it has, or had, records of."""
        with self._database.read() as connection:
            slugs = set(dispositions.accounts_of(connection, batch_id))
            entries = registry.all_accounts(connection)
        return frozenset(each.department for each in entries if each.slug in slugs)

    def today(self) -> date:
        """The agency-local day."""
        return self._today()

    def _today(self) -> date:
        return self._clock.now().astimezone(self._agency.zone).date()


def _by_series(found: Sequence[Counted]) -> tuple[SeriesLine, ...]:
    groups: dict[str, list[Counted]] = {}
    for each in found:
        groups.setdefault(f"{each.schedule}/{each.series}", []).append(each)
    return tuple(
        SeriesLine(
            key=key,
            citation=some[0].citation,
            records=sum(each.records for each in some if each.state in _REMAINING),
            kept=sum(each.records for each in some if each.state not in _REMAINING),
            first=min(each.first for each in some),
            last=max(each.last for each in some),
        )
        for key, some in groups.items()
    )
