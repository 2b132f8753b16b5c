"""What the YouTube connector makes of refusals, damaged answers, settings and secrets."""

from __future__ import annotations

import json

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.youtube import YouTubeSimulator
from archiver.demo.simulators.youtube_door import READONLY, Grant
from connectors.base import Account, Credentials, Window
from connectors.errors import (
    AccountGone,
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.youtube import YouTube
from connectors.youtube.channel import filter_of
from connectors.youtube.faults import next_midnight
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.youtube.stage import connector, items_of, poll, until_error


def walk_error(made: YouTube) -> ConnectorError:
    _, error = until_error(made.poll(Window.NEW, cursor=None, since=None))
    assert error is not None
    return error


def error_body(reason: str, message: str = "No") -> str:
    return json.dumps({"error": {"message": message, "errors": [{"reason": reason}]}})


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (401, "authError", AuthFailed),
        (400, "keyInvalid", AuthFailed),
        (403, "quotaExceeded", RateLimited),
        (403, "dailyLimitExceeded", RateLimited),
        (403, "rateLimitExceeded", RateLimited),
        (429, "rateLimitExceeded", RateLimited),
        (403, "accessNotConfigured", PermissionLost),
        (403, "insufficientPermissions", PermissionLost),
        (403, "forbidden", PermissionLost),
        (403, "channelSuspended", AccountGone),
        (404, "channelNotFound", AccountGone),
        (400, "processingFailure", Transient),
        (503, "backendError", Transient),
        (400, "invalidFilters", Permanent),
    ],
)
def test_reasons_become_the_right_errors(
    youtube: YouTubeSimulator, status: int, reason: str, expected: type[ConnectorError]
) -> None:
    youtube.plan("/channels", Fault(status=status, body=error_body(reason)), times=2)
    error = walk_error(connector(youtube, by="key"))
    assert type(error) is expected
    assert reason in str(error)
    assert error.exchange


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=429, body="slow", headers={"Retry-After": "17"}), RateLimited),
        (Fault(status=502, body="<html>"), Transient),
        (Fault(status=302, headers={"Location": "/elsewhere"}), BadAnswer),
        (Fault(status=200, body="<html>"), BadAnswer),
        (Fault(status=200, body="[]"), BadAnswer),
        (Fault(status=200, body='{"kind":"l","items":[{"id":7}]}'), BadAnswer),
        (Fault(break_json=True), BadAnswer),
        (Fault(cut_after=40), BadAnswer),
    ],
)
def test_odd_answers_become_the_right_errors(
    youtube: YouTubeSimulator, fault: Fault, expected: type[ConnectorError]
) -> None:
    youtube.plan("/channels", fault)
    assert isinstance(walk_error(connector(youtube, by="key")), expected)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=400, body='{"error":"invalid_grant"}'), AuthFailed),
        (Fault(status=500, body=""), Transient),
        (Fault(status=429, body=""), RateLimited),
        (Fault(status=200, body="<html>"), BadAnswer),
        (Fault(status=200, body="{}"), AuthFailed),
        (Fault(status=302, headers={"Location": "/elsewhere"}), BadAnswer),
    ],
)
def test_refusals_of_a_token_become_the_right_errors(
    youtube: YouTubeSimulator, fault: Fault, expected: type[ConnectorError]
) -> None:
    youtube.plan("/token", fault)
    assert type(walk_error(connector(youtube))) is expected


def test_an_access_token_that_ran_out_in_a_walk_is_renewed(youtube: YouTubeSimulator) -> None:
    ids = youtube.seed(20)
    youtube.page_size = 10
    made = connector(youtube).poll(Window.FULL, cursor=None, since=None)
    first = next(made)
    youtube.time.advance(hours=2)
    assert items_of([first, *made]).keys() >= set(ids)
    assert sum(1 for seen in youtube.seen if seen.path == "/token") == 2


def test_the_key_is_in_a_header_and_never_in_an_address(youtube: YouTubeSimulator) -> None:
    http = PlainHttp()
    youtube.seed(3)
    list(connector(youtube, http, by="key").poll(Window.FULL, cursor=None, since=None))
    assert {seen.headers["X-Goog-Api-Key"] for seen in youtube.seen} == {youtube.door.key}
    assert not [url for url in http.exchanges if youtube.door.key in url]


def test_the_access_token_is_registered_for_masking(youtube: YouTubeSimulator) -> None:
    http = PlainHttp()
    list(connector(youtube, http).poll(Window.NEW, cursor=None, since=None))
    assert len(http.masked) == 1
    assert http.masked[0].startswith("ya29.")


