"""All channels together: each is tried, and what failed is reported."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archiver.errors import ArchiverError
from archiver.notify.base import Fanout, Notice, Notifier, NotifyError, Severity


def make_notice(
    *,
    severity: Severity = Severity.ALARM,
    subject: str = "springfield-x was not captured",
    body: str = "No answer for two hours.",
) -> Notice:
    return Notice(
        severity=severity,
        subject=subject,
        body=body,
        key="springfield-x/not-captured",
        account="springfield-x",
        at=datetime(2026, 11, 3, 14, 2, tzinfo=UTC),
    )


class Kept:
    """A channel that keeps what it is sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notices: list[Notice] = []

    def send(self, notice: Notice) -> None:
        self.notices.append(notice)


class Failing:
    """A channel that always fails, with the error it was given."""

    def __init__(self, name: str, error: Exception) -> None:
        self.name = name
        self._error = error

    def send(self, notice: Notice) -> None:
        raise self._error


def test_every_channel_is_tried_and_the_failed_ones_are_named() -> None:
    first, last = Kept("journal"), Kept("webhook")
    channels: list[Notifier] = [first, Failing("mail", NotifyError("the server is away")), last]
    notice = make_notice()
    delivery = Fanout(channels).send(notice)
    assert delivery.sent == ("journal", "webhook")
    assert delivery.failed == (("mail", "the server is away"),)
    assert delivery.told
    assert first.notices == last.notices == [notice]


def test_a_bug_in_one_channel_loses_no_other_and_is_not_hidden() -> None:
    last = Kept("webhook")
    with pytest.raises(ZeroDivisionError):
        Fanout([Failing("mail", ZeroDivisionError()), last]).send(make_notice())
    assert len(last.notices) == 1


def test_nobody_told_can_be_seen() -> None:
    delivery = Fanout([Failing("mail", NotifyError("away"))]).send(make_notice())
    assert not delivery.told
    assert not Fanout([]).send(make_notice()).told


def test_a_notice_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Notice(
            severity=Severity.WARNING,
            subject="s",
            body="b",
            key="k",
            at=datetime(2026, 11, 3, 14, 2),  # noqa: DTZ001  the fault under test
        )


def test_a_failed_notice_is_an_error_of_the_program() -> None:
    assert issubclass(NotifyError, ArchiverError)
