"""The people, posts and files of a simulated X, and what can happen to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

_EPOCH_MS = 1_288_834_974_657  # of X's ids
_ADDRESS = re.compile(r"https?://\S+")
EDITABLE = timedelta(hours=1)
EDITS = 5


@dataclass(slots=True)
class Person:
    """An account on X."""

    id: str
    handle: str
    name: str
    created: datetime
    description: str = ""
    location: str = ""
    protected: bool = False
    suspended: bool = False
    withheld: tuple[str, ...] = ()
    pinned: str = ""
    picture: int = 1  # number of the profile picture


@dataclass(frozen=True, slots=True)
class Medium:
    """A photo, video or animated_gif."""

    key: str
    kind: str
    alt_text: str
    number: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """A poll."""

    id: str
    options: tuple[str, ...]
    ends: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a post, with the id that this state has."""

    id: str
    text: str  # as stored: with shortened addresses
    links: tuple[tuple[str, str], ...]  # short and full address
    made: datetime


@dataclass(slots=True)
class Chain:
    """A post with all its versions, oldest first."""

    author: str
    versions: list[Version]
    conversation: str = ""
    reply_to: str = ""
    quotes: str = ""
    repost_of: str = ""
    media: tuple[str, ...] = ()
    poll: str = ""
    withheld: tuple[str, ...] = ()
    deleted: bool = False
    hidden: bool = False  # known to its thread's owner only; the API does not tell
    likes: int = 0
    votes: list[int] = field(default_factory=list)

    @property
    def newest(self) -> Version:
        return self.versions[-1]


def _references(chain: Chain) -> list[tuple[str, str]]:
    pairs = (("reply", chain.reply_to), ("quote", chain.quotes), ("repost", chain.repost_of))
    return [(how, what) for how, what in pairs if what]


class World:
    """Everything that exists. Methods take and return ids; times are aware UTC."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.chains: list[Chain] = []
        self.media: dict[str, Medium] = {}
        self.ballots: dict[str, Ballot] = {}
        self._by_version: dict[str, Chain] = {}
        self._references: Counter[tuple[str, str]] = Counter()
        self._serial = 0

    def add_person(self, handle: str, name: str, created: datetime) -> Person:
        person = Person(str(501 + len(self.people)), handle, name, created)
        self.people[person.id] = person
        return person

    def person(self, handle: str) -> Person | None:
        """By handle, whatever its case."""
        wanted = handle.lower()
        return next((p for p in self.people.values() if p.handle.lower() == wanted), None)

    def chain(self, version_id: str) -> Chain | None:
        """The post that has this version; None when it never was or is deleted."""
        chain = self._by_version.get(version_id)
        return None if chain is None or chain.deleted else chain

    def readable(self, version_id: str) -> Chain | None:
        """As `chain`, but None also when its author is suspended."""
        chain = self.chain(version_id)
        return None if chain is None or self.people[chain.author].suspended else chain

    def add_post(
        self,
        author: str,
        text: str,
        made: datetime,
        *,
        reply_to: str = "",
        quotes: str = "",
        media: Sequence[str] = (),
        poll: Sequence[str] = (),
    ) -> str:
        """A new post, reply or quote. Raises: KeyError for a parent that is not there."""
        version = self._version(text, made)
        parent = self._existing(reply_to) if reply_to else None
        chain = Chain(
            author=author,
            versions=[version],
            conversation=parent.conversation if parent else version.id,
            reply_to=reply_to,
            quotes=quotes,
            media=tuple(media),
        )
        if poll:
            ballot = Ballot(version.id, tuple(poll), made + timedelta(days=1), 1440)
            self.ballots[ballot.id] = ballot
            chain.poll, chain.votes = ballot.id, [0] * len(poll)
        return self._add(chain)

    def add_repost(self, author: str, of: str, made: datetime) -> str:
        """A repost: its own text is the cut text of what it shows."""
        shown = self._existing(of)
        handle = self.people[shown.author].handle
        line = f"RT @{handle}: {shown.newest.text}"
        version = self._version("", made)
        cut = line if len(line) <= 140 else line[:139] + "…"
        version = Version(version.id, cut, (), made)
        return self._add(
            Chain(author=author, versions=[version], conversation=version.id, repost_of=of)
        )

    def edit(self, version_id: str, text: str, made: datetime) -> str:
        """A new version; returns its id.

        Raises: ValueError where X does not allow an edit.
        """
        chain = self._existing(version_id)
        if chain.poll or chain.repost_of:
            raise ValueError("polls and reposts cannot be edited on X")
        if len(chain.versions) > EDITS or made > chain.versions[0].made + EDITABLE:
            raise ValueError("the time or the number of edits is used up")
        version = self._version(text, made)
        chain.versions.append(version)
        self._by_version[version.id] = chain
        return version.id

    def delete(self, version_id: str) -> None:
        """Delete the whole chain, and with it all reposts of it."""
        chain = self._existing(version_id)
        self._remove(chain)
        ids = {version.id for version in chain.versions}
        for other in self.chains:
            if other.repost_of in ids and not other.deleted:
                self._remove(other)

    def add_medium(self, kind: str, alt_text: str) -> str:
        number = len(self.media) + 1
        prefix = {"photo": 3, "video": 13, "animated_gif": 16}[kind]
        key = f"{prefix}_{1_990_000_000_000 + number}"
        self.media[key] = Medium(key, kind, alt_text, number)
        return key

    def of(self, author: str) -> list[Chain]:
        """An account's posts, newest version first."""
        found = [c for c in self.chains if c.author == author and not c.deleted]
        return sorted(found, key=lambda chain: int(chain.newest.id), reverse=True)

    def found(self, chains: Iterable[Chain]) -> list[Chain]:
        """What of these anybody may read, newest version first."""
        readable = [
            c
            for c in chains
            if not (c.deleted or self.people[c.author].suspended or self.people[c.author].protected)
        ]
        return sorted(readable, key=lambda chain: int(chain.newest.id), reverse=True)

    def times_referred_to(self, chain: Chain, how: str) -> int:
        """How many posts there are that reply_to, quote or repost (`how`) this one."""
        return sum(self._references[how, version.id] for version in chain.versions)

    def _existing(self, version_id: str) -> Chain:
        chain = self.chain(version_id)
        if chain is None:
            raise KeyError(f"there is no post {version_id}")
        return chain

    def _add(self, chain: Chain) -> str:
        self.chains.append(chain)
        self._by_version[chain.newest.id] = chain
        self._references.update(_references(chain))
        return chain.newest.id

    def _remove(self, chain: Chain) -> None:
        chain.deleted = True
        self._references.subtract(_references(chain))

    def _version(self, text: str, made: datetime) -> Version:
        self._serial += 1
        milliseconds = int(made.astimezone(UTC).timestamp() * 1000) - _EPOCH_MS
        number = (milliseconds << 22) | (self._serial & 0x3FFFFF)
        links: list[tuple[str, str]] = []

        def shorten(match: re.Match[str]) -> str:
            short = "https://t.co/" + sha256(match.group().encode()).hexdigest()[:10]
            links.append((short, match.group()))
            return short

        return Version(str(number), _ADDRESS.sub(shorten, text), tuple(links), made)
