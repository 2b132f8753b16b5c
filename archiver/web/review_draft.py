"""What stands in the form of the review page before anything is decided: marks, a ground, words."""

from __future__ import annotations

from pydantic import BaseModel

from archiver.desk.exemptions import Catalogue
from archiver.desk.plain_text import plain_text
from archiver.errors import UsageError
from archiver.model.queries.review import SetItem
from archiver.values import Mark
from archiver.web.review_marks import phrase, read, written

MOST = 500  # marks of one item
_FIELDS = ("phrase", "start", "end", "x", "y", "width", "height")  # empty again once they are used


class Draft(BaseModel):
    """The form as it was sent. All are texts, so that nothing typed is lost when it is wrong.

    `act` is what is to become of the marks: `phrase`, `span`, `author`, `region`, `file`,
    `add:MARK`, `drop:NUMBER` (counted from 0) or `clear`. `seen` is the decision that the person
    had before their eyes.
    """

    act: str = ""
    outcome: str = ""
    mark: list[str] = []
    code: str = ""
    reason: str = ""
    note: str = ""
    what: str = "text"
    phrase: str = ""
    start: str = ""
    end: str = ""
    file: str = "1"
    x: str = ""
    y: str = ""
    width: str = ""
    height: str = ""
    style: str = "box"
    show: str = "undecided"
    faces: str = ""
    seen: str = "0"

    @property
    def seen_id(self) -> int:
        """The decision that was seen, 0 for none."""
        return int(self.seen) if self.seen.isdecimal() and len(self.seen) < 19 else 0

    @property
    def marks(self) -> list[Mark]:
        """The marks that can be read; others are told of when they are used."""
        found = []
        for each in self.mark[:MOST]:
            try:
                found.append(read(each))
            except UsageError:
                continue
        return found

    def with_marks(self, marks: list[Mark]) -> Draft:
        """The same form with these marks, ready for the next one."""
        return self.model_copy(
            update={"mark": [written(each) for each in marks]} | dict.fromkeys(_FIELDS, "")
        )


def changed(draft: Draft, item: SetItem, exemptions: Catalogue) -> list[Mark]:
    """The marks after what the form asks for.

    Raises: UsageError when it is not complete; NotFoundError and RefusedError for a ground that
        cannot be used.
    """
    marks = [read(each) for each in draft.mark]
    act, _, more = draft.act.partition(":")
    if act == "clear":
        return []
    if act == "drop":
        if not more.isdecimal() or len(more) > 9 or int(more) >= len(marks):
            raise UsageError("this mark is not there any more")
        return marks[: int(more)] + marks[int(more) + 1 :]
    new = _new(draft, act, more, item)
    for each in new:
        if not each.code:
            raise UsageError("choose the ground first: each mark stands under one")
        exemptions.usable(each.code)
    marks += [each for each in new if each not in marks]
    if len(marks) > MOST:
        raise UsageError(f"an item takes {MOST} marks at most; withhold it as a whole instead")
    return marks


def _new(draft: Draft, act: str, more: str, item: SetItem) -> list[Mark]:
    if act == "add":
        return [read(more, code=draft.code)]
    if act == "phrase":
        return _phrase(draft, item)
    if act == "author":
        return [Mark(what="author", code=draft.code)]
    if act == "file":
        return [Mark(what="media", code=draft.code, media=_file(draft))]
    if act == "span":
        if draft.what not in ("text", "title"):
            raise UsageError("characters are marked in the text or in the title")
        start, end = _number(draft.start, "the first character"), _number(draft.end, "the end")
        return [Mark(what=draft.what, code=draft.code, start=start, end=end)]
    if act == "region":
        return [
            Mark(
                what="region",
                code=draft.code,
                media=_file(draft),
                x=_number(draft.x, "left"),
                y=_number(draft.y, "top"),
                width=_number(draft.width, "width"),
                height=_number(draft.height, "height"),
                style=draft.style,
            )
        ]
    raise UsageError("choose what to mark")


def _phrase(draft: Draft, item: SetItem) -> list[Mark]:
    if not draft.phrase.strip():
        raise UsageError("type the words to mark, or select them in the text")
    found = phrase(plain_text(item.state), draft.phrase, what="text", code=draft.code)
    found += phrase(item.title, draft.phrase, what="title", code=draft.code)
    if not found:
        raise UsageError(f'"{draft.phrase.strip()}" does not stand in this item')
    return found


def _file(draft: Draft) -> int:
    return _number(draft.file, "the file") - 1


def _number(given: str, name: str) -> int:
    cleaned = given.strip()
    if not cleaned.isdecimal() or len(cleaned) > 9:
        raise UsageError(f"{name} must be a whole number")
    return int(cleaned)
