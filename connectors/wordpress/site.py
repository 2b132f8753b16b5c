"""One WordPress site's REST API: where it is, how it is asked, how its answers are read.

The API is found through the home page's `Link` header, then at /wp-json/, then at
?rest_route=/; the option `api` overrides that. Credentials are sent with each request to the
API, never with the request for the home page, never over plain http except on loopback, and
never to another host than the account's unless the option names it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

import requests
from requests.auth import HTTPBasicAuth

from connectors.base import Account, Credentials
from connectors.errors import BadAnswer, Misconfigured
from connectors.recorded_http import Http, exchange_of
from connectors.wordpress.refusals import IN_FRONT, error_of, http_date
from connectors.wordpress.shapes import Row, mapping
from connectors.writing import written

API_RELATION = "https://api.w.org/"
INDEX_FIELDS = (
    "name,description,url,home,gmt_offset,timezone_string,namespaces,authentication,site_icon_url"
)
_PHP_NOISE = re.compile(r"(?:Warning|Notice|Deprecated|Strict Standards)(?:</b>)?:", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. `total` is X-WP-Total, `served` the site's own time (Date header).

    `noise` is what PHP printed before the JSON, empty on a sound site.
    """

    body: object
    exchange: str
    total: int | None
    pages: int | None
    served: datetime | None
    noise: str = ""


class Site:
    """Asks the REST API of one site, signed in where there are credentials."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self.address = _address(account)
        self._api = account.option("api")
        self._session = http.session()
        user, password = credentials.get("user"), credentials.get("application_password")
        if (user is None) != (password is None):
            raise Misconfigured(
                f"{account.slug} needs both credentials, user and application_password, or none"
            )
        self._sign_in: HTTPBasicAuth | None = None
        if user is not None and password is not None:
            name, secret = user.strip().encode(), password.strip().encode()
            self._sign_in = HTTPBasicAuth(name, secret)
            http.mask(base64.b64encode(name + b":" + secret).decode())
        self._root = ""

    @property
    def signed(self) -> bool:
        """Is the site read with an editor's eyes?"""
        return self._sign_in is not None

    def ask(self, route: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer of a route such as "wp/v2/posts".

        Raises: ConnectorError when it is refused, BadAnswer when it is not JSON.
        """
        response = self.send(route, params)
        if response.status_code != 200:
            raise error_of(response, f"{self.address} {route or 'index'}", signed=self.signed)
        return read(response, f"{self.address} {route or 'index'}")

    def send(self, route: str, params: Mapping[str, str] | None = None) -> requests.Response:
        """The plain response of a route, whatever its status."""
        url, query = self._located(route)
        response = self._session.get(url, params={**query, **(params or {})}, auth=self._sign_in)
        if self.signed and _host(response.url) != _host(url):
            raise Misconfigured(
                f"{self.address}: the API sends signed requests on to another host "
                f"({_host(response.url)}); set the option api to where it really is",
                exchange=exchange_of(response),
            )
        return response

    def change(
        self,
        method: str,
        route: str,
        *,
        params: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a change, once, and give the plain response, whatever its status.

        Raises: Unsettled when it may have been made all the same.
        """
        url, query = self._located(route)
        with written(f"{method} {route}"):
            response = self._session.request(
                method,
                url,
                params={**query, **(params or {})},
                json=fields,
                auth=self._sign_in,
                allow_redirects=False,  # requests would make a GET of it, which proves nothing
            )
        if 300 <= response.status_code < 400:
            raise Misconfigured(
                f"{self.address} {route} sends the change on to another address; set the option "
                "api to where the API really is",
                exchange=exchange_of(response),
            )
        return response

    def index(self) -> tuple[Row, str]:
        """The site's description of itself, and the exchange it came from.

        Raises: BadAnswer when it is not a WordPress index.
        """
        answer = self.ask("", {"_fields": INDEX_FIELDS})
        found = mapping(answer.body)
        if not isinstance(found.get("name"), str) or "namespaces" not in found:
            raise BadAnswer(
                f"{self.address}: the API's index has no site name", exchange=answer.exchange
            )
        return found, answer.exchange

    def _located(self, route: str) -> tuple[str, dict[str, str]]:
        if not self._root:
            self._root = self._permitted(self._api or self._discovered())
        parts = urlsplit(self._root)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        plain = parts._replace(query="", fragment="").geturl()
        if "rest_route" in query:
            return plain, {**query, "rest_route": query["rest_route"].rstrip("/") + "/" + route}
        return plain.rstrip("/") + "/" + route, query

    def _discovered(self) -> str:
        response = self._session.head(self.address, allow_redirects=True)
        link = response.links.get(API_RELATION, {}).get("url", "")
        if link:
            return link
        tried = (f"{self.address}/wp-json/", f"{self.address}/?rest_route=/")
        for candidate in tried:
            response = self._session.get(candidate)
            if response.status_code == 200 and "namespaces" in mapping(_parsed(response.text)[0]):
                return candidate
            if response.status_code in {429, *IN_FRONT} or response.status_code >= 500:
                # Refused is not absent: by WordPress itself, or by what stands in front of it.
                raise error_of(response, candidate, signed=False)
        raise Misconfigured(
            f"{self.address} shows no WordPress REST API: no Link header, and neither "
            f"{' nor '.join(tried)} answers; if it is elsewhere, set the option api",
            exchange=exchange_of(response),
        )

    def _permitted(self, root: str) -> str:
        if not self.signed:
            return root
        if not self._api and _host(root) != _host(self.address):
            raise Misconfigured(
                f"{self.address} names an API on another host ({_host(root)}); if that is right, "
                "set the option api to it, so that the password may be sent there"
            )
        parts = urlsplit(root)
        if parts.scheme != "https" and not _loopback(parts.hostname or ""):
            raise Misconfigured(
                f"{self.address}: the password is not sent over plain http; give the https address"
            )
        return root


def read(response: requests.Response, where: str) -> Answer:
    """Read a successful answer.

    Some sites let PHP print warnings before the JSON. Capture does not stop for that: the
    JSON behind them is read, and the noise is reported.

    Raises: BadAnswer when there is no JSON.
    """
    exchange = exchange_of(response)
    body, noise = _parsed(response.content.decode("utf-8", "replace"))
    if body is None:
        start = response.text.lstrip()[:80].replace("\n", " ")
        raise BadAnswer(
            f"{where} should bring JSON, but brought {response.headers.get('Content-Type', '')!r}"
            f' beginning "{start}"',
            exchange=exchange,
        )
    return Answer(
        body,
        exchange,
        _count(response, "X-WP-Total"),
        _count(response, "X-WP-TotalPages"),
        http_date(response.headers.get("Date", "")),
        noise,
    )


def _parsed(content: str) -> tuple[object, str]:
    content = content.lstrip("\ufeff \t\r\n")
    try:
        return json.loads(content), ""
    except ValueError:
        pass
    for start in re.finditer(r"^.*?(?=[\[{])", content, re.MULTILINE):
        before = content[: start.end()]
        if not _PHP_NOISE.search(before):
            continue
        try:
            return json.loads(content[start.end() :]), before.strip()
        except ValueError:
            continue
    return None, ""


def _count(response: requests.Response, header: str) -> int | None:
    given = response.headers.get(header, "").strip()
    return int(given) if given.isdigit() else None


def _address(account: Account) -> str:
    address = account.address if "://" in account.address else f"https://{account.address}"
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Misconfigured(f'"{account.address}" is not the address of a website')
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def _host(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port if parts.port not in {None, 80, 443} else ""
    return f"{(parts.hostname or '').removeprefix('www.')}:{port}".rstrip(":")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
