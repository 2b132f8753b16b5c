"""Runs the web page: one process, its own port, HTTPS where a certificate is set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI
from sdnotify import SystemdNotifier  # type: ignore[import-untyped]

from archiver.errors import RefusedError
from archiver.web.app import make_app
from archiver.web.site import make_site
from archiver.wiring import Archive

STOP_WITHIN = 20.0  # seconds

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Tells when it is up, with the port that it got. In a thread of its own no signals."""

    def __init__(self, config: uvicorn.Config, up: Callable[[int], None]) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen; `up` hears the port."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            listening = self.servers[0].sockets[0].getsockname()
            self._up(int(listening[1]))


def server_of(
    app: FastAPI,
    *,
    host: str,
    port: int,
    certificate: str | None = None,
    key: str | None = None,
    proxies: tuple[str, ...] = (),
    up: Callable[[int], None] = lambda _: None,
) -> Server:
    """A server that is not running yet."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=15,
        limit_concurrency=200,
    )
    return Server(config, up)


def run(archive: Archive, *, up: Callable[[int], None] | None = None) -> int:
    """Run the page until a signal comes; the exit code.

    Raises: RefusedError when it would be open to the network without encryption.
    """
    web = archive.settings.sections.web
    refuse_open_text(web.host, encrypted=bool(web.certificate or web.proxies))

    def told(port: int) -> None:
        log.info("the web page is up on %s, port %s", web.host, port, extra={"action": "web up"})
        SystemdNotifier().notify("READY=1")
        if up is not None:
            up(port)

    server = server_of(
        make_app(make_site(archive)),
        host=web.host,
        port=web.port,
        certificate=str(web.certificate) if web.certificate else None,
        key=str(web.key) if web.key else None,
        proxies=web.proxies,
        up=told,
    )
    server.run()
    return 0 if server.started else 1


@contextmanager
def beside(archive: Archive, *, port: int) -> Iterator[str]:
    """Run the page in a thread of this process inside the block; yields its address. When the port
    is taken, another one is."""
    for wanted in (port, 0):
        came = threading.Event()
        ports: list[int] = []

        def up(got: int, came: threading.Event = came, ports: list[int] = ports) -> None:
            ports.append(got)
            came.set()

        app = make_app(make_site(archive))
        server = server_of(app, host="127.0.0.1", port=wanted, up=up)
        thread = threading.Thread(target=_attempt, args=(server, came), name="web", daemon=True)
        thread.start()
        came.wait()
        if ports:
            break
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        server.should_exit = True
        thread.join(STOP_WITHIN)


def _attempt(server: Server, over: threading.Event) -> None:
    """Serve; uvicorn ends its process when the port is taken, here only the thread."""
    try:
        server.run()
    except SystemExit:
        log.warning("a port of the web page is taken", extra={"action": "web port taken"})
    finally:
        over.set()


def refuse_open_text(host: str, *, encrypted: bool) -> None:
    """Raises: RefusedError for an address beyond this machine without HTTPS or a proxy before."""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local and not encrypted:
        raise RefusedError(
            f"web.host {host} is open to the network, and passwords would travel in clear; set "
            "web.certificate and web.key, or web.proxies and a proxy that does HTTPS"
        )
