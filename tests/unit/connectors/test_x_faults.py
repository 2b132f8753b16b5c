"""How the X connector fails: every fault becomes the right error, and no walk is endless."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
    UsageCapped,
)
from connectors.x import X
from tests.support.x_stage import NOW, OAUTH1, Stage, Switchboard, items, switchboard

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


@pytest.fixture(params=["classic", "new"])
def both(request: pytest.FixtureRequest, board: Switchboard) -> Stage:
    """A stage in each vocabulary."""
    return Stage(board, vocabulary=request.param)


def ids(pages: list[Page], *kinds: Kind) -> list[str]:
    return [item.id for item in items(pages, *(kinds or OWN))]


@pytest.mark.parametrize("missing", ["gone", "suspended"])
def test_an_account_that_is_gone_or_suspended_says_so(both: Stage, missing: str) -> None:
    if missing == "suspended":
        both.sim.agency.suspended = True
    address = "@springfieldpd" if missing == "suspended" else "@nobody"
    with pytest.raises(AccountGone) as caught:
        both.connector(address=address).count()
    assert caught.value.exchange


def test_an_account_suspended_during_the_walk(stage: Stage) -> None:
    walk = stage.connector().poll(Window.FULL, cursor=None, since=None)
    next(walk)
    stage.sim.agency.suspended = True
    with pytest.raises(AccountGone, match="suspended"):
        next(walk)


def test_a_post_that_is_missing_is_not_taken_for_a_missing_account(stage: Stage) -> None:
    said = {
        "title": "Not Found Error",
        "resource_type": "tweet",
        "resource_id": "11",
        "type": "https://api.x.com/2/problems/resource-not-found",
    }
    stage.sim.plan("/501/tweets", Fault(status=200, body=json.dumps({"errors": [said]})))
    last = stage.poll(Window.FULL)[-1]
    assert (last.items, last.covers) == ((), ())
    assert last.notes == ("X left something out: Not Found Error",)


def test_a_protected_account_needs_its_own_tokens(stage: Stage) -> None:
    stage.sim.agency.protected = True
    with pytest.raises(PermissionLost, match="protected"):
        stage.poll(Window.FULL, using=BEARER)


def test_wrong_credentials(stage: Stage) -> None:
    good = stage.sim.credentials
    stage.sim.credentials = replace(good, access_token_secret="another")
    account = Account(
        slug="s", platform="x", address="@springfieldpd", options={"api": stage.sim.url}
    )
    connector = X(account, stage.http, Credentials(good.as_files()))
    with pytest.raises(AuthFailed, match="Unauthorized"):
        connector.count()


def problem(title: str, kind: str, **more: object) -> str:
    return json.dumps({"title": title, "type": f"https://api.x.com/2/problems/{kind}", **more})


SUSPENDED = json.dumps({"errors": [{"code": 64, "message": "Your account is suspended"}]})


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=401, body='{"title":"Unauthorized","type":"about:blank"}'), AuthFailed),
        (Fault(status=402, body='{"title":"Payment Required"}'), UsageCapped),
        (Fault(status=403, body=problem("Client Forbidden", "client-forbidden")), PermissionLost),
        (Fault(status=403, body=problem("Disallowed", "disallowed-resource")), Permanent),
        (Fault(status=403, body='{"title":"Forbidden","type":"about:blank"}'), PermissionLost),
        (Fault(status=403, body="<html>"), PermissionLost),
        (Fault(status=403, body=SUSPENDED), AccountGone),
        (Fault(status=404, body='{"title":"Not Found","errors":[]}'), Permanent),
        (Fault(status=404, body="<html>"), Permanent),
        (Fault(status=400, body=problem("Invalid Request", "invalid-request")), Permanent),
        (Fault(status=429, body=problem("UsageCapExceeded", "usage-capped")), UsageCapped),
        (Fault(status=429, body=""), UsageCapped),
        (Fault(status=500, body="[]"), Transient),
        (Fault(status=503, body='{"errors":[1,null,"x"]}'), Transient),
        (Fault(status=304, body=""), BadAnswer),
        # tweepy's own exceptions trip over these bodies
        (Fault(status=400, body="[]"), Permanent),
        (Fault(status=401, body="[1]"), AuthFailed),
        (Fault(status=403, body='{"detail":7}'), PermissionLost),
        (Fault(status=403, body='{"errors":{"a":1}}'), PermissionLost),
        (Fault(status=401, body='{"errors":[null]}'), AuthFailed),
        (Fault(status=429, headers={"x-rate-limit-reset": "soon"}, body="{}"), UsageCapped),
    ],
)
def test_statuses_become_errors_that_say_what_to_do(
    stage: Stage, fault: Fault, expected: type[ConnectorError]
) -> None:
    stage.sim.plan("/501/tweets", fault, times=2)
    with pytest.raises(ConnectorError) as caught:
        stage.poll(Window.FULL)
    assert type(caught.value) is expected
    assert caught.value.exchange == f"exchange-{len(stage.http.exchanges)}"


def test_a_rate_limit_says_until_when(stage: Stage) -> None:
    stage.sim.meter.limits["timeline"] = 1
    stage.sim.seed(150)
    with pytest.raises(RateLimited) as caught:
        stage.poll(Window.FULL)
    assert caught.value.until == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("headers", "until", "after"),
    [
        ({"x-rate-limit-reset": "1795521600"}, 1795521600, None),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1795521600"}, 1795521600, None),
        (
            {
                "x-rate-limit-remaining": "40",
                "x-rate-limit-reset": "1795521600",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": "1795600000",
            },
            1795600000,
            None,
        ),
        ({"retry-after": "30"}, None, 30.0),
    ],
)
def test_the_limit_that_was_met_tells_when_to_come_back(
    stage: Stage, headers: dict[str, str], until: int | None, after: float | None
) -> None:
    stage.sim.plan("/501/tweets", Fault(status=429, headers=headers, body="{}"))
    with pytest.raises(RateLimited) as caught:
        stage.poll(Window.FULL)
    expected = datetime.fromtimestamp(until, UTC) if until is not None else None
    assert (caught.value.until, caught.value.after) == (expected, after)


def test_money_and_caps_are_not_rate_limits(stage: Stage) -> None:
    stage.sim.meter.capped = True
    with pytest.raises(UsageCapped, match="UsageCapExceeded"):
        stage.poll(Window.NEW)
    stage.sim.meter.capped, stage.sim.meter.out_of_credits = False, True
    with pytest.raises(UsageCapped, match="Credits depleted"):
        stage.poll(Window.NEW)
    assert len(stage.sim.seen) == 2  # never tried again


@pytest.mark.parametrize("fault", [Fault(break_json=True), Fault(cut_after=40)])
def test_a_damaged_answer_is_a_bad_answer(stage: Stage, fault: Fault) -> None:
    stage.sim.publish("post")
    stage.sim.plan("/501/tweets", fault)
    with pytest.raises(BadAnswer):
        stage.poll(Window.FULL)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("[]", "not an object"),
        ('{"data":{}}', '"data"'),
        ('{"data":[{"id":17,"text":"x"}]}', '"id"'),
        ('{"data":[{"text":"x"}]}', "numeric id"),
        ('{"data":[{"id":"17"}]}', "without its text"),
        ('{"data":[{"id":"17","text":"x"}]}', "without its time"),
        ('{"data":[{"id":"17","text":"x","created_at":"yesterday"}]}', '"created_at"'),
        ('{"data":[{"id":"17","text":"x","created_at":"2026-01-01T00:00:00"}]}', "time zone"),
        ('{"data":[{"id":"17","text":"x","attachments":{"media_keys":"3_1"}}]}', '"media_keys"'),
        ('{"meta":[]}', '"meta"'),
        ('{"data":[],"includes":[]}', '"includes"'),
        (
            '{"data":[{"id":"17","text":"x"}],"errors":[{"title":"Hydration","resource_id":"17",'
            '"type":"https://api.x.com/2/problems/field-hydration-failure"}]}',
            "just now",
        ),
    ],
)
def test_an_answer_in_another_shape_names_what_is_wrong(
    stage: Stage, body: str, named: str
) -> None:
    stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    with pytest.raises(BadAnswer, match=named):
        stage.poll(Window.FULL)


def test_a_mention_without_an_author_is_not_taken_for_an_own_post(stage: Stage) -> None:
    body = '{"data":[{"id":"17","text":"@springfieldpd","created_at":"2026-01-01T00:00:00Z"}]}'
    stage.sim.plan("/501/mentions", Fault(status=200, body=body))
    with pytest.raises(BadAnswer, match="without its author"):
        stage.poll(Window.NEW)


def test_pages_that_repeat_their_continuation_end(stage: Stage) -> None:
    body = json.dumps({"meta": {"result_count": 0, "next_token": "again"}})
    stage.sim.plan("/501/tweets", Fault(status=200, body=body), times=50)
    with pytest.raises(BadAnswer, match="endless"):
        stage.poll(Window.FULL)
    assert len(stage.asked("/501/tweets")) == 2


def test_pages_without_anything_new_end(stage: Stage) -> None:
    for number in range(50):
        body = json.dumps({"meta": {"result_count": 0, "next_token": f"t{number}"}})
        stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    with pytest.raises(BadAnswer, match="endless"):
        stage.poll(Window.FULL)
    assert len(stage.asked("/501/tweets")) == 5


def test_a_thread_that_never_ends_is_noticed_too(stage: Stage) -> None:
    stage.sim.comment(stage.sim.publish("post"), "hm", by="bart")
    body = json.dumps({"meta": {"result_count": 0, "next_token": "again"}})
    stage.sim.plan("search", Fault(status=200, body=body), times=50)
    with pytest.raises(BadAnswer, match="endless"):
        stage.poll(Window.RECENT, since=NOW - DAY)


def test_an_empty_page_with_a_continuation_is_not_the_end(stage: Stage) -> None:
    posted = stage.sim.seed(150)
    pages = stage.poll(Window.FULL)
    token = stage.asked("/501/tweets")[-1]["pagination_token"]
    body = json.dumps({"meta": {"result_count": 0, "next_token": token}})
    stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    pages = stage.poll(Window.FULL)
    assert pages[1].items == ()
    assert pages[1].covers == ()
    assert ids(pages) == posted[:50][::-1]


def test_a_damaged_cursor_reads_again_what_is_stored(stage: Stage) -> None:
    post = stage.sim.publish("post")
    for cursor in ({"form": 99}, {"form": 1, "threads": 3, "since_id": [], "listed": "x"}):
        assert ids(stage.poll(Window.NEW, cursor=cursor)) == [post]


def test_no_credential_leaves_by_log_item_cursor_or_error(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.sim.seed(3)
    pages = stage.poll(Window.NEW, using=ALL) + stage.poll(Window.NEW, using=BEARER)
    stage.sim.plan("users", Fault(status=401, body="{}"))
    with pytest.raises(AuthFailed) as caught:
        stage.poll(Window.NEW, using=BEARER)
    told = caplog.text + repr(pages) + repr(caught.value) + repr(caught.value.__cause__)
    for secret in stage.sim.credentials.as_files().values():
        assert secret not in told
