"""The WordPress simulator held against a real WordPress: the same fields, the same refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_files import picture
from archiver.demo.simulators.wordpress_world import User
from tests.support.wordpress_site import (
    WordPressSite,
    wordpress_site,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.wordpress, pytest.mark.xdist_group("wordpress")]


@pytest.fixture
def site(wordpress_site: WordPressSite) -> WordPressSite:  # noqa: F811
    wordpress_site.clear()
    return wordpress_site


def _publish(site: WordPressSite, title: str, content: str = "x") -> int:
    fields = {"title": title, "content": content, "status": "publish"}
    found = site.api("POST", "wp/v2/posts", fields=fields)["id"]
    assert isinstance(found, int)
    return found


@pytest.fixture
def simulator() -> Iterator[WordPressSimulator]:
    with Loopback() as loopback:
        made = WordPressSimulator()
        loopback.serve(made)
        yield made


def shape(body: object, depth: int = 2) -> object:
    """Names of fields, some levels deep, without values."""
    if not isinstance(body, dict) or depth == 0:
        return None
    quiet = {"sizes", "image_meta", "avatar_urls", "author_avatar_urls", "_links", "_embedded"}
    return {name: None if name in quiet else shape(each, depth - 1) for name, each in body.items()}


@pytest.mark.parametrize("context", ["edit", "view"])
def test_the_simulator_answers_with_the_fields_of_the_real_site(
    site: WordPressSite, simulator: WordPressSimulator, context: str
) -> None:
    post = _publish(site, "One", "<p>x</p>")
    site.api("POST", f"wp/v2/posts/{post}", fields={"content": "<p>y</p>"})
    site.api("POST", "wp/v2/pages", fields={"title": "About", "content": "x", "status": "publish"})
    site.api("POST", "wp/v2/notices", fields={"title": "Boil", "content": "x", "status": "publish"})
    site.api("POST", "wp/v2/comments", fields={"post": post, "content": "Thanks"})
    site.upload("scene.png", picture(7), "image/png")
    simulator.types["notice"] = "notices"
    twin = simulator.publish("One", "<p>x</p>")
    simulator.edit(twin, content="<p>y</p>")
    simulator.publish("About", "x", type="page")
    simulator.publish("Boil", "x", type="notice")
    simulator.comment(twin, "Thanks")
    simulator.upload("scene.png", picture(7), "image/png")
    signed = context == "edit"
    for route in ("posts", "pages", "notices", "comments", "media"):
        [real] = _rows(site.url, route, context, site if signed else None)
        [made] = _rows(simulator.url, route, context, simulator if signed else None)
        assert shape(made) == shape(real), route
    if signed:
        [real] = _rows(site.url, f"posts/{post}/revisions", context, site)
        [made] = _rows(simulator.url, f"posts/{twin}/revisions", context, simulator)
        assert shape(made) == shape(real)


REFUSALS: tuple[tuple[str, dict[str, str]], ...] = (
    ("posts", {"context": "edit"}),
    ("posts", {"status": "draft"}),
    ("posts", {"per_page": "101"}),
    ("posts", {"page": "99"}),
    ("posts/99999", {}),
    ("comments", {"status": "any"}),
    ("comments/99999", {}),
    ("users/me", {"context": "edit"}),
    ("nothing", {}),
)


def test_the_simulator_refuses_in_the_real_sites_words(
    site: WordPressSite, simulator: WordPressSimulator
) -> None:
    _publish(site, "One")
    simulator.publish("One", "x")
    for route, params in REFUSALS:
        answers = [
            requests.get(f"{url}/wp-json/wp/v2/{route}", params=params, timeout=30)
            for url in (site.url, simulator.url)
        ]
        real, made = ((answer.status_code, answer.json()["code"]) for answer in answers)
        assert made == real, route


CHANGES: tuple[tuple[str, str, str, dict[str, str], dict[str, str]], ...] = (
    ("officer", "DELETE", "posts/{post}", {}, {}),
    ("officer", "POST", "posts/{post}", {}, {"status": "draft"}),
    ("officer", "DELETE", "comments/{comment}", {}, {}),
    ("officer", "POST", "comments/{comment}", {}, {"status": "spam"}),
    ("officer", "GET", "posts/{post}", {"context": "edit"}, {}),
    ("officer", "GET", "comments/{comment}", {"context": "edit"}, {}),
    ("records", "POST", "comments/{comment}", {}, {"status": "hold"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "hold"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "approve"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "approve"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "approved"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "spam"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "spam"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "trash"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "trash"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "nonsense"}),
    ("records", "POST", "comments/{comment}", {}, {"status": "approve"}),
    ("records", "DELETE", "comments/{comment}", {}, {}),
    ("records", "DELETE", "comments/{comment}", {}, {}),
    ("records", "POST", "comments/{comment}", {}, {"status": "spam"}),
    ("records", "DELETE", "comments/{comment}", {"force": "true"}, {}),
    ("records", "DELETE", "comments/{comment}", {}, {}),
    ("records", "POST", "posts/{post}", {}, {"status": "private"}),
    ("records", "POST", "posts/{post}", {}, {"status": "publish"}),
    ("records", "POST", "posts/{post}", {}, {"status": "nonsense"}),
    ("records", "DELETE", "posts/{post}", {}, {}),
    ("records", "DELETE", "posts/{post}", {}, {}),
    ("records", "DELETE", "posts/{post}", {"force": "true"}, {}),
    ("records", "DELETE", "posts/{post}", {}, {}),
    ("records", "DELETE", "media/{file}", {}, {}),
    ("records", "DELETE", "media/{file}", {"force": "true"}, {}),
)


def test_the_simulator_takes_changes_as_the_real_site_does(
    site: WordPressSite, simulator: WordPressSimulator
) -> None:
    post = _publish(site, "One")
    said = site.api("POST", "wp/v2/comments", fields={"post": post, "content": "x"})["id"]
    real = {
        "post": post,
        "comment": said,
        "file": site.upload("s.png", picture(7), "image/png")["id"],
    }
    simulator.users["officer"] = User(8, "officer", "Officer", "author", "lmno LMNO pqrs PQRS")
    twin = simulator.publish("One", "x")
    made = {
        "post": twin,
        "comment": simulator.comment(twin, "x"),
        "file": simulator.upload("s.png", picture(7), "image/png"),
    }
    for user, method, route, params, fields in CHANGES:
        answers = [
            requests.request(
                method,
                f"{place.url}/wp-json/wp/v2/{route.format(**ids)}",
                params=params,
                json=fields,
                auth=(user, place.users[user].application_password),
                timeout=30,
            )
            for place, ids in ((site, real), (simulator, made))
        ]
        first, second = (_said(answer) for answer in answers)
        assert second == first, (user, method, route, fields)


def _said(answer: requests.Response) -> tuple[object, ...]:
    body = answer.json()
    names = ("code", "status", "deleted", "author_ip", "author_user_agent")
    return answer.status_code, *(body.get(name) for name in names)


def _rows(
    url: str, route: str, context: str, signed: WordPressSite | WordPressSimulator | None
) -> list[object]:
    auth = None
    if signed is not None:
        auth = ("records", signed.users["records"].application_password)
    answer = requests.get(
        f"{url}/wp-json/wp/v2/{route}", params={"context": context}, auth=auth, timeout=30
    )
    assert answer.ok, answer.text
    body = answer.json()
    assert isinstance(body, list)
    return body
