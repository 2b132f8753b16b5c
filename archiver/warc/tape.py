"""What is being exchanged right now, and what was exchanged since somebody last asked.

One tape per recorder. Any number of threads write to it, each to its own exchange.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from archiver.clock import Clock
from archiver.warc import framing
from archiver.warc.body import Body
from archiver.warc.limits import AnswerTooLarge, AnswerTooSlow, CaptureStopped, HttpLimits

_NAP = 0.5  # seconds between two looks at whether to stop, while waiting


class Exchange:
    """One request and its answer while they pass over the wire. Written by one thread."""

    def __init__(self, tape: Tape, method: str, url: str, limits: HttpLimits) -> None:
        self.id = str(uuid.uuid4())
        self.method = method
        self.url = url
        self.limits = limits
        self.started_at = tape.clock.now()
        self.ended_at = self.started_at
        self.ip = ""
        self.protocols: tuple[str, ...] = ()
        self.request = bytearray()
        self.head = bytearray()
        self.body = Body(tape.spool)
        self.status = 0
        self.failure = ""
        self.stopped = ""  # the WARC-Truncated reason when we ended it
        self.broken = False  # the other side, or the network, ended it
        self.at_end = False  # the other side closed after its last byte
        self.socket: socket.socket | None = None
        self.handed_over = False  # the caller reads the body himself
        self._tape = tape
        self._deadline = self.started_at + timedelta(seconds=limits.total_time)
        self._closed = False
        self._finished = False

    def check(self) -> None:
        """Called before every read.

        Raises: AnswerTooSlow, CaptureStopped.
        """
        self._tape.check()
        if self._tape.clock.now() > self._deadline:
            self.stopped = "time"
            raise AnswerTooSlow(
                f"the answer took longer than {self.limits.total_time:g} seconds",
                exchange=self.id,
            )

    def received(self, data: bytes) -> None:
        """Bytes came.

        Raises: AnswerTooLarge when the body is over its limit.
        """
        if not self.status:
            self.head += data
            return
        room = self.limits.max_body - self.body.size
        self.body.append(data if len(data) <= room else data[:room])
        if len(data) > room:
            raise self.too_large()

    def too_large(self) -> AnswerTooLarge:
        """Note that the body was given up for its size; the error to raise."""
        self.stopped = "length"
        return AnswerTooLarge(
            f"the answer is larger than {self.limits.max_body:,} bytes", exchange=self.id
        )

    def head_is_complete(self, status: int) -> None:
        """From now on, bytes belong to the body."""
        self.head[:] = framing.without_interim(bytes(self.head))
        self.status = status

    def body_closed(self) -> None:
        """Nobody will read any further."""
        self._closed = True
        if self.handed_over:
            self.finish()

    def hand_over(self) -> None:
        """The caller reads the body; it is finished when he closes it or reaches its end."""
        self.handed_over = True
        if self._closed:
            self.finish()

    def finish(self, failure: str = "") -> None:
        """The exchange is over, for the reason `failure` if it failed. Once only."""
        if self._finished:
            return
        self._finished = True
        self.failure = failure
        self.ended_at = self._tape.clock.now()
        self.socket = None
        self._tape.finished(self)


class Tape:
    """Hands out exchanges and keeps the finished ones until they are taken."""

    def __init__(self, *, clock: Clock, spool: Path) -> None:
        self.clock = clock
        self.spool = spool
        self._lock = threading.Lock()
        self._running: set[Exchange] = set()
        self._finished: list[Exchange] = []
        self._here = threading.local()
        self._stop = threading.Event()

    @contextmanager
    def recording(self, method: str, url: str, limits: HttpLimits) -> Iterator[Exchange]:
        """A new exchange; connections used by this thread inside record into it.

        Raises: CaptureStopped after `abort`.
        """
        self.check()
        exchange = Exchange(self, method, url, limits)
        with self._lock:
            self._running.add(exchange)
        self._here.exchange = exchange
        try:
            yield exchange
        except BaseException as error:
            exchange.finish(type(error).__name__)
            raise
        finally:
            self._here.exchange = None
        if not exchange.handed_over:
            exchange.finish()

    def current(self) -> Exchange:
        """The exchange of this thread.

        Raises: LookupError outside of `recording`.
        """
        exchange: Exchange | None = getattr(self._here, "exchange", None)
        if exchange is None:
            raise LookupError("a recorded connection was used past its session")
        return exchange

    def finished(self, exchange: Exchange) -> None:
        """Called by the exchange."""
        with self._lock:
            self._running.discard(exchange)
            self._finished.append(exchange)

    def take(self) -> list[Exchange]:
        """The exchanges finished since the last call, in the order in which they ended."""
        with self._lock:
            taken, self._finished = self._finished, []
        return taken

    def check(self) -> None:
        """Raises: CaptureStopped after `abort`."""
        if self._stop.is_set():
            raise CaptureStopped("the capture was told to stop; the next run takes it up again")

    def sleep(self, seconds: float) -> None:
        """Wait, but notice `abort`.

        Raises: CaptureStopped.
        """
        while seconds > 0:
            self.check()
            nap = min(seconds, _NAP)
            self.clock.sleep(nap)
            seconds -= nap
        self.check()

    def now(self) -> datetime:
        """Aware UTC."""
        return self.clock.now()

    def abort(self) -> None:
        """Wake every thread that waits for bytes. May be called from any thread."""
        self._stop.set()
        with self._lock:
            sockets = [each.socket for each in self._running if each.socket is not None]
        for each in sockets:
            with contextlib.suppress(OSError):  # already closed by its own thread
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # below TLS, which may be busy
