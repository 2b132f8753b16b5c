"""The errors of the law: what may not be done, and why."""

from __future__ import annotations


class RetentionError(ValueError):
    """The law, or the agency's own rule, does not allow this."""


class IllegalStep(RetentionError):
    """A disposition cannot take this step now. The text says what must come first."""


class Unnamed(RetentionError):
    """A decision that needs a person, a reason or a document came without one."""
