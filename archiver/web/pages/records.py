"""Records: searched as one types, and looked at one by one.

What goes into the ledger: a question that is opened as a page, at once; one that is answered
while it is typed, when it rests (`desk/search_log.py`; the answer itself says so three seconds
after the last letter, by `/records/rested`); every look at a record (`desk/record_looks.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.search import ResultPage, Value
from archiver.desk.search_limits import narrowed
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.web import captured
from archiver.web.gate import Visitor, needs
from archiver.web.render import go_on
from archiver.web.site import Site, site_of

Reader = Annotated[Visitor, needs(Permission.RECORDS)]
Saver = Annotated[Visitor, needs(Permission.SEARCHES)]
Verifier = Annotated[Visitor, needs(Permission.VERIFY)]
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]
Narrow = Annotated[list[str] | None, Query()]
OLDEST = "oldest"
MOST_NARROWED = 20


@asynccontextmanager
async def _until_the_end(app: FastAPI) -> AsyncIterator[None]:
    """What was asked and still rests in mind is written when the program ends."""
    yield
    await run_sync(app.state.site.search.log.close)


router = APIRouter(lifespan=_until_the_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the page has it: what was typed, what it was narrowed by, and where in the
    results one is."""

    q: str = ""
    narrow: tuple[str, ...] = ()
    oldest: bool = False
    after: str = ""

    @property
    def whole(self) -> str:
        """As one question. Raises: UsageError when what was typed cannot be read."""
        return narrowed(self.q.strip(), self.narrow)

    @property
    def here(self) -> str:
        """The address of these results."""
        fields = [("q", self.q)] if self.q else []
        fields += [("f", each) for each in self.narrow]
        fields += [("order", OLDEST)] if self.oldest else []
        fields += [("after", self.after)] if self.after else []
        return "/records" + (f"?{urlencode(fields)}" if fields else "")

    def with_(self, value: Value) -> str:
        """The address of the results narrowed by a value of a facet."""
        return replace(self, narrow=(*self.narrow, value.narrow), after="").here

    def without(self, narrow: str) -> str:
        """The address of the results without this chip."""
        left = tuple(each for each in self.narrow if each != narrow)
        return replace(self, narrow=left, after="").here

    def has(self, value: Value) -> bool:
        """Is it narrowed by this value already?"""
        return value.narrow in self.narrow

    def plain(self) -> str:
        """The address of the results without any chip."""
        return replace(self, narrow=(), after="").here

    def ordered(self, oldest: bool) -> str:
        """The address of the results in this order."""
        return replace(self, oldest=oldest, after="").here

    def page(self, after: str) -> str:
        """The address of another page."""
        return replace(self, after=after).here


@router.get("/records")
def search(
    request: Request, who: Reader, q: str = "", f: Narrow = None, order: str = "", after: str = ""
) -> Response:
    """What answers the question, as a page, or as a part of it while somebody types."""
    asked = _asked(q, f, order, after)
    part = _typing(request)
    try:
        found = _found(site_of(request), who, asked, typing=part)
    except (UsageError, RefusedError) as error:
        return _wrong(request, who, asked, error, part=part)
    if part:
        return _part(request, who, asked, found)
    return _whole(request, who, asked, found)


@router.post("/records/rested")
def rested(request: Request, who: Reader) -> Response:
    """The page says that nobody types any more."""
    site_of(request).search.log.rests(who.session.row.id)
    return Response(status_code=204)


@router.post("/records/searches")
def save(
    request: Request,
    who: Saver,
    q: Text = "",
    f: Texts = None,
    order: Text = "",
    name: Text = "",
    replacing: Text = "",
) -> Response:
    """Save the question under a name."""
    asked = _asked(q, f, order, "")
    desk = site_of(request).search
    try:
        if not asked.whole:
            raise UsageError("an empty question cannot be saved; write what it shall look for")
        if not name.strip():
            raise UsageError("give the search a name, so that others know what it is for")
        desk.save(name, asked.whole, by=who.name, replace=bool(replacing))
    except UsageError as error:
        return _unsaved(request, who, asked, error, name=name)
    return go_on(who, asked.here, f'The search is saved as "{name.strip()}".')


@router.post("/records/searches/forget")
def forget(request: Request, who: Saver, name: Text = "") -> Response:
    """Take a saved search back."""
    site_of(request).search.forget(name, by=who.name)
    return go_on(who, "/records", f'"{name}" is no longer saved.')


