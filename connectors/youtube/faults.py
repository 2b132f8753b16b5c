"""What YouTube's error answers mean for a capture.

The reason decides, and the status where there is none; the message is quoted for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

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

PACIFIC = ZoneInfo("America/Los_Angeles")
PAUSE = 60.0
"""Seconds to wait where YouTube asks for slowness and names no time."""
UNKNOWN_MIDNIGHT = 3600.0
"""Seconds to wait for the new quota when the answer does not say what time it is."""

_DAILY = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_SLOWER = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_REFUSED = frozenset(
    {"authError", "keyInvalid", "keyExpired", "API_KEY_INVALID", "ACCESS_TOKEN_EXPIRED"}
)
_CLOSED = frozenset(
    {
        "channelClosed",
        "channelSuspended",
        "channelNotFound",
        "authenticatedUserAccountClosed",
        "authenticatedUserAccountSuspended",
    }
)


class CommentsOff(Permanent):
    """The comments of the video are switched off: a state, not a deletion."""

    code = "comments off"


class NotThere(Permanent):
    """YouTube does not have it, or does not show it to this credential."""

    code = "not there"


class StalePage(Permanent):
    """YouTube no longer knows the continuation."""

    code = "stale page"


@dataclass(frozen=True, slots=True)
class _Said:
    """What an error answer says. `reasons` are from the classic list and from the details."""

    message: str
    reasons: frozenset[str]


def fault_of(response: requests.Response, asked: str, *, said: str) -> ConnectorError:
    """The connector error for an answer with a status of 400 or more (or a redirect).

    `asked` says in words what was asked for. `said` is the body, free of secrets.
    """
    status, exchange = response.status_code, exchange_of(response)
    answer = _said(response, said)
    if answer is None:
        return _by_status(response, asked)
    quoted = f'{asked}: YouTube says "{answer.message}" ({status}, {_named(answer.reasons)})'
    reasons = answer.reasons
    if reasons & _DAILY:
        return _daily(response, quoted)
    if reasons & _SLOWER or status == 429:
        return RateLimited(quoted, after=_retry_after(response) or PAUSE, exchange=exchange)
    if "commentsDisabled" in reasons:
        return CommentsOff(quoted, exchange=exchange)
    if reasons & _CLOSED:
        return AccountGone(quoted, exchange=exchange)
    if reasons & _REFUSED or status == 401:
        return AuthFailed(
            f"{quoted}; make a new API key or authorise the app again", exchange=exchange
        )
    if "invalidPageToken" in reasons:
        return StalePage(quoted, exchange=exchange)
    if status >= 500 or "processingFailure" in reasons:
        return Transient(quoted, exchange=exchange)
    if status == 404:
        return NotThere(quoted, exchange=exchange)
    if status == 403:
        return PermissionLost(f"{quoted}; {_remedy(reasons)}", exchange=exchange)
    return Permanent(quoted, exchange=exchange)


def token_fault(response: requests.Response, *, said: str) -> ConnectorError:
    """The connector error for a refusal by Google's token endpoint."""
    status, exchange = response.status_code, exchange_of(response)
    if status == 429:
        return RateLimited(
            "Google asks to wait before it gives another access token",
            after=_retry_after(response) or PAUSE,
            exchange=exchange,
        )
    if status >= 500:
        return Transient(f"Google's token endpoint answers with {status}", exchange=exchange)
    if status in {400, 401, 403}:
        return AuthFailed(
            f"Google gives no access token for the refresh token (status {status}: {said[:200]}); "
            "authorise the app again as the channel's owner; while the app's consent screen is in "
            "testing, refresh tokens last seven days",
            exchange=exchange,
        )
    return BadAnswer(f"Google's token endpoint answers with {status}", exchange=exchange)


def next_midnight(date: str) -> datetime | None:
    """The next midnight in California after the moment of a Date header, in UTC.

    None when the header cannot be read.
    """
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    tomorrow = aware.astimezone(PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), PACIFIC).astimezone(UTC)


def _daily(response: requests.Response, quoted: str) -> RateLimited:
    until = next_midnight(response.headers.get("Date", ""))
    return RateLimited(
        f"{quoted}; the project's daily quota is used up and comes back at midnight Pacific time",
        until=until,
        after=None if until else UNKNOWN_MIDNIGHT,
        exchange=exchange_of(response),
    )


def _said(response: requests.Response, text: str) -> _Said | None:
    """What the error object says, or None when there is none."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return None
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    message = error.get("message")
    quotable = isinstance(message, str) and message in text  # else it held a secret
    return _Said(str(message) if quotable else "(withheld)", frozenset(_reasons(error)))


def _reasons(error: Mapping[str, object]) -> Iterator[str]:
    for group in ("errors", "details"):
        entries = error.get(group)
        for entry in entries if isinstance(entries, list) else []:
            reason = entry.get("reason") if isinstance(entry, Mapping) else None
            if isinstance(reason, str):
                yield reason


def _named(reasons: frozenset[str]) -> str:
    return ", ".join(sorted(reasons)) or "no reason"


def _by_status(response: requests.Response, asked: str) -> ConnectorError:
    status, exchange = response.status_code, exchange_of(response)
    if status == 429:
        return RateLimited(
            f"{asked}: YouTube asks to wait (status 429)",
            after=_retry_after(response) or PAUSE,
            exchange=exchange,
        )
    if status >= 500:
        return Transient(f"{asked}: YouTube answers with status {status}", exchange=exchange)
    return BadAnswer(
        f"{asked}: YouTube's answer is not the JSON its documentation promises (status {status}, "
        f"{response.headers.get('Content-Type') or 'no content type'})",
        exchange=exchange,
    )


def _remedy(reasons: frozenset[str]) -> str:
    if reasons & {"accessNotConfigured", "SERVICE_DISABLED"}:
        return "switch the YouTube Data API v3 on in the Google Cloud project"
    if reasons & {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}:
        return "authorise the app again with the scope youtube.force-ssl"
    return "the credential does not allow this"


def _retry_after(response: requests.Response) -> float | None:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else None
