"""Every route against every role: the table of routes and the table of permissions agree."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from archiver.desk.access import MAY, Role
from archiver.web import app as application
from archiver.web.gate import Needs, OpenToAll, gate_of
from tests.support.web import Web

ANYBODY = tuple(Role)


def _filled(path: str) -> str:
    """A path with something in the place of its parameters; there need be no such thing."""
    return re.sub(r"\{[^}]+\}", "1", path)


def _routes() -> list[tuple[APIRoute, str]]:
    found = [
        (route, method)
        for route in application.routes()
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    assert len(found) >= 15
    return found


@pytest.mark.parametrize("role", ANYBODY)
def test_a_role_gets_in_where_it_may_and_nowhere_else(web: Web, role: Role) -> None:
    client = web.as_(role)
    wrong = []
    for route, method in _routes():
        gate = gate_of(route)
        if isinstance(gate, OpenToAll) or route.path in {"/sign-out", "/own/leave"}:
            continue
        answer = client.http.request(method, _filled(route.path), data={"csrf": client.csrf})
        refused = answer.status_code == 403 and "it takes one of the roles" in answer.text
        if refused is (gate.permission in MAY[role]) or answer.status_code >= 500:
            wrong.append(f"{method} {route.path}: {answer.status_code}")
    assert wrong == []
    assert client.get("/own").status_code == 200, "the walk ended at the door, not at the end"


def test_nobody_gets_in_anywhere(web: Web) -> None:
    client = web.as_()
    for route, method in _routes():
        if isinstance(gate_of(route), Needs):
            answer = client.http.request(method, _filled(route.path))
            assert answer.status_code == 303, f"{method} {route.path}"
            assert answer.headers["location"].startswith("/sign-in")


def test_a_form_without_the_token_of_the_session_is_refused(web: Web) -> None:
    client = web.as_(*Role)
    for route, method in _routes():
        if method == "GET":
            continue
        if isinstance(gate_of(route), Needs):
            answer = client.http.request(method, _filled(route.path), data={"csrf": "guessed"})
            assert answer.status_code == 403, f"{method} {route.path}"
        foreign = client.http.request(
            method,
            _filled(route.path),
            data={"csrf": client.csrf},
            headers={"Origin": "https://elsewhere.example"},
        )
        assert foreign.status_code == 403, f"{method} {route.path}"


def test_a_route_without_a_rule_is_refused_when_the_site_is_made(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgotten:
        router = APIRouter()

    @Forgotten.router.get("/forgotten")
    def forgotten() -> str:
        return "open to everybody by mistake"

    monkeypatch.setattr(application, "PAGES", (Forgotten,))
    with pytest.raises(ValueError, match="/forgotten has 0 gates"):
        application.make_app(web.site)


def test_every_answer_carries_the_headers(web: Web) -> None:
    for path in ("/", "/sign-in", "/nowhere", "/static/site.css"):
        answer = web.as_(Role.CLERK).get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
