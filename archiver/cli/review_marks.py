"""Reads the marks of a redaction as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archiver.errors import UsageError
from archiver.values import Mark

_SPAN = re.compile(r"(\d+)-(\d+)(?:@(.+))?")
_REGION = re.compile(r"(\d+):(\d+),(\d+),(\d+)x(\d+)(?:@(.+))?")


def marks_of(
    code: str,
    text: Sequence[str] | None,
    title: Sequence[str] | None,
    box: Sequence[str] | None,
    blur: Sequence[str] | None,
    file: Sequence[int] | None,
    *,
    author: bool,
) -> tuple[Mark, ...]:
    """All marks of one decision; `code` is that of marks without their own. Files are numbered
    1, 2, ... Raises: UsageError when one is not written as it must be."""
    made = [_span("text", each, code) for each in text or ()]
    made += [_span("title", each, code) for each in title or ()]
    made += [_region(each, "box", code) for each in box or ()]
    made += [_region(each, "blur", code) for each in blur or ()]
    made += [Mark(what="media", code=code, media=each - 1) for each in file or ()]
    if author:
        made.append(Mark(what="author", code=code))
    return tuple(made)


def _span(what: str, written: str, code: str) -> Mark:
    found = _SPAN.fullmatch(written.strip())
    if found is None:
        raise UsageError(f'"{written}" is no span; write it as 12-20, or 12-20@CODE')
    return Mark(what=what, code=found[3] or code, start=int(found[1]), end=int(found[2]))


def _region(written: str, style: str, code: str) -> Mark:
    found = _REGION.fullmatch(written.strip().replace(" ", ""))
    if found is None:
        raise UsageError(
            f'"{written}" is no region; write it as FILE:x,y,WIDTHxHEIGHT, such as 1:40,60,200x120'
        )
    file, x, y, width, height = (int(found[number]) for number in range(1, 6))
    return Mark(
        what="region",
        code=found[6] or code,
        media=file - 1,
        x=x,
        y=y,
        width=width,
        height=height,
        style=style,
    )
