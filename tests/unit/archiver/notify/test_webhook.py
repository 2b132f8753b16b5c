"""Notices by POST, against a server on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Fault, Loopback, Simulator
from archiver.notify.base import NotifyError
from archiver.notify.webhook import WebhookNotifier
from tests.unit.archiver.notify.test_base import make_notice


class Receiver(Simulator):
    """Keeps the bodies that are posted."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def respond(self, request: Request) -> Response:
        self.bodies.append(request.get_data())
        return Response("thanks", 202)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Loopback() as loopback:
        receiver = Receiver()
        loopback.serve(receiver)
        yield receiver


def test_a_notice_is_posted_as_signed_json(receiver: Receiver) -> None:
    notice = make_notice(subject="Señal perdida 🚓")
    WebhookNotifier(receiver.url + "/hook", secret="shared").send(notice)
    (body,) = receiver.bodies
    assert json.loads(body) == {
        "severity": "alarm",
        "subject": "Señal perdida 🚓",
        "body": "No answer for two hours.",
        "key": "springfield-x/not-captured",
        "at": "2026-11-03T14:02:00+00:00",
        "account": "springfield-x",
    }
    (seen,) = receiver.seen
    expected = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    assert seen.headers["X-Archiver-Signature"] == f"sha256={expected}"
    assert seen.headers["Content-Type"].startswith("application/json")


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    WebhookNotifier(receiver.url).send(make_notice())
    assert "X-Archiver-Signature" not in receiver.seen[0].headers


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_anything_but_a_success_is_a_failure_and_redirects_are_not_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.plan("/T0PSECRET", Fault(status=status, headers={"Location": "/elsewhere"}))
    with pytest.raises(NotifyError, match=str(status)) as caught:
        WebhookNotifier(receiver.url + "/T0PSECRET").send(make_notice())
    assert len(receiver.seen) == 1
    assert "T0PSECRET" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/T0PSECRET", "nonsense", "http://[::1/x"])
def test_an_address_that_cannot_be_reached_is_a_failure_that_keeps_the_address_secret(
    url: str,
) -> None:
    with pytest.raises(NotifyError, match="could not be reached") as caught:
        WebhookNotifier(url, timeout=2).send(make_notice())
    assert "T0PSECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_answer_is_a_failure(receiver: Receiver) -> None:
    receiver.plan("/", Fault(delay=1.0))
    with pytest.raises(NotifyError, match="Timeout"):
        WebhookNotifier(receiver.url, timeout=0.1).send(make_notice())
