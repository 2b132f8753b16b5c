"""Notices by HTTP POST, signed.

The body is JSON: severity, subject, body, key, at, account. With a secret, the header
`X-Archiver-Signature` is "sha256=" and the hexadecimal HMAC-SHA256 of the exact body; the
receiver computes it again and compares. `at` is part of the signed body, so an old notice
can be told from a new one. Redirects are not followed: the notice is for that address only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlsplit

import requests

from archiver import __version__
from archiver.notify.base import Notice, NotifyError
from archiver.outbound import permitted

SIGNATURE = "X-Archiver-Signature"


def signature(secret: str, body: bytes) -> str:
    """The value of the signature header for this body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class WebhookNotifier:
    """Posts notices to `url`. `timeout` is in seconds, for connecting and for each read."""

    name = "webhook"

    def __init__(self, url: str, *, secret: str = "", timeout: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._timeout = timeout

    def send(self, notice: Notice) -> None:
        """Post the notice.

        Raises: NotifyError unless the answer is a success.
        """
        body = json.dumps(
            {
                "severity": notice.severity.value,
                "subject": notice.subject,
                "body": notice.body,
                "key": notice.key,
                "at": notice.at.isoformat(),
                "account": notice.account,
            },
            ensure_ascii=False,
        ).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"archiver/{__version__}",
        }
        if self._secret:
            headers[SIGNATURE] = signature(self._secret, body)
        status = self._post(body, headers)
        if not 200 <= status < 300:
            raise NotifyError(f"{self._where()} answered {status}; a success was expected")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        with permitted("notify"), requests.Session() as session:
            session.trust_env = False  # no password from a .netrc file, no proxy by accident
            try:
                with session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,  # the answer's body is nobody's business
                ) as response:
                    return response.status_code
            except requests.RequestException as error:
                # The error's own text holds the address, and that may hold a secret.
                raise NotifyError(
                    f"{self._where()} could not be reached: {type(error).__name__}"
                ) from None

    def _where(self) -> str:
        try:
            host = urlsplit(self._url).hostname
        except ValueError:
            host = None
        return f"the webhook at {host or 'an address without a host'}"
