"""Sessions that record: `requests` with one adapter that cannot be replaced.

Timeouts are forced, certificates are always checked, the environment (proxies, netrc, CA
bundles) is ignored, retries happen above the connection so that each attempt is recorded.
"""

from __future__ import annotations

import contextlib
import email.utils
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import BaseAdapter, HTTPAdapter

from archiver import __version__
from archiver.errors import UsageError
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc import framing
from archiver.warc.limits import HttpLimits
from archiver.warc.tape import Exchange, Tape
from archiver.warc.tee import pool_classes
from connectors.errors import AddressRefused, BadAnswer, ConnectorError
from connectors.recorded_http import is_once

USER_AGENT = f"Archiver/{__version__} (+public records archive)"

_PIECE = 1 << 16
_AGAIN = frozenset({502, 503, 504})
_WAIT = frozenset({429, 503})
_SAFE = frozenset({"GET", "HEAD"})


class RecordedResponse(requests.Response):
    """A response that names its exchange and does not expand without bounds."""

    def __init__(self, exchange: Exchange, secrets: Secrets, original: requests.Response) -> None:
        super().__init__()
        vars(self).update(vars(original))
        self.exchange = exchange.id
        self._exchange = exchange
        self._secrets = secrets

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Any:
        """As in `requests`, in pieces of at most 64 KB.

        Raises: AnswerTooLarge when the decoded content is over the limit.
        """
        size = _PIECE if chunk_size is None else min(chunk_size, _PIECE)
        return self._bounded(super().iter_content(size, decode_unicode))

    def _bounded(self, pieces: Iterator[Any]) -> Iterator[Any]:
        room = self._exchange.limits.max_body
        for piece in pieces:
            room -= len(piece)
            if room < 0:
                error = self._exchange.too_large()
                self.close()
                raise error
            yield piece

    def raise_for_status(self) -> None:
        """As in `requests`, without secrets in the text of the error."""
        try:
            super().raise_for_status()
        except requests.HTTPError as error:
            self._secrets.scrub_error(error)
            raise


