"""The certificate of a disposition for people: PDF/A-3b, made from the JSON that counts.

It needs WeasyPrint and the libraries of the system that it draws with; they are asked for only
when a PDF is wanted.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archiver.desk.certificate import digest_of
from archiver.errors import UsageError
from retention.facts import Action


def as_pdf(content: Mapping[str, Any]) -> bytes:
    """The certificate as PDF/A-3b.

    Raises: UsageError when WeasyPrint, or the system libraries that it draws with, is missing.
    """
    try:
        from weasyprint import HTML  # type: ignore[import-untyped] # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise UsageError(
            "the PDF needs WeasyPrint and Debian's libpango-1.0-0, libpangoft2-1.0-0 and "
            f"libharfbuzz-subset0 ({error}); the JSON certificate is complete without it"
        ) from error
    made: bytes = HTML(string=_page(content)).write_pdf(pdf_variant="pdf/a-3b")
    return made


def _page(content: Mapping[str, Any]) -> str:
    what = "Transfer" if content["action"] == Action.TRANSFER else "Destruction"
    title = f"Certificate of {what.lower()}, disposition {content['disposition']}"
    rows = [
        ("Agency", content["agency"]),
        ("Manner", content["manner"]),
        ("Records", f"{content['records']} ({content['versions']} versions)"),
        ("Media files", str(content["media_files"])),
        ("Volume", f"{content['bytes']:,} bytes"),
        ("Accounts", ", ".join(content["accounts"])),
        ("Proposed", f"{content['proposed']['by']}, {content['proposed']['on']}"),
        ("Executed", f"{content['executed_by']}, {content['ended']}"),
        ("Method", content["method"]),
        ("Merkle root of what went", content["root"]),
        ("SHA-256 of this certificate", digest_of(content)),
    ]
    series = [
        (each["schedule"], each["series"], each["authority"], str(each["records"]),
         f"{each['dates']['first'] or '?'} to {each['dates']['last'] or '?'}")
        for each in content["series"]
    ]  # fmt: skip
    approvals = [
        (each["step"], each["by"], each["on"], each["document"]) for each in content["approvals"]
    ]
    if content.get("trusted_copy"):
        rows.insert(1, ("Kept instead, a trusted copy", content["trusted_copy"]))
    stays = [(str(each["record"]), each["state"], each["reason"]) for each in content["excluded"]]
    segments = [(each["old"], each["old_sha256"], each["new_sha256"]) for each in
                content["segments"]]  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>"
        "@page { size: letter; margin: 2cm } body { font: 9pt sans-serif } "
        "h1 { font-size: 14pt } h2 { font-size: 11pt } "
        "table { border-collapse: collapse; width: 100% } "
        "th, td { text-align: left; vertical-align: top; padding: 2pt 4pt; "
        "border-bottom: 0.4pt solid #999; overflow-wrap: anywhere }"
        f"</style></head><body><h1>{html.escape(title)}</h1>"
        + _table((), rows)
        + "<h2>Series</h2>"
        + _table(("Schedule", "Series", "Authority", "Records", "Dates"), series)
        + "<h2>Approvals</h2>"
        + _table(("Step", "By", "On", "Document"), approvals)
        + ("<h2>Not destroyed</h2>" if stays else "")
        + (_table(("Record", "State", "Reason"), stays) if stays else "")
        + "<h2>Segments</h2>"
        + _table(("Former segment", "Its SHA-256", "SHA-256 of its successor"), segments)
        + "</body></html>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"
