"""One server's API: how it is asked, and whom the token belongs to.

The token is sent to the configured host only, and over plain http to loopback only. Paging
takes the id out of the `Link` header and never follows its address, so that no answer can send
the token elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import requests

from connectors.base import Account, Credentials
from connectors.errors import AccountGone, AuthFailed, BadAnswer, Misconfigured
from connectors.mastodon.address import loopback, place_of
from connectors.mastodon.answers import Answer, Json, answer_of, id_of, text_of
from connectors.mastodon.faults import NOT_THERE, error_of, in_json, said_in
from connectors.recorded_http import Http, exchange_of
from connectors.writing import written

TOKEN = "access_token"  # noqa: S105 - the name of a credential
Params = Mapping[str, str] | Sequence[tuple[str, str]]


class Server:
    """The server of an account, with the eyes of a visitor or of whom the token belongs to."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        """Raises: Misconfigured for a bad address, or a token that would travel in the open."""
        self.place = place_of(account)
        self._session = http.session()
        self._token = (credentials.get(TOKEN) or "").strip()
        if self._token and not self.place.api.startswith("https:") and not loopback(self.place.api):
            raise Misconfigured(
                f"{account.slug}: the access token is not sent over plain http; give the https "
                "address"
            )

    @property
    def signed(self) -> bool:
        """Is there a token?"""
        return bool(self._token)

    def ask(self, route: str, params: Params = (), *, scope: str = "") -> Answer:
        """The answer of a route such as "v1/statuses/1". Raises: ConnectorError."""
        response = self.send(route, params)
        if response.status_code != 200:
            raise self.error(response, scope=scope)
        return answer_of(response)

    def send(self, route: str, params: Params = ()) -> requests.Response:
        """The plain response of a route, whatever its status."""
        url = f"{self.place.api}/api/{route}"
        response = self._session.get(url, params=list(_pairs(params)), headers=self._headers())
        if self.signed and urlsplit(response.url).netloc != urlsplit(url).netloc:
            raise Misconfigured(
                f"{self.place.api} sends signed requests on to another host "
                f"({urlsplit(response.url).netloc}); set the option api to where the API is",
                exchange=exchange_of(response),
            )
        return response

    def change(self, method: str, route: str, params: Params = (), *, scope: str) -> Answer:
        """Send a change, once, and read its answer.

        Raises: Unsettled when it may have been made all the same; ConnectorError.
        """
        url = f"{self.place.api}/api/{route}"
        with written(f"{method} {route}"):
            response = self._session.request(
                method,
                url,
                params=list(_pairs(params)),
                headers=self._headers(),
                allow_redirects=False,  # requests would make a GET of it, which proves nothing
            )
            if 300 <= response.status_code < 400:
                raise Misconfigured(
                    f"{url} sends the change on to another address; set the option api to where "
                    "the API is",
                    exchange=exchange_of(response),
                )
            if response.status_code != 200:
                raise self.error(response, scope=scope)
            return answer_of(response)

    def error(self, response: requests.Response, *, scope: str = "") -> Exception:
        """What an unsuccessful answer stands for."""
        where = f"{self.place.server} {urlsplit(response.url).path}"
        return error_of(response, where, signed=self.signed, scope=scope)

    def account(self) -> Answer:
        """The account, as the server shows it now.

        Raises: AccountGone, Misconfigured when there is no such API, ConnectorError.
        """
        response = self.send("v1/accounts/lookup", {"acct": self.place.handle})
        if response.status_code in NOT_THERE:
            raise self._no_account(response)
        if response.status_code != 200:
            raise self.error(response, scope="read:accounts")
        answer = answer_of(response)
        row = answer.thing()
        id_of(row)
        if text_of(row, "username").lower() != self.place.handle.lower():
            raise BadAnswer(
                f"{self.place.server} was asked for {self.place} and gave another account",
                exchange=answer.exchange,
            )
        if row.get("suspended") is True:
            raise AccountGone(
                f"{self.place.server} has suspended the account {self.place}",
                exchange=answer.exchange,
            )
        return answer

    def owner(self) -> Json:
        """Whom the token belongs to; empty without a token.

        Raises: AuthFailed when the token is refused; PermissionLost without its scope.
        """
        if not self.signed:
            return {}
        response = self.send("v1/accounts/verify_credentials")
        if response.status_code in {401, 422}:  # some servers say 422 of an unknown token
            raise AuthFailed(
                f"{self.place.server} refuses the access token ({said_in(response)}); make a new "
                "one under Preferences > Development",
                exchange=exchange_of(response),
            )
        if response.status_code != 200:
            raise self.error(response, scope="read:accounts")
        return answer_of(response).thing()

    def instance(self) -> Json:
        """What the server says of itself; empty when it says nothing that can be read."""
        for route in ("v2/instance", "v1/instance"):
            response = self.send(route)
            if response.status_code == 429 or response.status_code >= 500:
                raise self.error(response)
            if response.status_code == 200 and "json" in response.headers.get("Content-Type", ""):
                found = answer_of(response).thing()
                if text_of(found, "version"):
                    return found
        return {}

    def _no_account(self, response: requests.Response) -> Exception:
        exchange = exchange_of(response)
        if not in_json(response) and not self.instance():
            return Misconfigured(
                f"{self.place.api} shows no Mastodon API ({said_in(response)}); if it is on "
                "another host, set the option api to that",
                exchange=exchange,
            )
        return AccountGone(
            f"{self.place.server} has no account {self.place} ({said_in(response)})",
            exchange=exchange,
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _pairs(params: Params) -> Sequence[tuple[str, str]]:
    return list(params.items()) if isinstance(params, Mapping) else params
