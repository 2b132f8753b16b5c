"""The columns of the table of items: name, meaning, and how the cell is filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from archiver.export import stamps
from archiver.export.base import Released
from archiver.export.cells import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `value` gets the item and the agency's time zone."""

    name: str
    meaning: str
    value: Callable[[Released, ZoneInfo], Cell]
    width: int = 14  # in characters, on screen


def redactions(item: Released) -> str:
    """The codes by which things were taken out, counted: "MINOR; PRIV x 2"."""
    counted = Counter(cut.code for cut in item.cuts)
    return "; ".join(
        code if times == 1 else f"{code} x {times}" for code, times in sorted(counted.items())
    )


def _citations(item: Released) -> str:
    return "; ".join(sorted({cut.citation for cut in item.cuts}))


def _files(item: Released) -> str:
    return "; ".join(f"media/{each.path}" for each in item.files if each.path)


def _missing(item: Released) -> str:
    missing = (each for each in item.files if not each.path)
    return "; ".join(f"file {each.position} ({each.kind}): {each.why}" for each in missing)


def _findings(item: Released) -> str:
    return "; ".join(
        f"{stamps.utc(each.at)} {each.stage} {each.presence} ({each.evidence})"
        for each in item.findings
    )


def _metrics(item: Released) -> str:
    return "; ".join(f"{name} {count}" for name, count in sorted(item.metrics.items()))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


COLUMNS: tuple[Column, ...] = (
    Column("bates", "Number of the item in all productions of the agency.", lambda i, _: i.bates),
    Column("position", "Place of the item in this production.", lambda i, _: i.position, 9),
    Column("record", "Number of the record in the archive.", lambda i, _: i.record_id, 9),
    Column("version", "Which version of the record this is, from 1.", lambda i, _: i.version, 9),
    Column("versions", "How many versions the archive has.", lambda i, _: i.versions, 9),
    Column("current", "yes: no later version is known.", lambda i, _: _yes(i.current), 9),
    Column("account", "Short name of the account in the archive.", lambda i, _: i.account, 20),
    Column("account_name", "The account as it calls itself.", lambda i, _: i.account_name, 20),
    Column("account_address", "Web address of the account.", lambda i, _: i.account_address, 24),
    Column("department", "The department the account belongs to.", lambda i, _: i.department),
    Column("custodian", "Who answers for the records of the account.", lambda i, _: i.custodian),
    Column("platform", "Where it was published.", lambda i, _: i.platform),
    Column("kind", "post, comment, reply, message, page, ...", lambda i, _: i.kind),
    Column("platform_id", "The platform's own id of it.", lambda i, _: i.platform_id, 20),
    Column("parent_id", "Platform id of what it answers; empty: nothing.",
           lambda i, _: i.parent_id, 20),
    Column("thread_id", "Platform id of what the thread began with.", lambda i, _: i.thread_id, 20),
    Column("author_id", "The platform's id of the author.", lambda i, _: i.author_id),
    Column("author_handle", "The author's handle on the platform.",
           lambda i, _: i.author_handle, 20),
    Column("author_name", "The author's name as shown on the platform.",
           lambda i, _: i.author_name, 20),
    Column("permalink", "Web address of the item at the time of capture.",
           lambda i, _: i.permalink, 30),
    Column("published_utc", "When it was published, in UTC.",
           lambda i, _: stamps.utc(i.published_at), 21),
    Column("published_local", "The same moment on the agency's clock.",
           lambda i, z: stamps.local(i.published_at, z), 26),
    Column("edited_utc", "When this version came to be, by the platform's own time, in UTC.",
           lambda i, _: stamps.utc(i.edited_at), 21),
    Column("edited_local", "The same moment on the agency's clock.",
           lambda i, z: stamps.local(i.edited_at, z), 26),
    Column("not_before_utc", "Where the platform tells no time: this version came to be after "
           "this moment, in UTC.", lambda i, _: stamps.utc(i.not_before), 21),
    Column("not_before_local", "The same moment on the agency's clock.",
           lambda i, z: stamps.local(i.not_before, z), 26),
    Column("not_after_utc", "... and not later than this moment, in UTC.",
           lambda i, _: stamps.utc(i.not_after), 21),
    Column("not_after_local", "The same moment on the agency's clock.",
           lambda i, z: stamps.local(i.not_after, z), 26),
    Column("captured_utc", "When the archive recorded this version, in UTC.",
           lambda i, _: stamps.utc(i.captured_at), 21),
    Column("captured_local", "The same moment on the agency's clock.",
           lambda i, z: stamps.local(i.captured_at, z), 26),
    Column("visibility", "Who could see it on the platform: public, hidden, private, ...",
           lambda i, _: i.visibility),
    Column("presence", "What the archive last found: present, suspected, gone, ...",
           lambda i, _: i.presence),
    Column("language", "Language as the platform or the writer marked it.",
           lambda i, _: i.language, 9),
    Column("title", "Title; redactions are marked in the text.", lambda i, _: i.title, 30),
    Column("text", "Text; redactions are marked in the text.", lambda i, _: i.text, 60),
    Column("media", "How many media files it had.", lambda i, _: len(i.files), 9),
    Column("media_files", "The released ones, as they lie in this package.",
           lambda i, _: _files(i), 30),
    Column("media_missing", "Those that are not released or were never captured, and why.",
           lambda i, _: _missing(i), 30),
    Column("redacted", "yes: something was taken out of it.", lambda i, _: _yes(i.redacted), 9),
    Column("redactions", "Exemption codes of what was taken out, counted.",
           lambda i, _: redactions(i), 20),
    Column("citations", "The law that each code stands for.", lambda i, _: _citations(i), 30),
    Column("findings", "What the archive found about it later, with times in UTC.",
           lambda i, _: _findings(i), 30),
    Column("metrics", "Counts that the platform showed when it was captured.",
           lambda i, _: _metrics(i), 20),
    Column("digest", "SHA-256 of the item's canonical form; empty if redacted.",
           lambda i, _: i.digest, 20),
    Column("run", "The capture run that recorded it.", lambda i, _: i.run_id),
    Column("segment", "The sealed WARC file of the archive that holds the exchange.",
           lambda i, _: i.segment, 30),
    Column("segment_sha256", "SHA-256 of that file.", lambda i, _: i.segment_sha256, 20),
    Column("exchange", "The HTTP exchange in that file.", lambda i, _: i.exchange_id),
    Column("endpoint", "The address that was read, credentials masked.",
           lambda i, _: i.endpoint, 30),
)  # fmt: skip

WITHHELD_COLUMNS: tuple[tuple[str, str], ...] = (
    ("position", "Place of the item in this production."),
    ("kind", "post, comment, message, ..."),
    ("platform", "Where it was published."),
    ("account", "Short name of the account in the archive."),
    ("date", "The agency's day; empty if the date itself is withheld."),
    ("code", "Exemption code."),
    ("citation", "The law it stands for."),
    ("label", "The exemption in words."),
    ("reason", "Why it applies to this item."),
)
CAPTURE_COLUMNS: tuple[tuple[str, str], ...] = (
    ("account", "Short name of the account in the archive."),
    ("day", "The agency's day."),
    ("runs", "Capture runs of the account on that day."),
    ("failed", "How many of them failed."),
    ("new_versions", "New versions that were recorded."),
    ("gaps", "Times without capture, and why."),
)
