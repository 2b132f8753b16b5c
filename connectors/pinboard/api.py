"""Requests to the Delicious v1 API as Pinboard has it: one method, one answer, or its error.

Every method is a GET, also the one that deletes. The token is a part of the address, so a
redirect is never followed: it would carry the token along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from connectors.base import Account, Credentials
from connectors.errors import BadAnswer, Misconfigured, Transient
from connectors.pinboard.faults import fault_of
from connectors.recorded_http import Http, exchange_of, once
from connectors.writing import written

API = "https://api.pinboard.in/v1"
_NAME = re.compile(
    r"(?:https?://(?:www\.)?pinboard\.in/)?(?:u:|@)?([\w.-]+)/?", re.IGNORECASE | re.ASCII
)
_SHORTEST_KEY = 8  # a shorter one is cut off, and masking it would blot out ordinary text


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer, and the exchange that brought it."""

    method: str
    body: object
    exchange: str

    def odd(self, what: str) -> BadAnswer:
        """The error that the answer is not what its documentation promises."""
        return BadAnswer(f"{self.method}: {what}", exchange=self.exchange)

    def thing(self) -> Mapping[str, object]:
        """The answer as an object. Raises: BadAnswer when it is none."""
        if not isinstance(self.body, Mapping):
            raise self.odd("an object was expected")
        return self.body


class Api:
    """Asks on behalf of one user."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        """Raises: Misconfigured for a bad name or address, or a token of somebody else."""
        self.base = account.option("api", API).rstrip("/")
        parts = urlsplit(self.base)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
            raise Misconfigured(
                f'the option api of {account.slug} must be an address such as "{API}"'
            )
        self.user = user_of(account)
        self._token = credentials.get("token") or ""
        http.mask(_key(self._token, self.user, whole=self.base == API))
        self._session = http.session()

    @property
    def is_pinboard(self) -> bool:
        """Is it Pinboard itself, and no other server with its API?"""
        return self.base == API

    def ask(self, method: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer of one method. Raises: ConnectorError."""
        return self._sent(self._request(method, params or {}), method)

    def change(self, method: str, params: Mapping[str, str]) -> Answer:
        """Send a change, once.

        Raises: Unsettled when it may have been made all the same; ConnectorError.
        """
        request = once(self._request(method, params))
        with written(method):
            return self._sent(request, method)

    def own(self, answer: Answer) -> None:
        """Hold that the answer is about the account; an answer that names nobody passes.

        Raises: Misconfigured when the token is that of another user.
        """
        named = answer.thing().get("user")
        if isinstance(named, str) and named and named.casefold() != self.user.casefold():
            raise Misconfigured(
                f"the token gives the bookmarks of {named}, not those of {self.user}; "
                "use the token of the account itself",
                exchange=answer.exchange,
            )

    def _request(self, method: str, params: Mapping[str, str]) -> requests.PreparedRequest:
        query = {**params, "format": "json", "auth_token": self._token}
        address = f"{self.base}/{method}"
        return self._session.prepare_request(requests.Request("GET", address, params=query))

    def _sent(self, request: requests.PreparedRequest, method: str) -> Answer:
        try:
            response = self._session.send(request, allow_redirects=False)
        except (ChunkedEncodingError, ContentDecodingError) as error:
            raise BadAnswer(
                f"the answer to {method} was cut off or is damaged", exchange=_tried(error)
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Transient(
                f"no answer to {method}: {type(error).__name__}", exchange=_tried(error)
            ) from error
        if response.status_code != 200:
            raise fault_of(response, method)
        return _answer(response, method)


def user_of(account: Account) -> str:
    """The user's name in an address such as `springfieldpd` or `https://pinboard.in/u:name/`.

    Raises: Misconfigured when it is none.
    """
    found = _NAME.fullmatch(account.address.strip())
    if found is None:
        raise Misconfigured(
            f"the address of {account.slug} must be the user's name or page, as in "
            '"springfieldpd" or "https://pinboard.in/u:springfieldpd"'
        )
    return found.group(1)


def _key(token: str, user: str, *, whole: bool) -> str:
    """The secret part of a token `name:KEY`; the texts here never quote any of it."""
    name, colon, key = token.rpartition(":")
    if len(key) < _SHORTEST_KEY or (whole and not colon):
        raise Misconfigured(
            "the token is not whole: it reads name:KEY, as https://pinboard.in/settings/password "
            "shows it"
        )
    if colon and name.casefold() != user.casefold():
        raise Misconfigured(
            f"the token does not begin with {user}: it belongs to another user, whose bookmarks "
            "would be captured"
        )
    return key


def _answer(response: requests.Response, method: str) -> Answer:
    exchange = exchange_of(response)
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        kind = "XML or a web page" if response.content.lstrip().startswith(b"<") else "no JSON"
        raise BadAnswer(
            f"{method} answered with {kind}; JSON was asked for", exchange=exchange
        ) from error
    return Answer(method, body, exchange)


def _tried(error: requests.RequestException) -> str:
    """The exchange that failed, where the recorder has named it on the error."""
    name = getattr(error, "exchange", "")
    return name if isinstance(name, str) else ""
