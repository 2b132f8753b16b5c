"""Where in the bytes of an XML feed its entries lie: RSS of any age, RDF, Atom.

Nothing outside the document is fetched and no entity is expanded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

_ROOTS = frozenset({"rss", "rdf", "feed", "entry"})
_ENTRIES = frozenset({"item", "entry"})
_JUNK_AFTER_ROOT = 9  # a server's own remark below the feed; the feed itself was whole
_WHITE = b" \t\r\n"


@dataclass(slots=True, kw_only=True)
class FeedEntry:
    """One entry: its first byte and the one after its last, its path, and the text of its
    children by local name (an attribute "about" of the entry, and a link's "href", too)."""

    start: int
    end: int
    path: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_root(self) -> bool:
        """Is the whole document this entry?"""
        return self.path.count("/") == 1


def entries(body: bytes, charset: str = "") -> Sequence[FeedEntry] | None:
    """The entries in their order; None when the body is no well-formed feed.

    `charset` is what the HTTP head claims; the document's own word comes first.
    """
    start = len(body) - len(body.lstrip(_WHITE))
    if body[start : start + 1] not in (b"<", b"\xef", b"\xfe", b"\xff"):
        return None
    document = body[start:] if start else body
    for encoding in (None, charset):
        if encoding == "":
            break
        try:
            reader = _Reader(encoding)
        except ValueError:  # no encoding that there is
            break
        if reader.read(document):
            for each in reader.found:
                each.start += start
                each.end += start
            return reader.found
    return None


class _Reader:
    """One reading of a document. An entry ends where the event after its end tag begins."""

    def __init__(self, encoding: str | None) -> None:
        parser = expat.ParserCreate(encoding)
        parser.UseForeignDTD(True)  # an undeclared &nbsp; is skipped, not an error
        parser.buffer_text = False
        parser.StartElementHandler = self._begins
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._other
        parser.ProcessingInstructionHandler = self._other
        parser.StartCdataSectionHandler = self._other
        parser.EndCdataSectionHandler = self._other
        parser.DefaultHandler = self._other
        parser.SkippedEntityHandler = self._other
        self._parser = parser
        self.found: list[FeedEntry] = []
        self._root = ""
        self._path: list[str] = []
        self._counts: list[Counter[str]] = [Counter()]
        self._open: list[tuple[FeedEntry, int]] = []  # with the depth of the element
        self._ended: FeedEntry | None = None

    def read(self, document: bytes) -> bool:
        """Was it a feed, read to its end?"""
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            if error.code != _JUNK_AFTER_ROOT:
                return False
        except (LookupError, ValueError):  # it claims an encoding that cannot be read
            return False
        if self._ended is not None:  # the document is one entry
            self._ended.end = len(document)
        return self._root in _ROOTS

    def _other(self, *_: object) -> None:
        if self._ended is not None:
            self._ended.end = self._parser.CurrentByteIndex
            self._ended = None

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self._other()
        local = name.rpartition(":")[2]
        counts = self._counts[-1]
        counts[name] += 1
        self._path.append(f"{name}[{counts[name]}]" if local in _ENTRIES else name)
        self._counts.append(Counter())
        self._root = self._root or local.lower()
        if self._open and len(self._path) == self._open[-1][1] + 1 and attributes.get("href"):
            self._open[-1][0].fields.setdefault(local, attributes["href"])
        if local in _ENTRIES:
            at = self._parser.CurrentByteIndex
            entry = FeedEntry(start=at, end=at, path="/" + "/".join(self._path))
            entry.fields.update(
                (key.rpartition(":")[2], value)
                for key, value in attributes.items()
                if key.endswith("about")
            )
            self.found.append(entry)
            self._open.append((entry, len(self._path)))

    def _text(self, text: str) -> None:
        self._other()
        if self._open and len(self._path) == self._open[-1][1] + 1:
            fields = self._open[-1][0].fields
            local = self._path[-1].rpartition(":")[2]
            if self._counts[-2][self._path[-1]] == 1:  # the first of several counts
                fields[local] = fields.get(local, "") + text

    def _ends(self, _name: str) -> None:
        self._other()
        if self._open and len(self._path) == self._open[-1][1]:
            self._ended = self._open.pop()[0]
            self._ended.fields = {k: v.strip() for k, v in self._ended.fields.items()}
        self._path.pop()
        self._counts.pop()
