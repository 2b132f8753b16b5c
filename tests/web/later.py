"""A web page that must know its own address, which is known only when it is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse


@dataclass
class Later:
    """An application that is made when its address is known. While `holding`, answers of the
    provider do not reach it and are kept."""

    app: Any = None
    holding: bool = False
    kept: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if self.holding and scope["path"] == "/sign-in/oidc/back":
            self.kept.append(dict(parse_qsl(scope["query_string"].decode())))
            await PlainTextResponse("kept")(scope, receive, send)
            return
        await self.app(scope, receive, send)
