"""The gate before every route of the interface: whose token is this, and may it do this?

    def holds(request: Request, who: Annotated[Viewer, needs_token(Permission.HOLDS)]) -> ...: ...

Only a token counts, never a cookie: so a page that somebody has open cannot be made to call it.
"""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.tokens import TokenRefusedError
from archiver.errors import RefusedError
from archiver.web.gate import refuse_nul
from archiver.web.token_desk import tokens_of

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token that somebody made for a program on the page “My settings”.",
)
Given = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


class NeedsToken:
    """Lets through a token whose scopes, and whose person's roles, carry the permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request, given: Given) -> Viewer:
        """Whom it acts for. Raises: TokenRefusedError; RefusedError."""
        if given is None:
            raise TokenRefusedError(
                'this takes a token, in the header "Authorization: Bearer <token>"; people make '
                'one on the page "My settings"'
            )
        viewer = await run_sync(tokens_of(request).viewer, given.credentials)
        if viewer.scopes is not None and self.permission not in viewer.scopes:
            held = ", ".join(sorted(viewer.scopes)) or "nothing"
            raise RefusedError(f'this token is not for "{self.permission}"; it is for: {held}')
        viewer.require(self.permission)
        await refuse_nul(request)
        return viewer


def needs_token(permission: Permission) -> Any:
    """The dependency of a route on a permission."""
    return Depends(NeedsToken(permission))


def gate_of(route: APIRoute) -> NeedsToken:
    """The gate of a route. Raises: ValueError unless it has exactly one."""
    gates = [e.call for e in route.dependant.dependencies if isinstance(e.call, NeedsToken)]
    if len(gates) != 1:
        raise ValueError(f"{route.path} has {len(gates)} gates; each route takes exactly one")
    return gates[0]
