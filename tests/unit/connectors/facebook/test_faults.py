"""What the Facebook connector makes of refusals, damaged answers, settings and secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
import trustme

from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import PAGE_ID
from connectors.base import Kind, Presence, Target, Window
from connectors.errors import (
    AccountGone,
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.facebook import FacebookPage
from connectors.facebook.faults import usage_of
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.facebook.stage import Stage, connector, fresh, poll, until_error

JSON = {"Content-Type": "application/json; charset=UTF-8"}


class KeepingHttp(PlainHttp):
    """Keeps the sessions it made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[requests.Session] = []

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        self.made.append(super().session(rewrite=rewrite))
        return self.made[-1]


def walk_error(made: FacebookPage) -> ConnectorError:
    _, error = until_error(made.poll(Window.NEW, cursor=None, since=None))
    assert isinstance(error, ConnectorError)
    return error


# Error codes


@pytest.mark.parametrize(
    ("code", "subcode", "status", "expected"),
    [
        (1, None, 500, Transient),
        (2, None, 503, Transient),
        (4, None, 403, RateLimited),
        (17, None, 400, RateLimited),
        (32, None, 400, RateLimited),
        (341, None, 400, RateLimited),
        (368, None, 400, RateLimited),
        (613, None, 400, RateLimited),
        (80001, None, 400, RateLimited),
        (3, None, 400, PermissionLost),
        (10, None, 403, PermissionLost),
        (200, None, 403, PermissionLost),
        (283, None, 403, PermissionLost),
        (102, None, 401, AuthFailed),
        (190, 460, 401, AuthFailed),
        (100, None, 400, Permanent),
        (2500, None, 400, Permanent),
        (9999, None, 500, Transient),
    ],
)
def test_every_error_code_has_its_meaning(
    facebook: FacebookSimulator,
    code: int,
    subcode: int | None,
    status: int,
    expected: type[ConnectorError],
) -> None:
    error = {"message": "It did not work", "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    facebook.plan(
        "published_posts", Fault(status=status, headers=JSON, body=json.dumps({"error": error}))
    )
    raised = walk_error(connector(facebook))
    assert type(raised) is expected
    assert raised.exchange == "exchange-2"
    assert "It did not work" in str(raised)
    assert f"code {code}" in str(raised)
    assert "the Page's posts" in str(raised)


def test_an_unknown_code_that_facebook_calls_transient_is_so(facebook: FacebookSimulator) -> None:
    body = {"error": {"message": "Hm", "type": "X", "code": 12345, "is_transient": True}}
    facebook.plan("published_posts", Fault(status=400, headers=JSON, body=json.dumps(body)))
    assert type(walk_error(connector(facebook))) is Transient


@pytest.mark.parametrize(
    ("subcode", "words"),
    [(458, "removed the app"), (460, "password"), (463, "expired"), (492, "role on the Page")],
)
def test_a_refused_token_says_why_in_words(
    facebook: FacebookSimulator, subcode: int, words: str
) -> None:
    facebook.expire_token()
    assert facebook.token_fault is not None
    facebook.token_fault.subcode = subcode
    raised = walk_error(connector(facebook))
    assert isinstance(raised, AuthFailed)
    assert words in str(raised)
    assert f"190/{subcode}" in str(raised)


def test_the_time_to_wait_comes_from_the_usage_header(facebook: FacebookSimulator) -> None:
    facebook.usage, facebook.regain_minutes = 100, 35
    raised = walk_error(connector(facebook))
    assert isinstance(raised, RateLimited)
    assert raised.after == 35 * 60


def test_a_status_429_without_json_asks_to_wait(facebook: FacebookSimulator) -> None:
    facebook.plan("published_posts", Fault(status=429, headers={"Retry-After": "77"}, body="slow"))
    raised = walk_error(connector(facebook))
    assert isinstance(raised, RateLimited)
    assert raised.after == 77


