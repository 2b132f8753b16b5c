"""Connections that note every byte they send and receive.

A tee sits in the connection itself, so it sees what the wire saw: redirects, kept-alive
connections, TLS, chunk framing, compressed bodies, several threads. Nothing is patched; the
pool of one adapter is told to use these classes.
"""

from __future__ import annotations

import http.client
import socket
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util import connection as sockets

from archiver.outbound import AddressPolicy, permitted
from archiver.warc.tape import Exchange, Tape

_PIECE = 1 << 16


class TeeFile:
    """The read side of a connection: hands bytes on and notes them.

    It reads as much as one call to the network brings, so that a peer who sends a byte now
    and then cannot stretch one read beyond the time limit.
    """

    def __init__(self, source: Any, exchange: Exchange) -> None:
        self._source = source
        self._exchange = exchange

    def read(self, amount: int | None = -1) -> bytes:
        """`amount` bytes, fewer only at the end."""
        wanted = -1 if amount is None else amount
        pieces: list[bytes] = []
        while wanted:
            piece = self.read1(_PIECE if wanted < 0 else min(wanted, _PIECE))
            if not piece:
                break
            pieces.append(piece)
            if wanted > 0:
                wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read1(self, amount: int = -1) -> bytes:
        """What one call to the network brings, at most `amount` bytes."""
        self._exchange.check()
        try:
            data: bytes = self._source.read1(_PIECE if amount < 0 else amount)
        except OSError:
            self._exchange.broken = True
            raise
        self._note(data, amount)
        return data

    def readinto(self, buffer: bytearray) -> int:
        """Fill the buffer; fewer bytes only at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, limit: int = -1) -> bytes:
        """One line with its end."""
        line = bytearray()
        while limit < 0 or len(line) < limit:
            self._exchange.check()
            try:
                ahead = self._source.peek(1)
            except OSError:
                self._exchange.broken = True
                raise
            cut = ahead.find(b"\n") + 1 or len(ahead)
            if limit >= 0:
                cut = min(cut, limit - len(line))
            data: bytes = self._source.read(cut) if cut else b""
            self._note(data, 1)
            line += data
            if not data or line.endswith(b"\n"):
                break
        return bytes(line)

    def peek(self, amount: int = 0) -> bytes:
        """Look ahead; what is only looked at is not noted."""
        self._exchange.check()
        return bytes(self._source.peek(amount))

    def _note(self, data: bytes, wanted: int) -> None:
        if data:
            self._exchange.received(data)
        elif wanted:
            self._exchange.at_end = True

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        """The file descriptor of the connection."""
        return int(self._source.fileno())

    def close(self) -> None:
        """Nobody reads any further."""
        self._source.close()
        self._exchange.body_closed()


class TeeResponse(http.client.HTTPResponse):
    """An answer that is noted into its exchange."""

    def __init__(self, sock: socket.socket, exchange: Exchange, method: str | None) -> None:
        super().__init__(sock, method=method)
        self.exchange = exchange
        self.fp = cast(Any, TeeFile(self.fp, exchange))

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        self.exchange.head_is_complete(self.status)


class _Tee:
    """Mixed into urllib3's connections."""

    tape: Tape
    policy: AddressPolicy
    sock: Any
    host: str
    port: int
    timeout: Any
    _dns_host: str
    _method: str | None
    _tee_exchange: Exchange

    def _new_conn(self) -> socket.socket:
        """Resolve, check and connect in one step, so that what was checked is what is used."""
        connection = cast(HTTPConnection, self)
        try:
            addresses = self.policy.resolve(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, connection, error) from error
        last: OSError | None = None
        with permitted("recorder"):
            for address in addresses:
                try:
                    return sockets.create_connection(
                        (address, self.port),
                        self.timeout,
                        socket_options=connection.socket_options,
                    )
                except OSError as error:
                    last = error
        raise NewConnectionError(connection, f"cannot connect to {self.host}: {last}") from last

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """A new request begins: its bytes belong to the exchange of this thread."""
        self._tee_exchange = self.tape.current()
        super().putrequest(method, url, *args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """Send and note."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError("only bytes are sent; anything else would pass unrecorded")
        if self.sock is None:
            cast(HTTPConnection, self).connect()
        exchange = self._tee_exchange
        exchange.socket = self.sock
        exchange.ip = exchange.ip or str(self.sock.getpeername()[0])
        exchange.protocols = _protocols(self.sock)
        exchange.request += data
        super().send(data)  # type: ignore[misc]

    def response_class(
        self, sock: socket.socket, *_args: Any, method: str | None = None, **_kwargs: Any
    ) -> TeeResponse:
        """Called by the standard library to make the answer."""
        self._tee_exchange.socket = sock
        return TeeResponse(sock, self._tee_exchange, method)


def _protocols(sock: Any) -> tuple[str, ...]:
    version = getattr(sock, "version", None)
    tls = version() if version is not None else None
    return ("http/1.1",) if tls is None else ("http/1.1", tls.lower().replace("v", "/"))


def pool_classes(tape_: Tape, policy_: AddressPolicy) -> dict[str, type[HTTPConnectionPool]]:
    """Pools, by scheme, whose connections note into this tape and keep to this policy."""

    class PlainConnection(_Tee, HTTPConnection):  # type: ignore[misc]
        tape = tape_
        policy = policy_

    class TlsConnection(_Tee, HTTPSConnection):  # type: ignore[misc]
        tape = tape_
        policy = policy_

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}
