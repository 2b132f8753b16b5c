"""What an answer that is not a success means: the one table from status to error."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

from connectors.errors import (
    AccountGone,
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.recorded_http import exchange_of

LIST_WAIT = 300.0  # seconds between two calls of posts/all, by Pinboard's rules
CALL_WAIT = 60.0  # the rule for other calls is 3 s; who broke it shall wait longer than that


def fault_of(response: requests.Response, method: str) -> ConnectorError:
    """The connector error for any status but 200."""
    status, exchange = response.status_code, exchange_of(response)
    said = f"{method} answered {status} {response.reason or ''}".strip()
    wait = response.headers.get("Retry-After", "")
    if status == 429 or (status == 503 and wait):
        return _limited(method, wait, exchange)
    if status == 401:
        return AuthFailed(
            f"{said}: the token is refused; a new one was made, or the account is closed",
            exchange=exchange,
        )
    if status in {402, 403}:
        return PermissionLost(f"{said}: the token no longer allows this", exchange=exchange)
    if status == 410:
        return AccountGone(f"{said}: the account or the service is closed", exchange=exchange)
    if status >= 500 or status == 408:
        return Transient(said, exchange=exchange)
    if status < 400:
        return BadAnswer(
            f"{said}; it leads elsewhere, where the token is not sent", exchange=exchange
        )
    return Permanent(f"{said}; does the option api name the right server?", exchange=exchange)


def _limited(method: str, wait: str, exchange: str) -> RateLimited:
    """The wait that the answer names, else the one of Pinboard's documentation."""
    text = f"Pinboard asks to wait before the next {method}"
    if wait.strip().isascii() and wait.strip().isdigit():
        return RateLimited(text, after=float(wait), exchange=exchange)
    try:
        until = parsedate_to_datetime(wait)
    except (ValueError, TypeError):
        after = LIST_WAIT if method == "posts/all" else CALL_WAIT
        return RateLimited(text, after=after, exchange=exchange)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return RateLimited(text, until=until.astimezone(UTC), exchange=exchange)
