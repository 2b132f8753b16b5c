"""The WordPress simulator's answers, held against the REST API's published fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from jsonschema import Draft202012Validator

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress_files import picture
from tests.unit.connectors.wordpress_stage import PASSWORD, START, Stage, staged

SPEC = Path(__file__).parents[2] / "specs" / "wordpress" / "wordpress-v2.schema.json"
BEYOND_SPEC = {"_links", "_embedded", "class_list"}


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


@pytest.fixture
def stage(loopback: Loopback) -> Stage:
    made = staged(loopback)
    site = made.site
    file = site.upload("scene.png", picture(1), "image/png")
    post = site.publish("One", "<p>x</p>", featured=file)
    site.edit(post, content="<p>y</p>")
    site.publish("About", "x", type="page")
    comment = site.comment(post, "Thanks")
    site.comment(post, "Indeed", parent=comment)
    return made


def get(stage: Stage, route: str, *, signed: bool = True, **params: str | int) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            f"{stage.site.url}/wp-json/{route}",
            params=params,
            auth=("records", PASSWORD) if signed else None,
        )


@pytest.mark.parametrize("context", ["edit", "view"])
@pytest.mark.parametrize(
    ("route", "definition"),
    [
        ("wp/v2/posts", "posts"),
        ("wp/v2/pages", "pages"),
        ("wp/v2/media", "media"),
        ("wp/v2/comments", "comments"),
        ("wp/v2/posts/5/revisions", "post-revisions"),
    ],
)
def test_answers_have_exactly_the_published_fields_of_their_context(
    stage: Stage, context: str, route: str, definition: str
) -> None:
    schema = json.loads(SPEC.read_text())["$defs"][definition]
    fields = {
        name: each for name, each in schema["properties"].items() if context in each["x-context"]
    }
    listed = get(stage, route, context=context).json()
    assert listed
    for body in listed:
        assert set(body) - BEYOND_SPEC == set(fields)
        # An empty PHP array is written as [], what is attached to nothing as null, and the
        # published statuses are those that may be set, not all that are read.
        odd: dict[str, object] = {"meta": [], "post": None, "status": "inherit"}
        plain = {k: v for k, v in body.items() if k not in odd or v != odd[k]}
        Draft202012Validator({"type": "object", "properties": fields}).validate(plain)


def test_types_and_statuses_follow_the_specification(stage: Stage) -> None:
    definitions = json.loads(SPEC.read_text())["$defs"]
    for route, name in (("wp/v2/types", "post-types"), ("wp/v2/statuses", "post-statuses")):
        for each in get(stage, route).json().values():
            Draft202012Validator(definitions[name]).validate(each)


@pytest.mark.parametrize(
    ("route", "params", "signed", "status", "code"),
    [
        ("wp/v2/posts", {"context": "edit"}, False, 401, "rest_forbidden_context"),
        ("wp/v2/posts", {"status": "draft"}, False, 400, "rest_invalid_param"),
        ("wp/v2/posts", {"per_page": 101}, True, 400, "rest_invalid_param"),
        ("wp/v2/posts", {"page": 9}, True, 400, "rest_post_invalid_page_number"),
        ("wp/v2/posts/999", {}, True, 404, "rest_post_invalid_id"),
        ("wp/v2/pages/5", {}, True, 404, "rest_post_invalid_id"),
        ("wp/v2/comments", {"status": "any"}, False, 401, "rest_forbidden_param"),
        ("wp/v2/comments/999", {}, True, 404, "rest_comment_invalid_id"),
        ("wp/v2/posts/5/revisions", {}, False, 401, "rest_cannot_read"),
        ("wp/v2/users/me", {"context": "edit"}, False, 401, "rest_not_logged_in"),
        ("wp/v2/nothing", {}, True, 404, "rest_no_route"),
        ("other/v1/x", {}, True, 404, "rest_no_route"),
    ],
)
def test_refusals_have_wordpresss_codes(
    stage: Stage, route: str, params: dict[str, str], signed: bool, status: int, code: str
) -> None:
    answer = get(stage, route, signed=signed, **params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["data"]["status"] == status


def test_totals_and_offsets_page_like_wordpress(stage: Stage) -> None:
    for number in range(8):
        stage.site.publish(f"More {number}", "x")
    answer = get(stage, "wp/v2/posts", per_page=4, orderby="id", offset=3)
    assert len(answer.json()) == 4
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("9", "3")
    past = get(stage, "wp/v2/posts", offset=50)
    assert (past.json(), past.headers["X-WP-Total"]) == ([], "0")


def test_files_and_pages_are_served(stage: Stage) -> None:
    with requests.Session() as session:
        session.trust_env = False
        file = session.get(f"{stage.site.url}/wp-content/uploads/2026/11/scene.png")
        assert (file.content, file.headers["Content-Type"]) == (picture(1), "image/png")
        assert "<p>y</p>" in session.get(f"{stage.site.url}/one/").text
        assert session.get(f"{stage.site.url}/none/").status_code == 404


def test_deleting_and_restoring_take_comments_and_replies_along(stage: Stage) -> None:
    post = stage.site.publish("Two", "x")
    first = stage.site.comment(post, "a")
    second = stage.site.comment(post, "b", parent=first)
    stage.site.trash(post)
    assert stage.site.comments[first].status == "post-trashed"
    stage.site.restore(post)
    assert stage.site.comments[first].status == "approved"
    assert stage.site.posts[post].status == "draft"
    stage.site.delete_comment(first)
    assert stage.site.comments[second].parent == 0
    stage.site.delete(post)
    assert second not in stage.site.comments


def test_seeding_spreads_posts_over_the_years_and_is_repeatable(stage: Stage) -> None:
    made = stage.site.seed(30, years=3)
    dates = [stage.site.posts[each].date for each in made]
    assert dates == sorted(dates)
    assert dates[0] < START - timedelta(days=1000)
    again = stage.site.seed(30, years=3)
    titles = [[stage.site.posts[each].title for each in ids] for ids in (made, again)]
    assert titles[0] == titles[1]
