"""Accounts on Mastodon, and on other servers that have Mastodon's API."""

from connectors.mastodon.connector import Mastodon

__all__ = ["Mastodon"]
