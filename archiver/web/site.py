"""What the pages work with: the open archive and the use cases that only people at a page need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from archiver.desk import review_setup, secret_box
from archiver.desk.people import People
from archiver.desk.record_check import RecordChecks
from archiver.desk.record_files import RecordFiles
from archiver.desk.record_view import RecordViews
from archiver.desk.review_setup import ReviewDesk
from archiver.desk.search import Search
from archiver.desk.sign_in import SignIn
from archiver.web.render import Renderer
from archiver.wiring import Archive


@dataclass(frozen=True, kw_only=True)
class Site:
    """The archive behind the pages. One for each running web page, in `app.state.site`."""

    archive: Archive
    people: People
    sign_in: SignIn
    search: Search
    records: RecordViews
    record_files: RecordFiles
    record_checks: RecordChecks
    review: ReviewDesk
    render: Renderer
    secure: bool  # people reach it by HTTPS
    address: str  # how they reach it, without a slash at its end

    @property
    def home(self) -> Path:
        """The archive's folder."""
        return self.archive.settings.home


def make_site(archive: Archive) -> Site:
    """The site of an open archive. Raises: StoreError when the key of the web page is damaged."""
    sections = archive.settings.sections
    web = sections.web
    scheme = "https" if web.certificate else "http"
    address = (web.address or f"{scheme}://{web.host}:{web.port}").rstrip("/")
    box = secret_box.opened(archive.credentials, archive.secrets)
    return Site(
        archive=archive,
        people=People(archive.database, archive.clock),
        sign_in=SignIn(archive.database, archive.clock, web, box),
        search=Search(archive.database, sections.agency, archive.clock),
        records=RecordViews(archive.database, sections.agency, archive.clock),
        record_files=RecordFiles(archive.vault, archive.clock),
        record_checks=RecordChecks(archive.database, archive.vault, archive.clock),
        review=review_setup.made(
            archive.database,
            archive.vault,
            archive.clock,
            home=archive.settings.home,
            agency=sections.agency,
            second_review=sections.requests.second_review,
        ),
        render=Renderer(agency=sections.agency, language=web.language),
        secure=address.startswith("https://"),
        address=address,
    )


def site_of(request: Request) -> Site:
    """The site that a request is for."""
    site = request.app.state.site
    assert isinstance(site, Site)
    return site
