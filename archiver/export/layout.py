"""An item as a page shows it: names, times, texts and marks ready to be set, no markup.

HTML and PDF are made from the same `Card`s by the same template; they differ only in where
a picture lies, which the exporter tells (`Sources`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import bidirectional

from archiver.export import wording
from archiver.export.base import Cut, Production, Released, ReleasedFile
from archiver.export.contents import Item, cuts_of
from archiver.export.differences import Piece, changed, with_marks

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

Sources = Callable[[Released, ReleasedFile], "Source"]
"""Says where a page finds a file."""


@dataclass(frozen=True, slots=True)
class Source:
    """`picture` is what an image element shows, `link` where the file itself lies; empty when
    the page has no such thing. `name` is the file's name in the package."""

    picture: str
    link: str
    name: str
    note: str = ""  # why a picture is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an item as a page shows it."""

    source: Source
    alt: str
    what: str
    sha256: str
    cuts: tuple[Cut, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of facts; `code` ones are set in a fixed width."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One version of one record as a page shows it."""

    bates: str
    heading: str
    name: tuple[Piece, ...]
    handle: str
    initials: str
    avatar: Attachment | None
    platform: str
    account: str
    language: str  # a language tag, or empty
    direction: str  # "rtl", or "auto": what the first letter says
    depth: int
    parent: str
    local: str
    utc: str
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    version: str  # "Version 2 of 3", empty for a record with one
    came_to_be: str
    changes: tuple[Piece, ...]
    unchanged: bool
    earlier: str
    states: tuple[str, ...]
    cuts: tuple[Cut, ...]
    attachments: tuple[Attachment, ...]
    findings: tuple[tuple[str, str, str, str], ...]  # seen, finding, words, bounds
    facts: tuple[Row, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Record:
    """Neighbouring versions of one record."""

    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Thread:
    """Neighbours of one thread."""

    title: str
    goes_on: bool  # its beginning lies elsewhere
    records: Sequence[Record]

    @property
    def bates(self) -> str:
        """The first number in it."""
        return self.records[0].cards[0].bates


@dataclass(frozen=True, slots=True)
class Month:
    """Neighbouring threads that began in one month."""

    name: str
    threads: Sequence[Thread]


def months(production: Production, items: Iterable[Item], sources: Sources) -> Iterator[Month]:
    """The items of a part as months, threads and records, in their order."""
    for name, of_month in groupby(items, key=lambda each: each.entry.month):
        yield Month(name, [*_threads(production, of_month, sources)])


def _threads(production: Production, items: Iterable[Item], sources: Sources) -> Iterator[Thread]:
    for _, of_thread in groupby(items, key=lambda each: each.entry.thread):
        neighbours = list(of_thread)
        records = [
            Record([card(production, each, sources) for each in of_record])
            for _, of_record in groupby(neighbours, key=lambda each: each.entry.record)
        ]
        first = neighbours[0].entry
        yield Thread(first.title, not first.opens or first.depth > 0, records)


def card(production: Production, each: Item, sources: Sources) -> Card:
    """One item as a page shows it."""
    item, zone = each.item, production.zone
    name = with_marks(item.author_name or item.author_handle, cuts_of(item, "author"))
    files = [_attachment(item, file, sources) for file in item.files]
    avatars = [a for file, a in zip(item.files, files, strict=True) if file.kind == "avatar"]
    kind = item.kind.capitalize()
    who = "".join(piece.text for piece in name) or "an unknown author"
    at = item.published_at
    comparable = each.before is not None and not item.cuts and not each.before.cuts
    changes = changed(_whole(each.before), _whole(item)) if comparable and each.before else ()
    return Card(
        bates=item.bates,
        heading=f"{kind} by {who}",
        name=name,
        handle=_handle(item),
        initials=_initials(item),
        avatar=next((avatar for avatar in avatars if avatar.source.picture), None),
        platform=wording.platform(item.platform),
        account=wording.visible(item.account_name),
        language=item.language if _LANGUAGE.fullmatch(item.language) else "",
        direction=_direction(item.text or item.title),
        depth=each.entry.depth,
        parent=each.entry.parent,
        local=wording.local(at, zone) if at else "Time of publication not known",
        utc=wording.utc(at) if at else "",
        title=with_marks(item.title, cuts_of(item, "title")),
        text=with_marks(item.text, cuts_of(item, "text")),
        version=f"Version {item.version} of {item.versions}" if item.versions > 1 else "",
        came_to_be=wording.came_to_be(item, zone),
        changes=changes,
        unchanged=bool(comparable and not changes),
        earlier=each.entry.earlier_bates,
        states=wording.states(item),
        cuts=item.cuts,
        attachments=tuple(
            a for file, a in zip(item.files, files, strict=True) if file.kind != "avatar"
        ),
        findings=tuple(
            (
                wording.both(found.at, zone),
                wording.finding(found),
                wording.visible(found.statement),
                wording.bounds(found.not_before, found.not_after, zone),
            )
            for found in item.findings
        ),
        facts=tuple(_facts(production, item)),
        digest=item.digest or "withheld, because the item is redacted",
    )


def _whole(item: Released | None) -> str:
    if item is None:
        return ""
    return f"{item.title}\n\n{item.text}" if item.title else item.text


def _direction(text: str) -> str:
    """Said outright for Arabic and Hebrew, because a PDF is not set by what "auto" means."""
    strong = (kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL"))
    return "auto" if next(strong, "L") == "L" else "rtl"


def _handle(item: Released) -> str:
    handle = wording.visible(item.author_handle)
    if not handle or not item.author_name:
        return ""
    return handle if handle.startswith("@") else f"@{handle}"


def _initials(item: Released) -> str:
    if cuts_of(item, "author"):
        return "–"
    words = re.findall(r"\w+", item.author_name or item.author_handle)
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or "?"


def _attachment(item: Released, file: ReleasedFile, sources: Sources) -> Attachment:
    source = sources(item, file) if file.path else Source("", "", "")
    told = [file.mime or file.kind]
    if file.path:
        told.append(wording.size(file.size))
    if file.width and file.height:
        told.append(f"{file.width} × {file.height} pixels")
    if file.redacted and file.path:
        told.append("redacted copy, without the metadata of the original")
    why = ""
    if not file.path:
        why = f"Not in this package: {wording.visible(file.why) or 'no bytes were released'}"
    return Attachment(
        source=source,
        alt=wording.alt(item.bates, file),
        what=", ".join(told),
        sha256=file.sha256,
        cuts=cuts_of(item, f"media {file.position}"),
        why=why or source.note,
    )


def _facts(production: Production, item: Released) -> Iterator[Row]:
    zone = production.zone
    yield Row("Captured", wording.both(item.captured_at, zone))
    yield Row(
        "Account", f"{wording.fact(item.account_name)} ({wording.fact(item.account_address)})"
    )
    yield Row(
        "Department and custodian",
        wording.fact(f"{item.department or '–'}; {item.custodian or '–'}"),
    )
    if item.permalink:
        yield Row("Address on the platform", wording.fact(item.permalink))
    yield Row("Record and version", f"{item.record_id}, version {item.version} of {item.versions}")
    if item.platform_id:
        yield Row("Number on the platform", wording.fact(item.platform_id), code=True)
    for name, count in item.metrics.items():
        yield Row(f"{wording.fact(name).capitalize()} when captured", f"{count:,}")
    if item.endpoint:
        yield Row("Read from", wording.fact(item.endpoint))
    if item.segment:
        yield Row("WARC file", item.segment, code=True)
