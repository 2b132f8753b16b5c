"""Every route of the interface against every role and every scope."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from archiver.desk.access import MAY, Permission, Role
from archiver.desk.tokens import FOR_PROGRAMS
from archiver.web.api import app as application
from archiver.web.api.gate import gate_of
from archiver.web.gate import COOKIE
from tests.support.web import Web
from tests.web.programs import Program, program


def _routes() -> list[tuple[APIRoute, str, str]]:
    found = [
        (route, method, re.sub(r"\{[^}]+\}", "1", route.path))
        for route in application.routes()
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    assert len(found) >= 20
    return found


def test_what_a_token_can_be_made_for_is_what_the_interface_serves() -> None:
    assert {gate_of(route).permission for route, _, _ in _routes()} == FOR_PROGRAMS


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gets_in_where_it_may_and_nowhere_else(web: Web, role: Role) -> None:
    with_all = program(web, role)
    wrong = []
    for route, method, path in _routes():
        answer = with_all.send(method, path)
        inside = answer.status_code not in (401, 403)
        if inside is not (gate_of(route).permission in MAY[role]) or answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
        if answer.status_code >= 400:
            assert list(answer.json()) == ["error"], f"{method} {path}"
    assert wrong == []


def test_a_token_gets_in_where_its_scopes_let_it_and_nowhere_else(web: Web) -> None:
    for scope in FOR_PROGRAMS:
        role = next(each for each in Role if scope in MAY[each])
        narrow = program(web, role, scopes=[scope])
        for route, method, path in _routes():
            answer = narrow.send(method, path)
            inside = answer.status_code not in (401, 403)
            assert inside is (gate_of(route).permission is scope), f"{scope}: {method} {path}"
    said = narrow.refused("GET", "/status" if scope is not Permission.STATUS else "/holds", 403)
    assert f"it is for: {scope}" in said


def test_nobody_gets_in_without_a_token_or_with_a_wrong_one(web: Web) -> None:
    nobody = program(web, Role.CLERK)
    session = web.as_(Role.CLERK).http.cookies[COOKIE]
    for secret in ("", "archiver_wrong", session):
        stranger = Program(nobody.http, secret, "")
        for _, method, path in _routes():
            stranger.refused(method, path, 401)
    answer = nobody.http.get(f"{application.BELOW}/status")
    assert answer.headers["www-authenticate"] == "Bearer"
    basic = {"Authorization": "Basic bm9ib2R5OnNlY3JldA=="}
    assert nobody.http.get(f"{application.BELOW}/status", headers=basic).status_code == 401


def test_a_cookie_of_the_page_opens_nothing(web: Web) -> None:
    client = web.as_(*Role)
    for _, method, path in _routes():
        answer = client.http.request(
            method, application.BELOW + path, headers={"X-CSRF": client.csrf}
        )
        assert answer.status_code == 401, f"{method} {path}"


def test_a_route_without_a_rule_is_refused_when_the_site_is_made(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgotten:
        router = APIRouter()

    @Forgotten.router.get("/forgotten")
    def forgotten() -> str:
        return "open to everybody by mistake"

    monkeypatch.setattr(application, "SUBJECTS", (Forgotten,))
    with pytest.raises(ValueError, match="/forgotten has 0 gates"):
        application.make_api(web.site)


def test_answers_carry_the_headers_and_the_document_is_there(web: Web) -> None:
    some = program(web, Role.CLERK)
    for path in ("/status", "/nowhere", "/openapi.json"):
        answer = some.send("GET", path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    document = some.read("/openapi.json")
    for route, method, _ in _routes():
        operation = document["paths"][route.path][method.lower()]
        assert f"Scope: `{gate_of(route).permission}`" in operation["description"]
        assert operation["security"] == [{"token": []}]
    for path in ("/nowhere", "/accounts/a%0Ab", "/holds/%0A/records"):
        some.refused("GET", path, 404)
    assert some.refused("DELETE", "/holds", 405) == "This address does not take that."
