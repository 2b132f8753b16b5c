"""Fetches the media of new versions into the segment, each payload once.

Addresses of media are often signed and short-lived, so the bytes are fetched in the run that
met them. A payload that the vault has already becomes a `revisit` record. What cannot be
fetched is named on the version, and tried again when the item is next listed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

import filetype
import requests
from urllib3.exceptions import HTTPError

from archiver.capture.diff import Known
from archiver.capture.normalise import storable
from archiver.model.manifest import MediaDraft
from archiver.warc.limits import AnswerTooLarge, CaptureStopped
from archiver.warc.recorded import Recorded
from archiver.warc.recorder import Recorder
from connectors.base import Item, MediaRef
from connectors.errors import AddressRefused, ConnectorError

CAPTURED = "captured"
FAILED = "failed"  # worth another try
TOO_LARGE = "too large"
REFUSED = "address refused"
OFF = "not wanted"
GONE = "gone"

RETRIED = frozenset({FAILED})
_SNIFF = 8192
CHUNK = 1 << 16
LONGEST = 86_400.0  # seconds for one file, as long as bytes keep coming
DEAD_AFTER = 3  # failures without an answer; then a host is left alone until the next step


class Sink(Protocol):
    """Where a media exchange goes: the step's segment."""

    def log(self, recorded: Sequence[Recorded]) -> None:
        """Note exchanges by their digests, whether or not they are stored."""
        ...

    def store(self, recorded: Recorded) -> str:
        """Write the exchange; returns its id."""
        ...

    def store_again(self, recorded: Recorded, *, held_by: str) -> str:
        """Write that the payload is the one of the exchange `held_by`; returns its own id."""
        ...


@dataclass
class MediaFetcher:
    """Fetches for one step. `held_by` finds the exchange that has a payload already."""

    recorder: Recorder
    sink: Sink
    held_by: Callable[[str], str | None]
    wanted: bool
    max_bytes: int
    _done: dict[str, MediaDraft] = field(default_factory=dict)
    _stored: dict[str, str] = field(default_factory=dict)  # payload -> exchange of this step
    _session: requests.Session | None = None
    _silent: Counter[str] = field(default_factory=Counter)  # by host: failures without an answer

    def media_of(self, item: Item, known: Known | None) -> tuple[MediaDraft, ...]:
        """The item's media, fetched unless the same file is held from an earlier state."""
        before: Mapping[str, MediaDraft] = known.media if known else {}
        return tuple(self._one(ref, before.get(storable(ref.key))) for ref in item.media)

    def again(self, ref: MediaRef, before: MediaDraft) -> MediaDraft | None:
        """Try once more what failed before; None when nothing came of it."""
        if before.sha256 or before.status not in RETRIED or not self.wanted:
            return None
        draft = self._fetch(ref)
        return draft if draft.sha256 else None

    def replaced(self, ref: MediaRef, before: MediaDraft) -> MediaDraft | None:
        """Ask whether the file under the same address changed; None when it did not."""
        if not before.sha256 or not self.wanted:
            return None
        draft = self._fetch(ref, before=before)
        return draft if draft.sha256 and draft.sha256 != before.sha256 else None

    def _one(self, ref: MediaRef, before: MediaDraft | None) -> MediaDraft:
        if before is not None and before.sha256 and before.token == storable(ref.change_token):
            url, alt_text = storable(ref.url), storable(ref.alt_text)
            return replace(before, url=url, alt_text=alt_text, kind=ref.kind, exchange="")
        return self._fetch(ref)

    def _fetch(self, ref: MediaRef, *, before: MediaDraft | None = None) -> MediaDraft:
        if not self.wanted:
            return _of(ref, OFF)
        if ref.size is not None and ref.size > self.max_bytes:
            return _of(ref, TOO_LARGE, size=ref.size)
        done = self._done.get(ref.url)
        if done is None:
            done = self._done[ref.url] = self._get(ref, before)
        return replace(
            done,
            key=storable(ref.key),
            url=storable(ref.url),
            alt_text=storable(ref.alt_text),
            kind=ref.kind,
            token=storable(ref.change_token),
        )

    def _get(self, ref: MediaRef, before: MediaDraft | None) -> MediaDraft:
        if self._session is None:
            self._session = self.recorder.session(max_body=self.max_bytes, total_time=LONGEST)
        host = urlsplit(ref.url).netloc
        if self._silent[host] >= DEAD_AFTER:
            return _of(ref, FAILED)
        headers = {"If-None-Match": before.etag} if before and before.etag else {}
        try:
            with self._session.get(ref.url, headers=headers, stream=True) as response:
                for _ in response.raw.stream(CHUNK, decode_content=False):
                    pass  # the recorder keeps what goes by
        except CaptureStopped:
            raise
        except (requests.RequestException, ConnectorError, HTTPError, ValueError) as error:
            # The address or its server is somebody else's; the version names the failure.
            return _of(ref, self._failed(error, host))
        taken = self.recorder.take()
        try:
            return self._kept(ref, response, taken, before)
        except zlib.error:
            return _of(ref, FAILED)  # not in the encoding that its head claims
        finally:
            self.sink.log(taken)

    def _failed(self, error: Exception, host: str) -> str:
        taken = self.recorder.take()
        self.sink.log(taken)
        if isinstance(error, AddressRefused):
            return REFUSED
        if isinstance(error, AnswerTooLarge) or (taken and taken[-1].truncated == "length"):
            return TOO_LARGE
        if not any(each.status for each in taken):
            self._silent[host] += 1
        return FAILED

    def _kept(
        self,
        ref: MediaRef,
        response: requests.Response,
        taken: list[Recorded],
        before: MediaDraft | None,
    ) -> MediaDraft:
        last = taken[-1]
        if last.truncated:
            return _of(ref, TOO_LARGE if last.truncated == "length" else FAILED)
        if last.status == 304 and before is not None:
            return before
        if last.status != 200:
            return _of(ref, GONE if last.status in (404, 410) else FAILED)
        digest, size, head = hashlib.sha256(), 0, b""
        for piece in last.payload_chunks():
            digest.update(piece)
            size += len(piece)
            head += piece[: max(0, _SNIFF - len(head))]
        sha256 = digest.hexdigest()
        if before is not None and before.sha256 == sha256:
            return before  # still the same file: nothing to store
        stated = response.headers.get("Content-Type", "").partition(";")[0].strip()
        held = self._stored.get(sha256) or self.held_by(sha256)
        for hop in taken[:-1]:
            self.sink.store(hop)
        exchange = self.sink.store_again(last, held_by=held) if held else self.sink.store(last)
        holder = self._stored.setdefault(sha256, held or exchange)
        return _of(
            ref,
            CAPTURED,
            sha256=sha256,
            size=size,
            mime=(filetype.guess_mime(head) or stated or ref.mime)[:100],
            etag=response.headers.get("ETag", ""),
            exchange=holder,
        )


def _of(
    ref: MediaRef,
    status: str,
    *,
    sha256: str = "",
    size: int = 0,
    mime: str = "",
    etag: str = "",
    exchange: str = "",
) -> MediaDraft:
    return MediaDraft(
        key=storable(ref.key),
        url=storable(ref.url),
        kind=ref.kind,
        alt_text=storable(ref.alt_text),
        token=storable(ref.change_token),
        status=status,
        sha256=sha256,
        size=size,
        mime=storable(mime),
        etag=storable(etag),
        exchange=exchange,
    )
