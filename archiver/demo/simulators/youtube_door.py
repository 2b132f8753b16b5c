"""Who may ask the simulated YouTube: API keys, refresh tokens, access tokens, and the quota."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

READONLY = "https://www.googleapis.com/auth/youtube.readonly"
MODERATION = "https://www.googleapis.com/auth/youtube.force-ssl"
LIFETIME = timedelta(hours=1)
COSTS: Mapping[str, int] = {"captions": 50, "captions/download": 200}


class Refusal(Exception):
    """An error answer of YouTube."""

    def __init__(self, status: int, reason: str, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.detail = detail

    def response(self) -> Response:
        """As Google writes errors."""
        entry = {"message": self.message, "domain": "youtube.common", "reason": self.reason}
        error: dict[str, object] = {
            "code": self.status,
            "message": self.message,
            "errors": [entry],
        }
        if self.detail:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            error["details"] = [{"@type": kind, "reason": self.detail, "domain": "googleapis.com"}]
        return as_json({"error": error}, status=self.status)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a channel's owner has allowed an app: the parts that make an access token."""

    refresh_token: str
    client_id: str = "7420.apps.googleusercontent.example"
    client_secret: str = "GOCSPX-simulated-secret"  # noqa: S105 - of no real app
    scopes: frozenset[str] = frozenset({MODERATION})
    channel: str = ""  # another channel's than the simulated one

    def as_files(self) -> Mapping[str, str]:
        """Under the names of the connector's credentials."""
        return {
            "refresh_token": self.refresh_token,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; `grant` None: by key."""

    grant: Grant | None = None

    def may(self, *scopes: str) -> bool:
        """Does the token have one of these scopes?"""
        return self.grant is not None and bool(self.grant.scopes & set(scopes))


@dataclass
class Door:
    """Keeps keys, grants, access tokens and the quota of one Google Cloud project."""

    key: str = "AIzaSimulatedKey0123456789"
    grants: list[Grant] = field(default_factory=list)
    quota: int = 10_000
    used: int = 0
    _tokens: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)

    def token(self, request: Request, now: datetime) -> Response:
        """Answer of the token endpoint."""
        given = request.form
        for grant in self.grants:
            if grant.refresh_token != given.get("refresh_token"):
                continue
            if grant.client_secret != given.get("client_secret"):
                said = {"error": "invalid_client", "error_description": "Unauthorized"}
                return as_json(said, status=401)
            token = f"ya29.simulated-{len(self._tokens)}-{grant.refresh_token[-8:]}"
            self._tokens[token] = (grant, now + LIFETIME)
            return as_json(
                {
                    "access_token": token,
                    "expires_in": int(LIFETIME.total_seconds()),
                    "scope": " ".join(sorted(grant.scopes)),
                    "token_type": "Bearer",
                }
            )
        said = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        return as_json(said, status=400)

    def admit(self, request: Request, now: datetime) -> Asker:
        """Who it is. Raises: Refusal."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            grant, until = self._tokens.get(token, (None, now))
            if grant is None or until <= now:
                message = "Request had invalid authentication credentials."
                raise Refusal(401, "authError", message)
            return Asker(grant)
        if "key" in request.args:
            raise Refusal(400, "badRequest", "this simulator wants keys in the header")
        key = request.headers.get("X-Goog-Api-Key")
        if key is None:
            raise Refusal(403, "forbidden", "The request is missing a valid API key.")
        if key != self.key:
            message = "API key not valid. Please pass a valid API key."
            raise Refusal(400, "badRequest", message, detail="API_KEY_INVALID")
        return Asker()

    def charge(self, cost: int) -> None:
        """Take units. Raises: Refusal when the day's are used up."""
        if self.used + cost > self.quota:
            message = "The request cannot be completed because you have exceeded your quota."
            raise Refusal(403, "quotaExceeded", message)
        self.used += cost


def as_json(body: object, *, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")
