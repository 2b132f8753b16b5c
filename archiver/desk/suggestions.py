"""Everything that may help a reviewer with the items of a set: patterns, faces, and what was
decided before. Suggestions only: none of it is ever applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archiver.desk.exemption_log import part_of
from archiver.desk.held_media import HeldMedia
from archiver.desk.plain_text import plain_text
from archiver.desk.review import Earlier, Reviews, codes_of
from archiver.desk.sensitive import Patterns
from archiver.desk.sensitive_faces import in_picture
from archiver.model.queries.review import SetItem
from archiver.values import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One suggestion for an item. `mark` is None where it is about the whole item."""

    position: int
    why: str
    where: str
    piece: str
    mark: Mark | None = None


def by_patterns(items: Iterable[SetItem], patterns: Patterns) -> Iterator[Hint]:
    """What stands in texts and titles."""
    for item in items:
        found = patterns.in_text(plain_text(item.state))
        found += patterns.in_text(item.title, what="title")
        for each in found:
            where = f"{each.mark.what} {each.mark.start}-{each.mark.end}"
            yield Hint(
                position=item.position, why=each.why, where=where, piece=each.piece, mark=each.mark
            )


def by_faces(items: Iterable[SetItem], reviews: Reviews, media: HeldMedia) -> Iterator[Hint]:
    """What may be a face. Raises: UsageError when OpenCV is not installed."""
    for item in items:
        for medium in reviews.media(item):
            if not medium.segment or not medium.mime.startswith("image/"):
                continue
            for each in in_picture(media.whole(medium), medium.position):
                where = f"file {medium.position + 1}"
                yield Hint(
                    position=item.position,
                    why=each.why,
                    where=where,
                    piece=each.piece,
                    mark=each.mark,
                )


def by_earlier(earlier: Iterable[Earlier]) -> Iterator[Hint]:
    """What was decided in other requests for the same versions."""
    for each in earlier:
        made = each.decision
        told = ", ".join((made.outcome, *codes_of(made)))
        yield Hint(
            position=each.position,
            why=f"decided in request {each.request} by {made.actor}",
            where=", ".join(dict.fromkeys(part_of(mark) for mark in made.marks)),
            piece=told if each.usable else f"{told} (this exemption cannot be used any more)",
        )
