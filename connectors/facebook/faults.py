"""What the Graph API's error codes and usage headers mean for a capture.

Only the code decides, never the wording, which Meta changes without notice; the message is
quoted so that a person can look it up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.errors import (
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.facebook.shapes import Shape

STOP_AT = 90
"""Percent of the call allowance at which a walk stops; at 100 Facebook refuses."""
PAUSE = 900.0
"""Seconds to wait where Facebook gives no estimate: it counts over a sliding hour."""

_SESSION = frozenset({102, 190})
_LIMITS = frozenset({4, 17, 32, 341, 368, 613}) | frozenset(range(80000, 80100))
_SUBCODES: Mapping[int, str] = {
    458: "the person has removed the app; sign in to the app again and make a new Page token",
    459: "Facebook wants the person to log in and pass a security check",
    460: "the person's password was changed; make a new Page token",
    463: "the token has expired; make a new Page token",
    464: "the person's Facebook account is not confirmed; they must log in and confirm it",
    467: "the token was invalidated; make a new Page token",
    492: "the person no longer has a role on the Page; restore it and make a new Page token",
}


class MissingObject(Permanent):
    """Facebook says that the object does not exist or may not be read; it does not say which."""

    code = "missing object"


class TooMuchAsked(Transient):
    """Facebook asks for a smaller page of results."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of the call allowance is used, and how long until it is back (seconds)."""

    percent: int
    wait: float | None = None

    @property
    def exhausted(self) -> bool:
        return self.percent >= STOP_AT

    def limit(self, exchange: str) -> RateLimited:
        """The error that stops a walk before Facebook does."""
        return RateLimited(
            f"{self.percent} percent of Facebook's call allowance is used; the capture goes on "
            "when it has recovered",
            after=self.wait or PAUSE,
            exchange=exchange,
        )


def usage_of(headers: Mapping[str, str]) -> Usage:
    """The highest use that any of the usage headers tells.

    They are hints: a header that does not parse counts as absent.
    """
    percent, wait = 0, 0.0
    for name in ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"):
        for entry in _entries(headers.get(name, "")):
            for part in ("call_count", "total_time", "total_cputime"):
                percent = max(percent, int(_number(entry, part)))
            wait = max(wait, _number(entry, "estimated_time_to_regain_access") * 60.0)
    return Usage(percent, wait or None)


def _number(entry: Mapping[str, object], name: str) -> float:
    value = entry.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _entries(header: str) -> list[Mapping[str, object]]:
    """The usage objects of a header, whether flat or listed per business."""
    if not header:
        return []
    try:
        value = json.loads(header)
    except ValueError:
        return []
    if not isinstance(value, dict):
        return []
    nested = [entry for rows in value.values() if isinstance(rows, list) for entry in rows]
    return [entry for entry in [value, *nested] if isinstance(entry, dict)]


def fault_of(
    error: Shape, *, status: int, headers: Mapping[str, str], asked: str
) -> ConnectorError:
    """The connector error for the `error` object of an answer.

    `asked` says what was asked for, in words. `error` must already be free of secrets.
    """
    code, sub = error.number("code"), error.number("error_subcode")
    said = f'Facebook says "{error.text("message")}" (code {code}{f"/{sub}" if sub else ""})'
    exchange = error.exchange
    if "appsecret_proof" in error.text("message"):
        return AuthFailed(
            f"{asked}: the app demands a proof of its secret; give the credential app_secret as "
            f"it stands in the app's settings. {said}",
            exchange=exchange,
        )
    if code in _SESSION:
        meaning = _SUBCODES.get(sub or 0, "the Page token is not valid; make a new one")
        return AuthFailed(f"{asked}: {meaning}. {said}", exchange=exchange)
    if code == 803 or (code == 100 and sub == 33):
        return MissingObject(f"{asked}: {said}", exchange=exchange)
    if code in _LIMITS:
        wait = usage_of(headers).wait or _retry_after(headers) or PAUSE
        return RateLimited(f"{asked}: {said}", after=wait, exchange=exchange)
    if code == 1 and "reduce the amount of data" in error.text("message"):
        return TooMuchAsked(f"{asked}: {said}", exchange=exchange)
    if code in (1, 2) or error.flag("is_transient"):
        return Transient(f"{asked}: {said}", exchange=exchange)
    if code is not None and (code in (3, 10) or 200 <= code <= 299):
        return PermissionLost(
            f"{asked}: the Page token lacks a permission; check the app's permissions and the "
            f"person's tasks on the Page. {said}",
            exchange=exchange,
        )
    if status >= 500:
        return Transient(f"{asked}: {said}", exchange=exchange)
    return Permanent(f"{asked}: {said}", exchange=exchange)


def fault_of_status(
    *, status: int, headers: Mapping[str, str], asked: str, exchange: str
) -> ConnectorError:
    """The connector error for an answer that is not Graph JSON, from its status alone."""
    if status == 429:
        return RateLimited(
            f"{asked}: Facebook asks to wait (status 429)",
            after=_retry_after(headers) or PAUSE,
            exchange=exchange,
        )
    if status >= 500:
        return Transient(f"{asked}: Facebook answers with status {status}", exchange=exchange)
    return BadAnswer(
        f"{asked}: Facebook's answer is not the JSON its documentation promises "
        f"(status {status}, {headers.get('Content-Type') or 'no content type'})",
        exchange=exchange,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    given = headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None
