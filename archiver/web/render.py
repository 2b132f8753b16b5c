"""Turns values into pages: templates, words of the visitor's language, times of the agency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from archiver import __version__
from archiver.export.wording import size
from archiver.web.words import LANGUAGES, catalogue, language_of
from config.settings import Agency

if TYPE_CHECKING:
    from archiver.web.gate import Visitor

STATIC = Path(__file__).parent / "static"
NOTICE = "notice"
NOTICE_LASTS = 120  # seconds


class Renderer:
    """Renders the templates of `archiver/web/templates`; each language has its environment."""

    def __init__(self, *, agency: Agency, language: str) -> None:
        self._language = language
        self._environments = {each: _environment(agency, each) for each in LANGUAGES}

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page, or a part of one that the page asked for. A notice that was left is shown."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        chosen = visitor.session.person.language if visitor else ""
        language = language_of(request, chosen, self._language)
        notice = _notice(request, visitor)
        text = (
            self._environments[language]
            .get_template(template)
            .render(
                request=request,
                who=visitor,
                csrf=visitor.csrf if visitor else "",
                language=language,
                notice=notice,
                part=request.headers.get("hx-request") == "true",
                **values,
            )
        )
        response = HTMLResponse(text, status_code=status, headers=dict(headers or {}))
        if notice:
            response.delete_cookie(NOTICE)
        return response


@cache
def _environment(agency: Agency, language: str) -> Environment:
    """The templates in a language; compiled once for each process."""
    made = Environment(
        loader=PackageLoader("archiver.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue(language), newstyle=True
    )
    zone = agency.zone

    def local(moment: datetime | None, form: str = "medium") -> str:
        if moment is None:
            return ""
        return format_datetime(moment, form, tzinfo=zone, locale=language)

    def day(value: date | str | None, form: str = "medium") -> str:
        if not value:
            return ""
        given = date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(given, form, locale=language)

    def utc(moment: datetime | None) -> str:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""

    made.filters |= {
        "local": local,
        "day": day,
        "utc": utc,
        "number": lambda value: format_decimal(value, locale=language),
        "size": size,
    }
    made.globals |= {
        "agency": agency,
        "version": __version__,
        "languages": LANGUAGES,
        "static": _static,
    }
    return made


def go_on(visitor: Visitor, where: str, notice: str = "") -> Response:
    """After something was done: on to a page, which shows the notice once."""
    response = RedirectResponse(where, status_code=303)
    if notice:
        response.set_cookie(
            NOTICE,
            URLSafeTimedSerializer(visitor.csrf).dumps(notice),
            max_age=NOTICE_LASTS,
            httponly=True,
            samesite="strict",
        )
    return response


def _notice(request: Request, visitor: Visitor | None) -> str:
    left = request.cookies.get(NOTICE, "")
    if not left or visitor is None:
        return ""
    try:
        return str(URLSafeTimedSerializer(visitor.csrf).loads(left, max_age=NOTICE_LASTS))
    except BadSignature:
        return ""


def _static(name: str) -> str:
    """The address of a file of ours; it changes with the program, so it may be kept for long."""
    return f"/static/{name}?v={__version__}"
