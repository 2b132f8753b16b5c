"""What all platform simulators share: a clock, planned faults, a request log, a server.

A simulator is a WSGI application with state. It answers as the platform's specification
says, and a fault can be planned for the next requests to a path: an error status with its
headers, a body that is cut off, JSON that does not parse, a redirect, a delay.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planned misbehaviour. `status` replaces the answer; the others bend it."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0  # seconds before the answer
    # Send only so many bytes of the body, promise all; an answer without a body is lost whole.
    cut_after: int | None = None
    break_json: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class SimulatedTime:
    """The time inside the simulated world: starts at `start` (aware UTC) and can be moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self._frozen = start

    def now(self) -> datetime:
        """Aware UTC, whole milliseconds. Stands still when a start was given."""
        moment = self._frozen if self._frozen is not None else datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def advance(self, **units: float) -> None:
        """Move a standing clock forward, in the units of timedelta."""
        if self._frozen is None:
            raise ValueError("a running clock cannot be moved")
        self._frozen += timedelta(**units)


class Simulator:
    """Base of the platform simulators: subclasses implement `respond`."""

    name = "platform"

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        self.time = time_ or SimulatedTime()
        self.lock = threading.RLock()
        self.seen: list[Seen] = []
        self.url = ""  # set when served
        self._faults: list[list[object]] = []

    def respond(self, request: Request) -> Response:
        """Answer as the platform would. Called with the lock held."""
        raise NotImplementedError

    def plan(self, path_part: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Let the next `times` requests whose path contains `path_part` fail so,
        after `skip` good ones."""
        with self.lock:
            self._faults.append([path_part, fault, times, skip])

    def _planned(self, path: str) -> Fault | None:
        for entry in self._faults:
            part, fault, times, skip = entry
            if str(part) not in path:
                continue
            if int(str(skip)) > 0:
                entry[3] = int(str(skip)) - 1
                return None
            entry[2] = int(str(times)) - 1
            if entry[2] == 0:
                self._faults.remove(entry)
            assert isinstance(fault, Fault)
            return fault
        return None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self.lock:
            self.seen.append(
                Seen(
                    request.method,
                    request.path,
                    dict(request.args.items()),
                    dict(request.headers.items()),
                )
            )
            fault = self._planned(request.path)
            if fault is not None and fault.status is not None:
                response = Response(
                    fault.body, status=fault.status, headers=dict(fault.headers.items())
                )
            else:
                response = self.respond(request)
                if fault is not None:
                    response.headers.update(fault.headers)
        if fault is not None:
            if fault.delay:
                time.sleep(fault.delay)
            if fault.break_json:
                response.set_data(response.get_data()[:-2] + b",,")
            if fault.cut_after is not None:
                whole = response.get_data()
                if response.status_code == 204:
                    _hang_up(environ)
                length = str(len(whole))
                response.response = [whole[: fault.cut_after]]
                response.headers["Content-Length"] = length
        return response(environ, start_response)


def _hang_up(environ: WSGIEnvironment) -> None:
    """Break the connection, so that nothing of the answer arrives."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """The request log is `Simulator.seen`."""


class Loopback:
    """Serves applications on 127.0.0.1, each on a free port, until closed.

    with Loopback() as loopback:
        url = loopback.serve(simulator)
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._stops: list[Callable[[], None]] = []

    def serve(self, app: Simulator, *, port: int = 0) -> str:
        """Start serving; returns the base address without a trailing slash."""
        server = make_server(
            "127.0.0.1",
            port,
            app,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self._tls,
        )
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = threading.Thread(
            target=server.serve_forever, args=(0.02,), name=f"sim-{app.name}", daemon=True
        )
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5)

        self._stops.append(stop)
        scheme = "https" if self._tls else "http"
        app.url = f"{scheme}://127.0.0.1:{server.server_port}"
        return app.url

    def close(self) -> None:
        """Stop all servers."""
        while self._stops:
            self._stops.pop()()

    def __enter__(self) -> Loopback:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
