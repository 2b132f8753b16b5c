"""Every error that reaches a person: one root, one clear sentence, one exit code each."""

from __future__ import annotations


class ArchiverError(Exception):
    """Something could not be done; the text says what, where, and what to do."""

    exit_code = 1
    http_status = 500


class UsageError(ArchiverError):
    """What was asked for does not exist or is not possible."""

    exit_code = 2
    http_status = 400


class NotFoundError(UsageError):
    """There is no such thing."""

    http_status = 404


class RefusedError(ArchiverError):
    """A rule forbids it; the text names the rule and who can lift it."""

    exit_code = 3
    http_status = 403


class StoreError(ArchiverError):
    """The vault or the database cannot be used as it is."""

    exit_code = 4


class EvidenceError(ArchiverError):
    """What is stored is not what was stored: a digest or a chain does not hold."""

    exit_code = 5


class BusyError(ArchiverError):
    """Somebody else is at work on the same thing."""

    exit_code = 6
    http_status = 409


class CaptureError(ArchiverError):
    """A capture ended without success; what was stored before stays valid."""

    exit_code = 7


class ExportError(ArchiverError):
    """A production could not be written, signed or proved; nothing of it was delivered."""

    exit_code = 8


class UnrecordedCallError(ArchiverError):
    """Code tried to open a network connection past the recorder."""

    exit_code = 8
