"""The feed's own XML, exactly: the text of elements, the source of each entry, tombstones.

feedparser reads almost everything, but on the way it changes text (it repairs what looks
like a wrong encoding, moves an image's description into the post) and keeps only one of
several equal elements. Where the XML is well-formed, this reading is the one that counts.

Nothing outside the document is ever fetched. Entity declarations that could blow up are
refused before any parser sees them: see `refuse_entities`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.parsers import expat

from connectors.errors import BadAnswer

ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
CONTENT = "http://purl.org/rss/1.0/modules/content/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
PODCAST = (
    "https://podcastindex.org/namespace/1.0",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
)
PLAIN_RSS = (
    "",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
)
THREAD = "http://purl.org/syndication/thread/1.0"
TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"
XHTML = "http://www.w3.org/1999/xhtml"

_ENTITY = re.compile(
    rb"<!ENTITY\s+(%\s+)?(\S+)\s+(\"[^\"]*\"|'[^']*'|SYSTEM\b|PUBLIC\b)?", re.IGNORECASE
)
_BEFORE_DOCTYPE = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_IN_DOCTYPE = re.compile(
    rb"\"[^\"]*\"|'[^']*'|<!--.*?-->|<\?.*?\?>|(?P<open>[<\[])|(?P<close>[>\]])", re.DOTALL
)
_MAX_ENTITY = 64  # bytes; "&copyright;" and its like are shorter
_MAX_DEPTH = 200


@dataclass(slots=True)
class Node:
    """One element: namespace, local name, attributes, own text, children, place in the source.

    `source` is the whole element and `inner` what stands between its tags, both as the
    feed wrote them.
    """

    space: str
    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)
    source: str = ""
    inner: str = ""
    language: str = ""
    base: str = ""

    def all(self, spaces: str | tuple[str, ...], *names: str) -> Iterator[Node]:
        """The direct children of these names in these namespaces."""
        wanted = (spaces,) if isinstance(spaces, str) else spaces
        return (c for c in self.children if c.space in wanted and c.name in names)

    def first(self, spaces: str | tuple[str, ...], *names: str) -> Node | None:
        """The first such child, if any."""
        return next(self.all(spaces, *names), None)

    def walk(self) -> Iterator[Node]:
        """This element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def refuse_entities(document: bytes) -> None:
    """Let no document through whose entities could swell ("billion laughs").

    Raises: BadAnswer when it declares parameter entities, nested ones or long ones.
    """
    for found in _ENTITY.finditer(document[: _prolog_end(document)]):
        parameter, name, value = found[1], found[2], found[3] or b"&"
        if value[:6].upper() in {b"SYSTEM", b"PUBLIC"}:
            continue  # never fetched; what refers to it stays as it is
        nested = re.search(rb"&(?!#)", value) is not None
        if parameter or nested or len(value) > _MAX_ENTITY:
            label = name.decode("utf-8", "replace")[:40]
            raise BadAnswer(
                f'the feed declares the XML entity "{label}", which could swell to any size; '
                "such a feed is not read"
            )


def _prolog_end(document: bytes) -> int:
    """Where declarations end: behind the DOCTYPE, or at the first tag, whichever is later.

    An entity's value may hold a tag, so the first tag alone would hide what follows it.
    """
    first = re.search(rb"<[A-Za-z_]", document)
    end = first.start() if first else len(document)
    before = _BEFORE_DOCTYPE.match(document)
    start = before.end() if before else 0
    if document[start : start + 9].upper() != b"<!DOCTYPE":
        return end
    depth = 0
    for token in _IN_DOCTYPE.finditer(document, start):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
            if depth == 0:
                return max(end, token.end())
    return len(document)


def read(document: bytes) -> Node | None:
    """The tree of a well-formed document in UTF-8; None when it is not well-formed."""
    builder = _Builder(document)
    try:
        builder.parser.Parse(document, True)
    except (expat.ExpatError, _TooDeep):
        return None
    return builder.root


class _TooDeep(Exception):
    """Elements stand within each other beyond all reason."""


class _Builder:
    """Builds the tree; byte offsets of expat give the source of each element."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._open: list[tuple[Node, int]] = []
        self._inner: list[int | None] = []
        self._pieces: list[list[str]] = []
        self.root: Node | None = None
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.CommentHandler = self._other
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartCdataSectionHandler = self._mark
        self.parser.SkippedEntityHandler = self._skipped

    def _mark(self) -> None:
        """The first thing inside an element tells where its inside begins."""
        if self._inner and self._inner[-1] is None:
            self._inner[-1] = self.parser.CurrentByteIndex

    def _other(self, _text: str) -> None:
        self._mark()

    def _instruction(self, _target: str, _data: str) -> None:
        self._mark()

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        self._mark()
        if len(self._open) >= _MAX_DEPTH:
            raise _TooDeep
        space, _, name = full.rpartition(" ")
        node = Node(space, name, {_plain(key): value for key, value in attributes.items()})
        above = self._open[-1][0] if self._open else None
        xml = "http://www.w3.org/XML/1998/namespace "
        node.language = attributes.get(xml + "lang", above.language if above else "")
        node.base = urljoin(above.base if above else "", attributes.get(xml + "base", ""))
        if above is not None:
            above.children.append(node)
        elif self.root is None:
            self.root = node
        self._open.append((node, self.parser.CurrentByteIndex))
        self._inner.append(None)
        self._pieces.append([])

    def _skipped(self, name: str, is_parameter: bool) -> None:
        """An entity of the external DTD that is not fetched: those of HTML are known."""
        if not is_parameter:
            self._characters(html.unescape(f"&{name};"))

    def _characters(self, text: str) -> None:
        self._mark()
        if self._open:
            self._pieces[-1].append(text)

    def _end(self, _full: str) -> None:
        node, start = self._open.pop()
        node.text = "".join(self._pieces.pop())
        inner, end = self._inner.pop(), self.parser.CurrentByteIndex
        close = self._document.find(b">", end)
        if inner is not None:
            node.inner = self._cut(inner, end)
        if node.name in {"item", "entry", "deleted-entry"} and close >= 0:
            node.source = self._cut(start, close + 1)

    def _cut(self, start: int, end: int) -> str:
        return self._document[start:end].decode("utf-8", "replace")


def _plain(key: str) -> str:
    """Attributes of no namespace keep their name, others lose theirs only when unambiguous."""
    return key.rpartition(" ")[2]
