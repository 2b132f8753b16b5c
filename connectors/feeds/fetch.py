"""One request to a site: the answer, or the connector error that it means."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from connectors.base import Credentials
from connectors.errors import (
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.feeds.charset import decode
from connectors.feeds.document import Document
from connectors.feeds.json_feed import read_json
from connectors.feeds.xml_feed import read_xml
from connectors.recorded_http import Http, exchange_of

MAX_FEED = 32 << 20  # bytes; the largest podcast feeds have some 15 MB
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response and the exchanges that led to it, redirects included."""

    response: requests.Response
    exchange: str
    exchanges: tuple[str, ...]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def moved_to(self) -> str:
        """Where the site says that the address has moved for good; empty when not."""
        permanent = [r.status_code in {301, 308} for r in self.response.history]
        return self.response.url if permanent and all(permanent) else ""


class Fetcher:
    """Asks one site. The password, if there is one, goes only to the feed's own origin."""

    def __init__(self, address: str, http: Http, credentials: Credentials) -> None:
        self._session = http.session()
        self._origin = _origin(address)
        user, password = credentials.get("username"), credentials.get("password")
        self._auth: HTTPBasicAuth | None = None
        if password is not None:
            name, word = (user or "").encode(), password.encode()
            self._auth = HTTPBasicAuth(name, word)
            http.mask(base64.b64encode(name + b":" + word).decode("ascii"))

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        """The answer, whatever its status.

        Raises: BadAnswer when it was cut off or damaged, Transient without an answer.
        """
        auth = self._auth if _origin(url) == self._origin else None
        try:
            response = self._session.get(
                url, headers={"Accept": ACCEPT, **(headers or {})}, auth=auth
            )
        except (ChunkedEncodingError, ContentDecodingError) as error:
            raise BadAnswer(f"the answer of {shown(url)} was cut off or is damaged") from error
        except requests.TooManyRedirects as error:
            raise BadAnswer(f"{shown(url)} redirects in a circle") from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Transient(f"no answer from {shown(url)}: {type(error).__name__}") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise Misconfigured(f"{shown(url)} is no web address") from error
        hops = tuple(exchange_of(hop) for hop in [*response.history, response])
        return Answer(response=response, exchange=hops[-1], exchanges=hops)

    def feed(self, answer: Answer) -> Document:
        """The feed in an answer with status 200.

        Raises: BadAnswer when it is none.
        """
        response = answer.response
        try:
            data = _unpacked(response.content)
            if len(data) > MAX_FEED:
                raise BadAnswer(f"the feed is larger than {MAX_FEED >> 20} MB and was not read")
            content_type = response.headers.get("Content-Type", "")
            decoded = decode(data, content_type)
            if decoded.text.lstrip("\ufeff \t\r\n").startswith("{"):
                return read_json(decoded.text, response.url)
            return read_xml(decoded, response.url)
        except BadAnswer as error:
            raise BadAnswer(f"{shown(response.url)}: {error}", exchange=answer.exchange) from error


def refuse(answer: Answer) -> ConnectorError:
    """The error that a status other than 200, 304, 404 and 410 means."""
    response, exchange = answer.response, answer.exchange
    where = f"{shown(response.url)} answered {response.status_code} {response.reason or ''}".strip()
    wait = response.headers.get("Retry-After", "")
    if response.status_code == 429 or (response.status_code == 503 and wait):
        return _limited(where, wait, exchange)
    if response.status_code == 401:
        return AuthFailed(f"{where}; check the username and password", exchange=exchange)
    if response.status_code in {402, 403, 407, 451}:
        return PermissionLost(f"{where}; the site does not let us read it", exchange=exchange)
    if response.status_code >= 500 or response.status_code in {408, 421, 425}:
        return Transient(where, exchange=exchange)
    if response.status_code < 400:
        return BadAnswer(f"{where}; 200 was expected", exchange=exchange)
    return Permanent(where, exchange=exchange)


def _limited(where: str, wait: str, exchange: str) -> RateLimited:
    if wait.strip().isdecimal():
        return RateLimited(where, after=float(wait), exchange=exchange)
    try:
        until = parsedate_to_datetime(wait)
    except (ValueError, TypeError):
        return RateLimited(where, exchange=exchange)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return RateLimited(where, until=until.astimezone(UTC), exchange=exchange)


def _unpacked(data: bytes) -> bytes:
    """Some sites serve a .gz file as it is; a small one may not become a large one."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    machine = zlib.decompressobj(31)
    try:
        result = machine.decompress(data, MAX_FEED + 1)
    except zlib.error as error:
        raise BadAnswer("the compressed feed is damaged") from error
    if not machine.eof and len(result) <= MAX_FEED:
        raise BadAnswer("the compressed feed is cut off")
    return result


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def shown(url: str) -> str:
    """An address for an error text: without query and user, where secrets may stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
