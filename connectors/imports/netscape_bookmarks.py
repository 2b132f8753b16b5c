"""Reads a Netscape bookmarks file, as browsers, Delicious and Pinboard export it.

    <!DOCTYPE NETSCAPE-Bookmark-file-1>
    <DL><p>
    <DT><A HREF="..." ADD_DATE="1199145600" PRIVATE="0" TAGS="safety,tips">Title</A>
    <DD>Note

DT and DD are never closed: a bookmark ends where the next thing begins. The file is a stream
and may be hostile: memory is bounded whatever it holds, folders are a list and no recursion,
a tag or comment that never ends is dropped, text that is too long is cut, and both are told in
`notes`. Ids and content are those of the Pinboard connector, so that an export and a capture
of the same bookmark are one state of one record.

Not done here: the same address in two folders comes twice; pictures (ICON) are left out of
`native`, they are in the file itself.
"""

from __future__ import annotations

import codecs
import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from connectors.base import Author, Item, Kind, Stamp, Visibility
from connectors.errors import BadAnswer

MAX_TAG = 1 << 20  # characters of one tag or comment; icons are inside tags
MAX_TEXT = 1 << 20  # characters of one title or note
MAX_NAME = 1024  # characters of a folder's name that are kept
MAX_DEPTH = 100  # folders inside each other whose names are kept
_PIECE = 1 << 16
_HEAD = 1024  # bytes in which a character set may be declared
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_ENCODINGS = re.compile(
    r"utf-8|cp125\d|iso8859-\d{1,2}|koi8-[ru]|shift_jis|euc_jp|euc_kr|gb2312|gbk|gb18030|big5"
)
_WEBKIT_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TO_READ = "toread"


@dataclass(slots=True)
class _Open:
    """A bookmark whose end has not come."""

    attributes: dict[str, str]
    folders: tuple[str, ...]
    title: _Text = field(default_factory=lambda: _Text(MAX_TEXT))
    note: _Text = field(default_factory=lambda: _Text(MAX_TEXT))


class _Text:
    """Collects pieces of a text up to a length."""

    def __init__(self, most: int) -> None:
        self._pieces: list[str] = []
        self._room = most
        self.cut = False

    def add(self, piece: str) -> None:
        if self._room > 0:
            self._pieces.append(piece[: self._room])
        self.cut = self.cut or len(piece) > self._room
        self._room = max(0, self._room - len(piece))
        if len(self._pieces) > 512:  # many small pieces take more room than one text
            self._pieces = ["".join(self._pieces)]

    def text(self) -> str:
        return "".join(self._pieces).strip()


class BookmarksFile:
    """One file. `exchange` names the evidence that holds it, `author` is whose bookmarks they
    are. `notes` says, once everything was read, what had to be dropped or cut."""

    def __init__(self, *, exchange: str, author: Author) -> None:
        self._exchange = exchange
        self._author = author
        self.notes: list[str] = []

    def items(self, pieces: Iterable[bytes]) -> Iterator[Item]:
        """The bookmarks in the order of the file, while it is read.

        Raises: BadAnswer when it is no bookmarks file.
        """
        tags = _Tags()
        count = 0
        for text in _decoded(pieces):
            tags.feed(text)
            if len(tags.rawdata) > MAX_TAG:
                tags.drop()
            for each in tags.take():
                count += 1
                yield self._item(each)
        tags.finish()
        for each in tags.take():
            count += 1
            yield self._item(each)
        if not (count or tags.recognised):
            raise BadAnswer(
                "this is no bookmarks file: it has neither the first line "
                "<!DOCTYPE NETSCAPE-Bookmark-file-1> nor a list of bookmarks"
            )
        if tags.dropped:
            self.notes.append(f"{tags.dropped} pieces that never ended were dropped")
        if tags.nameless:
            self.notes.append(f"{tags.nameless} bookmarks without an address were left out")

    def _item(self, each: _Open) -> Item:
        given = each.attributes
        address = given["href"]
        if each.title.cut or each.note.cut:
            self.notes.append(f"the text of {address[:200]} was cut at {MAX_TEXT} characters")
        toread = given.get("toread") == "1"
        facts: dict[str, object] = {
            "address": address,
            "tags": _tags(given.get("tags", ""), toread=toread),
            "toread": toread,
            "folders": list(each.folders),
            "feed": given.get("feedurl", ""),
            "keyword": given.get("shortcuturl", ""),
        }
        published = stamp(given.get("add_date", ""))
        edited = stamp(given.get("last_modified", ""))
        if published and edited and edited.utc <= published.utc:
            edited = None
        return Item(
            kind=Kind.POST,
            id=hashlib.md5(
                address.encode("utf-8", "surrogatepass"), usedforsecurity=False
            ).hexdigest(),
            exchange=self._exchange,
            native={name: value for name, value in given.items() if name != "icon"},
            author=self._author,
            title=each.title.text(),
            text=each.note.text(),
            published=published,
            edited=edited,
            permalink=address,
            visibility=Visibility.PRIVATE if given.get("private") == "1" else Visibility.PUBLIC,
            extra={name: value for name, value in facts.items() if value},
        )


