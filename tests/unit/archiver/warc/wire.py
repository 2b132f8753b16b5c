"""A server that says exactly the bytes it is told, and notes exactly what it hears."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Say:
    """What to answer: the pieces, each sent by itself; then close, stall, or go on."""

    pieces: Sequence[bytes]
    close: bool = False
    stall: bool = False  # keep the connection open and say nothing more


def ok(body: bytes = b"", *headers: str, status: str = "200 OK") -> Say:
    """An ordinary answer with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return Say(("\r\n".join(lines).encode() + body,))


def chunked(pieces: Sequence[bytes], *headers: str, end: bytes = b"0\r\n\r\n") -> Say:
    """An answer in these chunks."""
    lines = ["HTTP/1.1 200 OK", *headers, "Transfer-Encoding: chunked", "", ""]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return Say(("\r\n".join(lines).encode() + framed + end,), close=end == b"")


class WireServer:
    """Answers each request by calling `answer` with its bytes, on kept-alive connections."""

    def __init__(
        self, answer: Callable[[bytes], Say], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._answer = answer
        self._tls = tls
        self.heard: list[bytes] = []
        self.connections = 0
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> WireServer:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed at the end
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(10)
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            connection = plain
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
            self._open.append(connection)
            with connection:
                while request := _request(connection):
                    self.heard.append(request)
                    say = self._answer(request)
                    for piece in say.pieces:
                        connection.sendall(piece)
                    if say.stall:
                        self._released.wait(10)
                    if say.close or say.stall or self._released.is_set():
                        return


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        if line == b"transfer-encoding: chunked":
            length = -1
    while len(body) < length or (length < 0 and not body.endswith(b"0\r\n\r\n")):
        piece = connection.recv(65536)
        data += piece
        body += piece
    return data
