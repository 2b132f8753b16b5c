"""The agency's own sign-in, as pages have it."""

from __future__ import annotations

from starlette.requests import Request

from archiver.desk import secret_box
from archiver.desk.openid import AgencySignIn
from archiver.errors import NotFoundError
from archiver.web.kept import kept
from archiver.web.site import Site


def openid_of(request: Request) -> AgencySignIn:
    """The site's. Raises: NotFoundError when the settings name none."""
    return kept(request, AgencySignIn, _made)


def _made(site: Site) -> AgencySignIn:
    archive = site.archive
    settings = archive.settings.sections.web.oidc
    if settings is None:
        raise NotFoundError("this archive has no agency sign-in; sign in with your password")
    return AgencySignIn(
        archive.database,
        archive.clock,
        settings,
        site.sign_in,
        box=secret_box.opened(archive.credentials, archive.secrets),
        credentials=archive.credentials,
        secrets=archive.secrets,
    )
