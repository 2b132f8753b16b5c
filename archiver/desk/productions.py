"""Productions: the use case of making a package for a request, and what becomes of it.

One production is made at a time. Staging comes first, because only then is it known how many
numbers are needed; then, in one transaction, the numbers are given out and the production
begins to exist. From there on it can be killed at any moment and goes on at the first step
that is not done. Numbers of an abandoned production are not given out again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.clock import Clock
from archiver.desk import production_formats
from archiver.desk.production_decisions import still_decided_so
from archiver.desk.production_folder import ProductionFolder
from archiver.desk.production_formats import Progress
from archiver.desk.production_proof import Prover
from archiver.desk.result_sets import request_of, set_of
from archiver.desk.staging import Order, StagedItem, Staging
from archiver.errors import (
    ArchiverError,
    BusyError,
    EvidenceError,
    NotFoundError,
    RefusedError,
    UsageError,
)
from archiver.export.base import Production
from archiver.export.formats import FORMATS, LATER
from archiver.files import locked, sha256_of
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, productions, requests
from archiver.model.queries.productions import ABANDONED, BEGUN, DELIVERED, DONE, ProductionRow
from config.settings import Agency
from config.settings import Requests as RequestSettings

_NAME = re.compile(r"(?P<request>.+)-(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a production is asked for. `formats` empty: all. `accept_repeats` are texts that may
    stand in released items although they were redacted elsewhere, each with the reason."""

    formats: Sequence[str] = ()
    unsigned: bool = False
    title: str = ""
    accept_repeats: Mapping[str, str] | None = None


