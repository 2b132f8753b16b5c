"""An item as the review page shows it: its text and title cut along the marks, its files, and
what is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archiver.desk import suggestions
from archiver.desk.plain_text import plain_text
from archiver.desk.review_setup import ReviewDesk
from archiver.desk.sensitive_faces import installed
from archiver.desk.suggestions import Hint
from archiver.model.queries.review import HeldMedium, SetItem
from archiver.values import Mark
from archiver.web.review_marks import Piece, pieces, written

LARGEST_SHOWN = 64 * 2**20  # bytes: a larger file is only handed out to be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A mark in the list of marks: what it is, and what goes with it."""

    mark: Mark
    word: str
    piece: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen of an item. `gone` are the files that are marked as a whole, by position;
    `author` the ground under which the author is taken out."""

    text: Sequence[Piece]
    title: Sequence[Piece]
    length: int
    author: str
    media: Sequence[HeldMedium]
    gone: frozenset[int]
    marks: Sequence[Told]
    hints: Sequence[Hint]
    marked: frozenset[Mark]
    faces: bool


def shows(medium: HeldMedium) -> bool:
    """Is it held, and a picture that may be shown?"""
    picture = medium.mime.startswith("image/") and medium.mime != "image/svg+xml"
    return bool(medium.segment) and picture and medium.size <= LARGEST_SHOWN


def hints_of(
    desk: ReviewDesk, item: SetItem, media: Sequence[HeldMedium], *, faces: bool
) -> list[Hint]:
    """What may have to go; faces only if they are asked for and can be looked for."""
    found = list(suggestions.by_patterns([item], desk.patterns))
    if faces and installed() and any(shows(each) for each in media):
        found += suggestions.by_faces([item], desk.reviews, desk.media)
    return found


def sight_of(
    item: SetItem, media: Sequence[HeldMedium], marks: Sequence[Mark], hints: Sequence[Hint]
) -> Sight:
    """The item with these marks."""
    text = plain_text(item.state)

    def cut(whole: str, what: str) -> list[Piece]:
        return pieces(
            whole,
            [each for each in marks if each.what == what],
            [(each.mark, each.why) for each in hints if each.mark and each.mark.what == what],
        )

    author = next((each.code for each in marks if each.what == "author"), "")
    return Sight(
        text=cut(text, "text"),
        title=cut(item.title, "title"),
        length=len(text),
        author=author,
        media=media,
        gone=frozenset(each.media for each in marks if each.what == "media"),
        marks=[
            Told(mark=each, word=written(each), piece=_piece(each, item, text)) for each in marks
        ],
        hints=hints,
        marked=frozenset(_bare(each) for each in marks),
        faces=installed() and any(shows(each) for each in media),
    )


def _piece(mark: Mark, item: SetItem, text: str) -> str:
    if mark.what == "text":
        return text[mark.start : mark.end]
    if mark.what == "title":
        return item.title[mark.start : mark.end]
    if mark.what == "author":
        return item.author
    if mark.what == "region":
        return f"{mark.x},{mark.y} {mark.width}×{mark.height}"
    return ""


def _bare(mark: Mark) -> Mark:
    """The mark without its ground, as a suggestion has it."""
    return replace(mark, code="")
