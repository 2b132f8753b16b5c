"""Reads one YouTube channel through the YouTube Data API v3."""

from connectors.youtube.connector import YouTube

__all__ = ["YouTube"]
