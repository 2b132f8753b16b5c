"""The words of the pages and their translations.

    python -m tests.support.messages     brings archiver/web/locale/*.po up to date

New words stand in the file without a translation, words that are gone are taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from archiver.web.words import LANGUAGES, LOCALES

TEMPLATES = LOCALES.parent / "templates"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"extensions": "jinja2.ext.i18n, jinja2.ext.do", "newstyle_gettext": "true",
           "trim_blocks": "true", "lstrip_blocks": "true"}  # fmt: skip


def wanted() -> Catalog:
    """Every word of every template, without translations."""
    catalog = Catalog(charset="utf-8", project="Archiver", version="")
    for file, line, message, comments in _messages():
        catalog.add(message, locations=[(file, line)], auto_comments=comments)
    return catalog


def _messages() -> Iterator[tuple[str, int, str | tuple[str, ...], list[str]]]:
    for template in sorted(TEMPLATES.glob("*.j2")):
        with template.open("rb") as handle:
            found = extract("jinja2", handle, KEYWORDS, ("i18n:",), OPTIONS)
            for line, message, comments, _ in found:
                yield template.name, line, message, comments


def translated(language: str) -> Catalog:
    """What a language has."""
    file = LOCALES / f"{language}.po"
    if not file.is_file():
        return Catalog(locale=language, charset="utf-8")
    with file.open("rb") as handle:
        return read_po(handle, locale=language)


def update(folder: Path = LOCALES) -> None:
    """Bring the files up to date."""
    template = wanted()
    for language in LANGUAGES:
        if language == "en":
            continue
        catalog = translated(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (folder / f"{language}.po").open("wb") as handle:
            write_po(handle, catalog, width=100, sort_output=True, omit_header=False,
                     include_lineno=False)  # fmt: skip


if __name__ == "__main__":
    update()
