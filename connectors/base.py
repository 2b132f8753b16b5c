"""The seam between Archiver and a platform.

Terms
-----
account     one presence of the agency on one platform, approved by a named approver
item        one state of one thing on a platform (a post, a comment, a profile), as just read
version key the platform's own name for one state of an item, where it has one (X: the id of
            each edit; WordPress: the revision id)
page        what one step of a walk brought: items, the exchanges they were read from, the
            cursor that becomes valid once all of it is stored, and what the step *covers*
coverage    a statement "everything of these kinds in this range has now been listed"; only
            what is covered and was not seen may be looked up as possibly gone
finding     the answer of the platform to "is this item still there?"
removal     deleting, hiding or showing again one item; its terms: `connectors.removals`
exchange    one HTTP request with its response, named by the recorder

Rules every connector keeps
---------------------------
1. It speaks only through sessions made by the `Http` it was given; it never makes its own
   connection. Every response made there has an exchange name: `exchange_of(response)`.
2. It raises only the errors of `connectors.errors`.
3. It never concludes that something was deleted from not seeing it. It states coverage;
   the capture engine asks `lookup`.
4. An empty page with a continuation is not the end of a walk.
5. It keeps no state between calls: everything it must remember is in the cursor.
6. It has no clock: times that limit a walk are handed in.
7. Credentials come only from `Credentials`; they never appear in an item, cursor or error.
8. It changes nothing on the platform, except in `remove`. Whether something may be removed is
   not its business: that was decided before it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

from connectors.recorded_http import Http

if TYPE_CHECKING:
    from connectors.capabilities import Capabilities

REMOVER = "remover_"
"""Begins the names of an account's second set of credentials, which only removals use."""

Cursor = Mapping[str, object]
"""What a connector must remember between walks. JSON values only; opaque to everyone else."""


class Kind(StrEnum):
    """What sort of thing an item is."""

    POST = "post"
    PAGE = "page"  # a web page managed in the platform, as WordPress has
    COMMENT = "comment"  # on a post
    REPLY = "reply"  # to a comment, or to another post
    REPOST = "repost"
    STORY = "story"
    MESSAGE = "message"
    MEDIA = "media"  # an attachment that stands by itself in a media library
    PROFILE = "profile"


class Visibility(StrEnum):
    """Who could see an item when it was read."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    HIDDEN = "hidden"  # by the agency's moderation
    PENDING = "pending"  # held for moderation
    SPAM = "spam"
    PRIVATE = "private"
    DRAFT = "draft"
    TRASHED = "trashed"
    WITHHELD = "withheld"  # by the platform, at least in some countries


class Window(StrEnum):
    """How far a walk goes back."""

    NEW = "new"  # what appeared since the last walk
    RECENT = "recent"  # all that is young enough to be edited, commented or removed often
    FULL = "full"  # everything the platform still lists; the first one is the backfill


class Markup(StrEnum):
    """How `Item.text` is written."""

    PLAIN = "plain"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment as the platform wrote it, and the same moment in UTC (aware)."""

    given: str
    utc: datetime


