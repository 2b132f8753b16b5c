"""Asks one server of the AT Protocol (XRPC): a repository's host or an app view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from connectors.bluesky.faults import fault_of
from connectors.bluesky.shapes import Json
from connectors.errors import BadAnswer, Misconfigured
from connectors.recorded_http import exchange_of
from connectors.writing import written

Params = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object. `served` is the server's own time, as its Date header gives it."""

    body: Json
    exchange: str
    served: str = ""


class Server:
    """One server; `origin` is its address without a path."""

    def __init__(self, session: requests.Session, origin: str) -> None:
        self._session = session
        self.origin = origin

    def ask(self, method: str, params: Params) -> Answer:
        """Put a question that changes nothing.

        Raises: ConnectorError when it is refused, BadAnswer when no JSON object comes.
        """
        return read(self.fetch(method, params), self._where(method))

    def fetch(self, method: str, params: Params) -> requests.Response:
        """As `ask`, for an answer that is not JSON."""
        response = self._session.get(self.address(method), params=params)
        if response.status_code != 200:
            raise fault_of(response, self._where(method))
        return response

    def change(self, method: str, body: Json, *, token: str = "") -> Answer:
        """Send a change, once.

        Raises: Unsettled when it may have been made all the same, else as `ask`.
        """
        if not safe(self.origin):
            raise Misconfigured(f"{self.origin}: nothing signed in is sent over plain http")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with written(method):
            response = self._session.post(
                self.address(method), json=body, headers=headers, allow_redirects=False
            )
            if response.status_code != 200:
                raise fault_of(response, self._where(method))
            return read(response, self._where(method))

    def address(self, method: str) -> str:
        """Where a method is asked."""
        return f"{self.origin}/xrpc/{method}"

    def _where(self, method: str) -> str:
        return f"{urlsplit(self.origin).netloc} {method}"


def read(response: requests.Response, where: str) -> Answer:
    """The JSON object of a successful answer.

    Raises: BadAnswer when it is none.
    """
    exchange = exchange_of(response)
    try:
        body = response.json()
    except (requests.exceptions.JSONDecodeError, RecursionError) as error:
        raise BadAnswer(f"{where} should bring JSON: {error}", exchange=exchange) from error
    if not isinstance(body, dict):
        raise BadAnswer(f"{where} should bring an object", exchange=exchange)
    return Answer(body, exchange, response.headers.get("Date", ""))


def origin_of(address: str) -> str:
    """The address of a server without its path; empty when it is none."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def safe(origin: str) -> bool:
    """May a password be sent there? Over https, or to this very machine."""
    parts = urlsplit(origin)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
