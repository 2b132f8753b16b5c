"""Channels still reach out when the process refuses connections past the recorder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Loopback, Simulator

SCRIPT = """
import sys, requests
from datetime import UTC, datetime
from archiver import outbound
from archiver.errors import UnrecordedCallError
from archiver.notify.base import Notice, NotifyError, Severity
from archiver.notify.mail import MailNotifier, MailServer
from archiver.notify.webhook import WebhookNotifier

outbound.install()
url = sys.argv[1]
try:
    requests.get(url, timeout=5)
except UnrecordedCallError:
    print("refused")
notice = Notice(severity=Severity.ALARM, subject="s", body="b", key="k", at=datetime.now(UTC))
WebhookNotifier(url).send(notice)
server = MailServer(host="127.0.0.1", port=9, timeout=5)
try:
    MailNotifier(server, sender="a@example.org", recipients=("b@example.org",)).send(notice)
except NotifyError as error:
    print("refused by nobody but the server" if "Connection refused" in str(error) else error)
"""


class _Receiver(Simulator):
    name = "receiver"

    def respond(self, request: Request) -> Response:
        return Response("", 204)


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    with Loopback() as loopback:
        receiver = _Receiver()
        loopback.serve(receiver)
        yield receiver


def test_notices_pass_the_door_that_is_closed_to_other_code(receiver: _Receiver) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, receiver.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == ["refused", "refused by nobody but the server"]
    assert [seen.method for seen in receiver.seen] == ["POST"]
