"""Who may ask a simulated X, how often, and how it turns requests down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from werkzeug.wrappers import Request

from archiver.demo.simulators.x_fields import Names


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WINDOW = 900  # seconds
_LIMITS = {
    "timeline": 900,
    "mentions": 300,
    "lookup": 5000,
    "search recent": 300,
    "search all": 300,
    "me": 75,
    "delete": 50,
    "hide": 50,
    "unrepost": 50,
}
_PLAIN_PARAMETERS = _words(
    "ids query max_results pagination_token next_token since_id until_id start_time end_time "
    "exclude sort_order"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the simulator takes. `owner` is the handle that the access token belongs to,
    `writes` whether its app had the permission "Read and write" when it was made."""

    bearer_token: str = "simulated-bearer-token"  # noqa: S105 - opens nothing but this simulator
    consumer_key: str = "simulated-consumer-key"
    consumer_secret: str = "simulated-consumer-secret"  # noqa: S105 - opens nothing but this simulator
    access_token: str = "501-simulated-access-token"  # noqa: S105 - opens nothing but this simulator
    access_token_secret: str = "simulated-access-token-secret"  # noqa: S105 - opens nothing but this simulator
    owner: str = "springfieldpd"
    writes: bool = False

    def as_files(self) -> Mapping[str, str]:
        """All of them by the names that the connector uses."""
        return {
            "bearer_token": self.bearer_token,
            "consumer_key": self.consumer_key,
            "consumer_secret": self.consumer_secret,
            "access_token": self.access_token,
            "access_token_secret": self.access_token_secret,
        }


class Refusal(Exception):
    """A request that X turns down."""

    def __init__(
        self, status: int, body: dict[str, object], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}

    @classmethod
    def plain(cls, status: int, title: str, detail: str) -> Refusal:
        """A problem without a type of its own."""
        body = {"title": title, "type": "about:blank", "status": status, "detail": detail}
        return cls(status, body)

    @classmethod
    def problem(cls, status: int, names: Names, kind: str) -> Refusal:
        """A typed problem."""
        title = kind.replace("-", " ").title()
        return cls(
            status,
            {
                "title": title,
                "detail": f"{title}: this is not possible with these credentials.",
                "type": f"{names.host}/2/problems/{kind}",
                "status": status,
            },
        )

    @classmethod
    def invalid(cls, names: Names, parameter: str, value: str, *, unknown: str = "") -> Refusal:
        """Status 400 for a parameter, in X's wording."""
        message = unknown or f"The `{parameter}` query parameter value [{value}] is not valid"
        return cls(
            400,
            {
                "errors": [{"parameters": {parameter: [value]}, "message": message}],
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": f"{names.host}/2/problems/invalid-request",
            },
        )


@dataclass(slots=True)
class Meter:
    """Rate limits per endpoint and 15 minutes; the plan's cap; the account's credits."""

    limits: dict[str, int] = field(default_factory=lambda: dict(_LIMITS))
    capped: bool = False
    out_of_credits: bool = False
    _used: dict[tuple[str, int], int] = field(default_factory=dict)

    def count(self, endpoint: str, now: datetime) -> Mapping[str, str]:
        """Count a request; returns its headers. Raises: Refusal."""
        window = int(now.timestamp()) // _WINDOW
        limit = self.limits.get(endpoint, 900)
        used = self._used.get((endpoint, window), 0) + 1
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(limit - used, 0)),
            "x-rate-limit-reset": str((window + 1) * _WINDOW),
        }
        if self.out_of_credits:
            body: dict[str, object] = {
                "title": "Payment Required",
                "detail": "Credits depleted",
                "type": "about:blank",
                "status": 402,
            }
            raise Refusal(402, body, headers)
        if self.capped:
            kind = "https://api.twitter.com/2/problems/usage-capped"
            body = {
                "title": "UsageCapExceeded",
                "detail": "Usage cap exceeded: Monthly product cap",
                "period": "Monthly",
                "scope": "Product",
                "type": kind,
            }
            raise Refusal(429, body, headers)
        if used > limit:
            too_many = Refusal.plain(429, "Too Many Requests", "Too Many Requests")
            raise Refusal(429, too_many.body, headers)
        self._used[endpoint, window] = used
        return headers


