"""From the bytes of a feed to its text, when headers, declaration and bytes disagree.

Order: a byte-order mark; the bytes themselves where they are valid UTF-8 with more than
ASCII in it (text in another encoding practically never is); the header's charset; the XML
declaration; then UTF-8 with damaged bytes shown as U+FFFD, or Windows-1252 where hardly
anything was UTF-8. What had to be guessed or replaced is said in a note.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),  # "<?xm" in EBCDIC
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NEVER = frozenset(  # codecs that are not character sets of documents
    {
        "utf-7",
        "unicode-escape",
        "raw-unicode-escape",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "undefined",
        "mbcs",
        "oem",
    }
)
_SAME = {  # what the label means on the web, where it differs from the codec of that name
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without byte-order mark, how it was read, and what went wrong on the way."""

    text: str
    encoding: str
    note: str = ""


def decode(data: bytes, content_type: str) -> Decoded:
    """The text of `data`; never fails."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _damaged(data[len(mark) :], encoding)
    for start, encoding in _UNMARKED:
        if data.startswith(start):
            return _damaged(data, encoding)
    labels = _labels(data, content_type)
    if not data.isascii() or not labels:
        try:
            return Decoded(data.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            pass
    for label in labels:
        if label != "utf-8":
            try:
                return Decoded(data.decode(label), label)
            except (UnicodeDecodeError, LookupError):
                continue
    return _damaged(data, "utf-8")


def as_utf8(decoded: Decoded) -> bytes:
    """The same document in UTF-8, its XML declaration set right."""
    text = decoded.text.lstrip("\ufeff")
    if _DECLARATION.match(text):
        text = _DECLARATION.sub("", text, count=1)
    body = text.lstrip().encode("utf-8", "replace")
    return b'<?xml version="1.0" encoding="utf-8"?>' + body


def _labels(data: bytes, content_type: str) -> list[str]:
    found = []
    header = _HEADER.search(content_type)
    if header:
        found.append(header[1])
    declared = _DECLARED.match(data[:1024])
    if declared:
        found.append(declared[1].decode("ascii"))
    labels = []
    for label in found:
        try:
            name = codecs.lookup(_SAME.get(label.lower(), label)).name
        except LookupError:
            continue
        if name in _NEVER or name.startswith(("utf-16", "utf-32")):
            continue  # UTF-16 and UTF-32: the bytes would have shown it
        labels.append(name)
    return labels


def _damaged(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    good = sum(1 for letter in text if not letter.isascii()) - bad
    if encoding == "utf-8" and bad > good:
        text = data.decode("cp1252", "replace")
        return Decoded(text, "cp1252", "the feed is not UTF-8; it was read as Windows-1252")
    return Decoded(text, encoding, f"{bad} damaged characters are shown as \ufffd")
