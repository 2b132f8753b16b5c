"""Asks the YouTube Data API on the recorded session, and counts what each question costs.

The API key travels in a header, never in the address. A refresh token is changed into an access
token once per run, on the same recorded session; the access token is masked before anything
that holds it can be kept. No redirect is followed: the key would go with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from connectors.base import Account, Credentials
from connectors.errors import AuthFailed, BadAnswer, Misconfigured, Transient
from connectors.recorded_http import Http, exchange_of
from connectors.writing import written
from connectors.youtube.faults import fault_of, token_fault
from connectors.youtube.shapes import Shape

ORIGIN = "https://youtube.googleapis.com"
TOKEN_ORIGIN = "https://oauth2.googleapis.com"  # noqa: S105 - an address
OAUTH = ("refresh_token", "client_id", "client_secret")
MASK = "[masked]"
MODERATION = "https://www.googleapis.com/auth/youtube.force-ssl"
"""The only scope with which YouTube lets comments be read and captions be fetched by token."""

COSTS: Mapping[str, int] = {"captions": 50, "captions/download": 200}
"""Units of reading calls; all others cost one. The price of a caption's text is unverified."""
CHANGE = 50
"""Units of every change that a removal makes."""


class Api:
    """One credential's view of YouTube. `spent` are the units of quota used so far."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._http = http
        self._session = http.session()
        self._origin = account.option("api", ORIGIN).rstrip("/")
        self._token_origin = account.option("token_api", TOKEN_ORIGIN).rstrip("/")
        self._key = credentials.get("api_key")
        self._grant = {name: credentials.get(name) or "" for name in OAUTH}
        self.signed = all(self._grant.values())
        if any(self._grant.values()) and not self.signed:
            missing = ", ".join(name for name in OAUTH if not self._grant[name])
            raise Misconfigured(f"{account.slug} lacks the credential {missing}")
        if not (self.signed or self._key):
            raise Misconfigured(
                f"{account.slug} needs the credential api_key or the three of the channel's owner "
                f"({', '.join(OAUTH)}); docs/platforms/youtube.md tells how to get them"
            )
        self._token = ""
        self._scopes = frozenset[str]()
        self._mine: str | None = None
        self.spent = 0

    @property
    def moderates(self) -> bool:
        """Can held comments and captions be read? Raises: ConnectorError."""
        if not self.signed:
            return False
        self._access()
        return not self._scopes or MODERATION in self._scopes

    def mine(self) -> str:
        """The channel that the token belongs to; empty without a token or without a channel.

        Raises: ConnectorError.
        """
        if self._mine is None:
            self._mine = ""
            if self.signed:
                answer = self.get(
                    "channels", {"part": "id", "mine": "true"}, asked="the token's channel"
                )
                self._mine = next((row.needed("id") for row in answer.rows("items")), "")
        return self._mine

    def get(
        self, resource: str, params: Mapping[str, str], *, asked: str, comments: bool = False
    ) -> Shape:
        """The answer to one question. With `comments` a token that may not read comments is left
        out, if there is a key.

        Raises: ConnectorError.
        """
        response = self._read(resource, params, asked, keyed=comments and not self.moderates)
        self.spent += COSTS.get(resource, 1)
        try:
            body = response.json()
        except requests.exceptions.JSONDecodeError as error:
            raise BadAnswer(
                f"{asked}: YouTube's answer is cut off or is not JSON",
                exchange=exchange_of(response),
            ) from error
        answer = Shape.of(self._clean(body), asked, exchange_of(response))
        answer.needed("kind")
        return answer

    def pages(
        self, resource: str, params: Mapping[str, str], *, asked: str, comments: bool = False
    ) -> Iterator[Shape]:
        """Page after page. Raises: BadAnswer when the paging runs in a circle."""
        token, known = params.get("pageToken", ""), set[str]()
        while True:
            page = {**params, "pageToken": token} if token else dict(params)
            answer = self.get(resource, page, asked=asked, comments=comments)
            yield answer
            token = answer.text("nextPageToken")
            if not token:
                return
            if token in known:
                raise BadAnswer(
                    f"{asked}: YouTube's pages come round without bringing anything new",
                    exchange=answer.exchange,
                )
            known.add(token)

    def caption(self, caption_id: str) -> tuple[str, str]:
        """The text of a caption track as WebVTT, and its exchange. Raises: ConnectorError."""
        asked = f"the text of the caption track {caption_id}"
        path = f"captions/{quote(caption_id, safe='')}"
        response = self._read(path, {"tfmt": "vtt"}, asked, keyed=False)
        self.spent += COSTS["captions/download"]
        try:
            text = response.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadAnswer(f"{asked}: it is not UTF-8", exchange=exchange_of(response)) from error
        return str(self._clean(text)), exchange_of(response)

    def change(
        self,
        method: str,
        resource: str,
        params: Mapping[str, str],
        *,
        asked: str,
        body: Mapping[str, object] | None = None,
    ) -> tuple[str, int]:
        """Send a change, once; its exchange and status.

        Raises: Unsettled when it may have been made all the same; ConnectorError.
        """
        headers = {"Authorization": f"Bearer {self._access()}"}
        with written(asked):
            response = self._send(method, resource, params, headers, asked, body)
            self.spent += CHANGE
            if response.status_code not in {200, 204}:
                raise self._fault(response, asked)
            return exchange_of(response), response.status_code

    def _read(
        self, path: str, params: Mapping[str, str], asked: str, *, keyed: bool
    ) -> requests.Response:
        """Ask; a token that has run out in the middle of a long walk is renewed once."""
        by_key = self._key is not None and (keyed or not self.signed)
        response = self._send("GET", path, params, self._headers(by_key=by_key), asked)
        if response.status_code == 401 and not by_key:
            self._token = ""
            response = self._send("GET", path, params, self._headers(by_key=by_key), asked)
        if response.status_code != 200:
            self.spent += 1  # a refused question costs, too
            raise self._fault(response, asked)
        return response

    def _headers(self, *, by_key: bool) -> dict[str, str]:
        if by_key:
            return {"X-Goog-Api-Key": self._key or ""}
        return {"Authorization": f"Bearer {self._access()}"}

    def _access(self) -> str:
        """The access token, fetched when there is none. Raises: ConnectorError."""
        if self._token:
            return self._token
        if not self.signed:
            raise Misconfigured(f"this takes the credentials {', '.join(OAUTH)}")
        asked = "an access token"
        response = self._sent(
            "POST",
            f"{self._token_origin}/token",
            asked,
            data={**self._grant, "grant_type": "refresh_token"},
        )
        if response.status_code != 200:
            raise token_fault(response, said=str(self._clean(response.text)))
        try:
            answer = Shape.of(response.json(), asked, exchange_of(response))
        except requests.exceptions.JSONDecodeError as error:
            raise BadAnswer(
                "Google's token endpoint does not answer in JSON", exchange=exchange_of(response)
            ) from error
        token = answer.text("access_token")
        if not token:
            raise AuthFailed("Google gave no access token", exchange=answer.exchange)
        self._http.mask(token)
        self._token = token
        self._scopes = frozenset(answer.text("scope").split())
        return token

    def _send(
        self,
        method: str,
        resource: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        asked: str,
        body: Mapping[str, object] | None = None,
    ) -> requests.Response:
        url = f"{self._origin}/youtube/v3/{resource}"
        return self._sent(method, url, asked, params=params, headers=headers, json=body)

    def _sent(self, method: str, url: str, asked: str, **options: object) -> requests.Response:
        try:
            return self._session.request(method, url, allow_redirects=False, **options)  # type: ignore[arg-type]
        except (ChunkedEncodingError, ContentDecodingError) as error:
            raise BadAnswer(
                f"{asked}: the answer was cut off or damaged", exchange=_tried(error)
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Transient(f"{asked}: no answer from YouTube", exchange=_tried(error)) from error

    def _fault(self, response: requests.Response, asked: str) -> Exception:
        return fault_of(response, asked, said=str(self._clean(_message(response))))

    def _clean(self, value: object) -> object:
        """The value without secrets, should YouTube repeat one."""
        if isinstance(value, str):
            for secret in self._secrets():
                value = value.replace(secret, MASK)
            return value
        if isinstance(value, Mapping):
            return {key: self._clean(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._clean(part) for part in value]
        return value

    def _secrets(self) -> tuple[str, ...]:
        known = (self._key or "", self._token, self._grant["refresh_token"])
        return tuple(secret for secret in (*known, self._grant["client_secret"]) if secret)


def _message(response: requests.Response) -> str:
    """The error's message as the JSON means it, so that a secret in it is found."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    return message if isinstance(message, str) else ""


def _tried(error: requests.RequestException) -> str:
    """The exchange that failed, where the recorder has named it on the error."""
    name = getattr(error, "exchange", "")
    return name if isinstance(name, str) else ""
