"""The one door to the network: who may open a connection, and to where.

`install` makes the whole process refuse internet connections that are not opened inside
`permitted`. So a call past the recorder cannot happen by mistake: not from a connector of
somebody else, not from a library that brings its own client, not from a thread. It guards
against mistakes, not against hostile code in the same process.

`AddressPolicy` decides about the address at the moment of connecting, after the name was
resolved, so a name that changes its mind between check and use gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from archiver.errors import UnrecordedCallError, UsageError
from connectors.errors import AddressRefused

Purpose = Literal["recorder", "notify", "vault", "timestamp", "database", "sign-in"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")

_permits = threading.local()
_install_lock = threading.Lock()
_installed: list[bool] = []


def install() -> None:
    """From now on this process refuses connections outside `permitted`; it cannot be undone.

    For the entry points of the program only. Calling it again changes nothing.
    """
    with _install_lock:
        if not _installed:
            sys.addaudithook(_audit)
            _installed.append(True)


@contextmanager
def permitted(purpose: Purpose) -> Iterator[None]:
    """Inside, this thread may open connections; `purpose` says what for."""
    stack = _stack()
    stack.append(purpose)
    try:
        yield
    finally:
        stack.pop()


def _stack() -> list[str]:
    stack: list[str] | None = getattr(_permits, "stack", None)
    if stack is None:
        stack = _permits.stack = []
    return stack


def _audit(event: str, args: tuple[object, ...]) -> None:
    if event not in _WATCHED:
        return
    handle, address = args[0], args[1]
    if address is None or getattr(handle, "family", None) not in _INTERNET or _stack():
        return
    where = address[0] if isinstance(address, tuple) and address else address
    raise UnrecordedCallError(
        f"code tried to reach {where} past the recorder; a connector must use the session "
        "it gets from `http.session()`"
    )


class AddressPolicy:
    """Which addresses may be reached: globally routable ones, and those listed as allowed.

    `allowed` holds host names and networks in CIDR form ("wordpress.example", "10.1.0.0/16").

    Raises: UsageError when an entry is neither.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in allowed:
            try:
                self._networks.append(
                    ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
                )
            except ValueError as error:
                name = _plain_host(entry)
                if not name or any(sign in name for sign in "/:@?# "):
                    raise UsageError(
                        f"{entry!r} is neither a host name nor a network such as 10.0.0.0/8"
                    ) from error
                self._hosts.add(name)

    def check_url(self, url: str) -> None:
        """Refuse what can be refused without asking the name server.

        Raises: AddressRefused unless it is http or https and names a host.
        """
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError as error:
            raise AddressRefused("the address cannot be read; write https://host/path") from error
        if parts.scheme.lower() not in ("http", "https"):
            raise AddressRefused(
                f"an address with the scheme {parts.scheme!r} (host {host or 'missing'}) is "
                "refused; only http and https are fetched"
            )
        if not host:
            raise AddressRefused("the address names no host; write https://host/path")

    def resolve(self, host: str, port: int) -> list[str]:
        """The permitted addresses of a host, in the name server's order.

        Raises: AddressRefused when it has addresses but none is permitted;
            OSError when the name cannot be resolved.
        """
        literal = host.strip("[]")
        found = socket.getaddrinfo(literal, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        permitted_ones = [each for each in addresses if self.permits(literal, each)]
        if not permitted_ones:
            raise AddressRefused(
                f"{host} has no public address ({', '.join(addresses) or 'none'}); if it is the "
                "agency's own server, list it among the allowed hosts in the settings"
            )
        return permitted_ones

    def permits(self, host: str, address: str) -> bool:
        """May this address of this host be connected to?"""
        if _plain_host(host) in self._hosts:
            return True
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
        forms = [parsed]
        embedded = _embedded(parsed)
        if embedded is not None:
            forms.append(embedded)
        if any(form in network for form in forms for network in self._networks):
            return True
        return _is_public(forms[-1])


def _plain_host(host: str) -> str:
    return host.strip().rstrip(".").lower()


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST
