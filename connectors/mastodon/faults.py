"""What a refusing answer means.

| answer                                | error                                             |
|---------------------------------------|---------------------------------------------------|
| 401 with a token                      | the credentials are refused                       |
| 401 without one                       | the server shows this only to those signed in     |
| 403 with an error in JSON             | the token's scopes, or a sign-in that is disabled |
| 403 without                           | something in front of the server; try again       |
| 429                                   | wait until X-RateLimit-Reset (an ISO 8601 time)   |
| 5xx                                   | try again                                         |
| everything else, 404, 410, 422        | refused; the callers know what it says            |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import requests

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.mastodon.answers import moment_of
from connectors.recorded_http import exchange_of

NOT_THERE = frozenset({404, 410})


def error_of(
    response: requests.Response, where: str, *, signed: bool, scope: str = ""
) -> ConnectorError:
    """The connector error of an unsuccessful answer; `scope` is what the request needs."""
    status, exchange = response.status_code, exchange_of(response)
    said = said_in(response)
    if status == 429:
        until, after = _wait(response)
        return RateLimited(f"{where}: it asks to wait", until=until, after=after, exchange=exchange)
    if status >= 500:
        return Transient(f"{where}: {said}", exchange=exchange)
    if status == 401 and signed:
        return AuthFailed(
            f"{where} refuses the access token ({said}); make a new one under Preferences > "
            "Development",
            exchange=exchange,
        )
    if status == 401:
        return PermissionLost(
            f"{where} shows this to nobody without an access token ({said}); give the credential "
            "access_token",
            exchange=exchange,
        )
    if status == 403 and not in_json(response):
        return Transient(
            f"{where}: 403, not by the API, which answers in JSON; a firewall in front of the "
            "server refuses: let the archiver's address and user agent through there",
            exchange=exchange,
        )
    if status == 403:
        needed = f"; this needs the scope {scope}" if scope else ""
        return PermissionLost(f"{where}: {said}{needed}", exchange=exchange)
    return Permanent(f"{where}: {said}", exchange=exchange)


def said_in(response: requests.Response) -> str:
    """Status and the server's own words."""
    body = _body(response)
    words = [body.get(name) for name in ("error", "error_description")]
    told = ": ".join(each for each in words if isinstance(each, str) and each)
    return f'{response.status_code} "{told}"' if told else str(response.status_code)


def in_json(response: requests.Response) -> bool:
    """Does the API itself say what is wrong? Other things answer with a page, or nothing."""
    return isinstance(_body(response).get("error"), str)


def _body(response: requests.Response) -> Mapping[str, object]:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _wait(response: requests.Response) -> tuple[datetime | None, float | None]:
    until = moment_of(response.headers.get("X-RateLimit-Reset", ""))
    if until is not None:
        return until, None
    given = response.headers.get("Retry-After", "").strip()
    return None, float(given) if given.isascii() and given.isdigit() else None
