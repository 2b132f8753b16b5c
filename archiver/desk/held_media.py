"""Media files read back from the vault. Bytes that are not those that were captured are never
handed out as if they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from archiver.errors import EvidenceError
from archiver.model.queries.review import HeldMedium
from archiver.vault.base import Vault
from archiver.warc.reader import open_content


class HeldMedia:
    """Reads media by the places that the database names."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def pieces(self, medium: HeldMedium) -> Iterator[bytes]:
        """The file, a megabyte at a time.

        Raises: EvidenceError, at the latest after the last piece, when it is not held or is
            not what was captured; StoreError.
        """
        if not medium.segment:
            raise EvidenceError(f"the file {medium.sha256 or medium.position} is not held")
        digest = hashlib.sha256()
        path = self._vault.path(medium.segment)
        with open_content(path, medium.offset, medium.length) as pieces:
            for piece in pieces:
                digest.update(piece)
                yield piece
        if digest.hexdigest() != medium.sha256:
            raise EvidenceError(f"the file {medium.sha256} in {medium.segment} is not what it was")

    def whole(self, medium: HeldMedium) -> bytes:
        """The whole file, for a picture. Raises: EvidenceError, StoreError."""
        return b"".join(self.pieces(medium))
