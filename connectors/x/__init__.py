"""X (formerly Twitter), read through its API v2."""

from connectors.x.connector import X

__all__ = ["X"]