class _Tags(HTMLParser):
    """Turns tags and text into bookmarks; `take` hands over those that are complete."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.recognised = False
        self.dropped = self.nameless = 0
        self._ready: list[_Open] = []
        self._open: _Open | None = None
        self._into: _Text | None = None
        self._folders: list[str] = []
        self._name = _Text(0)  # of the folder whose list comes next
        self._too_deep = 0

    def take(self) -> list[_Open]:
        """The bookmarks that have ended since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def drop(self) -> None:
        """Leave out a tag or comment that has grown too long, and go on behind it."""
        self.rawdata = ""
        self.dropped += 1

    def finish(self) -> None:
        """The file has ended. A tag that was begun is dropped; the parser's own `close` would
        look for its end again and again."""
        if self.rawdata.startswith("<"):
            self.drop()
        elif self.rawdata:
            self.handle_data(html.unescape(self.rawdata))
        self._end()

    def set_cdata_mode(self, elem: str, **_options: bool) -> None:
        """Nothing in a bookmarks file is a script, and one that never ends shall not swallow
        the rest."""

    def parse_html_declaration(self, i: int) -> int:
        """As the parser does, without its failing at `<![` and an unknown word."""
        if self.rawdata.startswith("<![", i):
            return self.parse_bogus_comment(i)
        return super().parse_html_declaration(i)

    def handle_decl(self, decl: str) -> None:
        self.recognised = self.recognised or "netscape-bookmark-file" in decl.lower()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "dt":
                self._end()
            case "dd":
                self._into = self._open.note if self._open else None
            case "a":
                self._anchor({name: value or "" for name, value in attrs})
            case "h1" | "h3":
                self._end()
                self._name = _Text(MAX_NAME)
                self._into = self._name if tag == "h3" else None
            case "dl":
                self._end()
                self._enter()
            case "hr":
                self._end()
            case "br" if self._into is not None:
                self._into.add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "dl":
            self._end()
            self._leave()
        elif tag in ("a", "h3") and not self._in_note():
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into.add(data)

    def _in_note(self) -> bool:
        return self._open is not None and self._into is self._open.note

    def _anchor(self, attributes: dict[str, str]) -> None:
        """A link inside a note is a part of the note, unless it has the date of a bookmark."""
        if not self.recognised or (self._in_note() and "add_date" not in attributes):
            return
        self._end()
        if not attributes.get("href", "").strip():
            self.nameless += 1
            return
        attributes["href"] = attributes["href"].strip()
        self._open = _Open(attributes, tuple(name for name in self._folders if name))
        self._into = self._open.title

    def _end(self) -> None:
        if self._open is not None:
            self._ready.append(self._open)
        self._open = self._into = None

    def _enter(self) -> None:
        self.recognised = True
        if len(self._folders) < MAX_DEPTH:
            self._folders.append(self._name.text())
        else:
            self._too_deep += 1
        self._name = _Text(0)

    def _leave(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif self._folders:
            self._folders.pop()


def stamp(given: str) -> Stamp | None:
    """A date of a bookmarks file: seconds since 1970, and from some exporters milliseconds,
    microseconds, or microseconds since 1601. None for 0 and for what is no such number."""
    text = given.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 17 or int(text) == 0:
        return None
    number = int(text)
    try:
        if len(text) == 17:
            moment = _WEBKIT_EPOCH + timedelta(microseconds=number)
        else:
            unit = 1 if len(text) <= 11 else 1000 if len(text) <= 13 else 1_000_000
            moment = datetime.fromtimestamp(number // unit, UTC)
            moment += timedelta(microseconds=number % unit * (1_000_000 // unit))
    except (OverflowError, ValueError, OSError):
        return None
    return Stamp(text, moment)


def _tags(given: str, *, toread: bool) -> list[str]:
    """Tags are separated by commas; browsers allow spaces inside. Pinboard adds one of its own
    to what is to be read, which its API does not have."""
    tags = [tag.strip() for tag in given.split(",") if tag.strip()]
    if toread and tags and tags[-1] == _TO_READ:
        tags.pop()
    return tags


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text in small pieces. Bytes that are none in the file's encoding become U+FFFD."""
    head, rest = b"", iter(pieces)
    for piece in rest:
        head += piece
        if len(head) >= _HEAD:
            break
    decoder = codecs.getincrementaldecoder(_encoding(head))("replace")
    yield from _small(decoder, head)
    for piece in rest:
        yield from _small(decoder, piece)
    yield decoder.decode(b"", final=True)


def _small(decoder: codecs.IncrementalDecoder, data: bytes) -> Iterator[str]:
    for start in range(0, len(data), _PIECE):
        yield decoder.decode(data[start : start + _PIECE])


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _CHARSET.search(head[:_HEAD])
    if declared is not None and not head.startswith(codecs.BOM_UTF8):
        try:
            name = codecs.lookup(declared.group(1).decode("ascii")).name
        except (LookupError, UnicodeDecodeError):
            return "utf-8-sig"
        if name != "utf-8" and _ENCODINGS.fullmatch(name):
            return name
    return "utf-8-sig"