@pytest.mark.parametrize(
    ("header", "percent", "wait"),
    [
        ("", 0, None),
        ("not json", 0, None),
        ("[1]", 0, None),
        ('{"call_count":28,"total_time":91.5,"total_cputime":25}', 91, None),
        ('{"7":[{"type":"pages","call_count":9,"estimated_time_to_regain_access":3}]}', 9, 180.0),
        ('{"7":[null],"call_count":"many"}', 0, None),
    ],
)
def test_usage_headers_are_hints(header: str, percent: int, wait: float | None) -> None:
    usage = usage_of({"X-Business-Use-Case-Usage": header})
    assert (usage.percent, usage.wait) == (percent, wait)


# Damaged answers


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=200, headers=JSON, body='{"data": [{"id": "1"'), BadAnswer),
        (Fault(status=200, headers=JSON, body=""), BadAnswer),
        (Fault(status=200, headers=JSON, body="false"), BadAnswer),
        (Fault(status=200, headers=JSON, body="[1, 2]"), BadAnswer),
        (Fault(status=200, headers=JSON, body='{"id": "1"}'), BadAnswer),
        (Fault(status=200, headers=JSON, body='{"data": {"id": "1"}}'), BadAnswer),
        (Fault(status=200, headers=JSON, body='{"data": ["1"]}'), BadAnswer),
        (Fault(status=200, headers=JSON, body='{"data": [{"message": "no id"}]}'), BadAnswer),
        (Fault(status=200, headers=JSON, body='{"data": [{"id": 17}]}'), BadAnswer),
        (
            Fault(status=200, headers=JSON, body='{"data": [{"id": "1", "created_time": "soon"}]}'),
            BadAnswer,
        ),
        (
            Fault(status=200, headers=JSON, body='{"data": [{"id": "1", "is_hidden": "no"}]}'),
            BadAnswer,
        ),
        (
            Fault(status=200, headers=JSON, body='{"data": [], "paging": {"next": "https://x"}}'),
            BadAnswer,
        ),
        (Fault(status=400, headers=JSON, body='{"error": {"code": "x"}}'), BadAnswer),
        (Fault(status=200, headers={"Content-Type": "text/html"}, body="<html>"), BadAnswer),
        (Fault(status=200, headers={"Content-Type": "image/gif"}, body="GIF89a"), BadAnswer),
        (Fault(status=500, headers={"Content-Type": "text/html"}, body="<html>"), Transient),
        (Fault(status=500, headers=JSON, body="{}"), Transient),
        (Fault(status=502, headers=JSON, body="oops"), Transient),
        (Fault(cut_after=40), BadAnswer),
        (Fault(break_json=True), BadAnswer),
    ],
)
def test_a_damaged_answer_is_named(
    facebook: FacebookSimulator, fault: Fault, expected: type[ConnectorError]
) -> None:
    facebook.page.publish("Road closed")
    facebook.plan("published_posts", fault)
    raised = walk_error(connector(facebook))
    assert type(raised) is expected
    assert "the Page's posts" in str(raised)
    assert raised.exchange == "exchange-2"


