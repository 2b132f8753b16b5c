"""Asks the Graph API through facebook-sdk, on the recorded session.

facebook-sdk 3.1 predates today's Graph in four ways, each dealt with here:
its list of versions ends at 3.1 (the version is set after construction); it puts the token
into the address (it gets none; the session adds an Authorization header to Graph addresses
only); it drops status and headers (a response hook keeps the response); and it fails with a
KeyError on an answer without Content-Type.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from connectors.errors import BadAnswer, ConnectorError, Misconfigured, Transient
from connectors.facebook.faults import Usage, fault_of, fault_of_status, usage_of
from connectors.facebook.shapes import Shape
from connectors.recorded_http import Http, exchange_of
from connectors.writing import written

with warnings.catch_warnings():
    # "\d" in a plain string: compiling the library warns, and warnings may be errors.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import facebook  # type: ignore[import-untyped]

ORIGIN = "https://graph.facebook.com"
VERSION = "v26.0"
MASK = "[masked]"


class _Bearer(AuthBase):
    """Puts the Page token into the header, for Graph addresses only."""

    def __init__(self, token: str, origins: Sequence[str]) -> None:
        self._token = token
        self._origins = tuple(f"{origin}/" for origin in origins)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if (request.url or "").startswith(self._origins):
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Graph:
    """One Page token's view of the Graph.

    Every method answers with a `Shape` free of secrets, or raises a connector error. Once
    Facebook reports that the call allowance is nearly used up, the next question is refused
    with RateLimited, so that the Page's other apps are not locked out.
    """

    def __init__(
        self,
        http: Http,
        *,
        token: str,
        app_secret: str | None = None,
        origin: str = ORIGIN,
        version: str = VERSION,
        changes: bool = False,
    ) -> None:
        """`changes`: it will be used for changes, so that no redirect is followed."""
        if not re.fullmatch(r"v\d{1,3}\.\d", version):
            raise Misconfigured(f'the option version is "{version}", but must look like {VERSION}')
        origin = origin.rstrip("/")
        session = http.session(rewrite={} if origin == ORIGIN else {ORIGIN: origin})
        session.auth = _Bearer(token, (ORIGIN, origin))
        session.hooks["response"].append(self._remember)
        if changes:
            session.max_redirects = 0  # requests would make a GET of a redirected change
        self._sdk = facebook.GraphAPI(access_token=None, session=session)
        self._sdk.version = version
        self._proof: dict[str, str] = {}
        if app_secret is not None:
            proof = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            http.mask(proof)
            self._proof = {"appsecret_proof": proof}
        self._secrets = _longest_first([token, app_secret or "", *self._proof.values()])
        self._response: requests.Response | None = None
        self._usage = Usage(0)
        self._exchange = ""
        self.version = version
        self.answered_version = ""

    @property
    def usage(self) -> Usage:
        """What the last answer said about the call allowance."""
        return self._usage

    def node(self, node_id: str, *, fields: str, asked: str) -> Shape:
        """One object. `asked` says in words what is asked for."""
        return self._ask(
            lambda: self._sdk.get_object(_path(node_id), fields=fields, **self._proof), asked
        )

    def nodes(self, ids: Sequence[str], *, fields: str, asked: str) -> Shape:
        """Several objects by id, at most 50; fails as a whole when one is missing."""
        return self._ask(
            lambda: self._sdk.get_objects(list(ids), fields=fields, **self._proof), asked
        )

    def edge(self, node_id: str, edge: str, params: Mapping[str, str], *, asked: str) -> Shape:
        """What hangs on an object."""
        return self._ask(
            lambda: self._sdk.get_connections(_path(node_id), edge, **params, **self._proof), asked
        )

    def token_info(self, token: str) -> Shape:
        """What Facebook knows about the token."""
        return self._ask(
            lambda: self._sdk.request(
                f"{self._sdk.version}/debug_token", {"input_token": token, **self._proof}
            ),
            "the token's details",
        )

    def delete(self, node_id: str, *, asked: str) -> Shape:
        """Delete an object, once. Raises: Unsettled when it may have been done all the same."""
        path = f"{self.version}/{_path(node_id)}"
        with written(asked):
            return self._done(
                self._ask(
                    lambda: self._sdk.request(path, dict(self._proof), method="DELETE"), asked
                )
            )

    def change(self, node_id: str, values: Mapping[str, str], *, asked: str) -> Shape:
        """Change fields of an object, once. Raises: Unsettled as `delete` does."""
        path = f"{self.version}/{_path(node_id)}"
        with written(asked):
            return self._done(
                self._ask(
                    lambda: self._sdk.request(path, dict(self._proof), post_args=dict(values)),
                    asked,
                )
            )

    def _done(self, answer: Shape) -> Shape:
        if answer.flag("success") is None:
            raise answer.wrong("success", "true or false")
        return answer

    def _remember(self, response: requests.Response, *_: object, **__: object) -> None:
        self._response = response

    def _ask(self, call: Callable[[], object], asked: str) -> Shape:
        if self._usage.exhausted:
            raise self._usage.limit(self._exchange)
        self._response = None
        try:
            answer = call()
        except facebook.GraphAPIError as error:
            raise self._fault(error.result, asked) from None  # its text may quote the token
        except KeyError as error:
            if self._response is None:
                raise
            raise self._fault(None, asked) from error
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise BadAnswer(
                f"{asked}: Facebook's answer was cut off or damaged", exchange=self._name()
            ) from error
        except requests.exceptions.JSONDecodeError as error:
            raise self._broken(asked) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Transient(f"{asked}: no answer from Facebook") from error
        return self._accept(answer, asked)

    def _accept(self, answer: object, asked: str) -> Shape:
        response = self._heard(asked)
        if response.status_code >= 400:
            raise self._fault(None, asked)
        return Shape.of(self._clean(answer), asked, self._exchange)

    def _heard(self, asked: str) -> requests.Response:
        """The response of this question; its headers are taken note of."""
        response = self._response
        if response is None:
            raise Transient(f"{asked}: no answer from Facebook")
        self._exchange = exchange_of(response)
        self._usage = usage_of(response.headers)
        self.answered_version = response.headers.get("facebook-api-version", "")
        return response

    def _name(self) -> str:
        return "" if self._response is None else exchange_of(self._response)

    def _broken(self, asked: str) -> ConnectorError:
        response = self._heard(asked)
        if response.status_code >= 400:
            return self._fault(None, asked)
        return BadAnswer(
            f"{asked}: Facebook's answer is cut off or is not JSON", exchange=self._exchange
        )

    def _fault(self, result: object, asked: str) -> ConnectorError:
        response = self._heard(asked)
        body = self._clean(result)
        if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
            return fault_of(
                Shape(body["error"], f"the error about {asked}", self._exchange),
                status=response.status_code,
                headers=response.headers,
                asked=asked,
            )
        return fault_of_status(
            status=response.status_code,
            headers=response.headers,
            asked=asked,
            exchange=self._exchange,
        )

    def _clean(self, value: object) -> object:
        """The value without secrets: Facebook puts the token into `paging.next`."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, MASK)
            return value
        if isinstance(value, Mapping):
            return {key: self._clean(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._clean(part) for part in value]
        return value


def _path(node_id: str) -> str:
    return quote(node_id, safe="")


def _longest_first(secrets: Sequence[str]) -> tuple[str, ...]:
    known = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    return tuple(sorted(known, key=len, reverse=True))
