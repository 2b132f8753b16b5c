"""The simulated site writes what the formats' own rules ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import requests

from archiver.demo.simulators.base import Loopback, SimulatedTime
from archiver.demo.simulators.feeds import FeedSite

SCHEMA = Path(__file__).parents[2] / "specs" / "feeds" / "jsonfeed-1.1.schema.json"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def site() -> Iterator[FeedSite]:
    with Loopback() as loopback:
        site = FeedSite(SimulatedTime(datetime(2026, 11, 3, tzinfo=UTC)), paging="next")
        loopback.serve(site)
        site.seed(12, comments=3)
        yield site


def get(site: FeedSite, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(site.url + path, timeout=5)


def test_the_json_feed_agrees_with_the_schema(site: FeedSite) -> None:
    feed = get(site, "/feed.json").json()
    jsonschema.validate(feed, json.loads(SCHEMA.read_text("utf-8")))
    assert feed["next_url"].endswith("?paged=2")


def test_the_atom_feed_has_what_rfc_4287_requires(site: FeedSite) -> None:
    root = ElementTree.fromstring(get(site, "/feed.atom").text)
    assert root.tag == ATOM + "feed"
    for holder in (root, *root.iter(ATOM + "entry")):
        for name in ("id", "title", "updated"):
            assert holder.find(ATOM + name) is not None
    entries = list(root.iter(ATOM + "entry"))
    assert len(entries) == 10
    assert root.find(f"{ATOM}author/{ATOM}name") is not None


def test_the_rss_feed_has_what_rss_2_requires(site: FeedSite) -> None:
    channel = ElementTree.fromstring(get(site, "/feed.rss").text).find("channel")
    assert channel is not None
    assert all(channel.find(name) is not None for name in ("title", "link", "description"))
    assert len(channel.findall("item")) == 10


def test_media_files_are_real_and_change_when_they_are_replaced(site: FeedSite) -> None:
    post = site.publish("Picture", "x", picture=True)
    address = get(site, "/feed.json").json()["items"][0]["attachments"][0]["url"]
    first = get(site, address.removeprefix(site.url))
    site.replace_file(post)
    second = get(site, address.removeprefix(site.url))
    assert first.content.startswith(b"\x89PNG")
    assert first.content != second.content
    assert first.headers["ETag"] != second.headers["ETag"]


def test_the_same_seed_makes_the_same_world() -> None:
    worlds = []
    for _ in range(2):
        with Loopback() as loopback:
            site = FeedSite(SimulatedTime(datetime(2026, 11, 3, tzinfo=UTC)))
            loopback.serve(site)
            site.seed(5, comments=2)
            worlds.append(get(site, "/feed.rss").text.replace(site.url, ""))
    assert worlds[0] == worlds[1]
