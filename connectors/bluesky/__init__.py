"""Reads one Bluesky account (AT Protocol): its repository, and the replies of the public."""

from connectors.bluesky.connector import Bluesky

__all__ = ["Bluesky"]
