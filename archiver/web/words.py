"""Languages of the page: English in the templates, others from `locale/<language>.po`.

The catalogues are read as they are, so nothing has to be compiled before it runs.
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "es": "Español"}


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The words of a language; English needs none."""
    file = LOCALES / f"{language}.po"
    if language not in LANGUAGES or not file.is_file():
        return gettext.NullTranslations()
    with file.open("rb") as handle:
        catalog = read_po(handle, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language_of(request: Request, chosen: str, default: str) -> str:
    """The person's choice, else what the browser asks for, else the default."""
    if chosen in LANGUAGES:
        return chosen
    asked = [each.split(";")[0].strip() for each in _accepted(request)]
    return negotiate_locale(asked, list(LANGUAGES), sep="-") or default


def _accepted(request: Request) -> list[str]:
    parts = request.headers.get("accept-language", "").split(",")

    def weight(part: str) -> float:
        given = part.partition(";q=")[2].strip()
        try:
            return -float(given or 1)
        except ValueError:
            return 0.0

    return sorted((each for each in parts if each.strip()), key=weight)
