"""What a server of the AT Protocol means by an answer that is not a success."""

from __future__ import annotations

from datetime import UTC, datetime

import requests

from connectors.base import Evidence
from connectors.bluesky.shapes import Json, mapping, text
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

CLOSED = frozenset(
    {
        "RepoNotFound",
        "RepoTakendown",
        "RepoSuspended",
        "RepoDeactivated",
        "AccountTakedown",
        "AccountDeactivated",
    }
)
MISSING = frozenset({"RecordNotFound", "NotFound"})
_NO_SUCH_REPO = ("could not find repo", "could not find root")  # comes as InvalidRequest
_SIGN_IN = frozenset(
    {"AuthenticationRequired", "AuthMissing", "InvalidToken", "ExpiredToken", "BadJwt"}
)


class RecordMissing(Permanent):
    """The server does not have this record."""


class SwapRefused(Permanent):
    """The record is not in the state that the change was made for."""


def statement_of(response: requests.Response) -> str:
    """The server's words: `status name "message"`."""
    body = _body(response)
    name, message = text(body, "error"), text(body, "message")
    said = f" {name}" if name else ""
    return f"{response.status_code}{said}" + (f' "{message}"' if message else "")


def fault_of(response: requests.Response, where: str) -> ConnectorError:
    """The connector error of an unsuccessful answer. `where` names server and question."""
    exchange, status = exchange_of(response), response.status_code
    body, said = _body(response), f"{where}: {statement_of(response)}"
    name, message = text(body, "error"), text(body, "message").lower()
    if status == 429:
        return _too_many(response, where)
    if name in CLOSED or message.startswith(_NO_SUCH_REPO):
        return AccountGone(said, exchange=exchange)
    if name in MISSING:
        return RecordMissing(said, exchange=exchange)
    if name == "InvalidSwap":
        return SwapRefused(said, exchange=exchange)
    if name == "AuthFactorTokenRequired":
        hint = "this is the account's own password; make an app password instead"
        return AuthFailed(f"{said}: {hint}", exchange=exchange)
    if status == 401 or name in _SIGN_IN:
        return AuthFailed(said, exchange=exchange)
    if status == 403:
        return PermissionLost(said, exchange=exchange)
    if status == 501:
        return Permanent(f"{said}: this server does not offer it", exchange=exchange)
    if status >= 500:
        return Transient(said, exchange=exchange)
    if status < 400:
        return BadAnswer(f"{where}: status {status} where data belongs", exchange=exchange)
    return Permanent(said, exchange=exchange)


def evidence_of(error: ConnectorError) -> Evidence:
    """On what an unreachable record rests."""
    return Evidence.ACCOUNT_CLOSED if isinstance(error, AccountGone) else Evidence.UNKNOWN


def _too_many(response: requests.Response, where: str) -> RateLimited:
    message, exchange = f"{where}: the server asks to wait", exchange_of(response)
    reset = response.headers.get("ratelimit-reset", "")
    if reset.isascii() and reset.isdigit() and len(reset) < 12:
        until = datetime.fromtimestamp(int(reset), UTC)
        return RateLimited(message, until=until, exchange=exchange)
    after = response.headers.get("retry-after", "")
    seconds = float(after) if after.isascii() and after.isdigit() else None
    return RateLimited(message, after=seconds, exchange=exchange)


def _body(response: requests.Response) -> Json:
    try:
        return mapping(response.json())
    except requests.exceptions.JSONDecodeError:
        return {}
