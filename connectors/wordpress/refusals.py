"""What a WordPress site's refusal means: HTTP status and error code to connector errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.recorded_http import exchange_of
from connectors.wordpress.shapes import text

BAD_SIGN_IN = frozenset(
    {
        "incorrect_password",
        "invalid_username",
        "invalid_email",
        "invalid_application_credentials",
        "application_passwords_disabled",
        "application_passwords_disabled_for_user",
    }
)
IN_FRONT = frozenset({401, 403, 406})  # 406: mod_security
NOT_SIGNED_IN = (
    "the site treats the request as not signed in: either the user name or application password "
    "is wrong or was revoked, or its web server strips the Authorization header "
    "(Apache: `CGIPassAuth On`)"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """WordPress's own error body: `code`, `message`; both empty when something else came, a
    page or the JSON of whatever stands before the site."""

    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f'{self.status} {self.code} "{self.message}"' if self.code else str(self.status)


def refusal_of(response: requests.Response) -> Refusal:
    """Read an error answer."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        body = None
    if not isinstance(body, Mapping) or "code" not in body or "message" not in body:
        return Refusal(response.status_code, "", "")
    return Refusal(response.status_code, text(body, "code"), text(body, "message"))


def error_of(response: requests.Response, where: str, *, signed: bool) -> ConnectorError:
    """The connector error that an unsuccessful answer stands for. `where` names the route."""
    refusal = refusal_of(response)
    exchange = exchange_of(response)
    if refusal.status == 429:
        until, after = _wait(response)
        message = f"{where}: the site or a firewall before it asks to slow down"
        return RateLimited(message, until=until, after=after, exchange=exchange)
    if refusal.status >= 500:
        return Transient(_server_fault(refusal, where), exchange=exchange)
    if signed and (refusal.code in BAD_SIGN_IN or refusal.status == 401):
        said = refusal if refusal.code in BAD_SIGN_IN else f"{refusal}: {NOT_SIGNED_IN}"
        return AuthFailed(f"{where}: {said}", exchange=exchange)
    if refusal.status in IN_FRONT and not refusal.code:
        return Transient(
            f"{where}: {refusal.status}, not by WordPress, which answers in JSON with a code; a "
            "firewall or login wall in front of the site refuses: let the archiver's address and "
            "user agent through there",
            exchange=exchange,
        )
    if refusal.status in {401, 403}:
        return PermissionLost(f"{where}: {refusal}", exchange=exchange)
    return Permanent(f"{where}: {refusal}", exchange=exchange)


def _server_fault(refusal: Refusal, where: str) -> str:
    if refusal.status == 503 and not refusal.code:
        return f"{where}: 503, the site is in maintenance mode or overloaded"
    return f"{where}: {refusal}, the site failed"


def _wait(response: requests.Response) -> tuple[datetime | None, float | None]:
    given = response.headers.get("Retry-After", "").strip()
    if given.isdigit():
        return None, float(given)
    return http_date(given), None


def http_date(given: str) -> datetime | None:
    """An HTTP header's date as aware UTC, or None."""
    try:
        found = parsedate_to_datetime(given)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
