"""Feeds: RSS, Atom, JSON Feed and podcasts. The parts stand in the modules beside this one."""

from connectors.feeds.connector import Feed

__all__ = ["Feed"]
