"""Signing in by the agency's own sign-in: a real provider, a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from archiver.clock import SystemClock
from archiver.credentials import CredentialStore
from archiver.desk import secret_box
from archiver.desk.access import Role
from archiver.desk.openid import AgencySignIn
from archiver.desk.people import PersonState
from archiver.desk.sign_in import SignInRefusedError
from tests.support.browser import served, visit
from tests.support.clock import FakeClock
from tests.support.openid_provider import CLIENT, SECRET, Provider, free_port, provider
from tests.support.web import Web, web_of
from tests.web.later import Later

BUTTON = "Agency sign-in"


@dataclass
class Scene:
    """The archive's page at its address, and the provider."""

    web: Web
    address: str
    provider: Provider
    before: Later

    @property
    def back(self) -> str:
        return f"{self.address}/sign-in/oidc/back"


@pytest.fixture
def scene(filled: Path, tmp_path: Path) -> Iterator[Scene]:
    later, port = Later(), free_port()
    settings = {
        "issuer": f"http://127.0.0.1:{port}",
        "client_id": CLIENT,
        "label": BUTTON,
    }
    clock = FakeClock(SystemClock().now())  # the provider's tokens are of today
    with (
        served(later) as address,
        web_of(filled, tmp_path, clock, web={"oidc": settings, "address": address}) as web,
        provider(f"{address}/sign-in/oidc/back", port=port) as running,
    ):
        place = CredentialStore(web.site.home).place("archiver", "oidc-secret")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_text(SECRET, encoding="utf-8")
        later.app = web.app
        yield Scene(web, address, running, later)


def invite(scene: Scene, login: str, name: str) -> None:
    scene.web.site.people.invite(login, name, roles=[Role.CLERK], by="the test")


def go(page: Page, user: str, *, button: str = "Continue") -> None:
    """From the sign-in page to the provider and back."""
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Agency sign-in")).to_be_visible()
    page.get_by_label("User").fill(user)
    page.get_by_role("button", name=button).click()


def test_somebody_invited_signs_in_and_is_the_same_person_the_next_time(
    scene: Scene, browser: Browser
) -> None:
    invite(scene, "lisa@spd.example", "Lisa Simpson")
    with visit(browser, scene.web, scene.address) as there:
        page = there.open("/sign-in?next=/records")
        there.accessible("sign-in-agency")
        backs: list[str] = []
        page.on("request", lambda sent: backs.append(sent.url) if scene.back in sent.url else None)
        go(page, "lisa")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Records")
        assert urlsplit(page.url).path == "/records"
        person = scene.web.site.people.get("lisa@spd.example")
        assert person.state == PersonState.ACTIVE
        assert person.invitation == ""

        page.get_by_text("Lisa Simpson").first.click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(backs[0])  # the same answer again
        expect(page.get_by_role("alert")).to_contain_text("begin it again")
        page.get_by_role("link", name=BUTTON).click()  # known there still, so back at once
        expect(page.get_by_role("heading", level=1)).to_contain_text("Home")


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("stranger", "Nobody was invited"),
        ("unverified", "has not verified your mail address"),
        ("impostor", "belongs to another account"),
    ],
)
def test_somebody_else_is_refused(scene: Scene, browser: Browser, user: str, said: str) -> None:
    invite(scene, "lisa@spd.example", "Lisa Simpson")
    invite(scene, "ned@spd.example", "Ned Flanders")
    with visit(browser, scene.web, scene.address) as first:
        go(first.open("/sign-in"), "lisa")
        expect(first.page.get_by_role("heading", name="Home")).to_be_visible()
    with visit(browser, scene.web, scene.address) as there:
        page = there.open("/sign-in")
        go(page, user)
        expect(page.get_by_role("alert")).to_contain_text(said)
        there.accessible()
        page.goto(scene.address + "/records")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_cancels_or_is_disabled_stays_outside(scene: Scene, browser: Browser) -> None:
    invite(scene, "lisa@spd.example", "Lisa Simpson")
    with visit(browser, scene.web, scene.address) as there:
        page = there.open("/sign-in")
        go(page, "lisa", button="Cancel")
        expect(page.get_by_role("alert")).to_contain_text("did not let you in")
        scene.web.site.people.disable("lisa@spd.example", reason="left", by="the test")
        go(page, "lisa")
        expect(page.get_by_role("alert")).to_contain_text("Nobody was invited")


def test_an_answer_to_another_visit_or_with_another_nonce_is_refused(
    scene: Scene, browser: Browser
) -> None:
    invite(scene, "lisa@spd.example", "Lisa Simpson")
    archive = scene.web.archive
    box = secret_box.opened(archive.credentials, archive.secrets)
    settings = archive.settings.sections.web.oidc
    assert settings
    desk = AgencySignIn(
        archive.database, archive.clock, settings, scene.web.site.sign_in,
        box=box, credentials=archive.credentials, secrets=archive.secrets,
    )  # fmt: skip
    with visit(browser, scene.web, scene.address) as there:
        page = there.open("/sign-in")
        scene.before.holding = True
        go(page, "lisa")
        expect(page.get_by_text("kept")).to_be_visible()
        cookies = {each["name"]: each["value"] for each in page.context.cookies()}
        (answer,) = scene.before.kept
        ticket = json.loads(box.unlock(cookies["archiver-oidc"]))
        for changed, state in (({}, "guessed"), ({"at": _old(ticket["at"])}, answer["state"])):
            sealed = box.lock(json.dumps({**ticket, **changed}))
            with pytest.raises(SignInRefusedError, match="begin it again"):
                desk.finish(sealed, {**answer, "state": state}, back=scene.back, where="x")
        for sealed in ("", "forged", box.lock("{}")[:-4]):
            with pytest.raises(SignInRefusedError, match="begin it again"):
                desk.finish(sealed, answer, back=scene.back, where="x")
        sealed = box.lock(json.dumps({**ticket, "nonce": "another"}))
        with pytest.raises(SignInRefusedError, match="does not answer as it should"):
            desk.finish(sealed, answer, back=scene.back, where="x")
        with pytest.raises(SignInRefusedError, match="begin it again"):  # used by now
            desk.finish(box.lock(json.dumps(ticket)), answer, back=scene.back, where="x")
    assert scene.web.site.people.get("lisa@spd.example").state == PersonState.INVITED


def test_a_provider_that_is_down_is_one_sentence(scene: Scene, browser: Browser) -> None:
    scene.provider.stop()
    with visit(browser, scene.web, scene.address) as there:
        page = there.open("/sign-in")
        page.get_by_role("link", name=BUTTON).click()
        expect(page.get_by_role("alert")).to_contain_text("try again in a few minutes")
        there.accessible("sign-in-agency-down")


def test_an_archive_without_an_agency_sign_in_says_so(web: Web) -> None:
    client = web.as_()
    for path in ("/sign-in/oidc", "/sign-in/oidc/back?code=1&state=2"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "no agency sign-in" in answer.text


def _old(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).replace(year=2020).isoformat()
