"""The state behind the WordPress simulator: a site's posts, pages, comments and files.

Plain methods change the world as people would: publish, edit, comment, moderate, hide, trash,
delete. They keep WordPress's habits that matter to an archive: a save stores the *new* content
as a revision, the first version is kept nowhere, a post dated in the past or in the future
carries that date as its time of change as well, and trashing a post takes its comments along.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.wordpress_files import picture

POSTED = ("publish", "private")
WORDS = (
    "Road closed after water main break",
    "Officers recover stolen bicycles",
    "Community meeting on Evergreen Terrace",
    "Winter parking rules begin",
    "Missing person found safe",
    "Tips wanted in burglary",
)


@dataclass(slots=True)
class User:
    """Someone who can sign in; editors and administrators may read everything."""

    id: int
    login: str
    name: str
    role: str
    application_password: str = ""


@dataclass(slots=True)
class File:
    """The bytes of an upload and what WordPress notes about them."""

    path: str  # below wp-content/uploads/
    mime: str
    content: bytes
    alt_text: str = ""
    caption: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """A saved state of a post's text; an autosave is one that nobody saved."""

    id: int
    author: int
    saved: datetime
    title: str
    content: str
    excerpt: str
    autosave: bool = False


@dataclass(slots=True)
class Post:
    """A post, page, thing of a custom type, or with `file` an attachment."""

    id: int
    type: str
    author: int
    title: str
    content: str
    date: datetime
    modified: datetime
    slug: str
    status: str = "publish"
    excerpt: str = ""
    password: str = ""
    parent: int = 0
    featured: int = 0
    comment_status: str = "open"
    categories: list[int] = field(default_factory=lambda: [1])
    tags: list[int] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)  # newest first
    file: File | None = None
    before_trash: str = ""


@dataclass(slots=True)
class Comment:
    """A comment; `parent` is 0 or the comment that it answers."""

    id: int
    post: int
    parent: int
    name: str
    content: str
    date: datetime
    status: str = "approved"
    user: int = 0
    type: str = "comment"
    before_trash: str = ""
    ip: str = "192.0.2.7"
    agent: str = "browser"


