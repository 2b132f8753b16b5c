"""The platform libraries work through a recorded session, and their traps do not catch us."""

from __future__ import annotations

import io
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import facebook  # type: ignore[import-untyped]
import pytest
import requests
import tweepy  # type: ignore[import-untyped]

from archiver.secrets import Secrets
from archiver.warc.recorder import Recorder
from connectors.recorded_http import exchange_of
from tests.unit.archiver.warc.wire import Say, WireServer, ok

TOKEN = "AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0%2BuSeid"
POSTS = {"data": [{"id": "1", "text": "hello"}], "meta": {"next_token": "abc"}}


def tweepy_client(recorder: Recorder, server: WireServer) -> tweepy.Client:
    client = tweepy.Client(bearer_token=TOKEN, wait_on_rate_limit=False)
    client.session = recorder.session(rewrite={"https://api.twitter.com": server.url})
    return client


def test_tweepy_is_recorded_without_its_bearer_token(recorder: Recorder, secrets: Secrets) -> None:
    secrets.add(TOKEN)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.addFilter(secrets.log_filter())
    logger = logging.getLogger("tweepy.client")
    level, filters = logger.level, logger.filters
    logger.filters = []  # the X connector drops these lines; here they must be masked
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    body = json.dumps(POSTS).encode()
    try:
        with WireServer(lambda _: ok(body, "Content-Type: application/json")) as server:
            response = tweepy_client(recorder, server).request(
                "GET", "/2/users/1/tweets", params={"max_results": 5}
            )
            (kept,) = recorder.take()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.filters = filters
    assert response.json() == POSTS
    assert exchange_of(response) == kept.id
    assert f"Bearer {TOKEN}".encode() in server.heard[0]
    assert TOKEN.encode() not in kept.request_head
    assert kept.request_head.startswith(b"GET /2/users/1/tweets?max_results=5 HTTP/1.1\r\n")
    assert kept.body.content == body
    assert "Headers" in log.getvalue()  # tweepy did print them
    assert TOKEN not in log.getvalue()


def test_a_rate_limit_without_reset_ends_tweepy_after_one_exchange(recorder: Recorder) -> None:
    capped = ok(b'{"title":"UsageCapExceeded"}', status="429 Too Many Requests")
    with WireServer(lambda _: capped) as server:
        with pytest.raises(tweepy.TooManyRequests) as caught:
            tweepy_client(recorder, server).request("GET", "/2/users/me")
        (kept,) = recorder.take()
    assert exchange_of(caught.value.response) == kept.id


def test_facebook_sdk_is_recorded_without_its_token_in_address_body_and_error(
    recorder: Recorder, secrets: Secrets
) -> None:
    token = "EAABsbCS1iHgBAKZCxYz"
    secrets.add(token)
    answers: list[Say] = []

    with WireServer(lambda _: answers.pop(0)) as server:
        paging = f"{server.url}/v26.0/1/posts?access_token={token}&after=abc"
        page = json.dumps({"data": [{"id": "1_2"}], "paging": {"next": paging}})
        error = json.dumps({"error": {"message": "gone", "code": 100, "error_subcode": 33}})
        header = "Content-Type: application/json"
        answers += [
            ok(page.replace("/", "\\/").encode(), header),
            ok(error.encode(), header, status="400 Bad Request"),
        ]
        session = recorder.session(rewrite={"https://graph.facebook.com": server.url})
        graph = facebook.GraphAPI(access_token=token, session=session)
        graph.version = "v26.0"
        posts = graph.get_connections("1", "posts")
        with pytest.raises(facebook.GraphAPIError):
            graph.get_object("1_2")
        first, second = recorder.take()
    assert posts["paging"]["next"] == paging  # the caller sees the token, the record does not
    assert first.url == f"{server.url}/v26.0/1/posts?access_token={'*' * len(token)}"
    assert first.scrubbed == ("request-line", "response-body")
    assert json.loads(first.body.content or b"")["paging"]["next"] == paging.replace(
        token, "*" * len(token)
    )
    assert (second.status, json.loads(second.body.content or b"")["error"]["code"]) == (400, 100)


def test_errors_of_requests_do_not_tell_the_token(recorder: Recorder, secrets: Secrets) -> None:
    secrets.add(TOKEN)
    with WireServer(lambda _: ok(b"", status="403 Forbidden")) as server:
        url = f"{server.url}/?token={TOKEN}"
        with pytest.raises(requests.HTTPError) as refused:
            recorder.session().get(url).raise_for_status()
    with pytest.raises(requests.ConnectionError) as unreachable:
        recorder.session().post(url)
    for caught in (refused, unreachable):
        error: BaseException | None = caught.value
        while error is not None:
            assert TOKEN not in str(error) + repr(error.args)
            error = error.__cause__ or error.__context__
    assert f"/?token={'*' * len(TOKEN)}" in str(refused.value)


def test_four_threads_with_a_connector_each_do_not_mix(recorder: Recorder) -> None:
    started = threading.Barrier(4)

    def walk(number: int) -> list[str]:
        client = tweepy_client(recorder, server)
        started.wait(5)
        return [exchange_of(client.request("GET", f"/2/users/{number}/tweets")) for _ in range(10)]

    with (
        WireServer(lambda request: ok(request.split(b"/")[3])) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        named = list(pool.map(walk, range(4)))
        kept = {each.id: each.body.content for each in recorder.take()}
    assert kept == {name: b"%d" % number for number in range(4) for name in named[number]}
