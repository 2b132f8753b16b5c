"""The smallest honest `Http` for connector tests: plain sessions that name exchanges.

The product's recorder replaces it in integration tests; both keep the same contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from archiver import outbound


class _Rewriting(HTTPAdapter):
    def __init__(self, owner: PlainHttp, rewrite: Mapping[str, str]) -> None:
        self._owner = owner
        self._rewrite = rewrite
        super().__init__()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        url = request.url or ""
        for origin, target in self._rewrite.items():
            if url.startswith(origin):
                request.url = target + url[len(origin) :]
        with outbound.permitted("recorder"):  # another test may have closed the door
            response = super().send(request, **kwargs)
        self._owner.exchanges.append(request.url or "")
        response.exchange = f"exchange-{len(self._owner.exchanges)}"  # type: ignore[attr-defined]
        return response


class PlainHttp:
    """Implements `connectors.base.Http` without recording."""

    def __init__(self, verify: str | bool = True) -> None:
        self.exchanges: list[str] = []
        self.masked: list[str] = []
        self._verify = verify

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = self._verify
        adapter = _Rewriting(self, rewrite or {})
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def mask(self, *secrets: str) -> None:
        self.masked.extend(secrets)