def test_secrets_that_youtube_repeats_reach_no_error_and_no_item(
    youtube: YouTubeSimulator,
) -> None:
    key = youtube.door.key
    youtube.plan("/channels", Fault(status=403, body=error_body("forbidden", f"No {key}")))
    assert key not in str(walk_error(connector(youtube, by="key")))
    echo = json.dumps({"error": f"bad {youtube.owner.refresh_token}"})
    youtube.plan("/token", Fault(status=400, body=echo))
    error = walk_error(connector(youtube))
    assert youtube.owner.refresh_token not in str(error)
    assert "[masked]" in str(error)
    youtube.description = f"Key: {key}"
    assert key not in repr(poll(youtube, Window.NEW, by="key"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("UCspringfieldpd000000000", {"id": "UCspringfieldpd000000000"}),
        ("@springfieldpd", {"forHandle": "@springfieldpd"}),
        ("https://www.youtube.com/@springfieldpd/videos", {"forHandle": "@springfieldpd"}),
        (
            "youtube.com/channel/UCspringfieldpd000000000",
            {"id": "UCspringfieldpd000000000"},
        ),
        ("https://www.youtube.com/user/SpringfieldPD", {"forUsername": "SpringfieldPD"}),
    ],
)
def test_addresses_name_a_channel(address: str, expected: dict[str, str]) -> None:
    assert filter_of(address) == expected


@pytest.mark.parametrize("address", ["Springfield PD", "https://www.youtube.com/c/Springfield", ""])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="names no channel"):
        filter_of(address)


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({}, "api_key"),
        ({"refresh_token": "1//aaaaaaaaaa"}, "client_id, client_secret"),
    ],
)
def test_missing_credentials_are_named(given: dict[str, str], lacks: str) -> None:
    account = Account(slug="yt", platform="youtube", address="@a")
    with pytest.raises(Misconfigured, match=lacks):
        YouTube(account, PlainHttp(), Credentials(given))


@pytest.mark.parametrize(("option", "value"), [("comments", "x"), ("hide_comments_as", "spam")])
def test_wrong_options_are_named(youtube: YouTubeSimulator, option: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=option):
        connector(youtube, None, **{option: value})


def test_check_says_whose_it_is_and_what_is_not_seen(youtube: YouTubeSimulator) -> None:
    good = connector(youtube).check()
    assert good.ok
    assert good.statements == ()
    assert good.identity.startswith(f"Springfield Police Department ({youtube.channel_id})")
    by_key = connector(youtube, by="key", address="@springfieldpd").check()
    assert by_key.ok
    assert "held comments" in by_key.statements[0]
    assert youtube.channel_id in by_key.statements[1]


def test_check_finds_a_token_of_another_channel_or_with_too_little(
    youtube: YouTubeSimulator,
) -> None:
    youtube.owner = Grant("1//simulated-of-another", channel="UCanother")
    youtube.door.grants.append(youtube.owner)
    other = connector(youtube).check()
    assert not other.ok
    assert "UCanother" in other.statements[0]
    youtube.owner = Grant("1//simulated-readonly-token", scopes=frozenset({READONLY}))
    youtube.door.grants.append(youtube.owner)
    little = connector(youtube, by="both").check()
    assert little.ok
    assert "youtube.force-ssl" in little.statements[0]


def test_check_answers_a_refusal_and_a_closed_channel(youtube: YouTubeSimulator) -> None:
    youtube.closed = True
    closed = connector(youtube, by="key").check()
    assert not closed.ok
    assert "closed, deleted or suspended" in closed.statements[0]
    youtube.door.key = "AIzaAnotherKey0123456789"
    youtube.plan("/channels", Fault(status=400, body=error_body("keyInvalid")))
    assert not connector(youtube, by="key").check().ok


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", "2026-11-25T08:00:00+00:00"),
        ("Tue, 24 Nov 2026 07:59:00 GMT", "2026-11-24T08:00:00+00:00"),
        ("Fri, 03 Jul 2026 12:00:00 GMT", "2026-07-04T07:00:00+00:00"),
    ],
)
def test_the_quota_comes_back_at_midnight_in_california(date: str, expected: str) -> None:
    moment = next_midnight(date)
    assert moment is not None
    assert moment.isoformat() == expected


def test_without_a_readable_date_the_quota_is_awaited_for_an_hour() -> None:
    assert next_midnight("yesterday") is None
