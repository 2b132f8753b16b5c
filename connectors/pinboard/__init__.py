"""Pinboard, and other servers that speak the Delicious v1 API in JSON."""

from connectors.pinboard.connector import Pinboard

__all__ = ["Pinboard"]
