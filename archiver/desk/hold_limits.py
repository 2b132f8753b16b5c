"""The end that a law sets to a data subject's hold unless the person asks for more time.

A hold with an end lapses after its last day, and only once its requester was told of the end;
told late, it binds through the day of the telling. What a lapsed hold reached is due again
under its schedule, but nothing of it is destroyed before somebody has released the hold: until
then guard and database keep it, and what is captured is caught. So a request for more time that
comes late still finds everything.
"""

from __future__ import annotations

from datetime import date

from archiver.desk.hold_book import HoldBook, for_act
from archiver.desk.hold_standing import HoldStanding
from archiver.errors import RefusedError, UsageError
from archiver.model.database import Connection
from archiver.model.queries import orders
from archiver.model.queries.holds import HoldEntry
from retention.facts import HoldKind


class HoldLimits:
    """Setting the end of a hold, and keeping that the requester was told."""

    def __init__(self, book: HoldBook) -> None:
        self._book = book

    def limit(self, name: str, *, actor: str, citation: str, lapses: date | None) -> HoldStanding:
        """Let a hold lapse after this agency-local day, or (None) have no end again. Whatever
        the requester was told before counts for the earlier end only.

        Raises: RefusedError for a hold of another kind, or an earlier end than it has;
        UsageError; NotFoundError.
        """
        if not citation.strip():
            raise UsageError("name the law that sets the end, such as a section of a statute")
        today = self._book.today()
        if lapses is not None and lapses < today:
            raise UsageError(f"{lapses} is over; a hold cannot end before today, {today}")
        with self._book.database.write() as connection:
            entry = for_act(connection, name, actor)
            if entry.kind is not HoldKind.DATA_SUBJECT:
                raise RefusedError(
                    f"{name} is a {entry.kind} hold, which ends by its release alone; only a "
                    f"{HoldKind.DATA_SUBJECT} hold can lapse"
                )
            before = entry.limit.lapses if entry.limit else None
            if lapses is None and before is None:
                raise UsageError(f"{name} has no end; name the last day with --lapses")
            if lapses is not None and before is not None and lapses < before:
                raise RefusedError(
                    f"{name} lapses on {before}, and no hold is made shorter; it can be released"
                )
            self._keep(
                connection, entry, actor, orders.LIMITED, citation, lapses=lapses, notice=None
            )
            return self._book.standing(connection, name)

    def told(self, name: str, *, actor: str, on: date) -> HoldStanding:
        """Keep that the requester was told of the hold's end on this agency-local day.

        Raises: UsageError when it has no end, or for a day ahead, before its end was set, or
        not after an earlier telling; RefusedError; NotFoundError.
        """
        if on > self._book.today():
            raise UsageError(f"{on} is ahead: enter it once the requester was told")
        with self._book.database.write() as connection:
            entry = for_act(connection, name, actor)
            limit = entry.limit
            if limit is None or limit.lapses is None:
                raise UsageError(f"{name} has no end to tell of: archiver holds limit --help")
            set_on = self._book.day_of(limit.at)
            if on < set_on:
                raise UsageError(
                    f"the end of {name} was entered on {set_on}; nobody can have been told of it "
                    f"on {on}"
                )
            if limit.notice is not None and on <= limit.notice:
                raise UsageError(f"the requester of {name} was told on {limit.notice} already")
            self._keep(
                connection,
                entry,
                actor,
                orders.TOLD,
                limit.citation,
                lapses=limit.lapses,
                notice=on,
            )
            return self._book.standing(connection, name)

    def _keep(
        self,
        connection: Connection,
        entry: HoldEntry,
        actor: str,
        action: str,
        citation: str,
        *,
        lapses: date | None,
        notice: date | None,
    ) -> None:
        now = self._book.clock.now()
        orders.set_limit(
            connection,
            entry.id,
            lapses=lapses,
            notice=notice,
            citation=citation.strip(),
            actor=actor,
            at=now,
        )
        self._book.write(
            connection,
            entry,
            actor=actor,
            action=action,
            detail={
                "lapses": lapses.isoformat() if lapses else None,
                "told_on": notice.isoformat() if notice else None,
                "citation": citation.strip(),
            },
            at=now,
        )
