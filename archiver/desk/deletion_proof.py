"""Proves that the newest version of a record is in the vault, whole, before it is removed.

A version is in the vault when its record is read back from where the database says, equals its
digests, and lies in a file that is still the one that was sealed. Its media likewise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from archiver.capture.media import CAPTURED
from archiver.capture.normalise import digest_of
from archiver.desk.deletion_checks import Bundle, Check, some_of
from archiver.errors import EvidenceError, StoreError
from archiver.model.database import Database
from archiver.model.queries import removal_copies, removals
from archiver.model.queries.removal_copies import Copy, File, Place
from archiver.vault.base import Vault
from archiver.warc.reader import open_content, read_record

_PIECE = 1 << 20


class Proof:
    """Reads versions back from the vault. A segment's file is hashed once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._sealed: dict[str, str] = {}  # segment -> fault, empty when it is as sealed

    def of(self, bundle: Bundle) -> list[Check]:
        """Is the newest version of everything in the vault, whole, with its media?"""
        with self._database.read() as connection:
            copies = removal_copies.copies(connection, bundle.versions)
            lost = removals.uncaptured_before(connection, [t.id for t in bundle.things])
        names = {each.id: each.name for each in bundle.things}
        faults = [
            f"{names[copy.record_id]}: {fault}" for copy in copies for fault in self._faults(copy)
        ]
        held = {copy.version_id for copy in copies}
        faults += [f"{t.name}: no version" for t in bundle.things if t.version_id not in held]
        if faults:
            return [
                Check(
                    name="in the vault",
                    ok=False,
                    text=f"the newest version is not safe in the vault: {some_of(faults)}",
                    remedy="whoever runs the archive: archiver verify, restore the file from a "
                    "backup, or capture again so that missing files are fetched",
                )
            ]
        files = sum(len(copy.files) for copy in copies)
        note = f"; {lost} files of earlier versions could never be fetched" if lost else ""
        return [
            Check(
                name="in the vault",
                ok=True,
                text=f"{len(copies)} versions and {files} files were read back and verified{note}",
            )
        ]

    def _faults(self, copy: Copy) -> Iterator[str]:
        if digest_of(copy.canonical) != copy.digest:
            yield f"version {copy.number} is not what its digest says"
        if copy.place is None:
            yield f"version {copy.number} has no record in the vault"
        else:
            yield from self._at(copy.place)
        for file in copy.files:
            yield from self._file(file)

    def _at(self, place: Place) -> Iterator[str]:
        fault = self._segment(place)
        if fault:
            yield fault
            return
        try:
            stored = read_record(self._vault.path(place.segment), place.offset, place.length)
        except (EvidenceError, StoreError) as error:
            yield str(error)
            return
        if stored.record_id != place.record_id:
            yield f"{place.segment} holds another record at {place.offset}"
        elif hashlib.sha256(stored.block).hexdigest() != place.block_sha256:
            yield f"the record at {place.offset} of {place.segment} is not what was stored"

    def _file(self, file: File) -> Iterator[str]:
        if file.status != CAPTURED or not file.sha256 or file.place is None:
            yield f"its file {file.key} was not captured ({file.status})"
            return
        fault = self._segment(file.place)
        if fault:
            yield fault
            return
        digest = hashlib.sha256()
        place = file.place
        try:
            path = self._vault.path(place.segment)
            with open_content(path, place.offset, place.length) as pieces:
                for piece in pieces:
                    digest.update(piece)
        except (EvidenceError, StoreError) as error:
            yield str(error)
            return
        if digest.hexdigest() != file.sha256:
            yield f"its file {file.key} is not what was stored"

    def _segment(self, place: Place) -> str:
        if place.segment not in self._sealed:
            self._sealed[place.segment] = self._hashed(place)
        return self._sealed[place.segment]

    def _hashed(self, place: Place) -> str:
        digest = hashlib.sha256()
        try:
            with self._vault.open(place.segment) as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
        except (EvidenceError, StoreError) as error:
            return str(error)
        except OSError as error:
            return f"{place.segment} cannot be read: {error.strerror}"
        if digest.hexdigest() != place.segment_sha256:
            return f"{place.segment} is not the file that was sealed"
        return ""