@router.get("/records/{record}")
def record(request: Request, who: Reader, record: str, version: str = "") -> Response:
    """One record, with one of its versions."""
    site = site_of(request)
    site.search.log.rests(who.session.row.id)
    view = site.records.look(record, who.viewer, version=_number(version))
    return site.render.page(
        request,
        "record.html.j2",
        view=view,
        markup=captured.shown(view.html) if view.html else "",
        addresses=captured.addresses(view.html) if view.html else [],
        language_of=captured.language,
        followable=captured.followable,
        back=_came_from(request),
        checked=None,
    )


@router.post("/records/{record}/verify")
def verify(request: Request, who: Verifier, record: str, version: Text = "") -> Response:
    """Verify a version now. Who may verify need not be one who may read: nothing of the content
    is told."""
    site = site_of(request)
    try:
        checked = site.record_checks.check(record, who.viewer, version=_number(version))
    except ArchiverError as error:
        if not _typing(request):
            raise
        return site.render.page(request, "_record_unchecked.html.j2", said=str(error))
    template = "_record_checked.html.j2" if _typing(request) else "record_verified.html.j2"
    return site.render.page(request, template, checked=checked)


def _asked(q: str, f: list[str] | None, order: str, after: str) -> Asked:
    narrow = dict.fromkeys(each.strip() for each in f or [] if each.strip())
    return Asked(q=q, narrow=tuple(narrow)[:MOST_NARROWED], oldest=order == OLDEST, after=after)


def _typing(request: Request) -> bool:
    """Is only a part of the page asked for? Whoever goes back in their browser gets a page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and "hx-history-restore-request" not in headers


def _found(site: Site, who: Visitor, asked: Asked, *, typing: bool) -> ResultPage:
    whole = asked.whole
    found = site.search.page(whole, after=asked.after, oldest_first=asked.oldest, viewer=who.viewer)
    session = who.session.row.id
    if typing:
        site.search.log.typed(whole, by=who.name, session=session)
    else:
        site.search.log.asked(whole, by=who.name, session=session, again=bool(asked.after))
    return found


def _shown(
    request: Request, who: Visitor, asked: Asked, found: ResultPage | None
) -> dict[str, Any]:
    site = site_of(request)
    ids = {each.record_id for each in found.hits} if found else set()
    return {
        "asked": asked,
        "found": found,
        "held": site.records.held(ids, who.viewer),
        "names": {each.slug: each.name for each in site.archive.accounts.all()},
        "language_of": captured.language,
    }


def _whole(
    request: Request,
    who: Visitor,
    asked: Asked,
    found: ResultPage | None,
    *,
    said: str = "",
    unsaved: str = "",
    name: str = "",
    status: int = 200,
) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "records.html.j2",
        status=status,
        saved=site.search.saved(),
        said=said,
        unsaved=unsaved,
        name=name,
        address_of=lambda query: f"/records?q={quote(query)}",
        **_shown(request, who, asked, found),
    )


def _part(request: Request, who: Visitor, asked: Asked, found: ResultPage) -> Response:
    return site_of(request).render.page(
        request,
        "records_part.html.j2",
        headers={"HX-Replace-Url": replace(asked, after="").here},
        **_shown(request, who, asked, found),
    )


def _wrong(
    request: Request, who: Visitor, asked: Asked, error: ArchiverError, *, part: bool
) -> Response:
    """What is wrong with the question. While somebody types, what was found before stays."""
    if not part:
        status = error.http_status
        return _whole(request, who, asked, None, said=str(error), status=status)
    return site_of(request).render.page(
        request,
        "records_wrong.html.j2",
        headers={"HX-Retarget": "#said", "HX-Reswap": "innerHTML", "HX-Replace-Url": "false"},
        said=str(error),
    )


def _unsaved(
    request: Request, who: Visitor, asked: Asked, error: UsageError, *, name: str
) -> Response:
    said, found = "", None
    try:
        found = _found(site_of(request), who, asked, typing=True)
    except (UsageError, RefusedError) as wrong:
        said = str(wrong)
    return _whole(request, who, asked, found, said=said, unsaved=str(error), name=name, status=422)


def _number(version: str) -> int:
    """Raises: UsageError."""
    if version and not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise UsageError(f'"{version[:40]}" is no number of a version')
    return int(version or 0)


def _came_from(request: Request) -> str:
    """The results that somebody came from, if it was from there."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc == request.headers.get("host", "") and parts.path == "/records":
        return f"/records?{parts.query}" if parts.query else "/records"
    return "/records"