@dataclass(frozen=True, slots=True)
class Author:
    """Who made an item; `id` is the platform's, empty where the platform hides it."""

    id: str = ""
    handle: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """A media file that belongs to an item.

    `key` is stable for the same file on the same item; it is never a signed address.
    `url` is where the bytes are now. `change_token` (an ETag, a size) makes a replaced file
    under the same key visible without fetching it, where the platform tells.
    """

    key: str
    url: str
    kind: str = "image"  # image | video | audio | document
    alt_text: str = ""
    mime: str = ""
    size: int | None = None
    change_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One state of one thing on the platform.

    `id` is unique per account and family (see `family`). `text` is exactly what the
    platform gave. `extra` holds whatever else belongs to the content (a link card, a poll,
    tags): a change in it is an edit. `metrics` never make a version. `native` is the
    platform's own JSON, untouched. `edited` is set only when the platform states a true
    edit time of the *content*. `superseded` marks a historic state that the platform told.
    """

    kind: Kind
    id: str
    exchange: str
    native: Mapping[str, object]
    author: Author = Author()
    title: str = ""
    text: str = ""
    markup: Markup = Markup.PLAIN
    language: str = ""
    parent_id: str = ""
    thread_id: str = ""
    published: Stamp | None = None
    edited: Stamp | None = None
    permalink: str = ""
    media: tuple[MediaRef, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    metrics: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    version_key: str = ""
    superseded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Everything of `kinds` in this range has now been listed by this walk.

    `thread_id` limits it to one thread. `since` and `until` (aware UTC, inclusive) limit it
    to items published in between; None means open.
    """

    kinds: frozenset[Kind]
    thread_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One step of a walk. `cursor` becomes valid once everything here is stored.

    `done` and `total` (items; None when unknown) feed the progress bar. `notes` name limits
    met on the way, in words for the run log ("the platform lists at most 3,200 posts").
    `findings` are statements about items that the platform volunteered (a tombstone).
    """

    items: Sequence[Item]
    exchanges: tuple[str, ...]
    cursor: Cursor
    covers: tuple[Coverage, ...] = ()
    done: int | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Presence(StrEnum):
    """What the platform says of an item that was asked for by id."""

    PRESENT = "present"
    HIDDEN = "hidden"
    WITHHELD = "withheld"
    GONE = "gone"
    UNREACHABLE = "unreachable"  # protected, no permission, account closed: not a deletion


class Evidence(StrEnum):
    """On what a finding rests. Only the first three say who removed something."""

    OWN_DELETION = "own deletion"  # done through Archiver, or the platform's own trash shows it
    AUTHOR = "author"  # the platform says that the author removed it
    PLATFORM = "platform statement"  # the platform says that it removed it
    HIDDEN = "hidden"
    WITHHELD = "withheld"
    ACCOUNT_CLOSED = "account closed"
    PERMISSION_LOST = "permission lost"
    UNKNOWN = "unknown"  # not found, and the platform does not say why


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An item to look up."""

    kind: Kind
    id: str
    permalink: str = ""
    parent_id: str = ""
    thread_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The platform's answer about one target. `statement` quotes the platform."""

    target: Target
    presence: Presence
    exchange: str
    evidence: Evidence | None = None  # None when present
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the platform says exists, per kind. `exact` False: differences prove nothing."""

    by_kind: Mapping[Kind, int]
    exact: bool
    exchanges: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Outcome of `accounts test`: whose account this is and what the credentials allow."""

    ok: bool
    identity: str
    statements: tuple[str, ...] = ()  # one clear sentence each
    expires: datetime | None = None  # of the credential, aware UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSpec:
    """A credential a platform can use. `secret` False: a name, such as a login, that must not
    be masked, since masking it would blot out the same word in the records."""

    name: str
    meaning: str
    required: bool = True
    secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSpec:
    """A setting of one account, given at `accounts propose --option name=value`."""

    name: str
    meaning: str
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account as a connector needs it. `address` is the handle, page id or URL."""

    slug: str
    platform: str
    address: str
    options: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str, default: str = "") -> str:
        """The option's value, or `default` when it is not set."""
        return self.options.get(name) or default


class Credentials:
    """The secrets of one account; never printed, never compared, never serialised."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in values.items() if value}

    def get(self, name: str) -> str | None:
        """The secret, or None when it was not given."""
        return self._values.get(name)

    def names(self) -> frozenset[str]:
        """Which credentials were given."""
        return frozenset(self._values)

    def reading(self) -> Credentials:
        """The set that reads; the one for removals is left out."""
        return Credentials({n: v for n, v in self._values.items() if not n.startswith(REMOVER)})

    def removing(self) -> Credentials:
        """The set for removals, under the plain names: `remover_token` stands as `token`.

        What it does not name is taken from the set that reads.
        """
        own = {n.removeprefix(REMOVER): v for n, v in self._values.items() if n.startswith(REMOVER)}
        return Credentials({**self.reading()._values, **own})

    def secrets(self, specs: Sequence[CredentialSpec]) -> tuple[str, ...]:
        """The values to mask: all but those that the connector declares to be no secret."""
        public = {spec.name for spec in specs if not spec.secret}
        return tuple(value for name, value in self._values.items() if name not in public)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._values))})"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("credentials are not serialised")


class Connector(Protocol):
    """Reads one account of one platform. Made anew for every run."""

    platform: ClassVar[str]
    title: ClassVar[str]  # "Facebook Page"
    capabilities: ClassVar[Capabilities]
    credentials: ClassVar[tuple[CredentialSpec, ...]]
    options: ClassVar[tuple[OptionSpec, ...]]

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None: ...

    def check(self) -> Check:
        """Are the credentials good, whose account is it, what may we read?"""
        ...

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk newest first. `cursor` is that of the last stored page of this window.

        For RECENT, `since` (aware UTC) is how far back to go. A FULL walk that was cut off
        goes on from its cursor; a finished walk leaves a cursor that starts afresh.
        The order inside a page is free.
        """
        ...

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask the platform for each target by id; one finding per target, in any order."""
        ...

    def count(self) -> Counts | None:
        """What the platform says exists, or None when it does not tell."""
        ...


def family(kind: Kind) -> str:
    """The id space of a kind: platforms number posts and comments apart, but a thing may
    change between post and repost, or comment and reply, without becoming another thing."""
    return _FAMILIES[kind]


_FAMILIES: Mapping[Kind, str] = {
    Kind.POST: "post",
    Kind.PAGE: "post",
    Kind.REPOST: "post",
    Kind.STORY: "story",
    Kind.COMMENT: "comment",
    Kind.REPLY: "comment",
    Kind.MESSAGE: "message",
    Kind.MEDIA: "media",
    Kind.PROFILE: "profile",
}
