"""A filled archive behind the real web application, and people of every role before it.

The archive is captured once for each process from simulated platforms, and copied for each test:
120 records on four accounts of two departments, edits, a deletion, replies, pictures. Its clock
stands still at `clock`; requests are made in this process, without a network.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient

from archiver.desk.access import Role
from archiver.desk.people import PersonState
from archiver.model.queries import people as rows
from archiver.model.queries.people import Person
from archiver.web.app import make_app
from archiver.web.gate import COOKIE
from archiver.web.site import Site, make_site
from archiver.wiring import Archive, opened
from config.load import load
from tests.support.archive import APPROVER, make_archive
from tests.support.clock import FakeClock
from tests.support.stage import Board, Stage

NAMES: Mapping[Role, str] = {
    Role.ADMINISTRATOR: "Frank Grimes",
    Role.CLERK: "Lisa Simpson",
    Role.LEGAL: "Lionel Hutz",
    Role.OFFICER: "Agnes Skinner",
    Role.COMMUNICATIONS: "Kent Brockman",
    Role.AUDITOR: "Waylon Smithers",
}
SECTIONS: dict[str, dict[str, Any]] = {
    "agency": {
        "name": "Springfield Police Department",
        "timezone": "America/Chicago",
        "state": "IL",
        "approvers": [APPROVER, NAMES[Role.OFFICER], NAMES[Role.COMMUNICATIONS]],
        "records_officers": [NAMES[Role.OFFICER]],
    },
    "web": {"second_factor": False, "requests_a_minute": 1_000_000},
    "portal": {"requests_a_minute": 1_000_000},
    "requests": {"bates_prefix": "SPD"},
}
ADDRESS = "http://testserver"


def fill(tmp_path: Path, boards: tuple[Board, ...]) -> FakeClock:
    """Capture the archive that tests copy, in `tmp_path / "home"`; returns its clock."""
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock, sections=SECTIONS) as archive:
        stage = Stage(archive, clock, boards)
        site = stage.wordpress(slug="parks-blog")
        x = stage.x(slug="spd-x")
        page = stage.facebook(slug="spd-facebook")
        feed = stage.feed(slug="podcast")
        site.seed(12)
        x.seed(30)
        page.page.seed(12)
        feed.seed(5)
        for slug in ("parks-blog", "spd-x", "spd-facebook", "podcast"):
            stage.capture(slug)
    for board in boards:
        board.current = None
    return clock


@dataclass
class Web:
    """The application, and who is before it."""

    site: Site
    app: FastAPI
    clock: FakeClock
    _clients: list[TestClient] = field(default_factory=list)

    @property
    def archive(self) -> Archive:
        return self.site.archive

    def person(
        self, *roles: Role, name: str = "", departments: tuple[str, ...] = (), login: str = ""
    ) -> Person:
        """An active person with these roles, under the name of the first one; the same each
        time."""
        name = name or NAMES[roles[0]]
        login = login or name.lower().replace(" ", ".")
        database = self.archive.database
        with database.read() as connection:
            held = rows.by_login(connection, login)
        if held is not None:
            return held
        made = self.site.people.invite(
            login, name, roles=roles, departments=departments, by="the test"
        )
        with database.write() as connection:
            rows.change(connection, made.person.id, state=PersonState.ACTIVE, invitation="")
        return self.site.people.get(login)

    def as_(self, *roles: Role, **who: Any) -> Client:
        """A browser in which such a person is signed in; none of the roles: nobody is."""
        client = TestClient(
            self.app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False
        )
        client.__enter__()
        self._clients.append(client)
        if not roles:
            return Client(client, "", "")
        person = self.person(*roles, **who)
        cookie = self.site.sign_in.with_proof(person, "passkey", where="127.0.0.1")
        client.cookies.set(COOKIE, cookie)
        session = self.site.sign_in.session(cookie)
        assert session is not None
        return Client(client, session.row.csrf, person.name)

    def close(self) -> None:
        """Leave everything."""
        for client in self._clients:
            client.__exit__(None, None, None)


@dataclass
class Client:
    """A browser without a screen. Redirects are not followed."""

    http: TestClient
    csrf: str
    name: str

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return self.http.get(path, **more)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form, with its token."""
        return self.http.post(path, data={"csrf": self.csrf, **fields})

    def page(self, path: str) -> str:
        """A page that must be there: its text without markup, blanks as one."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {plain(answer.text)[:400]}"
        return plain(answer.text)

    def done(self, path: str, **fields: Any) -> str:
        """Send a form that must succeed; returns where it leads on to."""
        answer = self.post(path, **fields)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {plain(answer.text)[:400]}"
        return answer.headers["location"]


def plain(html: str) -> str:
    """A page without its markup."""
    body = re.sub(r"<(script|style|nav|footer)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@contextmanager
def web_of(
    source: Path, tmp_path: Path, clock: FakeClock, **sections: Mapping[str, Any]
) -> Iterator[Web]:
    """A copy of the filled archive behind the application; keywords replace settings of sections
    (`web={"second_factor": True}`)."""
    home = tmp_path / "home"
    shutil.copytree(source / "home", home)
    file = home / "archiver.yaml"
    values = yaml.safe_load(file.read_text(encoding="utf-8"))
    for name, changed in sections.items():
        values[name] = {**values.get(name, {}), **changed}
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    with opened(load(home=home, file=file), clock=clock) as archive:
        site = make_site(archive)
        made = Web(site, make_app(site), clock)
        yield made
        made.close()
