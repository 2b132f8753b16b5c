"""Reads a WordPress site through its REST API: posts, pages, media, comments, revisions."""

from connectors.wordpress.connector import WordPress

__all__ = ["WordPress"]
