"""The only errors that leave a connector. Each says whether trying again can help."""

from __future__ import annotations

from datetime import datetime


class ConnectorError(Exception):
    """The platform could not be read.

    `exchange` names the exchange that shows it, where there is one.
    """

    again = True  # may the next scheduled run succeed without anybody doing something?
    code = "failed"

    def __init__(self, message: str = "", *, exchange: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n", maxsplit=1)[0])
        self.exchange = exchange


class Transient(ConnectorError):
    """The platform did not answer properly just now."""

    code = "transient"


class BadAnswer(Transient):
    """The platform's answer was cut off or is not in the form its documentation promises."""

    code = "bad answer"


class Unsettled(Transient):
    """A change was sent to the platform, and it is unknown whether it was carried out.

    It must not be sent again before a look-up has shown what became of it.
    """

    code = "unsettled"


class RateLimited(ConnectorError):
    """The platform asks to wait.

    `until` (aware UTC) is when it says to come back; `after` (seconds) where it gives a delay.
    """

    code = "rate limited"

    def __init__(
        self,
        message: str = "",
        *,
        until: datetime | None = None,
        after: float | None = None,
        exchange: str = "",
    ) -> None:
        super().__init__(message, exchange=exchange)
        self.until = until
        self.after = after


class UsageCapped(ConnectorError):
    """The plan's quota or money is used up; waiting minutes does not help."""

    code = "usage capped"


class AuthFailed(ConnectorError):
    """The platform refuses the credentials."""

    again = False
    code = "credentials refused"


class PermissionLost(ConnectorError):
    """The credentials are valid but no longer allow this."""

    again = False
    code = "permission lost"


class AccountGone(ConnectorError):
    """The platform says that the account is closed, suspended or does not exist."""

    again = False
    code = "account closed"


class AddressRefused(ConnectorError):
    """The address is not a public http(s) address, and is not allowed in the settings."""

    again = False
    code = "address refused"


class Misconfigured(ConnectorError):
    """An option or credential of the account is missing or wrong."""

    again = False
    code = "misconfigured"


class Permanent(ConnectorError):
    """The platform refuses this request for good."""

    again = False
    code = "refused"


class Changed(Permanent):
    """What the platform shows is not what was archived; nothing was sent."""

    code = "changed"
