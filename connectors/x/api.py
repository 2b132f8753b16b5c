"""The way to X: tweepy for signing and calling, our recorded session below it.

tweepy is used for one request at a time in raw form, so that status, headers and `errors`
stay at hand. It never waits and never retries here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests
import tweepy  # type: ignore[import-untyped]
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from connectors.base import Account, Credentials
from connectors.errors import BadAnswer, Misconfigured, Transient
from connectors.recorded_http import Http
from connectors.writing import written
from connectors.x.answers import Answer, Json, answer_of
from connectors.x.faults import fault_of, not_understood, says_what_is_missing
from connectors.x.vocabulary import Vocabulary, other, vocabulary_named

API = "https://api.x.com"
OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_TWEEPY_HOST = "https://api.twitter.com"

# At debug level these write keys, tokens and signatures to the log, also in spellings that no
# masking knows (a signature's base string encodes twice). Whatever level somebody sets, their
# debug lines are dropped where they are made.
for _talkative in (
    "tweepy.client",
    "requests_oauthlib.oauth1_auth",
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth1.rfc5849.signature",
):
    logging.getLogger(_talkative).addFilter(lambda record: record.levelno >= logging.INFO)


class _Rebased:
    """Stands in for tweepy's session: sends to the configured base, keeps the last response.

    tweepy has its host as a literal and signs what it sends, host included. The host is
    therefore replaced here, before signing, and not in an adapter, after it.
    """

    def __init__(self, session: requests.Session, base: str) -> None:
        self._session = session
        self._base = base
        self.last: requests.Response | None = None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        self.last = None
        target = self._base + url.removeprefix(_TWEEPY_HOST)
        # A change is not sent on: requests would make a GET of it, whose answer proves nothing.
        follow = method == "GET"
        self.last = self._session.request(method, target, allow_redirects=follow, **options)
        return self.last


class Api:
    """Requests to X on behalf of one account.

    `vocabularies` says which endpoint was last understood in which vocabulary.
    """

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        base = account.option("api", API).rstrip("/")
        self._transport = _Rebased(http.session(), base)
        self.has_user_tokens = all(credentials.get(name) for name in OAUTH1)
        self.has_bearer = credentials.get("bearer_token") is not None
        if not (self.has_user_tokens or self.has_bearer):
            raise Misconfigured(
                f"{account.slug} needs either the four OAuth 1.0a credentials "
                f"({', '.join(OAUTH1)}) or bearer_token; docs/platforms/x.md tells how to get them"
            )
        self._client = tweepy.Client(
            credentials.get("bearer_token"),
            *(credentials.get(name) for name in OAUTH1),
            wait_on_rate_limit=False,
        )
        self._client.session = self._transport
        self.vocabularies: dict[str, str] = {}

    def posts(
        self, endpoint: str, route: str, params: Mapping[str, str], *, app_only: bool = False
    ) -> Answer:
        """Ask for posts with all their fields. Raises: ConnectorError."""
        return self._ask(endpoint, route, params, users=False, app_only=app_only)

    def users(self, endpoint: str, route: str, params: Mapping[str, str]) -> Answer:
        """Ask for a user or users with all their fields. Raises: ConnectorError."""
        return self._ask(endpoint, route, params, users=True, app_only=False)

    def change(self, method: str, route: str, body: Json | None = None) -> Answer:
        """Send a change, signed for the user, once.

        Raises: Unsettled when it may have been made all the same; ConnectorError.
        """
        with written(f"{method} {route}"):
            response = self._send(route, {}, app_only=False, method=method, body=body)
            if response.status_code != 200:
                raise fault_of(response)
            answer = answer_of(response)
            if not answer.thing():
                raise BadAnswer(
                    f"X answered {method} {route} without data", exchange=answer.exchange
                )
            return answer

    def _ask(
        self,
        endpoint: str,
        route: str,
        params: Mapping[str, str],
        *,
        users: bool,
        app_only: bool,
    ) -> Answer:
        spoken = vocabulary_named(self.vocabularies.get(endpoint, ""))
        response = self._send(route, _params(params, spoken, users), app_only)
        if not_understood(response):
            spoken = other(spoken)
            response = self._send(route, _params(params, spoken, users), app_only)
        if response.status_code != 200 and not says_what_is_missing(response):
            raise fault_of(response)
        self.vocabularies[endpoint] = spoken.name
        return answer_of(response)

    def _send(
        self,
        route: str,
        params: Mapping[str, str],
        app_only: bool,
        *,
        method: str = "GET",
        body: Json | None = None,
    ) -> requests.Response:
        signed = self.has_user_tokens and not app_only
        try:
            response: requests.Response = self._client.request(
                method, route, params=params, json=body, user_auth=signed
            )
        except (ChunkedEncodingError, ContentDecodingError, requests.TooManyRedirects) as error:
            raise BadAnswer(
                f"the answer of X to {route} was cut off or damaged", exchange=_tried(error)
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Transient(
                f"no answer from X to {route}: {type(error).__name__}", exchange=_tried(error)
            ) from error
        except (tweepy.HTTPException, AttributeError, TypeError, ValueError):
            # The last three come when tweepy's exceptions take an odd error body apart.
            if self._transport.last is None:
                raise
            return self._transport.last
        return response


def _tried(error: requests.RequestException) -> str:
    """The exchange that failed, where the recorder has named it on the error."""
    name = getattr(error, "exchange", "")
    return name if isinstance(name, str) else ""


def _params(params: Mapping[str, str], spoken: Vocabulary, users: bool) -> Mapping[str, str]:
    return {**(spoken.user if users else spoken.post), **params}
