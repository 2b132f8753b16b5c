"""Writes the steps of a request: into `removals`, and what the world must know into the ledger."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from archiver.clock import Clock
from archiver.desk.deletion_act import Ended
from archiver.desk.deletion_checks import RemovalOrder
from archiver.errors import RefusedError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, removals
from archiver.model.queries.removals import ASKED, DONE, FAILED, REFUSED, SENT, Request, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A request that had been cut off. `step` is "done" or "failed", or "sent" while the
    platform does not tell; `statement` says why."""

    request: Request
    record: Thing
    step: str
    statement: str


class Steps:
    """Every step is only ever added."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(self, order: RemovalOrder, record: Thing) -> Request:
        """Enter a new request."""
        request = Request(
            request=random.token_hex(8),
            record_id=record.id,
            removal=order.removal.value,
            actor=order.actor,
            rule=order.rule,
            reason=order.reason,
        )
        with self._database.write() as connection:
            removals.enter(connection, request, ASKED, at=self._clock.now())
        return request

    def refuse(self, request: Request, text: str) -> NoReturn:
        """Raises: RefusedError, always."""
        with self._database.write() as connection:
            self.write_refusal(connection, request, text)
        raise RefusedError(text)

    def write_refusal(self, connection: Connection, request: Request, text: str) -> None:
        """The refusal as a step and as a line in the ledger."""
        now = self._clock.now()
        removals.enter(connection, request, REFUSED, at=now, statement=text)
        self.tell(connection, "removal refused", request, now, statement=text)

    def end(self, request: Request, record: Thing, ended: Ended) -> Settled:
        """The end in `removals` and in the ledger, if it is one."""
        step = SENT if ended.done is None else DONE if ended.done else FAILED
        if step != SENT:
            now = self._clock.now()
            kind = "removal did" if ended.done else "removal failed"
            with self._database.write() as connection:
                removals.enter(
                    connection,
                    request,
                    step,
                    at=now,
                    statement=ended.statement,
                    exchange=ended.exchange,
                )
                self.tell(connection, kind, request, now, statement=ended.statement)
        return Settled(request=request, record=record, step=step, statement=ended.statement)

    def tell(
        self,
        connection: Connection,
        kind: str,
        request: Request,
        at: datetime,
        *,
        statement: str = "",
        versions: Mapping[str, int] | None = None,
    ) -> None:
        """A line in the ledger; `versions` are the records that go and their newest version."""
        body: dict[str, object] = {
            "request": request.request,
            "record": request.record_id,
            "removal": request.removal,
            "actor": request.actor,
            "reason": request.reason,
            "rule": request.rule,
        }
        if statement:
            body["statement"] = statement
        if versions is not None:
            body["versions"] = dict(versions)
        ledger.append(connection, at=at, kind=kind, body=body)
