"""One released item as a plain web page, for replay out of a web archive file.

It says of itself that it was rendered from the released record: it is not the page that the
platform showed, and must not be taken for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape

from archiver.export.base import Production, Released, ReleasedFile

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:42em;margin:2em auto;padding:0 1em}"
    "article{border:1px solid #888;padding:1em;white-space:pre-wrap;overflow-wrap:anywhere}"
    "img,video{max-width:100%}small,dl{color:#444}dt{font-weight:bold}dd{margin:0 0 .4em}"
)


def title(item: Released) -> str:
    """What the page is called in lists."""
    name = item.author_name or item.account_name
    return f"{item.bates}: {item.kind} by {name}" if name else f"{item.bates}: {item.kind}"


def page(production: Production, item: Released, addresses: Mapping[str, str]) -> bytes:
    """The page in UTF-8; `addresses` says where each file of the item (by its path) is."""
    handle = f" ({item.author_handle})" if item.author_handle else ""
    return (
        f'<!doctype html><html lang="{escape(item.language or "en", quote=True)}"><head>'
        f'<meta charset="utf-8"><title>{escape(title(item))}</title><style>{_STYLE}</style>'
        f"</head><body><p><small>Rendered from the public record {escape(item.bates)} of "
        f"{escape(production.agency)}, production {escape(production.name)}; this is not the "
        "platform's own page.</small></p>"
        f"<h1>{escape(item.author_name)}{escape(handle)}</h1>"
        + (f"<h2>{escape(item.title)}</h2>" if item.title else "")
        + f'<article dir="auto">{escape(item.text)}</article>'
        + "".join(_file(each, addresses.get(each.path, "")) for each in item.files)
        + "<dl>"
        + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in _facts(production, item))
        + "</dl></body></html>\n"
    ).encode("utf-8", "replace")


def _file(file: ReleasedFile, address: str) -> str:
    if not file.path:
        return f"<p>[{escape(file.kind)} not released: {escape(file.why)}]</p>"
    there, alt = escape(address, quote=True), escape(file.alt_text, quote=True)
    if file.mime.startswith("image/"):
        return f'<p><img src="{there}" alt="{alt}"></p>'
    if file.mime.startswith("video/"):
        return f'<p><video controls src="{there}" title="{alt}"></video></p>'
    return f'<p><a href="{there}">{escape(file.alt_text or file.path)}</a></p>'


def _facts(production: Production, item: Released) -> Iterator[tuple[str, str]]:
    def told(moment: datetime) -> str:
        return moment.astimezone(production.zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    for name, moment in (
        ("Published", item.published_at),
        ("Edited", item.edited_at),
        ("Captured", item.captured_at),
    ):
        if moment is not None:
            yield name, told(moment)
    yield "Version", f"{item.version} of {item.versions}" + (", current" * item.current)
    if item.visibility not in ("", "public"):
        yield "Visibility", item.visibility
    if item.presence not in ("", "present"):
        yield "Presence on the platform", item.presence
    for each in item.findings:
        yield f"Finding on {told(each.at)}", each.statement
    for cut in item.cuts:
        yield f"Redacted ({cut.field})", f"{cut.code}: {cut.label}, {cut.citation}"
    yield "Address", item.permalink or "none"
