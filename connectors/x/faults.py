"""What X means by an answer that is not a success: the one table from status to error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

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
    UsageCapped,
)
from connectors.recorded_http import exchange_of
from connectors.x.answers import Json, Problem, answer_of, objects_of, problem_of, text_of

_BUCKETS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
_REFUSED_FOR_GOOD = frozenset({"disallowed-resource", "invalid-request", "unsupported-resource"})
_ACCOUNT_SUSPENDED = 64  # the code X still uses from API v1
_CONTINUATIONS = frozenset({"pagination_token", "next_token"})
_QUOTED_NAME = re.compile(r"[`\[]([a-z_.]+)[`\]]")


class StaleTokenError(Permanent):
    """X no longer takes the continuation; the walk has to start afresh."""


def fault_of(response: requests.Response) -> ConnectorError:
    """The connector error for any status but success."""
    status = response.status_code
    exchange = exchange_of(response)
    if status == 429:
        return _too_many(response)
    if status >= 500:
        return Transient(f"X has a fault of its own (status {status})", exchange=exchange)
    said = _statement(response)
    if status == 401:
        return AuthFailed(
            f"X refuses the credentials ({said}); make new ones and put them in place",
            exchange=exchange,
        )
    if status == 402:
        return UsageCapped(
            f"X asks for payment ({said}); buy credits in the developer console", exchange=exchange
        )
    if status == 403:
        return _forbidden(response, said)
    if status == 400 and _blamed(response) & _CONTINUATIONS:
        return StaleTokenError(f"X no longer takes the continuation ({said})", exchange=exchange)
    if 300 <= status < 400:
        return BadAnswer(f"X sent status {status} where data belongs", exchange=exchange)
    return Permanent(f"X refuses the request with status {status} ({said})", exchange=exchange)


def not_understood(response: requests.Response) -> bool:
    """Did X turn the request down because of the names of fields, not because of the rest?"""
    if response.status_code != 400:
        return False
    return any(name.endswith(".fields") or name == "expansions" for name in _blamed(response))


def says_what_is_missing(response: requests.Response) -> bool:
    """Is this the 404 that X may send in place of a 200 when nothing asked for is there?"""
    named = (problem_of(entry).resource_id for entry in _entries(response))
    return response.status_code == 404 and any(named)


def account_fault(problems: Iterable[Problem], handle: str, exchange: str) -> ConnectorError | None:
    """What `errors` say about the account itself, None when they say nothing of it."""
    for problem in problems:
        if problem.resource_type != "user":
            continue
        if problem.kind == "resource-not-found":
            return AccountGone(
                f"X does not give the account {handle} ({problem.statement}); if it was "
                "renamed, set its address anew",
                exchange=exchange,
            )
        if problem.kind in {"not-authorized-for-resource", "resource-unavailable"}:
            return PermissionLost(
                f"X does not let these credentials read {handle} ({problem.statement}); "
                "a protected account is read only with its own OAuth 1.0a tokens",
                exchange=exchange,
            )
    return None


def is_suspension(problem: Problem) -> bool:
    """X words a suspended user as "not found" with another title and detail."""
    return "suspended" in problem.detail.lower()


def _too_many(response: requests.Response) -> ConnectorError:
    exchange = exchange_of(response)
    said = _statement(response)
    if "usage-capped" in said or "UsageCap" in said:
        return UsageCapped(f"the X plan is used up ({said})", exchange=exchange)
    spent = [b for b in _BUCKETS if response.headers.get(f"{b}-remaining") == "0"]
    resets = [_number(response, f"{bucket}-reset") for bucket in spent or _BUCKETS[:1]]
    until = max((reset for reset in resets if reset is not None), default=None)
    if until is not None and (spent or "x-rate-limit-remaining" not in response.headers):
        return RateLimited(
            "X asks to wait", until=datetime.fromtimestamp(until, UTC), exchange=exchange
        )
    after = _number(response, "retry-after")
    if after is not None:
        return RateLimited("X asks to wait", after=float(after), exchange=exchange)
    # A limit that passes has a reset time; without one it is the plan or the money.
    return UsageCapped(f"the X plan is used up ({said})", exchange=exchange)


def _number(response: requests.Response, header: str) -> int | None:
    value = response.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def _forbidden(response: requests.Response, said: str) -> ConnectorError:
    exchange = exchange_of(response)
    entries = _entries(response)
    if any(entry.get("code") == _ACCOUNT_SUSPENDED for entry in entries):
        return AccountGone(f"X has suspended the account ({said})", exchange=exchange)
    if any(problem_of(entry).kind in _REFUSED_FOR_GOOD for entry in entries):
        return Permanent(f"X refuses the request for good ({said})", exchange=exchange)
    return PermissionLost(
        f"X does not allow this with these credentials ({said}); see the app's access level "
        "in the developer console",
        exchange=exchange,
    )


def _entries(response: requests.Response) -> list[Json]:
    """The problem in the body and the ones listed inside it; none when it cannot be read."""
    try:
        body = answer_of(response).body
        listed = [body, *objects_of(body, "errors")]
        for entry in listed:
            problem_of(entry)
    except BadAnswer:
        return []
    return listed


def _statement(response: requests.Response) -> str:
    """X's words, or the bare reason phrase."""
    for entry in _entries(response):
        problem = problem_of(entry)
        if problem.title or problem.detail:
            kind = f" [{problem.kind}]" if problem.kind not in {"", "about:blank"} else ""
            return problem.statement + kind
    return response.reason or "no reason given"


def _blamed(response: requests.Response) -> set[str]:
    """The query parameters that an invalid-request problem names."""
    names: set[str] = set()
    for entry in _entries(response):
        parameters = entry.get("parameters")
        if isinstance(parameters, dict):
            names.update(parameters)
        quoted = _QUOTED_NAME.search(text_of(entry, "message", "detail"))
        if quoted:
            names.add(quoted.group(1))
    return names