class RecordingAdapter(HTTPAdapter):
    """Sends one request, as often as its limits allow, each attempt an exchange of its own."""

    def __init__(
        self,
        *,
        tape: Tape,
        policy: AddressPolicy,
        secrets: Secrets,
        limits: HttpLimits,
        rewrite: Mapping[str, str],
        verify: bool | str,
    ) -> None:
        self._tape = tape
        self._policy = policy
        self._secrets = secrets
        self._limits = limits
        self._rewrite = sorted(rewrite.items(), key=lambda pair: -len(pair[0]))
        self._verify = verify
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools whose connections record."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._tape, self._policy)

    def proxy_manager_for(self, proxy: str, **_kwargs: Any) -> Any:
        """Raises: AddressRefused always; what a proxy does could not be recorded."""
        raise AddressRefused(f"the proxy {urlsplit(proxy).hostname} is refused; none is used")

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, *, stream: bool = False, **kwargs: Any
    ) -> requests.Response:
        """Send a request and record it; called once for each hop of a redirect.

        Raises: ConnectorError for what the limits or the address policy refuse,
            requests.RequestException for what the network did.
        """
        request.url = self._rewritten(request.url or "")
        self._policy.check_url(request.url)
        request.headers["Accept-Encoding"] = "gzip"  # the only one that can be searched for secrets
        options = {
            "stream": stream,
            "timeout": self._timeout(kwargs.get("timeout")),
            "verify": self._verify,
            "cert": kwargs.get("cert"),
            "proxies": kwargs.get("proxies"),
        }
        unsafe = request.method not in _SAFE or request.body or is_once(request)
        if unsafe or _signed_once(request):
            return self._attempt(request, options)
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._limits.retries + 1),
            retry=tenacity.retry_any(
                tenacity.retry_if_exception(_may_pass),
                tenacity.retry_if_result(lambda response: self._pause(response) is not None),
            ),
            wait=self._wait,
            before_sleep=_finish_reading,
            sleep=self._tape.sleep,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        response: requests.Response = attempts(self._attempt, request, options)
        return response

    def _attempt(
        self, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> requests.Response:
        method, url = request.method or "GET", request.url or ""
        exchange_id = ""
        try:
            with self._tape.recording(method, url, self._limits) as exchange:
                exchange_id = exchange.id
                original = super().send(request, **options)
                response = RecordedResponse(exchange, self._secrets, original)
                _check_encoding(response)
                if options["stream"]:
                    exchange.hand_over()
                else:
                    _ = response.content  # read here, so that a broken body is tried again
        except (requests.RequestException, ConnectorError) as error:
            self._secrets.scrub_error(error)
            error.exchange = exchange_id  # type: ignore[union-attr]
            raise
        return response

    def _rewritten(self, url: str) -> str:
        for origin, target in self._rewrite:
            rest = url[len(origin) :]
            if url.startswith(origin) and (not rest or rest[0] in "/?#"):
                return target.rstrip("/") + rest
        return url

    def _timeout(self, wanted: Any) -> tuple[float, float]:
        """What the caller wants, but never none and never more than the limits."""
        connect, read = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        limits = self._limits
        return (
            min(connect or limits.connect_timeout, limits.connect_timeout),
            min(read or limits.read_timeout, limits.read_timeout),
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        backoff = self._limits.first_pause * 2.0 ** (state.attempt_number - 1)
        outcome = state.outcome
        if outcome is None or outcome.failed:
            return backoff
        return max(backoff, self._pause(outcome.result()) or 0.0)

    def _pause(self, response: requests.Response) -> float | None:
        """Seconds to wait before asking again; None when asking again is not for us."""
        asked = _retry_after(response.headers.get("Retry-After", ""), self._tape.now())
        if asked is not None and response.status_code in _WAIT:
            return asked if asked <= self._limits.max_wait else None
        return 0.0 if response.status_code in _AGAIN else None


def _signed_once(request: requests.PreparedRequest) -> bool:
    """Is it signed with a nonce (OAuth 1.0a, RFC 5849 section 3.3)? Sending it again would be
    refused as a replay; the next run signs anew."""
    return str(request.headers.get("Authorization", "")).startswith("OAuth ")


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, requests.exceptions.SSLError):
        return False
    return isinstance(
        error,
        requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError,
    )


def _finish_reading(state: tenacity.RetryCallState) -> None:
    """Take in what is left of an answer that will not be used, so that its record is whole."""
    outcome = state.outcome
    if outcome is None or outcome.failed:
        return
    response: requests.Response = outcome.result()
    with contextlib.suppress(requests.RequestException, ConnectorError):  # noted in the exchange
        _ = response.content
    response.close()


def _check_encoding(response: requests.Response) -> None:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in framing.DECODABLE:
        host = urlsplit(response.url).hostname
        response.close()
        raise BadAnswer(f"{host} answered in the encoding {encoding!r} though gzip was asked for")


def _retry_after(value: str, now: datetime) -> float | None:
    """The seconds of a Retry-After header; None when there is none or it cannot be read."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class RecordedSession(requests.Session):
    """A session whose adapter records and cannot be replaced."""

    def __init__(self, adapter: RecordingAdapter, verify: bool | str) -> None:
        self._sealed = False
        super().__init__()
        self.trust_env = False
        self.verify = verify
        self.headers["User-Agent"] = USER_AGENT
        self.headers["Accept-Encoding"] = "gzip"
        both: OrderedDict[str, BaseAdapter] = OrderedDict(
            (("https://", adapter), ("http://", adapter))
        )
        self.adapters = MappingProxyType(both)  # type: ignore[assignment]
        self._sealed = True

    def mount(self, prefix: str | bytes, adapter: Any) -> None:
        """Raises: UsageError once the session is made; it would not record any more."""
        if self._sealed:
            raise UsageError(
                f"an adapter for {prefix!r} cannot be mounted on a recorded session; "
                "ask for `http.session(rewrite=...)` instead"
            )
        super().mount(prefix, adapter)

    def get_adapter(self, url: str) -> Any:
        """The recording adapter.

        Raises: AddressRefused when the address is not http or https.
        """
        if not url.lower().startswith(("http://", "https://")):
            raise AddressRefused(
                f"an address with the scheme {urlsplit(url).scheme!r} is refused; "
                "only http and https are fetched"
            )
        return super().get_adapter(url)
