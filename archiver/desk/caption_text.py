"""Reads captions of films, WebVTT and SubRip, with webvtt-py; markup and times are left out."""

from __future__ import annotations

import html
import io
from importlib.metadata import version

from webvtt import WebVTT
from webvtt.errors import MalformedCaptionError, MalformedFileError

from archiver.desk.read_out import ReadOut, one_line

LARGEST = 20_000_000  # bytes


def engine() -> str:
    """Name and version of what reads captions."""
    return f"webvtt-py {version('webvtt-py')}"


def in_captions(data: bytes) -> ReadOut:
    """What is said, each line once in a row: rolling captions repeat the line before."""
    text = _decoded(data)
    form = "vtt" if text.lstrip().startswith("WEBVTT") else "srt"
    try:
        captions = WebVTT.from_buffer(io.StringIO(text), format=form).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        return ReadOut("", f"it is neither WebVTT nor SubRip: {error}")
    said: list[str] = []
    for caption in captions:
        for line in html.unescape(caption.text).splitlines():
            if line.strip() and said[-1:] != [line.strip()]:
                said.append(line.strip())
    return one_line(" ".join(said))


def _decoded(data: bytes) -> str:
    """WebVTT is UTF-8; older SubRip files are in whatever their author's machine wrote."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