class WordPressWorld(Simulator):
    """One site. All times are aware UTC."""

    name = "wordpress"

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        super().__init__(time_)
        self.site_name = "Springfield Police Department"
        self.tagline = "News and notices"
        self.utc_offset = timedelta(hours=-6)  # of the site's local times
        self.types = {"post": "posts", "page": "pages", "attachment": "media"}
        self.trash_enabled = True  # EMPTY_TRASH_DAYS; without, only deletion for ever is left
        self.revisions_kept: int | None = None  # WP_POST_REVISIONS; None keeps all
        self.users = {
            "chief": User(1, "chief", "Chief of Police", "administrator"),
            "records": User(2, "records", "Records Section", "editor", "abcd EFGH ijkl MNOP"),
        }
        self.posts: dict[int, Post] = {}
        self.comments: dict[int, Comment] = {}
        self._post_ids = 3
        self._comment_ids = 1

    # -- posts ----------------------------------------------------------------------------

    def publish(
        self,
        title: str,
        content: str,
        *,
        type: str = "post",
        at: datetime | None = None,
        status: str = "publish",
        author: str = "chief",
        featured: int = 0,
        password: str = "",
    ) -> int:
        """A new post, dated `at` or now; returns its id."""
        with self.lock:
            when = (at or self.time.now()).replace(microsecond=0)
            post = Post(
                id=self._post_id(),
                type=type,
                author=self.users[author].id,
                title=title,
                content=content,
                date=when,
                modified=when,  # as WordPress does, also for dates far from now
                slug=_slug(title),
                status=status,
                featured=featured,
                password=password,
            )
            self.posts[post.id] = post
            return post.id

    def draft(self, title: str, content: str) -> int:
        """A draft; returns its id."""
        return self.publish(title, content, status="draft")

    def schedule(self, title: str, content: str, at: datetime) -> int:
        """A post that is to appear at `at`; returns its id."""
        return self.publish(title, content, status="future", at=at)

    def edit(
        self,
        post_id: int,
        *,
        title: str | None = None,
        content: str | None = None,
        by: str = "chief",
    ) -> None:
        """Change a post's text and save it."""
        with self.lock:
            post = self.posts[post_id]
            post.title = post.title if title is None else title
            post.content = post.content if content is None else content
            self._save(post, by)

    def autosave(self, post_id: int, content: str) -> None:
        """Type something and not save it."""
        with self.lock:
            post = self.posts[post_id]
            now = self.time.now().replace(microsecond=0)
            draft = Revision(
                self._post_id(), post.author, now, post.title, content, post.excerpt, autosave=True
            )
            post.revisions.insert(0, draft)

    def change_past_wordpress(self, post_id: int, content: str) -> None:
        """Change the database directly: no revision, no new time of change."""
        with self.lock:
            self.posts[post_id].content = content

    def hide(self, post_id: int, status: str = "private") -> None:
        """Take a post out of the public's sight, without deleting it; or show it again."""
        with self.lock:
            post = self.posts[post_id]
            post.status = status
            self._save(post, "chief")

    def trash(self, post_id: int) -> None:
        """Move a post into the trash, and its comments with it."""
        with self.lock:
            post = self.posts[post_id]
            post.before_trash, post.status = post.status, "trash"
            post.slug += "__trashed"
            self._save(post, "chief")
            for comment in self.comments.values():
                if comment.post == post_id:
                    comment.before_trash, comment.status = comment.status, "post-trashed"

    def restore(self, post_id: int) -> None:
        """Take a post out of the trash; WordPress makes it a draft."""
        with self.lock:
            post = self.posts[post_id]
            post.status, post.slug = "draft", post.slug.removesuffix("__trashed")
            self._save(post, "chief")
            for comment in self.comments.values():
                if comment.post == post_id and comment.status == "post-trashed":
                    comment.status = comment.before_trash

    def delete(self, post_id: int) -> None:
        """Delete a post or file for ever, with its comments and revisions."""
        with self.lock:
            del self.posts[post_id]
            for comment in [c for c in self.comments.values() if c.post == post_id]:
                del self.comments[comment.id]

    def upload(self, name: str, content: bytes, mime: str, *, alt_text: str = "") -> int:
        """A file for the media library; returns the attachment's id."""
        with self.lock:
            now = self.time.now().replace(microsecond=0)
            attachment = self.publish(
                name.rpartition(".")[0], "", type="attachment", status="inherit", at=now
            )
            side = 64 if mime == "image/png" else 0
            self.posts[attachment].file = File(
                f"{now:%Y/%m}/{name}", mime, content, alt_text, width=side, height=side
            )
            return attachment

    def replace_file(self, attachment: int, content: bytes) -> None:
        """Put other bytes under the same address."""
        with self.lock:
            file = self.posts[attachment].file
            if file is None:
                raise ValueError(f"{attachment} is not a file")
            file.content = content
            self.posts[attachment].modified = self.time.now().replace(microsecond=0)

    # -- comments -------------------------------------------------------------------------

    def comment(
        self,
        post_id: int,
        content: str,
        *,
        name: str = "Ned Fields",
        parent: int = 0,
        status: str = "approved",
        at: datetime | None = None,
    ) -> int:
        """A visitor's comment, or with `parent` a reply; returns its id."""
        with self.lock:
            self._comment_ids += 1
            when = (at or self.time.now()).replace(microsecond=0)
            made = Comment(self._comment_ids, post_id, parent, name, content, when, status)
            self.comments[made.id] = made
            return made.id

    def edit_comment(self, comment_id: int, content: str) -> None:
        """Change a comment's text; WordPress notes no time."""
        with self.lock:
            self.comments[comment_id].content = content

    def moderate(self, comment_id: int, status: str) -> None:
        """Set a comment's status: approved, hold, spam, trash."""
        with self.lock:
            self.comments[comment_id].status = status

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment for ever; replies move up to what it answered."""
        with self.lock:
            gone = self.comments.pop(comment_id)
            for comment in self.comments.values():
                if comment.parent == comment_id:
                    comment.parent = gone.parent

    # -- history --------------------------------------------------------------------------

    def seed(self, posts: int, *, years: float = 5.0, seed: int = 20) -> list[int]:
        """Older posts spread evenly over some years until now, a third with a picture, some
        edited, half with comments; returns the posts' ids, oldest first."""
        chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        start = self.time.now() - timedelta(days=365 * years)
        step = timedelta(days=365 * years) / max(posts, 1)
        made = []
        for number in range(posts):
            when = start + step * number
            title = f"{chance.choice(WORDS)} ({number + 1})"
            image = 0
            if number % 3 == 0:
                image = self.upload(f"scene-{number + 1}.png", picture(number), "image/png")
            post = self.publish(
                title, f"<p>{title}. Notice {number + 1}.</p>", featured=image, at=when
            )
            if number % 5 == 0:
                self.edit(post, content=f"<p>{title}. Corrected notice {number + 1}.</p>")
            if number % 2 == 0:
                first = self.comment(post, "Thank you.", at=when + timedelta(hours=2))
                if number % 4 == 0:
                    self.comment(post, "Agreed.", parent=first, at=when + timedelta(hours=3))
            made.append(post)
        return made

    def prune_revisions(self, post_id: int, keep: int) -> None:
        """Forget all but the newest revisions of a post."""
        with self.lock:
            del self.posts[post_id].revisions[keep:]

    def _save(self, post: Post, by: str) -> None:
        now = self.time.now().replace(microsecond=0)
        post.modified = now
        if post.type == "attachment":
            return
        saved = next((each for each in post.revisions if not each.autosave), None)
        content = (post.title, post.content, post.excerpt)
        if saved is not None and (saved.title, saved.content, saved.excerpt) == content:
            return
        revision = Revision(self._post_id(), self.users[by].id, now, *content)
        post.revisions.insert(0, revision)
        if self.revisions_kept is not None:
            del post.revisions[self.revisions_kept :]

    def _post_id(self) -> int:
        self._post_ids += 1
        return self._post_ids


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
