"""Leaves the proof out of a staging where it would give away what was taken out.

Captures of early versions of Archiver were sealed without a random salt. Whoever guesses what
such a version says can hold the guess against its leaf, and also against its neighbours' paths
and the root of their tree. So the items of such a capture have a place in a production only if
every version that the capture brought is released whole in it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from archiver.export.base import Released, Withheld, items_in, kept_back_in, staged

WHY = (
    "it was sealed without a random salt (or nothing is left that shows one), in one capture with "
    "something that is not released whole here: its place in the ledger would let others confirm a "
    "guess at that"
)


class Unsalted:
    """Hears of every item while it is staged, and knows at the end which may be proved."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}  # of the trees, by their line in the ledger
        self._whole: Counter[int] = Counter()

    def note(self, item: Released | Withheld) -> None:
        """Hear of an item."""
        if item.place is None or item.place.salted:
            return
        self._sizes[item.place.line] = item.place.size
        self._whole[item.place.line] += isinstance(item, Released) and not item.redacted

    def strip(self, items: Path, withheld: Path) -> None:
        """Write both files again, without the places that would tell too much."""
        closed = {line for line, size in self._sizes.items() if self._whole[line] < size}
        if not closed:
            return

        def told(item: Released | Withheld) -> bytes:
            if item.place is None or item.place.line not in closed:
                return staged(item)
            return staged(replace(item, place=None, unproved=WHY))

        _rewritten(items, items_in, told)
        _rewritten(withheld, kept_back_in, told)


def _rewritten(
    path: Path,
    read: Callable[[Path], Iterator[Released] | Iterator[Withheld]],
    told: Callable[[Released | Withheld], bytes],
) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.writelines(told(each) for each in read(path))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
