"""What the first page of a package says of this very production: what was read again, which
original exchanges are in it, and what is not proved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from archiver.export import wording
from archiver.export.base import Production, Reread
from archiver.export.proof import UNPROVED


def package_notes(
    production: Production, counts: Mapping[str, int], formats: Collection[str]
) -> tuple[str, ...]:
    """The notes, in plain sentences; `counts` are those of `proof.write`, `formats` the folders
    that were asked for."""
    return tuple(_notes(production, counts, formats))


def _notes(
    production: Production, counts: Mapping[str, int], formats: Collection[str]
) -> Iterator[str]:
    reread = production.reread
    if reread is not None:
        yield (
            f"The evidence behind the released items was read again: {reread.exchanges:,} recorded "
            f"exchanges and {reread.files:,} media files. Their hashes were right on "
            f"{wording.both(reread.at, production.zone)}."
        )
        if "warc" in formats:
            yield _originals(production, reread, formats)
    if counts.get(UNPROVED):
        yield (
            f"Of {counts[UNPROVED]:,} items this package does not prove that they stood in the "
            "ledger. They were sealed without a random salt, in captures of which something is "
            "not released whole; their places would let others confirm a guess at that. "
            "proof/items.jsonl names them."
        )


def _originals(production: Production, reread: Reread, formats: Collection[str]) -> str:
    said = (
        f"The folder warc has the original exchange, request and answer as they were recorded, of "
        f"{reread.originals:,} of the {production.released:,} released items."
    )
    if reread.originals < production.released:
        where = ", and so does source.original in json/items.jsonl" if "json" in formats else ""
        said += (
            " The others' original exchange is not included, most often because the same page "
            "holds items that are not released whole: WARC-Archiver-Original on the item's record "
            f"says why{where}."
        )
    return said
