"""Captured markup made fit to be looked at: words and their order stay, nothing that acts does.

What another site wrote is evidence and may be hostile. Of its HTML the plain structure is kept
(paragraphs, lists, tables, emphasis); scripts, styles, forms, frames, drawings, event handlers,
addresses and pictures from elsewhere are not. A link leads nowhere: opening it would tell the
other side who looks, and could harm who does; its address is listed as text instead. Pictures
are shown from the archive, beside the text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3
from babel.localedata import exists
from markupsafe import Markup

_TAGS = {
    "p", "br", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "mark", "q", "cite",
    "abbr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "pre", "code", "table", "caption",
    "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "figcaption", "hr", "div", "span",
    "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
_WITHOUT_CONTENT = {
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title",
    "textarea", "select", "xmp", "noembed", "noframes", "plaintext",
}  # fmt: skip
_ATTRIBUTES = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_HEADING = re.compile(r"<(/?)h[1-6]>")
_MOST_ADDRESSES = 200


def shown(html: str) -> Markup:
    """The markup as a page may contain it. Its headings are no headings of our page."""
    clean = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_WITHOUT_CONTENT,
        attributes={key: set(value) for key, value in _ATTRIBUTES.items()},
        url_schemes=set(),
        link_rel=None,
    )
    # nh3 writes tags without attributes just so, and every other "<" as an entity.
    plain = _HEADING.sub(
        lambda found: f"<{found[1]}div{'' if found[1] else ' class=heading'}>", clean
    )
    return Markup(plain)  # noqa: S704 - cleaned above


def addresses(html: str) -> list[str]:
    """Where links and pictures of the markup lead, each once, in their order; for people to
    read."""
    reader = _Addresses()
    reader.feed(html)
    reader.close()
    return list(dict.fromkeys(reader.found))[:_MOST_ADDRESSES]


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"a": "href", "area": "href", "img": "src", "iframe": "src"}.get(tag)
        self.found += [value.strip() for name, value in attrs if name == wanted and value]


def language(code: str) -> str:
    """The code of a language as a page may state it; empty for what is none ("und", "zxx")."""
    plain = code.replace("_", "-").split("-")[0].lower()
    return plain if len(plain) == 2 and plain.isalpha() and exists(plain) else ""


def followable(address: str) -> bool:
    """May a page link to this address of a platform?"""
    return address.startswith(("https://", "http://"))
