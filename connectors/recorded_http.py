"""The one door to a platform: recorded sessions, and the names of what went through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests


class Http(Protocol):
    """Makes the only sessions a connector may use; the recorder implements it."""

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        """A recorded session with timeouts, bounded retries and address checks.

        `rewrite` maps an origin that a library has as a literal ("https://api.twitter.com")
        to the one to be used. Redirects are followed only to permitted addresses.
        """
        ...

    def mask(self, *secrets: str) -> None:
        """Register derived secrets (a signature, a fresh access token) for masking."""
        ...


def exchange_of(response: requests.Response) -> str:
    """The recorder's name of the exchange that brought this response.

    Raises: LookupError when the response did not come through a recorded session.
    """
    name = getattr(response, "exchange", None)
    if not isinstance(name, str):
        raise LookupError("this response did not come through a recorded session")
    return name


def once(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The request, marked as one that changes something although it is a GET.

    A recorded session tries readings again that fail; this one it sends a single time.
    """
    vars(request)["once"] = True
    return request


def is_once(request: requests.PreparedRequest) -> bool:
    """Was the request marked by `once`?"""
    return vars(request).get("once") is True
