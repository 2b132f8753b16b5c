"""Runs the web page: one process, its own port, HTTPS where a certificate is set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI
from sdnotify import SystemdNotifier  # type: ignore[import-untyped]

from archiver.errors import RefusedError
from archiver.web.app import make_app
from archiver.web.open_archive import make_open_archive
from archiver.web.site import Site, make_site
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

    site = make_site(archive)
    server = server_of(
        make_app(site),
        host=web.host,
        port=web.port,
        certificate=str(web.certificate) if web.certificate else None,
        key=str(web.key) if web.key else None,
        proxies=web.proxies,
        up=told,
    )
    with open_archive(site):
        server.run()
    return 0 if server.started else 1


@contextmanager
def open_archive(site: Site) -> Iterator[str]:
    """Run the open archive beside the page inside the block, where the settings want it; yields its
    address, or nothing.

    Raises: RefusedError when its port is taken.
    """
    portal = site.archive.settings.sections.portal
    if not portal.enabled:
        yield ""
        return
    proxies = site.archive.settings.sections.web.proxies
    app = make_open_archive(site)
    with _in_thread(app, host=portal.host, port=portal.port, proxies=proxies) as port:
        if port is None:
            raise RefusedError(
                f"port {portal.port} of the open archive is taken; set another portal.port"
            )
        yield f"http://{portal.host}:{port}"


@contextmanager
def beside(archive: Archive, *, port: int) -> Iterator[tuple[str, str]]:
    """Run the page, and the open archive where the settings want it, in threads of this process
    inside the block; yields their addresses. When the port is taken, another one is."""
    site = make_site(archive)
    with ExitStack() as stack:
        got = stack.enter_context(_in_thread(make_app(site), host="127.0.0.1", port=port))
        if got is None:
            got = stack.enter_context(_in_thread(make_app(site), host="127.0.0.1", port=0))
        yield f"http://127.0.0.1:{got}", stack.enter_context(open_archive(site))


@contextmanager
def _in_thread(
    app: FastAPI, *, host: str, port: int, proxies: tuple[str, ...] = ()
) -> Iterator[int | None]:
    """Serve in a thread inside the block; yields the port, None when it is taken."""
    over = threading.Event()
    ports: list[int] = []

    def up(got: int) -> None:
        ports.append(got)
        over.set()

    server = server_of(app, host=host, port=port, proxies=proxies, up=up)
    thread = threading.Thread(target=_attempt, args=(server, over), name="web", daemon=True)
    thread.start()
    over.wait()
    try:
        yield ports[0] if ports else None
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
