"""The X connector under its settings: vocabulary, address, credentials, options."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from archiver.demo.simulators.base import Fault
from connectors.base import (
    Account,
    Credentials,
    Kind,
    Page,
    Window,
)
from connectors.errors import (
    AccountGone,
    Misconfigured,
    Permanent,
    Transient,
)
from connectors.registry import connector_class
from connectors.x import X
from tests.support.x_stage import NOW, OAUTH1, Stage, Switchboard, items, switchboard

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BEARER = ("bearer_token",)
ALL = (*OAUTH1, "bearer_token")
OWN = (Kind.POST, Kind.REPLY, Kind.REPOST)


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    with switchboard() as running:
        yield running


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


def ids(pages: list[Page], *kinds: Kind) -> list[str]:
    return [item.id for item in items(pages, *(kinds or OWN))]


def test_the_vocabulary_is_found_out_once_and_kept_in_the_cursor(board: Switchboard) -> None:
    stage = Stage(board, vocabulary="classic")
    stage.sim.vocabularies["timeline"] = "new"
    stage.sim.seed(230)
    pages = stage.poll(Window.FULL)
    statuses = [r.status_code for r in stage.http.responses]
    assert statuses.count(400) == 1
    cursor = json.loads(json.dumps(pages[-1].cursor))
    stage.poll(Window.FULL, cursor=cursor)
    assert [r.status_code for r in stage.http.responses].count(400) == 1


def test_a_request_that_is_wrong_in_both_vocabularies_is_permanent(stage: Stage) -> None:
    message = "The `tweet.fields` query parameter value [text] is not one of [id]"
    body = json.dumps({"title": "Invalid Request", "errors": [{"message": message}]})
    stage.sim.plan("/501/tweets", Fault(status=400, body=body), times=2)
    with pytest.raises(Permanent, match="Invalid Request"):
        stage.poll(Window.FULL)
    assert len(stage.asked("/501/tweets")) == 2


@pytest.mark.parametrize(
    "address", ["springfieldpd", "@SpringfieldPD", "https://x.com/springfieldpd/with_replies"]
)
def test_the_address_may_be_a_handle_or_a_link(stage: Stage, address: str) -> None:
    assert stage.connector(address=address).check().identity.startswith("@springfieldpd (")


def test_the_account_is_followed_under_a_new_handle(stage: Stage) -> None:
    cursor = stage.poll(Window.NEW)[-1].cursor
    stage.sim.agency.handle = "spd_official"
    [profile] = items(stage.poll(Window.NEW, cursor=cursor), Kind.PROFILE)
    assert profile.extra["handle"] == "spd_official"
    with pytest.raises(AccountGone, match="renamed"):
        stage.poll(Window.NEW)
    assert stage.connector(user_id="501").count() is not None


@pytest.mark.parametrize("using", [OAUTH1, BEARER, ALL])
def test_either_kind_of_credentials_will_do(stage: Stage, using: tuple[str, ...]) -> None:
    post = stage.sim.publish("post with spaces & signs", at=NOW - HOUR)
    stage.sim.comment(post, "hm?", by="bart", at=NOW - HOUR)
    pages = stage.poll(Window.RECENT, since=NOW - DAY, using=using)
    assert ids(pages) == [post]
    assert len(items(pages, Kind.COMMENT)) == 1


@pytest.mark.parametrize(
    ("options", "using", "told"),
    [
        ({}, ("consumer_key", "consumer_secret"), "bearer_token"),
        ({"full_archive": "yes"}, OAUTH1, "bearer_token"),
        ({"replies": "perhaps"}, OAUTH1, "yes or no"),
        ({"user_id": "@spd"}, OAUTH1, "numbers"),
        ({"address": "https://x.com/"}, OAUTH1, "not a handle"),
    ],
)
def test_a_wrong_setting_is_refused_at_once(
    stage: Stage, options: dict[str, str], using: tuple[str, ...], told: str
) -> None:
    with pytest.raises(Misconfigured, match=told):
        stage.connector(using=using, **options)


def test_the_real_api_is_the_default() -> None:
    account = Account(slug="spd-x", platform="x", address="@springfieldpd")
    http = _Refusing()
    connector = X(account, http, Credentials({"bearer_token": "t"}))
    with pytest.raises(Transient):
        connector.count()
    [url] = http.urls
    assert url.startswith("https://api.x.com/2/users/by/username/springfieldpd?")


class _Refusing:
    """Sessions of a machine without a network."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def session(self, *, rewrite: object = None) -> requests.Session:
        owner = self

        class Offline(HTTPAdapter):
            def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
                owner.urls.append(request.url or "")
                raise requests.ConnectionError("no network")

        session = requests.Session()
        session.mount("https://", Offline())
        return session

    def mask(self, *secrets: str) -> None:
        """Nothing is recorded here."""


def test_it_is_registered() -> None:
    assert connector_class("x") is X
