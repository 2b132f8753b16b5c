"""Telling people: what a notice is, what a channel promises, and all channels together.

A channel delivers a notice or raises NotifyError; it never drops one silently. It does not
decide what is worth telling, how often, or to whom it escalates: its caller does.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from archiver.errors import ArchiverError


class NotifyError(ArchiverError):
    """A notice could not be delivered."""


class Severity(StrEnum):
    """How much a notice matters."""

    WARNING = "warning"  # somebody should look at it in working hours
    ALARM = "alarm"  # records are being missed, or may be
    ESCALATION = "escalation"  # an alarm that nobody has acted on


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something people must be told.

    `key` is equal for notices about the same trouble, so that a channel can thread them.
    `account` is a slug, empty when it concerns the whole archive. `at` is aware UTC.
    """

    severity: Severity
    subject: str
    body: str
    key: str
    at: datetime
    account: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the time of a notice must name its zone")


class Notifier(Protocol):
    """One channel. `name` says which, for the report of what failed."""

    name: str

    def send(self, notice: Notice) -> None:
        """Deliver the notice.

        Raises: NotifyError when it was not delivered, to all or to some.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Which channels took a notice; `failed` has the reason, one clear sentence each."""

    sent: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]

    @property
    def told(self) -> bool:
        """Whether at least one channel delivered it."""
        return bool(self.sent)


class Fanout:
    """All configured channels: each is tried, whatever happens to the others."""

    def __init__(self, channels: Sequence[Notifier]) -> None:
        self._channels = tuple(channels)

    def send(self, notice: Notice) -> Delivery:
        """Try every channel and say how it went.

        A channel that fails with anything but NotifyError has a bug: the others are still
        tried, then that error goes on to the caller.
        """
        sent: list[str] = []
        failed: list[tuple[str, str]] = []

        def attempt(channel: Notifier) -> None:
            try:
                channel.send(notice)
            except NotifyError as error:
                failed.append((channel.name, str(error)))
            else:
                sent.append(channel.name)

        with ExitStack() as attempts:  # runs every callback, last one first, also after an error
            for channel in reversed(self._channels):
                attempts.callback(attempt, channel)
        return Delivery(sent=tuple(sent), failed=tuple(failed))
