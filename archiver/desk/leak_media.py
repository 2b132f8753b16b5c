"""The same file in two items: what is withheld or redacted of it in one must be so in the other.

Files are told apart by their SHA-256. A copy in another size or another coding is another file,
which only a person can recognise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archiver.desk.leak_check import Protected
from archiver.desk.staging_plan import Planned
from archiver.model.queries.review import HeldMedium
from archiver.values import Mark

Taken = tuple[Mark | None, Protected]
"""A region, or None for the whole file, and what a repeat of it is called."""


class TakenFiles:
    """What was taken out of which files. A repeat is accepted by the file's SHA-256."""

    def __init__(self) -> None:
        self._of: dict[str, list[Taken]] = {}

    def add(self, items: Iterable[Planned], media: Mapping[int, Sequence[HeldMedium]]) -> None:
        """Note what is taken out of the files of these items."""
        for item in items:
            for each in media.get(item.version_id, ()):
                for mark, code in _taken(item, each):
                    made = Protected(
                        text=each.sha256, position=item.position, what="file", code=code
                    )
                    self._of.setdefault(each.sha256, []).append((mark, made))

    def protected(self) -> Iterator[Protected]:
        """The hashes of all these files: whoever has a picture recognises it by its hash."""
        for taken in self._of.values():
            yield taken[0][1]

    def shown(self, item: Planned, medium: HeldMedium) -> list[Protected]:
        """What is taken out of this file elsewhere and would be seen in this item."""
        own = [mark for mark, _ in _taken(item, medium)]
        return [
            each
            for mark, each in self._of.get(medium.sha256, ())
            if each.position != item.position and not any(_covers(one, mark) for one in own)
        ]


def _taken(item: Planned, medium: HeldMedium) -> Iterator[tuple[Mark | None, str]]:
    if not medium.sha256:
        return
    if not item.released:
        yield None, item.code
    for each in item.marks:
        if each.what in ("region", "media") and each.media == medium.position:
            yield (each if each.what == "region" else None), each.code


def _covers(own: Mark | None, other: Mark | None) -> bool:
    if own is None or other is None:
        return own is None
    return (
        own.x <= other.x
        and own.y <= other.y
        and own.x + own.width >= other.x + other.width
        and own.y + own.height >= other.y + other.height
    )
