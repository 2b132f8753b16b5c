"""The state behind the Facebook simulator: one Page, its posts, comments and files.

Plain methods change the world as people would: publish, visit, comment, edit, hide, delete.
What the Graph API makes of it is in `facebook_nodes`.
"""

from __future__ import annotations

import random
import struct
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archiver.demo.simulators.base import SimulatedTime

PAGE_ID = "742001"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account; the Page itself writes as `PAGE`."""

    id: str
    name: str


PAGE = Person(PAGE_ID, "Springfield Police Department")
NEIGHBOURS = (
    Person("9001", "Ned Fields"),
    Person("9002", "Maude Lovett"),
    Person("9003", "Carl Carlsen"),
    Person("9004", "Edna Krause"),
)


@dataclass(slots=True)
class File:
    """A photo or a video with its bytes as Facebook serves them."""

    id: str
    mime: str
    content: bytes
    alt_text: str = ""
    description: str = ""
    side: int = 64  # pixels
    in_post: bool = True  # does a post name a film's file, or only the video itself?

    @property
    def is_video(self) -> bool:
        return self.mime.startswith("video/")


@dataclass(slots=True)
class Comment:
    """A comment on a post, or with `parent_id` a reply to a comment."""

    id: str
    post_id: str
    parent_id: str
    author: Person
    message: str
    created: datetime
    hidden: bool = False
    private: bool = False
    file: File | None = None


@dataclass(slots=True)
class Post:
    """A post on one of the Page's edges. `withheld` ones take room on a page of results but
    are left out of it, as age- or country-gated ones are."""

    id: str
    edge: str  # published_posts | visitor_posts | tagged | scheduled_posts
    author: Person
    message: str
    created: datetime
    updated: datetime
    files: list[File] = field(default_factory=list)
    link: str = ""
    story: str = ""
    shared: str = ""  # id of the post that this one shares
    hidden: bool = False
    withheld: bool = False
    scheduled_for: datetime | None = None
    reactions: int = 0
    shares: int = 0
    comments: list[Comment] = field(default_factory=list)


def picture(number: int, side: int = 64) -> bytes:
    """A real PNG: a square of one colour, different for every number."""
    colour = bytes((number * 37 % 256, number * 101 % 256, number * 11 % 256))
    rows = b"".join(b"\x00" + colour * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def film(number: int) -> bytes:
    """The frame of an MP4 file: a type box and a data box, without a moving picture."""
    body = f"film {number}".encode()
    return (
        (struct.pack(">I", 24) + b"ftypmp42" + struct.pack(">I", 0) + b"mp42isom")
        + struct.pack(">I", 8 + len(body))
        + b"mdat"
        + body
    )


class PageWorld:
    """One Page. Every method is safe to call while the simulator is being served."""

    def __init__(self, time_: SimulatedTime, lock: threading.RLock) -> None:
        self._time = time_
        self._lock = lock
        self._number = 1000
        self.posts: dict[str, Post] = {}
        self.profile: dict[str, object] = {
            "name": PAGE.name,
            "about": "The official Page of the Springfield Police Department.",
            "description": "Not monitored around the clock. In an emergency call 911.",
            "category": "Police Station",
            "username": "SpringfieldPD",
            "website": "https://police.springfield.example/",
            "phone": "+1 555 0100",
            "emails": ["records@police.springfield.example"],
            "fan_count": 12000,
            "followers_count": 12850,
            "is_published": True,
            "verification_status": "blue_verified",
        }
        self.untouchable: set[str] = set()  # comments that the Page may neither hide nor remove
        self.cover = File("880001", "image/png", picture(1))
        self.picture = File("880002", "image/png", picture(2))

    def publish(
        self,
        message: str,
        *,
        photos: Sequence[str] = (),
        video: bool = False,
        link: str = "",
        shares: str = "",
        when: datetime | None = None,
    ) -> str:
        """Post as the Page; `photos` are alternative texts. Returns the post's id."""
        with self._lock:
            post = self._post("published_posts", PAGE, message, when)
            post.files = [self._photo(alt) for alt in photos]
            if video:
                post.files.append(File(self._next(), "video/mp4", film(self._number)))
            post.link, post.shared = link, shares
            return post.id

    def visit(self, message: str, author: Person = NEIGHBOURS[0], *, photos: int = 0) -> str:
        """Post on the Page as a visitor. Returns the post's id."""
        with self._lock:
            post = self._post("visitor_posts", author, message, None)
            post.files = [self._photo("") for _ in range(photos)]
            return post.id

    def tag(self, message: str, author: Person = NEIGHBOURS[1]) -> str:
        """Name the Page in a post elsewhere. Returns the post's id."""
        with self._lock:
            return self._post("tagged", author, message, None).id

    def schedule(self, message: str, at: datetime) -> str:
        """Prepare a post of the Page for later. Returns the post's id."""
        with self._lock:
            post = self._post("scheduled_posts", PAGE, message, None)
            post.scheduled_for = at
            return post.id

    def comment(
        self,
        on: str,
        message: str,
        author: Person = NEIGHBOURS[0],
        *,
        photo: bool = False,
        private: bool = False,
    ) -> str:
        """Comment on a post, or reply to a comment. Returns the comment's id."""
        with self._lock:
            target = self._thing(on)
            post = target if isinstance(target, Post) else self.posts[target.post_id]
            comment = Comment(
                id=f"{post.id.partition('_')[2]}_{self._next()}",
                post_id=post.id,
                parent_id=target.id if isinstance(target, Comment) else "",
                author=author,
                message=message,
                created=self._now(),
                private=private,
                file=self._photo("") if photo else None,
            )
            post.comments.append(comment)
            post.updated = comment.created  # as Facebook does: it is no edit time
            return comment.id

    def edit(self, thing_id: str, message: str) -> None:
        """Change the text. Only posts get a new `updated_time`."""
        with self._lock:
            thing = self._thing(thing_id)
            thing.message = message
            if isinstance(thing, Post):
                thing.updated = self._now()

    def hide(self, thing_id: str, hidden: bool = True) -> None:
        """Hide a post from the timeline, or a comment from all but its author's friends."""
        with self._lock:
            self._thing(thing_id).hidden = hidden

    def withhold(self, post_id: str) -> None:
        """Let the platform leave a post out of listings while it still takes room there."""
        with self._lock:
            self.posts[post_id].withheld = True

    def delete(self, thing_id: str, *, keep_replies: bool = False) -> None:
        """Remove a post with its comments, or a comment with its replies.

        `keep_replies` leaves the replies behind, naming a parent that is no more.
        """
        with self._lock:
            thing = self._thing(thing_id)
            if isinstance(thing, Post):
                del self.posts[thing.id]
                return
            post = self.posts[thing.post_id]
            post.comments = [
                each
                for each in post.comments
                if each.id != thing.id and (keep_replies or each.parent_id != thing.id)
            ]

    def react(self, post_id: str, *, reactions: int = 0, shares: int = 0) -> None:
        """Add likes and shares, which are no content."""
        with self._lock:
            self.posts[post_id].reactions += reactions
            self.posts[post_id].shares += shares

    def seed(self, number: int, *, years: int = 5) -> list[str]:
        """Create `number` older posts spread evenly over the past years, some with pictures,
        films, links and threads. Returns their ids, oldest first."""
        chance = random.Random(number)  # noqa: S311 - a repeatable world, not a secret
        span = timedelta(days=365 * years)
        ids = []
        for index in range(number):
            when = self._now() - span + span * index / (number + 1)
            ids.append(self._old_post(index, when.replace(microsecond=0), chance))
        return ids

    def files(self) -> dict[str, File]:
        """Every file by its id."""
        with self._lock:
            files = [self.cover, self.picture]
            for post in self.posts.values():
                files += post.files
                files += [each.file for each in post.comments if each.file is not None]
            return {each.id: each for each in files}

    def find_comment(self, comment_id: str) -> Comment | None:
        """The comment with this id, on whatever post."""
        for post in self.posts.values():
            for comment in post.comments:
                if comment.id == comment_id:
                    return comment
        return None

    def _old_post(self, index: int, when: datetime, chance: random.Random) -> str:
        subject = chance.choice(("Road closed", "Lost dog found", "Coffee with a Cop", "Thank you"))
        photos = [f"Picture {n + 1} of {subject}" for n in range(chance.choice((0, 0, 1, 3)))]
        post_id = self.publish(
            f"{subject}, notice {index + 1}",
            photos=photos,
            video=index % 17 == 5,
            link="https://police.springfield.example/news" if index % 7 == 3 else "",
            when=when,
        )
        post = self.posts[post_id]
        for number in range(chance.choice((0, 0, 1, 4))):
            author = chance.choice(NEIGHBOURS)
            on = chance.choice([post_id, *(each.id for each in post.comments)])
            said = self.find_comment(self.comment(on, f"Comment {number + 1}", author))
            assert said is not None
            said.created = when + timedelta(minutes=5 * (number + 1))
            post.updated = said.created
        post.reactions = chance.randrange(40)
        return post_id

    def _post(self, edge: str, author: Person, message: str, when: datetime | None) -> Post:
        moment = (when or self._now()).replace(microsecond=0)  # as the Graph tells time
        post = Post(f"{PAGE_ID}_{self._next()}", edge, author, message, moment, moment)
        self.posts[post.id] = post
        return post

    def _photo(self, alt_text: str) -> File:
        number = self._next()
        return File(number, "image/png", picture(int(number)), alt_text)

    def _thing(self, thing_id: str) -> Post | Comment:
        found = self.posts.get(thing_id) or self.find_comment(thing_id)
        if found is None:
            raise KeyError(f"the simulated Page has nothing with the id {thing_id}")
        return found

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _now(self) -> datetime:
        return self._time.now().replace(microsecond=0)
