"""Passkeys, as pages have them."""

from __future__ import annotations

from starlette.requests import Request

from archiver.desk.passkeys import Passkeys
from archiver.web.kept import kept
from archiver.web.site import Site


def passkeys_of(request: Request) -> Passkeys:
    """The site's."""
    return kept(request, Passkeys, _made)


def _made(site: Site) -> Passkeys:
    archive = site.archive
    return Passkeys(
        archive.database,
        archive.clock,
        site.sign_in,
        address=site.address,
        name=f"Archiver of {archive.settings.sections.agency.name}",
    )
