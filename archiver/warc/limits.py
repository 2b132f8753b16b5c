"""What one exchange may cost, and the errors that say which limit it met."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import Permanent, Transient

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Limits of one exchange. Times are seconds, sizes bytes.

    `read_timeout` is between two pieces of an answer, `total_time` for all of it.
    `max_body` holds for the body on the wire and, apart from it, for the decoded one.
    `retries` are attempts after the first. `max_wait` is the longest Retry-After that is
    waited for; a longer one is left to the scheduler.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    total_time: float = 120.0
    max_body: int = 64 * MEGABYTE
    retries: int = 3
    max_wait: float = 20.0
    first_pause: float = 0.5  # before the first retry; doubled for each further one


class AnswerTooLarge(Permanent):
    """The answer is larger than the limit; what came until then is recorded."""

    code = "too large"


class AnswerTooSlow(Transient):
    """The answer took longer than the limit; what came until then is recorded."""

    code = "too slow"


class CaptureStopped(Transient):
    """The capture was told to stop."""

    code = "stopped"
