"""What is shown of an item to whom: other departments, and its files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from archiver.desk.access import Role
from archiver.desk.plain_text import plain_text
from tests.support.review_scene import REQUEST
from tests.support.review_web import (
    FAIR,
    GROUND,
    PARKS,
    POLICE,
    SET,
    SIZE,
    fill_review,
    items,
    of_parks,
    place_of,
)
from tests.support.stage import Board
from tests.support.web import Web, plain

LIMITED: dict[str, Any] = {"name": "Carl Clerk", "departments": (POLICE,)}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, boards: tuple[Board, ...]) -> Path:
    folder = tmp_path_factory.mktemp("review")
    fill_review(folder, boards)
    return folder


def address(web: Web, text: str) -> str:
    return f"{SET}/items/{place_of(web.site.review, text)}"


def test_items_of_other_departments_are_named_and_never_shown(web: Web) -> None:
    desk = web.site.review
    parks = of_parks(desk)
    item = desk.reviews.item(REQUEST, 1, parks)
    secret = plain_text(item.state)[:20] or item.title[:20]
    assert secret
    client = web.as_(Role.CLERK, **LIMITED)
    for path in (SET, f"{SET}/items/{parks}"):
        page = client.get(path).text
        assert f"Item of {PARKS}, not for you" in plain(page)
        assert secret not in page
    assert item.author not in client.page(f"{SET}?author={item.author}") or not item.author
    for act in ("decide", "marks", "check"):
        answer = client.post(f"{SET}/items/{parks}/{act}", outcome="release", seen="0")
        assert answer.status_code == 403
        assert secret not in answer.text
    assert client.get(f"{SET}/items/{parks}/media/1").status_code == 403
    assert desk.reviews.item(REQUEST, 1, parks).decision is None


def test_a_decision_for_many_leaves_other_departments_alone(web: Web) -> None:
    client = web.as_(Role.CLERK, **LIMITED)
    parks = of_parks(web.site.review)
    many = {"meant": "all", "outcome": "release"}
    assert "Release 4 items" in plain(client.post(f"{SET}/bulk", **many).text)
    client.done(f"{SET}/bulk/decide", **many, count="4")
    assert [e.position for e in items(web.site.review) if e.decision is None] == [parks]
    only = {"item": [str(parks)], "outcome": "release"}
    assert "no item is meant" in plain(client.post(f"{SET}/bulk", **only).text).lower()


def test_a_picture_is_shown_locked_and_kept_as_captured(web: Web) -> None:
    client, here = web.as_(Role.CLERK), address(web, FAIR)
    answer = client.get(f"{here}/media/1")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == SIZE
    kept = client.get(f"{here}/media/1?keep=yes")
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert kept.content == answer.content


def test_a_file_that_is_no_picture_is_only_handed_out(web: Web) -> None:
    desk = web.site.review
    parks = of_parks(desk)
    held = desk.reviews.media(desk.reviews.item(REQUEST, 1, parks))
    (number,) = [each.position + 1 for each in held if not each.mime.startswith("image/")][:1]
    answer = web.as_(Role.CLERK).get(f"{SET}/items/{parks}/media/{number}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].endswith("sandbox")


def brightness(picture: Image.Image, at: tuple[int, int]) -> float:
    found = picture.getpixel(at)
    assert isinstance(found, int)
    return found


def test_faces_are_looked_for_when_it_is_asked_for(web: Web) -> None:
    pytest.importorskip("cv2")
    client, here = web.as_(Role.CLERK), address(web, FAIR)
    assert "Look for faces" in client.page(here)
    looked = client.page(f"{here}?faces=yes")
    assert "Look for faces" not in looked
    assert "Nothing was found" in looked, "the sun over a meadow is no face"


def test_a_picture_is_shown_as_it_would_be_released(web: Web) -> None:
    client, here = web.as_(Role.CLERK), address(web, FAIR)
    answer = client.get(f"{here}/media/1/released?mark=box:1:100,200,300x150@{GROUND}")
    picture = Image.open(io.BytesIO(answer.content)).convert("L")
    assert picture.size == SIZE
    assert brightness(picture, (250, 275)) < 12
    assert brightness(picture, (500, 275)) > 60
    outside = client.get(f"{here}/media/1/released?mark=box:1:1500,200,300x150@{GROUND}")
    assert "cannot be redacted with these regions" in plain(outside.text)
