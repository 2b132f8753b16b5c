"""The people, statuses and files of a simulated Mastodon server, and what can happen to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(slots=True)
class Person:
    """An account as this server knows it; `domain` is empty for its own ones."""

    id: str
    handle: str
    domain: str
    name: str
    created: datetime
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    suspended: bool = False
    moved_to: str = ""  # id of another account
    picture: int = 1

    @property
    def acct(self) -> str:
        return f"{self.handle}@{self.domain}" if self.domain else self.handle


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture that was uploaded."""

    id: str
    description: str
    number: int


@dataclass(frozen=True, slots=True)
class Wording:
    """What an edit can change; `made` is when this state came to be."""

    text: str
    made: datetime
    warning: str = ""
    media: tuple[Medium, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(slots=True)
class Status:
    """A status with all its states, oldest first; a repost has none of its own."""

    id: str
    author: str
    created: datetime
    states: list[Wording] = field(default_factory=list)
    visibility: str = "public"
    language: str = "en"
    reply_to: str = ""
    reply_to_account: str = ""
    repost_of: str = ""
    likes: int = 0
    votes: list[int] = field(default_factory=list)

    @property
    def now(self) -> Wording:
        return self.states[-1]


class World:
    """Everything that exists. Methods take and return ids; times are aware UTC."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.statuses: dict[str, Status] = {}
        self.pins: list[str] = []
        self.notifications: list[tuple[str, str, str]] = []  # id, whom, status
        self._serial = 0

    def add_person(self, handle: str, name: str, created: datetime, domain: str = "") -> Person:
        person = Person(self._number(created), handle, domain, name, created)
        self.people[person.id] = person
        return person

    def person(self, acct: str) -> Person | None:
        """By handle, or handle@domain, whatever its case."""
        wanted = acct.lower()
        return next((p for p in self.people.values() if p.acct.lower() == wanted), None)

    def add_status(
        self,
        author: str,
        wording: Wording,
        *,
        visibility: str = "public",
        reply_to: str = "",
        mentions: Sequence[str] = (),
    ) -> str:
        """A new status; those whom it answers or mentions are notified.

        Raises: KeyError for a parent that is not there.
        """
        made = wording.made
        parent = self.statuses[reply_to] if reply_to else None
        status = Status(
            id=self._number(made),
            author=author,
            created=made,
            states=[wording],
            visibility=visibility,
            reply_to=reply_to,
            reply_to_account=parent.author if parent else "",
            votes=[0] * len(wording.options),
        )
        self.statuses[status.id] = status
        for whom in {*mentions, status.reply_to_account} - {"", author}:
            self.notifications.append((self._number(made), whom, status.id))
        return status.id

    def add_repost(self, author: str, of: str, made: datetime) -> str:
        """A repost. Raises: KeyError when there is nothing to be shown."""
        shown = self.statuses[of]
        repost = Status(self._number(made), author, made, repost_of=shown.id)
        self.statuses[repost.id] = repost
        return repost.id

    def edit(self, status_id: str, wording: Wording) -> None:
        """A new state. Raises: KeyError when it is not there."""
        self.statuses[status_id].states.append(wording)

    def delete(self, status_id: str) -> None:
        """Gone, with its reposts; replies to it stay, but no longer name it."""
        del self.statuses[status_id]
        self.notifications = [n for n in self.notifications if n[2] != status_id]
        self.pins = [each for each in self.pins if each != status_id]
        for other in list(self.statuses.values()):
            if other.repost_of == status_id:
                del self.statuses[other.id]
            elif other.reply_to == status_id:
                other.reply_to = ""

    def of(self, author: str) -> list[Status]:
        """An account's statuses, newest first."""
        found = [each for each in self.statuses.values() if each.author == author]
        return sorted(found, key=lambda each: int(each.id), reverse=True)

    def above(self, status: Status) -> list[Status]:
        """What it answers, from the beginning of the conversation."""
        found: list[Status] = []
        while status.reply_to:
            status = self.statuses[status.reply_to]
            found.insert(0, status)
        return found

    def below(self, status: Status, depth: int = 1) -> Iterator[tuple[Status, int]]:
        """What answers it, with levels; each before the answers to it."""
        answers = [each for each in self.statuses.values() if each.reply_to == status.id]
        for each in sorted(answers, key=lambda answer: int(answer.id)):
            yield each, depth
            yield from self.below(each, depth + 1)

    def replies(self, status: Status) -> int:
        """As Mastodon counts them: direct answers that are not for some only."""
        answers = (each for each in self.statuses.values() if each.reply_to == status.id)
        return sum(1 for each in answers if each.visibility in {"public", "unlisted"})

    def medium(self, description: str, made: datetime) -> Medium:
        """A new upload."""
        number = self._number(made)
        return Medium(number, description, self._serial)

    def reworded(self, status_id: str, text: str, made: datetime) -> Wording:
        """The present wording with another text."""
        return replace(self.statuses[status_id].now, text=text, made=made)

    def _number(self, made: datetime) -> str:
        """Ids grow with the time of publication."""
        self._serial += 1
        return str((int(made.timestamp() * 1000) << 16) + self._serial % 65_536)
