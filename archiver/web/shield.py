"""What every answer carries and every request must keep to, whatever page it is for.

The content policy lets nothing run but our own files: no inline script, no inline style, nothing
from elsewhere, no frame around it. Captured content is shown by pages under the same policy.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
TRANSPORT = "max-age=31536000"  # HTTPS alone for a year, RFC 6797
log = logging.getLogger(__name__)


class Shield:
    """Sets the headers, counts requests by address, and cuts bodies off at `largest` bytes."""

    def __init__(
        self, app: ASGIApp, *, a_minute: int, largest: int, secure: bool, cached: str = "/static/"
    ) -> None:
        self._app = app
        self._limit = RateLimitItemPerMinute(a_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._largest = largest
        self._secure = secure
        self._cached = cached

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(scope, message)
            await send(message)

        visitor = scope["client"][0] if scope.get("client") else "?"
        if not self._limiter.hit(self._limit, visitor):
            turned = PlainTextResponse(
                "Too many requests from your address; wait a minute.\n",
                status_code=429,
                headers={"Retry-After": "60"},
            )
            await turned(scope, receive, sent)
            return
        if self._too_long(scope):
            turned = PlainTextResponse("This is too large to be taken in.\n", status_code=413)
            await turned(scope, receive, sent)
            return
        await self._app(scope, _counted(receive, self._largest), sent)

    def _too_long(self, scope: Scope) -> bool:
        said = dict(scope["headers"]).get(b"content-length", b"0")
        return not said.isdigit() or int(said) > self._largest

    def _dress(self, scope: Scope, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(raw=message["headers"])
        message["headers"] = headers.raw
        for name, value in HEADERS.items():
            if name not in headers:
                headers[name] = value
        if self._secure:
            headers["Strict-Transport-Security"] = TRANSPORT
        if scope["path"].startswith(self._cached) and message["status"] == 200:
            headers["Cache-Control"] = "public, max-age=86400"


class BodyTooLongError(Exception):
    """More came than a body without a stated length may have."""


def _counted(receive: Receive, largest: int) -> Receive:
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > largest:
            raise BodyTooLongError
        return message

    return counted
