"""A finished production in people's hands: what is in it, the package to take away, the check.

Nothing here makes or changes a package. Who takes something from one is written down; the
whole package as well in the request's history. A package that is not finished, or that a later
decision has overtaken, is not handed out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

import zipstream  # type: ignore[import-untyped]

from archiver.clock import Clock
from archiver.desk.production_decisions import still_decided_so
from archiver.desk.production_folder import ProductionFolder
from archiver.desk.production_proof import check_package
from archiver.desk.result_sets import set_of
from archiver.errors import ArchiverError, EvidenceError, NotFoundError, RefusedError
from archiver.model.database import Database
from archiver.model.queries import ledger, production_holdings, requests
from archiver.model.queries.productions import DELIVERED, DONE, ProductionRow
from config.settings import Agency, Authority

WHOLE = "the whole package"
TAKEN, CHECKED = "production downloaded", "production checked"
_PIECE = 16  # chunks of the archive that are sent together
_OXUM = re.compile(r"^Payload-Oxum: (\d+)\.(\d+)\s*$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder of a package. `path` is inside the package; `size` in bytes, 0 of a
    folder."""

    name: str
    path: str
    folder: bool
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A package as one ZIP file, made while it is read. `size` in bytes."""

    name: str
    size: int
    pieces: Iterator[bytes]


class Handouts:
    """The use cases; `base` is the folder that productions lie in."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        agency: Agency,
        *,
        base: Path,
        authorities: Sequence[Authority],
    ) -> None:
        self._database = database
        self._clock = clock
        self._agency = agency
        self._base = base
        self._authorities = authorities

    def counts(self, row: ProductionRow) -> Mapping[str, int]:
        """How many items are in it, by outcome."""
        with self._database.read() as connection:
            return production_holdings.tallies(connection, row.id)

    def departments(self, row: ProductionRow) -> frozenset[str]:
        """Of which departments' accounts it has records."""
        with self._database.read() as connection:
            return production_holdings.departments_of(connection, row.id)

    def departments_of_set(self, request_number: str, number: int) -> frozenset[str]:
        """Of which departments' accounts a result set has records. Raises: NotFoundError."""
        with self._database.read() as connection:
            found = set_of(connection, request_number, number)
            return production_holdings.departments_of_set(connection, found.id)

    def beyond(self, departments: Collection[str]) -> frozenset[int]:
        """The row numbers of productions with records of any other department."""
        with self._database.read() as connection:
            return production_holdings.beyond(connection, departments)

    def payload(self, row: ProductionRow) -> tuple[int, int] | None:
        """Bytes and files of a finished package, as it says itself; None without one."""
        info = self._folder(row).package / "bag-info.txt"
        if row.state not in (DONE, DELIVERED) or not info.is_file():
            return None
        said = _OXUM.search(info.read_text("utf-8"))
        return (int(said[1]), int(said[2])) if said else None

    def listing(self, row: ProductionRow, folder: str = "") -> list[Entry]:
        """What is in a folder of the package, folders first.

        Raises: NotFoundError when there is no such folder; RefusedError when the production is
        not finished.
        """
        package = self._package(row)
        here = self._inside(package, folder)
        if not here.is_dir():
            raise NotFoundError(f'{row.folder} has no folder "{folder}"')
        found = [
            Entry(
                name=each.name,
                path=each.relative_to(package).as_posix(),
                folder=each.is_dir(),
                size=0 if each.is_dir() else each.stat().st_size,
            )
            for each in here.iterdir()
        ]
        return sorted(found, key=lambda each: (not each.folder, each.name))

    def file(self, row: ProductionRow, path: str, *, by: str) -> Path:
        """One file of the package, to be read now; the ledger says by whom.

        Raises: NotFoundError; RefusedError when the production is not finished, or overtaken by
        a decision.
        """
        self._current(row)
        found = self._inside(self._package(row), path)
        if not found.is_file():
            raise NotFoundError(f'{row.folder} has no file "{path}"')
        self._write_taken(row, path, by)
        return found

    def packed(self, row: ProductionRow, *, by: str) -> Packed:
        """The whole package, to be read now; the ledger and the request say by whom.

        Raises: NotFoundError when its files are gone; RefusedError as `file`.
        """
        self._current(row)
        package = self._package(row)
        made = zipstream.ZipStream(sized=True)
        for path in sorted(package.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = PurePosixPath(row.folder) / path.relative_to(package).as_posix()
                made.add_path(str(path), str(name), recurse=False)
        self._write_taken(row, WHOLE, by)
        return Packed(name=f"{row.folder}.zip", size=len(made), pieces=_together(iter(made)))

    def check(self, row: ProductionRow, *, by: str) -> str:
        """Read the whole package again, as a bag and with its verifier; what that says. The
        request's history keeps the outcome, good or bad.

        Raises: ExportError, EvidenceError when something does not hold; RefusedError,
        NotFoundError as `listing`.
        """
        package = self._package(row)
        trusted = [each.ca_file for each in self._authorities]
        try:
            said = check_package(package, trusted=trusted, unsigned=bool(row.options["unsigned"]))
        except ArchiverError as fault:
            self._event(row, CHECKED, by, holds=False, fault=str(fault))
            raise
        self._event(row, CHECKED, by, holds=True)
        return said

    def _current(self, row: ProductionRow) -> None:
        with self._database.read() as connection:
            still_decided_so(connection, row)

    def _folder(self, row: ProductionRow) -> ProductionFolder:
        return ProductionFolder(self._base, row.folder)

    def _package(self, row: ProductionRow) -> Path:
        if row.state not in (DONE, DELIVERED):
            raise RefusedError(f"{row.folder} is {row.state}; only a finished one has files")
        package = self._folder(row).package
        if not package.is_dir():
            raise EvidenceError(
                f"the files of {row.folder} are not where they were put; bring them back from a "
                "copy of the archive's home folder"
            )
        return package

    @staticmethod
    def _inside(package: Path, path: str) -> Path:
        """Raises: NotFoundError for a path that leads out of the package."""
        if "\0" in path:
            raise NotFoundError("no file has such a name")
        found = (package / path.lstrip("/")).resolve()
        if not found.is_relative_to(package.resolve()):
            raise NotFoundError(f'"{path}" is not inside the package')
        return found

    def _write_taken(self, row: ProductionRow, what: str, by: str) -> None:
        body = {"production": row.folder, "what": what, "by": by}
        with self._database.write() as connection:
            ledger.append(connection, at=self._clock.now(), kind="download", body=body)
        if what == WHOLE:
            self._event(row, TAKEN, by)

    def _event(self, row: ProductionRow, action: str, by: str, **detail: object) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            requests.write_event(
                connection,
                request_id=row.request_id,
                number=row.request,
                at=now,
                day=now.astimezone(self._agency.zone).date(),
                actor=by,
                action=action,
                detail={"production": row.folder, **detail},
            )


def _together(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, several at a time: each costs a change of threads."""
    while piece := b"".join(islice(chunks, _PIECE)):
        yield piece