def asked_of(request: Request, names: Names) -> Mapping[str, frozenset[str]]:
    """The fields and expansions asked for. Raises: Refusal for a name X does not know."""
    asked: dict[str, frozenset[str]] = {name: frozenset() for name in names.parameters}
    for name, value in request.args.items():
        if name in _PLAIN_PARAMETERS:
            continue
        known = names.parameters.get(name)
        if known is None:
            listed = ",".join(sorted([*_PLAIN_PARAMETERS, *names.parameters]))
            unknown = f"The query parameter [{name}] is not one of [{listed}]"
            raise Refusal.invalid(names, name, value, unknown=unknown)
        values = frozenset(filter(None, value.split(",")))
        for wrong in sorted(values - known):
            listed = ",".join(sorted(known))
            unknown = f"The `{name}` query parameter value [{wrong}] is not one of [{listed}]"
            raise Refusal.invalid(names, name, value, unknown=unknown)
        asked[name] = values
    if "since_id" in request.args and "start_time" in request.args:
        raise Refusal.invalid(names, "since_id", request.args["since_id"])
    return asked


def translated(
    asked: Mapping[str, frozenset[str]], taken: Names, given: Names
) -> Mapping[str, frozenset[str]]:
    """What was asked in one vocabulary, said in the other."""
    if taken is given:
        return asked
    words = {
        taken.note: given.note,
        taken.chain: given.chain,
        taken.references: given.references,
        taken.pinned: given.pinned,
        taken.expand_references: given.expand_references,
    }
    expansions = frozenset(words.get(name, name) for name in asked["expansions"])
    fields = frozenset(words.get(name, name) for name in asked[taken.post_fields])
    fields |= expansions & {"author_id", given.references}
    users = frozenset(words.get(name, name) for name in asked["user.fields"])
    rest = {name: asked[name] for name in ("media.fields", "poll.fields", "place.fields")}
    if given.expand_references in expansions | fields or given.references in expansions:
        fields |= {given.references}
        expansions |= {given.expand_references, given.references}
    pinned = {given.pinned} & (users | expansions)
    return {
        **rest,
        given.post_fields: fields,
        "user.fields": users | pinned,
        "expansions": expansions | pinned,
    }


def admitted(request: Request, credentials: Credentials) -> bool:
    """Is the request signed for a user (True), or does it carry the app's token (False)?

    Raises: Refusal when it is neither.
    """
    header = request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    if kind == "Bearer" and hmac.compare_digest(value, credentials.bearer_token):
        return False
    if kind == "OAuth" and _signature_holds(request, value, credentials):
        return True
    raise Refusal.plain(401, "Unauthorized", "Unauthorized")


def _signature_holds(request: Request, value: str, credentials: Credentials) -> bool:
    """RFC 5849, section 3.4, HMAC-SHA1 over the address as the request came in."""
    given = {name: unquote(text) for name, text in re.findall(r'(\w+)="([^"]*)"', value)}
    signature = given.pop("oauth_signature", "")
    if given.get("oauth_consumer_key") != credentials.consumer_key:
        return False
    if given.get("oauth_token") != credentials.access_token:
        return False
    parts = urlsplit(request.url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *given.items()]
    encoded = sorted((_escape(name), _escape(text)) for name, text in pairs)
    joined = "&".join(f"{name}={text}" for name, text in encoded)
    address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    base = "&".join((request.method.upper(), _escape(address), _escape(joined)))
    key = f"{_escape(credentials.consumer_secret)}&{_escape(credentials.access_token_secret)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    return hmac.compare_digest(signature, base64.b64encode(digest).decode())


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
