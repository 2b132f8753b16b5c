"""Notices in the log, so that they stand there also when every other channel fails.

The subject only: a body may quote a record, and contents do not belong into a log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from archiver.notify.base import Notice, Severity

_LOG = logging.getLogger(__name__)
_LEVELS: Mapping[Severity, int] = {
    Severity.WARNING: logging.WARNING,
    Severity.ALARM: logging.ERROR,
    Severity.ESCALATION: logging.CRITICAL,
}


class JournalNotifier:
    """Writes notices to the log of this process."""

    name = "journal"

    def send(self, notice: Notice) -> None:
        """One log line; its level follows the severity."""
        _LOG.log(
            _LEVELS[notice.severity],
            "%s",
            " ".join(notice.subject.split()),
            extra={
                "action": "notice",
                "severity": notice.severity.value,
                "account": notice.account,
                "key": notice.key,
                "at": notice.at.isoformat(),
            },
        )
