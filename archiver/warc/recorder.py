"""The recorder: makes the only sessions there are, and hands out what went through them.

    recorder = Recorder(secrets=..., policy=..., spool=..., clock=...)
    session = recorder.session()
    response = session.get("https://...")
    response.exchange       # the name of the exchange
    recorder.take()         # what ended since the last call, masked

Rules
-----
1. Every attempt, every hop of a redirect and every failure is an exchange of its own.
2. Bytes are kept as the wire had them; a body that is not whole says so.
3. Nothing leaves `take` with a registered secret in it, and nothing unmasked has a name on
   the disk.
4. Only permitted addresses are connected to, decided at the moment of connecting.

Not recorded: TLS handshakes, DNS answers, interim "100 Continue" heads.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from pathlib import Path

import requests

from archiver.clock import Clock
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.limits import HttpLimits
from archiver.warc.masking import masked
from archiver.warc.recorded import Recorded
from archiver.warc.session import RecordedSession, RecordingAdapter
from archiver.warc.tape import Tape

_DEFAULTS = HttpLimits()


class Recorder:
    """Implements `connectors.base.Http`. Threads may share it and its sessions.

    `spool` is an existing folder for large bodies, which never show there. `verify` is a CA
    bundle to trust instead of the usual authorities, for an agency's own server.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        policy: AddressPolicy,
        spool: Path,
        clock: Clock,
        limits: HttpLimits = _DEFAULTS,
        verify: Path | None = None,
    ) -> None:
        self._secrets = secrets
        self._policy = policy
        self._limits = limits
        self._verify: bool | str = True if verify is None else str(verify)
        self._tape = Tape(clock=clock, spool=spool)
        self._sessions: list[RecordedSession] = []
        self._lock = threading.Lock()

    def session(
        self,
        *,
        rewrite: Mapping[str, str] | None = None,
        max_body: int | None = None,
        total_time: float | None = None,
    ) -> requests.Session:
        """A recorded session; `max_body` (bytes) and `total_time` (seconds) replace the limits."""
        limits = dataclasses.replace(
            self._limits,
            max_body=self._limits.max_body if max_body is None else max_body,
            total_time=self._limits.total_time if total_time is None else total_time,
        )
        adapter = RecordingAdapter(
            tape=self._tape,
            policy=self._policy,
            secrets=self._secrets,
            limits=limits,
            rewrite=rewrite or {},
            verify=self._verify,
        )
        session = RecordedSession(adapter, self._verify)
        with self._lock:
            self._sessions.append(session)
        return session

    def mask(self, *secrets: str) -> None:
        """Register derived secrets; they are masked in everything not yet taken.

        Raises: UsageError when one is too short to be masked.
        """
        self._secrets.add(*secrets)

    def take(self) -> list[Recorded]:
        """The exchanges that ended since the last call, masked, in the order they ended."""
        return [masked(exchange, self._secrets) for exchange in self._tape.take()]

    def abort(self) -> None:
        """Stop: waiting reads end at once, new requests raise CaptureStopped. From any thread."""
        self._tape.abort()

    def close(self) -> None:
        """Close the sessions; what was not taken is dropped."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        for exchange in self._tape.take():
            exchange.body.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()
