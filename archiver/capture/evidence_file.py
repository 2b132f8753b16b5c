"""The WARC file of one step: opened with the first exchange worth keeping, sealed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from archiver import __version__
from archiver.capture.context import Context
from archiver.errors import StoreError
from archiver.model.manifest import CONTENT_TYPE
from archiver.model.queries import known
from archiver.values import ExchangeRef, RecordRef, SegmentRef
from archiver.warc.recorded import Recorded
from archiver.warc.writer import SegmentWriter


class EvidenceFile:
    """Stores exchanges, each once; `refs` holds every exchange of the step, stored or not."""

    def __init__(self, context: Context, run_id: str) -> None:
        self._context = context
        self._run_id = run_id
        self._writer: SegmentWriter | None = None
        self.refs: dict[str, ExchangeRef] = {}

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._writer.size if self._writer else 0

    def log(self, recorded: Sequence[Recorded]) -> None:
        """Note exchanges by their digests; they are stored later if they prove something new,
        and now if all are to be kept."""
        for each in recorded:
            self.refs.setdefault(each.id, each.ref())
            if self._context.settings.keep_all:
                self.store(each)

    def store(self, recorded: Recorded) -> str:
        """Write an exchange; returns its id."""
        ref = self.refs.setdefault(recorded.id, recorded.ref())
        if ref.request is None:
            request, response = self._open().exchange(recorded)
            self.refs[recorded.id] = replace(ref, request=request, response=response)
        return recorded.id

    def store_again(self, recorded: Recorded, *, held_by: str) -> str:
        """Write that the payload is the one of the exchange `held_by`, which the vault has;
        returns the id of the exchange at hand."""
        ref = self.refs.setdefault(recorded.id, recorded.ref())
        if ref.request is not None:
            return recorded.id
        original = self._original(held_by)
        if original is None or original[0].payload_sha256 != recorded.payload_sha256:
            return self.store(recorded)  # the same picture, but sent another way
        record, url, at = original
        request, response = self._open().revisit(
            recorded, record, original_uri=url, original_date=at
        )
        self.refs[recorded.id] = replace(ref, request=request, response=response)
        return recorded.id

    def _original(self, exchange: str) -> tuple[RecordRef, str, datetime] | None:
        ref = self.refs.get(exchange)
        if ref is not None and ref.response is not None:
            return ref.response, ref.url, ref.started_at
        with self._context.database.read() as connection:
            return known.stored_response(connection, exchange)

    def _open(self) -> SegmentWriter:
        if self._writer is None:
            account = self._context.account
            self._writer = SegmentWriter(
                self._context.spool / f"{self._run_id}.warc.gz",
                info={
                    "software": f"Archiver/{__version__}",
                    "format": "WARC File Format 1.1",
                    "description": f"capture of the {account.platform} account {account.address}",
                    "isPartOf": self._run_id,
                },
                clock=self._context.clock,
            )
        return self._writer

    def seal(self, manifest: bytes) -> SegmentRef | None:
        """Close the file with the run's manifest and place it in the vault; None without news.

        Raises: StoreError when the disk or the vault refuses.
        """
        writer = self._writer
        if writer is None:
            return None
        writer.metadata(manifest, content_type=CONTENT_TYPE, uri=f"urn:archiver:run:{self._run_id}")
        sha256, size, count = writer.seal()
        name = writer.path.name
        try:
            self._context.vault.put(name, writer.path)
        except OSError as error:
            raise StoreError(f"cannot place {name} in the vault: {error.strerror}") from error
        return SegmentRef(
            name=name,
            sha256=sha256,
            size=size,
            records=count,
            sealed_at=self._context.clock.now(),
        )

    def abandon(self) -> None:
        """Remove the unsealed file; what it held was not committed and will be captured again."""
        if self._writer is not None:
            self._writer.abandon()
