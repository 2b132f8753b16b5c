"""Reads text out of captured pictures and captions of films, so that search finds it.

What was read is derived from the records and is none itself: it stands in no version, digest
or production, and goes with its file. A medium that cannot be read is kept as read, without
words; the log says why, and it is not tried for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archiver.clock import Clock
from archiver.desk import caption_text, picture_text
from archiver.desk.held_media import HeldMedia
from archiver.desk.picture_text import Tesseract
from archiver.desk.read_out import ReadOut
from archiver.errors import EvidenceError, StoreError, UsageError
from archiver.files import locked
from archiver.model.database import Database
from archiver.model.queries import media_texts
from archiver.model.queries.media_texts import OCR, SPEECH, Tally
from archiver.model.queries.review import HeldMedium
from archiver.vault.base import Vault

LOCK = "media-texts.lock"
_AT_ONCE = 200  # media that are looked up at a time

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one round did. `skipped`: media whose bytes are not as they were captured, or not
    there; they are tried again."""

    read: int
    with_text: int
    without: int
    unreadable: int
    skipped: int

    def __str__(self) -> str:
        return (
            f"{self.read} files read, {self.with_text} with text, {self.without} without, "
            f"{self.unreadable} that cannot be read, {self.skipped} left for another time"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far reading has come; `engine` is the program for pictures, `problem` why it cannot
    be used."""

    pictures: Tally
    captions: Tally
    engine: str
    problem: str


class MediaTexts:
    """The use case. One process reads at a time."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, *, locks: Path) -> None:
        self._database = database
        self._held = HeldMedia(vault)
        self._clock = clock
        self._lock = locks / LOCK

    def read(
        self,
        limit: int,
        languages: Sequence[str],
        *,
        stop: Callable[[], bool] = lambda: False,
    ) -> Done:
        """Read at most so many media that were not read yet, captions first; `languages` are
        those that pictures may be in ("eng"). Ends early, between two, when `stop` says so.

        Raises: UsageError when pictures wait and tesseract cannot read them in these languages;
            BusyError when another process reads; StoreError.
        """
        busy = f"another process reads text out of media ({self._lock}); let it end first"
        with locked(self._lock, busy=busy):
            with self._database.write() as connection:
                media_texts.catch_up(connection)
            tally = _Counts()
            for each in self._waiting(SPEECH):
                if tally.read >= limit or stop():
                    return tally.done()
                self._one(each, SPEECH, None, tally)
            tesseract: Tesseract | None = None
            for each in self._waiting(OCR):
                if tally.read >= limit or stop():
                    break
                tesseract = tesseract or picture_text.installed(languages)
                self._one(each, OCR, tesseract, tally)
            return tally.done()

    def status(self, languages: Sequence[str]) -> Status:
        """How far reading has come, and whether pictures can be read in these languages."""
        engine, problem = "", ""
        try:
            engine = picture_text.installed(languages).engine
        except UsageError as error:
            problem = str(error)
        with self._database.read() as connection:
            return Status(
                pictures=media_texts.tally(connection, OCR),
                captions=media_texts.tally(connection, SPEECH),
                engine=engine,
                problem=problem,
            )

    def _waiting(self, source: str) -> Iterator[HeldMedium]:
        after = ""
        while True:
            with self._database.read() as connection:
                found = media_texts.unread(connection, source, after=after, limit=_AT_ONCE)
            if not found:
                return
            yield from found
            after = found[-1].sha256

    def _one(
        self, medium: HeldMedium, source: str, tesseract: Tesseract | None, tally: _Counts
    ) -> None:
        try:
            read = self._read(medium, tesseract)
        except (EvidenceError, StoreError) as error:
            tally.skipped += 1
            _tell(medium, str(error), "media not read")
            return
        with self._database.write() as connection:
            kept = media_texts.keep(
                connection,
                medium.sha256,
                source=source,
                language=tesseract.language if tesseract else "",
                text=read.text,
                engine=tesseract.engine if tesseract else caption_text.engine(),
                at=self._clock.now(),
            )
        if not kept:
            return  # destroyed while it was read: nothing of it may stay
        if read.problem:
            _tell(medium, read.problem, "media unreadable")
        tally.count(read)

    def _read(self, medium: HeldMedium, tesseract: Tesseract | None) -> ReadOut:
        largest = picture_text.LARGEST if tesseract else caption_text.LARGEST
        if medium.size > largest:
            return ReadOut("", f"its {medium.size:,} bytes are more than {largest:,}")
        data = self._held.whole(medium)
        return tesseract.in_picture(data) if tesseract else caption_text.in_captions(data)


@dataclass(slots=True)
class _Counts:
    read: int = 0
    with_text: int = 0
    unreadable: int = 0
    skipped: int = 0

    def count(self, read: ReadOut) -> None:
        """One more was read."""
        self.read += 1
        self.with_text += bool(read.text)
        self.unreadable += bool(read.problem)

    def done(self) -> Done:
        """What it comes to."""
        return Done(
            read=self.read,
            with_text=self.with_text,
            without=self.read - self.with_text - self.unreadable,
            unreadable=self.unreadable,
            skipped=self.skipped,
        )


def _tell(medium: HeldMedium, problem: str, action: str) -> None:
    log.warning(
        "no text is read out of the file %s: %s",
        medium.sha256,
        problem,
        extra={"action": action, "sha256": medium.sha256},
    )
