"""A passkey of a virtual authenticator: added, used, refused, removed. In a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import text

from archiver.desk.access import Role
from tests.support.browser import Visit, served, visit
from tests.support.clock import FakeClock
from tests.support.web import Web, web_of
from tests.web.later import Later

BUTTON = "Sign in with a passkey"


@pytest.fixture
def named(filled: Path, tmp_path: Path) -> Iterator[tuple[Web, str]]:
    """The page at an address with a host name."""
    later = Later()
    with served(later) as numbers:
        address = numbers.replace("127.0.0.1", "localhost")
        with web_of(filled, tmp_path, FakeClock(), web={"address": address}) as web:
            later.app = web.app
            yield web, address


@dataclass
class Device:
    """A virtual authenticator in the page's browser."""

    session: CDPSession
    id: str

    def verifies(self, *, its_person: bool) -> None:
        """Does it find that its own person is before it?"""
        self.session.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.id, "isUserVerified": its_person},
        )


def device(page: Page) -> Device:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(session, str(made["authenticatorId"]))


def add(there: Visit) -> None:
    """Add a passkey on the page of one's settings."""
    page = there.open("/own")
    page.get_by_label("Name of this device").fill("office laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("signs you in from now on")


def leave(there: Visit) -> Page:
    """Sign out; the page to sign in."""
    there.page.context.clear_cookies()
    return there.open("/sign-in")


def test_a_passkey_signs_in_without_a_password_until_it_is_removed(
    named: tuple[Web, str], browser: Browser
) -> None:
    web, address = named
    with visit(browser, web, address, Role.CLERK) as there:
        device(there.page)
        add(there)
        there.accessible("own-passkey")
        page = leave(there)
        there.accessible("sign-in-passkey")
        page.get_by_role("button", name=BUTTON).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        with web.archive.database.read() as connection:
            assert connection.execute(text("SELECT uses FROM passkeys")).scalar_one() > 0
        page = there.open("/own")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Remove office laptop").click()
        expect(page.get_by_role("status")).to_contain_text("is removed")
        page = leave(there)
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("alert").first).to_contain_text("no passkey that is known here")


def test_an_answer_counts_once_and_a_copied_key_is_refused(
    named: tuple[Web, str], browser: Browser
) -> None:
    web, address = named
    with visit(browser, web, address, Role.CLERK) as there:
        device(there.page)
        add(there)
        page = leave(there)
        sent: list[str] = []
        page.on(
            "request",
            lambda each: (
                sent.append(each.post_data or "") if each.url.endswith("/sign-in/passkey") else None
            ),
        )
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        client = web.as_()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        again = client.http.post("/sign-in/passkey", content=sent[0], headers=headers)
        assert again.status_code == 401
        with web.archive.database.write() as connection:
            connection.execute(text("UPDATE passkeys SET uses = 1000"))
        page = leave(there)
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("alert").first).to_contain_text("no passkey that is known here")


def test_who_the_device_does_not_know_or_the_archive_has_shut_out_stays_outside(
    named: tuple[Web, str], browser: Browser
) -> None:
    web, address = named
    with visit(browser, web, address, Role.CLERK) as there:
        held = device(there.page)
        add(there)
        page = leave(there)
        held.verifies(its_person=False)
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("alert")).to_contain_text("Sign in with your password")
        there.accessible()
        held.verifies(its_person=True)
        web.site.people.disable(web.person(Role.CLERK).login, reason="left", by="the test")
        page = leave(there)
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("alert").first).to_contain_text("no passkey that is known here")


def test_inviting_again_takes_the_passkeys(named: tuple[Web, str], browser: Browser) -> None:
    web, address = named
    with visit(browser, web, address, Role.CLERK) as there:
        device(there.page)
        add(there)
    web.site.people.invite_again(web.person(Role.CLERK).login, by="the test")
    with web.archive.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM passkeys")).scalar() == 0


@pytest.mark.parametrize("answer", ["", "x", "{}", "[]", "null", '{"id": 1}', '{"id":"é"}'])
def test_what_is_no_answer_is_refused(named: tuple[Web, str], answer: str) -> None:
    web, _ = named
    client = web.as_(Role.CLERK)
    assert client.post("/sign-in/passkey", answer=answer).status_code == 401
    assert client.post("/own/passkeys", device="x", answer=answer).status_code == 422
    options: dict[str, Any] = json.loads(client.post("/own/passkeys/options").text)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert client.post("/own/passkeys", device="", answer=answer).status_code == 422
    assert client.post("/own/passkeys", device="x", answer=answer).status_code == 422


def test_an_address_of_numbers_offers_no_passkeys(web: Web) -> None:
    client = web.as_(Role.CLERK)
    assert "Passkeys" not in client.page("/own")
    assert "passkey" not in web.as_().page("/sign-in")
    for path in ("/sign-in/passkey/options", "/own/passkeys/options"):
        answer = client.post(path)
        assert answer.status_code == 403
        assert "bound to a host name" in answer.text
