"""A real browser (Debian's Chromium) before the running web page, for the stories of its users."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as PageError

from archiver.desk.access import Role
from archiver.web.gate import COOKIE
from archiver.web.server import server_of
from tests.support.web import Web

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")  # a folder to keep pictures of pages in
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTH, HEIGHT = 1280, 900
expect.set_options(timeout=15_000)  # a busy machine takes its time


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is started once for many tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a port of its own; yields its address."""
    came = threading.Event()
    ports: list[int] = []

    def up(port: int) -> None:
        ports.append(port)
        came.set()

    server = server_of(app, host="127.0.0.1", port=0, up=up)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    assert came.wait(30), "the web page did not come up"
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@dataclass
class Visit:
    """Somebody at a page in the browser."""

    page: Page
    address: str
    web: Web

    def open(self, path: str) -> Page:
        """Go to a page; it must answer well."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def accessible(self, name: str = "") -> None:
        """The page as it stands breaks no rule of WCAG 2.2 AA that a machine can check; with a
        name, a picture is kept where SCREENSHOTS says."""
        self.page.wait_for_load_state()
        try:
            results = self._axe()
        except PageError:  # it was just being left for the next page
            self.page.wait_for_load_state()
            results = self._axe()
        broken = [
            f"{each['id']}: {each['help']} - {node['html'][:160]} ({node['failureSummary'][:200]})"
            for each in results["violations"]
            for node in each["nodes"][:3]
        ]
        assert broken == [], "\n".join([self.page.url, *broken])
        self.picture(name)

    def _axe(self) -> Any:
        options = {"runOnly": {"type": "tag", "values": RULES}}
        return Axe().run(self.page, options=options).response

    def picture(self, name: str) -> None:
        """Keep a picture of the page where SCREENSHOTS says."""
        if SCREENSHOTS and name:
            folder = Path(SCREENSHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png")


@contextmanager
def visit(
    browser: Browser, web: Web, address: str, *roles: Role, **context: Any
) -> Iterator[Visit]:
    """A fresh window in which somebody with these roles is signed in; no role: nobody is.

    Keywords are those of a browser context (`color_scheme="dark"`). What the page's console says
    against it (a refused script, a missing file) fails the test.
    """
    made = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, locale="en-US", **context
    )
    if roles:
        person = web.person(*roles)
        cookie = web.site.sign_in.with_proof(person, "passkey", where="127.0.0.1")
        made.add_cookies([{"name": COOKIE, "value": cookie, "url": address}])
    page = made.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    yield Visit(page, address, web)
    made.close()
    said = [each for each in wrong if "status of 4" not in each]
    assert said == [], said
