"""A program before the JSON interface: a token of a person, and a client that sends it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx

from archiver.desk.access import Permission, Role
from archiver.desk.tokens import Tokens, offered
from archiver.web.api.app import BELOW
from tests.support.web import Web


@dataclass
class Program:
    """It sends its token with every request, and nothing else that says who it is."""

    http: Any
    secret: str
    name: str

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request below /api/v1."""
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        answer: httpx.Response = self.http.request(method, BELOW + path, headers=headers, **more)
        return answer

    def read(self, path: str, **query: Any) -> Any:
        """An answer that must be there."""
        answer = self.send("GET", path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:400]}"
        return answer.json()

    def write(self, path: str, **body: Any) -> Any:
        """Something that must be done."""
        answer = self.send("POST", path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text[:400]}"
        return answer.json()

    def refused(self, method: str, path: str, status: int, **more: Any) -> str:
        """A refusal; returns its sentence."""
        answer = self.send(method, path, **more)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:400]}"
        assert list(answer.json()) == ["error"]
        said: str = answer.json()["error"]
        return said


def program(
    web: Web, *roles: Role, scopes: Collection[Permission] | None = None, **who: Any
) -> Program:
    """A program of a person with these roles; without scopes it may all that it can."""
    person = web.person(*roles, **who)
    tokens = Tokens(web.archive.database, web.clock)
    granted = offered(person.roles) if scopes is None else scopes
    made = tokens.make(person, "a program", scopes=granted, days=30)
    return Program(web.as_().http, made.secret, person.name)