class Productions:
    """Makes, resumes, delivers and abandons productions; `base` is the folder they lie in."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        agency: Agency,
        settings: RequestSettings,
        *,
        base: Path,
        locks: Path,
        prover: Prover,
        staging: Callable[[], Staging],
    ) -> None:
        self._database = database
        self._clock = clock
        self._agency = agency
        self._settings = settings
        self._base = base
        self._locks = locks
        self._prover = prover
        self._staging = staging

    def make(
        self,
        request_number: str,
        set_number: int,
        *,
        by: str,
        wish: Wish,
        progress: Progress = lambda _step, _done, _of: None,
    ) -> ProductionRow:
        """Make the package of a frozen and decided set.

        Raises: NotFoundError; UsageError for a format that does not exist; RefusedError when a
            decision is missing or cannot stand, or an earlier production was not finished;
            BusyError; ExportError when anything could not be written, signed or proved.
        """
        names = formats_of(wish.formats)
        if not by.strip():
            raise UsageError("say who makes the production")
        self._prover.ready(unsigned=wish.unsigned)
        with self._alone():
            number, items, media = self._begin(request_number, set_number)
            folder = ProductionFolder(self._base, f"{request_number}-{number}")
            folder.check_space(items=items, media=media)
            folder.emptied()
            order = Order(
                number=number,
                made_by=by,
                prefix=self._settings.bates_prefix + "-",
                title=wish.title,
                accept_repeats=wish.accept_repeats,
            )
            try:
                row = self._stage(
                    request_number,
                    set_number,
                    folder,
                    order,
                    progress,
                    options={"formats": list(names), "unsigned": wish.unsigned},
                )
            except ArchiverError:
                folder.remove()
                raise
            return self._go_on(row, folder, progress)

    def resume(
        self,
        request_number: str,
        *,
        progress: Progress = lambda _step, _done, _of: None,
    ) -> ProductionRow:
        """Finish the production of a request that was cut off.

        Raises: NotFoundError when there is none; BusyError; and as `make`.
        """
        with self._alone():
            with self._database.read() as connection:
                request = request_of(connection, request_number)
                begun = _begun(connection, request.id)
            if begun is None:
                raise NotFoundError(f"request {request_number} has no unfinished production")
            return self._go_on(begun, self._folder(begun), progress)

    def all(self) -> list[ProductionRow]:
        """All productions, oldest first."""
        with self._database.read() as connection:
            return productions.all_of(connection)

    def get(self, name: str) -> ProductionRow:
        """The production of a name such as "2026-0001-1". Raises: NotFoundError."""
        with self._database.read() as connection:
            return self._known(connection, name)

    def deliver(self, name: str, *, to: str, how: str, by: str) -> ProductionRow:
        """Note that a finished package was handed over.

        Raises: NotFoundError; UsageError; RefusedError when it is not finished; EvidenceError
        when its manifest is not the one that was signed.
        """
        if not (to.strip() and how.strip() and by.strip()):
            raise UsageError("say to whom it is delivered, how, and by whom")
        with self._alone():
            row = self.get(name)
            if row.state not in (DONE, DELIVERED):
                raise RefusedError(
                    f"{name} is {row.state}; only a finished production is delivered"
                )
            with self._database.read() as connection:
                still_decided_so(connection, row)
            manifest = self._folder(row).data / "proof" / "manifest.json"
            if not manifest.exists() or sha256_of(manifest) != row.manifest_sha256:
                raise EvidenceError(
                    f"{manifest} is not the one that was signed; do not deliver this folder"
                )
            detail = {"production": name, "to": to, "how": how, "manifest": row.manifest_sha256}
            self._move(row, by, "production delivered", detail, state=DELIVERED)
        return self.get(name)

    def abandon(self, name: str, *, reason: str, by: str) -> ProductionRow:
        """Give up a production that was not delivered; its files are removed, its numbers are
        not given out again.

        Raises: NotFoundError; UsageError; RefusedError when it was delivered.
        """
        if not (reason.strip() and by.strip()):
            raise UsageError("say why it is abandoned, and by whom")
        with self._alone():
            row = self.get(name)
            if row.state == DELIVERED:
                raise RefusedError(f"{name} was delivered; make another production instead")
            if row.state != ABANDONED:
                detail = {"production": name, "reason": reason}
                self._move(row, by, "production abandoned", detail, state=ABANDONED)
            self._folder(row).remove()
        return self.get(name)

    # -- making -----------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        busy = "another production is being made; wait until it is done"
        with locked(self._locks / "productions.lock", busy=busy):
            yield

    def _begin(self, request_number: str, set_number: int) -> tuple[int, int, int]:
        with self._database.read() as connection:
            request = request_of(connection, request_number)
            found = set_of(connection, request_number, set_number)
            begun = _begun(connection, request.id)
            if begun is not None:
                raise RefusedError(
                    f"production {request_number}-{begun.number} was not finished; go on with "
                    f'"archiver produce resume {request_number}", or abandon it'
                )
            number = productions.next_number(connection, request.id)
            return (number, *productions.weight(connection, found.id))

    def _stage(
        self,
        request_number: str,
        set_number: int,
        folder: ProductionFolder,
        order: Order,
        progress: Progress,
        *,
        options: Mapping[str, object],
    ) -> ProductionRow:
        firsts: list[int] = []
        items: list[StagedItem] = []

        def register(first: int, staged: Iterator[StagedItem]) -> None:
            firsts.append(first)
            items.extend(staged)

        production = self._staging().stage(
            request_number,
            set_number,
            folder.staging,
            order=order,
            tell=lambda done: progress("staging", done, 0),
            register=register,
        )
        folder.keep(production)
        progress("staging", len(items), len(items))
        return self._claim(production, set_number, firsts[0], order.prefix, items, options)

    def _claim(
        self,
        production: Production,
        set_number: int,
        first: int,
        prefix: str,
        items: Sequence[StagedItem],
        options: Mapping[str, object],
    ) -> ProductionRow:
        with self._database.write() as connection:
            request = request_of(connection, production.request)
            found = set_of(connection, production.request, set_number)
            if productions.last_bates(connection, prefix) + 1 != first:
                raise BusyError("the numbers were given out meanwhile; make the production again")
            made = productions.add(
                connection,
                request_id=request.id,
                set_id=found.id,
                number=production.number,
                state=BEGUN,
                options=dict(options),
                prefix=prefix,
                first=first,
                last=first + production.released - 1,
                folder=production.name,
                made_by=production.made_by,
                made_at=production.made_at,
            )
            productions.add_items(connection, made, (_row(each) for each in items))
            row = productions.find(connection, request.id, production.number)
        assert row is not None
        return row

    def _go_on(
        self, row: ProductionRow, folder: ProductionFolder, progress: Progress
    ) -> ProductionRow:
        production, unsigned = folder.production(), bool(row.options["unsigned"])
        names = row.options["formats"]
        with self._database.read() as connection:
            still_decided_so(connection, row)
            answers = dict(productions.answers(connection, row.id))
        production_formats.write(folder, production, names, answers=answers, progress=progress)

        contact = f"{self._settings.records_clerk}, {self._agency.name}"

        def prove() -> None:
            self._prover.prove(
                folder, production, unsigned=unsigned, formats=names, contact=contact
            )

        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("proof", prove),
            ("seal", lambda: self._prover.seal(folder, production, unsigned=unsigned)),
            ("bag", lambda: self._prover.bag(folder, production)),
            ("check", lambda: self._prover.check(folder, unsigned=unsigned)),
        )
        for step, work in steps:
            if not folder.is_done(step):
                progress(step, 0, 1)
                work()
            progress(step, 1, 1)
        self._finish(row, production, folder.facts("seal")["manifest_sha256"])
        folder.remove_work()
        return self.get(production.name)

    def _finish(self, row: ProductionRow, production: Production, sha256: str) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            productions.change(connection, row.id, state=DONE, finished_at=now,
                               manifest_sha256=sha256)  # fmt: skip
            body = {
                "production": production.name,
                "manifest_sha256": sha256,
                "first": row.first,
                "last": row.last,
                "prefix": row.prefix,
                "released": production.released,
                "withheld": production.withheld,
            }
            ledger.append(connection, at=now, kind="production", body=body)
            detail = {"production": production.name, "manifest": sha256}
            self._event(connection, row, now, row.made_by, "production made", detail)

    # -- the register -----------------------------------------------------------------------

    def _move(
        self, row: ProductionRow, by: str, action: str, detail: Mapping[str, object], *, state: str
    ) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            productions.change(connection, row.id, state=state)
            self._event(connection, row, now, by, action, detail)

    def _event(
        self,
        connection: Connection,
        row: ProductionRow,
        at: datetime,
        by: str,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        requests.write_event(
            connection,
            request_id=row.request_id,
            number=row.request,
            at=at,
            day=at.astimezone(self._agency.zone).date(),
            actor=by,
            action=action,
            detail=detail,
        )

    def _folder(self, row: ProductionRow) -> ProductionFolder:
        return ProductionFolder(self._base, row.folder)

    def _known(self, connection: Connection, name: str) -> ProductionRow:
        match = _NAME.fullmatch(name)
        if match is None:
            raise NotFoundError(f'"{name}" names no production; write it as "2026-0001-1"')
        request = request_of(connection, match["request"])
        found = productions.find(connection, request.id, int(match["number"]))
        if found is None:
            raise NotFoundError(f'there is no production "{name}"')
        return found


def _begun(connection: Connection, request_id: int) -> ProductionRow | None:
    begun = productions.all_of(connection, state=BEGUN)
    return next((each for each in begun if each.request_id == request_id), None)


def formats_of(asked: Sequence[str]) -> tuple[str, ...]:
    """The formats that are asked for; none named: all. Raises: UsageError."""
    unknown = sorted(set(asked) - set(FORMATS))
    if unknown:
        raise UsageError(f'there is no format "{unknown[0]}"; there are: {", ".join(FORMATS)}')
    names = tuple(each for each in FORMATS if each in asked or not asked)
    for name, needed in LATER.items():
        if name in names and not set(needed) <= set(names):
            raise UsageError(f"the format {name} needs {' and '.join(needed)} as well")
    return names


def _row(item: StagedItem) -> dict[str, Any]:
    return {
        "position": item.position,
        "version_id": item.version_id,
        "decision_id": item.decision_id,
        "outcome": item.outcome,
        "bates": item.bates,
    }