def test_an_answer_without_content_type_is_named(
    facebook: FacebookSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = facebook.respond

    def bare(request: object) -> object:
        response = answer(request)  # type: ignore[arg-type]
        del response.headers["Content-Type"]
        return response

    monkeypatch.setattr(facebook, "respond", bare)
    raised = walk_error(connector(facebook))
    assert isinstance(raised, BadAnswer)
    assert "no content type" in str(raised)


def test_no_answer_at_all_is_transient(facebook: FacebookSimulator) -> None:
    made = connector(facebook, api="http://127.0.0.1:9")
    assert type(walk_error(made)) is Transient


def test_the_connector_speaks_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    facebook = fresh()
    with Loopback(context) as loopback:
        loopback.serve(facebook)
        post = facebook.page.publish("Road closed")
        made = connector(facebook, PlainHttp(verify=str(tmp_path / "ca.pem")))
        (finding,) = made.lookup([Target(kind=Kind.POST, id=post)])
        assert finding.presence is Presence.PRESENT
        untrusting = connector(facebook, PlainHttp())
        assert type(walk_error(untrusting)) is Transient


# The Page itself


def test_a_page_out_of_sight_is_no_closed_account(facebook: FacebookSimulator) -> None:
    raised = walk_error(connector(facebook, address="999000"))
    assert isinstance(raised, PermissionLost)
    assert f"Springfield Police Department ({PAGE_ID})" in str(raised)
    assert "999000" in str(raised)


def test_a_page_that_nobody_finds_is_gone(facebook: FacebookSimulator) -> None:
    facebook.page_closed = True
    made = connector(facebook)
    assert isinstance(walk_error(made), AccountGone)
    with pytest.raises(AccountGone):
        connector(facebook).count()


def test_lookup_of_the_token_errors_ends_the_lookup(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    facebook.expire_token()
    with pytest.raises(AuthFailed):
        list(connector(facebook).lookup([Target(kind=Kind.POST, id=post)]))


# Secrets


def test_the_token_travels_in_the_header_and_stays_out_of_everything(
    facebook: FacebookSimulator,
) -> None:
    facebook.page.seed(20)
    facebook.page.publish("Album", photos=[f"Picture {n}" for n in range(120)])
    pages = poll(facebook, Window.FULL, posts_at_once="5")
    assert any("paging" in str(page.items) for page in pages) is False
    assert facebook.token not in repr(pages)
    for seen in facebook.seen:
        assert facebook.token not in json.dumps(dict(seen.query))
        assert seen.headers["Authorization"] == f"Bearer {facebook.token}"


def test_a_nested_next_address_loses_its_token(facebook: FacebookSimulator) -> None:
    row = {
        "id": "742001_5",
        "comments": {"data": [], "paging": {"next": f"https://x/?access_token={facebook.token}"}},
    }
    facebook.plan(
        "published_posts", Fault(status=200, headers=JSON, body=json.dumps({"data": [row]}))
    )
    pages, _ = until_error(connector(facebook).poll(Window.NEW, cursor=None, since=None))
    assert "https://x/?access_token=[masked]" in repr(pages)
    assert facebook.token not in repr(pages)


def test_a_message_that_quotes_the_token_loses_it(facebook: FacebookSimulator) -> None:
    raised = walk_error(connector(facebook, token="EAABanotherToken"))
    assert isinstance(raised, AuthFailed)
    assert "Malformed access token [masked]" in str(raised)
    assert raised.__cause__ is None


def test_the_token_goes_to_no_other_host(facebook: FacebookSimulator, stage: Stage) -> None:
    post = facebook.page.publish("Found", photos=["A dog"])
    elsewhere = stage.url.replace("127.0.0.1", "localhost")
    facebook.plan(
        "published_posts", Fault(status=302, headers={"Location": f"{elsewhere}/v26.0/{post}"})
    )
    until_error(connector(facebook).poll(Window.NEW, cursor=None, since=None))
    followed = facebook.seen[-1]
    assert followed.path == f"/v26.0/{post}"
    assert "Authorization" not in followed.headers

    http = KeepingHttp()
    connector(facebook, http)
    http.made[0].get(f"{elsewhere}/media/1_n.png", timeout=5)
    assert "Authorization" not in facebook.seen[-1].headers


def test_the_proof_of_the_app_secret_is_sent_and_masked(facebook: FacebookSimulator) -> None:
    facebook.app_secret = "s3cret-of-the-app"
    http = PlainHttp()
    post = facebook.page.publish("Road closed")
    made = connector(facebook, http, app_secret="s3cret-of-the-app")
    pages = list(made.poll(Window.NEW, cursor=None, since=None))
    proof = hmac.new(b"s3cret-of-the-app", facebook.token.encode(), hashlib.sha256).hexdigest()
    assert post in {item.id for page in pages for item in page.items}
    assert http.masked == [proof]
    assert {seen.query.get("appsecret_proof") for seen in facebook.seen} == {proof}
    assert proof not in repr(pages)


@pytest.mark.parametrize("secret", ["", "another"])
def test_a_missing_or_wrong_app_secret_is_said(facebook: FacebookSimulator, secret: str) -> None:
    facebook.app_secret = "s3cret-of-the-app"
    raised = walk_error(connector(facebook, app_secret=secret))
    assert isinstance(raised, AuthFailed)
    assert "credential app_secret" in str(raised)
