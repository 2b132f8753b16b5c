"""Notices in the log."""

from __future__ import annotations

import logging

import pytest

from archiver.notify.base import Severity
from archiver.notify.journal import JournalNotifier
from tests.unit.archiver.notify.test_base import make_notice


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.WARNING, logging.WARNING),
        (Severity.ALARM, logging.ERROR),
        (Severity.ESCALATION, logging.CRITICAL),
    ],
)
def test_the_level_follows_the_severity(
    caplog: pytest.LogCaptureFixture, severity: Severity, level: int
) -> None:
    JournalNotifier().send(make_notice(severity=severity))
    (record,) = caplog.records
    assert record.levelno == level


def test_the_line_carries_ids_but_not_the_body(caplog: pytest.LogCaptureFixture) -> None:
    notice = make_notice(subject="two\nlines %s", body="text of a removed post")
    JournalNotifier().send(notice)
    (record,) = caplog.records
    assert record.getMessage() == "two lines %s"
    told = vars(record)
    assert told["action"] == "notice"
    assert told["account"] == "springfield-x"
    assert told["key"] == notice.key
    assert told["at"] == "2026-11-03T14:02:00+00:00"
    assert "removed post" not in str(told)
