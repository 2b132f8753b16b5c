"""What takes the place of a record that must not stay as it is: a page with items cut out.

A converter is handed a record and where the records before it lie in the new file, and gives
the new block. A conversion of an HTTP answer keeps the answer's head, made true for a body
that is neither encoded nor chunked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from archiver.errors import EvidenceError
from archiver.values import RecordRef
from archiver.warc.cutting import Doomed, cut_items, says
from archiver.warc.reader import StoredRecord

Moved = Mapping[str, RecordRef]
"""Where records lie in the new file, by the id that they had in the old one."""

_UNTRUE = frozenset(
    {
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"trailer",
        b"content-md5",
        b"digest",
        b"content-digest",
        b"repr-digest",
    }
)
_LINE = re.compile(rb"[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")  # with those that continue it


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The new block. `kind` is "conversion", or "metadata" for what Archiver itself had
    written and now writes anew."""

    block: bytes
    kind: str = "conversion"


Converter = Callable[[StoredRecord, Moved], Replacement | None]
"""Makes what replaces a record; None means that it must be dropped whole.

What `moved` does not have was dropped, or comes later in the file.
"""


def without_items(doomed: Doomed, *, words: Collection[str] = ()) -> Converter:
    """Cuts the doomed things out of a page; a page that cannot be cut is dropped whole.

    `words` are texts of what goes, long enough to be told from others. A page that still has
    one of them after the cut is refused, because the thing stands on it a second time under
    another id, or somebody else said the same; who asks must decide which.

    The converter raises EvidenceError for that, and what `cut_items` raises.
    """

    def convert(record: StoredRecord, _moved: Moved) -> Replacement | None:
        body = cut_items(record, doomed)
        if body is None:
            return None
        if says(body, words):
            raise EvidenceError(
                f"after the cut the record {record.record_id} still has words of what was cut "
                "out; name the other place as well, or drop the record whole"
            )
        return Replacement(block=head_for(record.http_head, body) + body)

    return convert


def head_for(head: bytes, body: bytes) -> bytes:
    """An answer's head, made true for this plain body; without a head there is none."""
    if not head:
        return b""
    lines = _LINE.findall(head)
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _UNTRUE]
    ending = b"\r\n" if kept[0].endswith(b"\r\n") else b"\n"
    kept.insert(len(kept) - 1, b"Content-Length: %d%b" % (len(body), ending))
    return b"".join(kept)
