"""What the cover of a package tells: facts of the production, and its exemptions counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from jinja2 import Environment, PackageLoader, StrictUndefined

from archiver.export import wording
from archiver.export.base import Production, Withheld
from archiver.export.contents import Contents
from archiver.export.layout import Row

MOST_WITHHELD = 1000  # lines of withheld items on a page; the exemption log has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One exemption and how often it was used."""

    code: str
    citation: str
    label: str
    redactions: int
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """Exemptions used, the first withheld items, and how many more there are."""

    exemptions: tuple[Exemption, ...]
    items: tuple[Withheld, ...]
    more: int


def facts(production: Production, known: Contents) -> tuple[Row, ...]:
    """The facts of the production, for a table."""
    zone, entries = production.zone, known.entries
    rows = [
        Row("Agency", production.agency),
        Row("Request", production.request),
        Row("Production", f"{production.number}: {production.title}"),
        Row("Search", production.query),
        Row("Made", f"{wording.both(production.made_at, zone)} by {production.made_by}"),
        Row("Items released", f"{production.released:,}"),
        Row("Of these with redactions", f"{production.redacted:,}"),
        Row("Items withheld whole", f"{production.withheld:,}"),
    ]
    if entries:
        rows.append(Row("Bates numbers", f"{entries[0].bates} to {entries[-1].bates}"))
    if known.first and known.last:
        span = f"{wording.local(known.first, zone)} to {wording.local(known.last, zone)}"
        rows.append(Row("Published", span))
    rows += [
        Row(f"{name} on {wording.platform(platform)}", wording.plural(count, "item"))
        for (name, platform), count in sorted(known.accounts.items())
    ]
    if production.version:
        rows.append(Row("Made with", f"Archiver {production.version}"))
    return tuple(Row(row.name, wording.visible(row.value)) for row in rows)


def kept_back(production: Production, known: Contents) -> KeptBack:
    """The exemptions by code, and the withheld items in their order.

    Raises: OSError when the staging cannot be read.
    """
    withheld: Counter[tuple[str, str, str]] = Counter()
    for each in production.kept_back():
        withheld[each.code, each.citation, each.label] += 1
    exemptions = tuple(
        Exemption(
            code=key[0],
            citation=key[1],
            label=key[2],
            redactions=known.cuts[key],
            withheld=withheld[key],
        )
        for key in sorted(known.cuts.keys() | withheld.keys())
    )
    shown = tuple(islice(production.kept_back(), MOST_WITHHELD))
    return KeptBack(
        exemptions=exemptions, items=shown, more=max(withheld.total() - MOST_WITHHELD, 0)
    )


def templates() -> Environment:
    """The templates of packages. Whatever they are given is escaped; a missing name fails."""
    return Environment(
        loader=PackageLoader("archiver.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
