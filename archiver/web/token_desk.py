"""The desk of tokens, as pages and the interface for programs have it."""

from __future__ import annotations

from starlette.requests import Request

from archiver.desk.tokens import Tokens
from archiver.web.kept import kept


def tokens_of(request: Request) -> Tokens:
    """The tokens of the site's people."""
    return kept(request, Tokens, lambda site: Tokens(site.archive.database, site.archive.clock))
