"""Where an account is: its handle, its server's name, and the address of the API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from connectors.base import Account
from connectors.errors import Misconfigured

_HANDLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_SERVER = re.compile(r"[^\s/@?#]+")


@dataclass(frozen=True, slots=True)
class Place:
    """`api` is the server's address without a trailing slash, before "/api/v1"."""

    handle: str
    server: str
    api: str

    def __str__(self) -> str:
        return f"@{self.handle}@{self.server}"


def place_of(account: Account) -> Place:
    """Read "@handle@server" or the address of a profile, and the option `api`.

    Raises: Misconfigured when it is neither.
    """
    given = account.address.strip()
    if "://" in given:
        handle, server, api = _of_profile(given)
    else:
        handle, _, server = given.removeprefix("@").partition("@")
        api = f"https://{server}"
    if not _HANDLE.fullmatch(handle) or not _SERVER.fullmatch(server):
        raise Misconfigured(
            f'"{account.address}" is not an account on Mastodon; give it as @name@server or as '
            "the address of the profile on its own server"
        )
    return Place(handle, server, _root(account) or api)


def loopback(address: str) -> bool:
    """Does an address lead to this machine?"""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_profile(given: str) -> tuple[str, str, str]:
    """https://server/@name, https://server/users/name, https://server/name."""
    parts = urlsplit(given)
    names = [each for each in parts.path.split("/") if each]
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or not names:
        return "", "", ""
    handle = names[0] if names[0].startswith("@") else names[-1]
    return handle.removeprefix("@"), parts.netloc, f"{parts.scheme}://{parts.netloc}"


def _root(account: Account) -> str:
    given = account.option("api")
    if not given:
        return ""
    parts = urlsplit(given if "://" in given else f"https://{given}")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Misconfigured(f'{account.slug}: the option api is "{given}", which is no address')
    return parts._replace(query="", fragment="").geturl().rstrip("/").removesuffix("/api/v1")
