"""A record's media file handed out in stretches, as browsers ask for films.

Nothing of a file is handed out before all of it was read and is what was captured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Lock

from archiver.clock import Clock
from archiver.desk.held_media import HeldMedia
from archiver.model.queries.review import HeldMedium
from archiver.vault.base import Vault

HEAD_BYTES = 8192  # enough to know a kind of file by
_HOLDS_FOR = timedelta(minutes=10)  # a film is not read to its end again for each stretch
_MOST = 1_000


class RecordFiles:
    """Reads stretches of files. One for each process; threads may share it."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._media = HeldMedia(vault)
        self._clock = clock
        self._lock = Lock()
        self._good: dict[tuple[str, int], datetime] = {}

    def head(self, medium: HeldMedium) -> bytes:
        """The beginning of a file, all of which was read.

        Raises: EvidenceError when it is not what was captured; StoreError.
        """
        self._check(medium)
        return next(self._media.pieces(medium), b"")[:HEAD_BYTES]

    def stretch(self, medium: HeldMedium, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` to `last`, both included. Raises: as `head`."""
        self._check(medium)
        return self._cut(medium, first, last)

    def _cut(self, medium: HeldMedium, first: int, last: int) -> Iterator[bytes]:
        place = 0
        for piece in self._media.pieces(medium):
            if place > last:
                return
            wanted = piece[max(0, first - place) : last + 1 - place]
            place += len(piece)
            if wanted:
                yield wanted

    def _check(self, medium: HeldMedium) -> None:
        key = (medium.segment, medium.offset)
        now = self._clock.now()
        with self._lock:
            if key in self._good and now - self._good[key] < _HOLDS_FOR:
                return
        for _ in self._media.pieces(medium):
            pass
        with self._lock:
            self._good.pop(key, None)
            self._good[key] = now
            while len(self._good) > _MOST:
                del self._good[next(iter(self._good))]
