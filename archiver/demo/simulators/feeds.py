"""A simulated web site with a feed: RSS, Atom and JSON, comment feeds, pages, media.

It does what real sites do and connectors must bear: the feed is a window on the newest
entries, older ones are reached by pages or archives or not at all, answers are conditional,
a removed post is 404 or 410 or a redirect, and a tombstone tells of it only if asked to.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.feed_documents import (
    Grave,
    Post,
    Remark,
    Sheet,
    as_json,
    atom,
    comments_rss,
    id_of,
    rss,
)
from archiver.demo.simulators.feed_files import mp3, png

_TOPICS = (
    "Road closure on Main Street", "Coffee with a Cop", "Missing person found safe",
    "Burglary arrest", "Storm damage update", "Council briefing", "New patrol cars",
)  # fmt: skip


class FeedSite(Simulator):
    """The site. Addresses: /feed.rss, /feed.atom, /feed.json, each with ?paged=N.

    `window` is how many entries a feed document lists, `paging` how older ones are reached:
    "none", "next" (RFC 5005 pages), "archive" (RFC 5005 archives) or "wordpress".
    """

    name = "feed"

    def __init__(
        self,
        time_: SimulatedTime | None = None,
        *,
        title: str = "Springfield Police Department News",
        window: int = 10,
        paging: str = "none",
        podcast: bool = False,
        user: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(time_)
        self.title = title
        self.description = "News of the Springfield Police Department"
        self.window = window
        self.paging = paging
        self.podcast = podcast
        self.tombstones = False
        self.ended = False  # the whole feed answers 410
        self.conditional = True  # honours If-None-Match
        self._user = user
        self._posts: dict[int, Post] = {}
        self._graves: list[Grave] = []
        self._files: dict[str, tuple[bytes, str]] = {}
        self._numbers = 0

    # --- changing the world

    def publish(
        self,
        title: str,
        html: str,
        *,
        alt: str = "",
        picture: bool = False,
        at: datetime | None = None,
    ) -> str:
        """A new post; returns its id in the feed."""
        with self.lock:
            number = self._next()
            moment = at or self.time.now()
            path = self._file(number) if picture or self.podcast else ""
            self._posts[number] = Post(
                id=number, title=title, html=html, published=moment, updated=moment,
                file=path, alt=alt,
            )  # fmt: skip
            return id_of(number)

    def edit(self, post_id: str, *, title: str | None = None, html: str | None = None) -> None:
        """Change a post, as of now."""
        post = self._post(post_id)
        self._put(
            replace(
                post,
                title=post.title if title is None else title,
                html=post.html if html is None else html,
                updated=self.time.now(),
            )
        )

    def comment(self, post_id: str, name: str, text: str) -> str:
        """A reader's comment; returns its id in the comment feed."""
        with self.lock:
            number = self._next()
            post = self._post(post_id)
            remark = Remark(id=number, name=name, text=text, published=self.time.now())
            self._put(replace(post, remarks=(*post.remarks, remark)))
            return f"{self.url}/?p={post.id}#comment-{number}"

    def remove_comment(self, post_id: str, comment_id: str) -> None:
        """Take a comment away."""
        post = self._post(post_id)
        number = int(comment_id.rpartition("-")[2])
        self._put(replace(post, remarks=tuple(r for r in post.remarks if r.id != number)))

    def delete(self, post_id: str, *, gone: bool = False, comment: str = "") -> None:
        """Remove a post: its page answers 404, or 410 when `gone`."""
        post = self._post(post_id)
        self._put(replace(post, state="ended" if gone else "deleted"))
        with self.lock:
            self._graves.append(Grave(number=post.id, when=self.time.now(), comment=comment))

    def hide(self, post_id: str) -> None:
        """Take a post off the feed; its page leads to the login."""
        self._put(replace(self._post(post_id), state="hidden"))

    def replace_file(self, post_id: str) -> None:
        """Other bytes under the same address."""
        post = self._post(post_id)
        with self.lock:
            self._files[post.file] = self._made(post.id + 100_000)

    def seed(self, count: int, *, comments: int = 0, years: int = 3, seed: int = 7) -> list[str]:
        """`count` older posts spread evenly over `years`, every fifth with a picture, and
        `comments` comments on the newest of them; the same for the same `seed`."""
        chance = random.Random(seed)  # noqa: S311  invented content
        now = self.time.now()
        step = timedelta(days=365 * years) / max(count, 1)
        made = []
        for place in range(count):
            topic = chance.choice(_TOPICS)
            moment = now - step * (count - place)
            text = f"<p>{topic}: notice {chance.randrange(1000, 9999)}.</p>"
            made.append(
                self.publish(topic, text, at=moment.replace(microsecond=0), picture=place % 5 == 0,
                             alt=topic)
            )  # fmt: skip
        for number in range(comments):
            self.comment(made[-1 - number % max(count, 1)], f"Reader {number}", f"Remark {number}")
        return made

    # --- answering

    def respond(self, request: Request) -> Response:
        if self._user is not None:
            given = request.authorization
            if given is None or (given.username, given.password) != self._user:
                return Response("who are you?", 401, {"WWW-Authenticate": 'Basic realm="feed"'})
        path = request.path
        if path in {"/feed.rss", "/feed.atom", "/feed.json"}:
            return self._feed(request, path.rpartition(".")[2])
        if path.startswith("/comments/"):
            return self._comment_feed(path.rpartition("/")[2])
        if path in self._files:
            data, mime = self._files[path]
            tag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
            return Response(data, 200, {"Content-Type": mime, "ETag": tag})
        if path == "/login":
            return _html("Sign in")
        return self._page(request.args.get("p", "")) if path == "/" else _html("Not here", 404)

    def _page(self, number: str) -> Response:
        if not number:
            return _html(self.title)
        post = self._posts.get(int(number)) if number.isdecimal() else None
        if post is None or post.state == "deleted":
            return _html("Not here", 404)
        if post.state == "ended":
            return _html("Removed", 410)
        if post.state == "hidden":
            return Response("", 302, {"Location": f"{self.url}/login?back=1"})
        remarks = "".join(
            f'<li id="comment-{r.id}"><b>{escape(r.name)}</b> {r.text}</li>' for r in post.remarks
        )
        return _html(f"<h1>{escape(post.title)}</h1>{post.html}<ol>{remarks}</ol>")

    def _feed(self, request: Request, form: str) -> Response:
        if self.ended:
            return _html("This feed has ended", 410)
        listed = sorted(
            (p for p in self._posts.values() if p.state == "public"),
            key=lambda p: (p.published, p.id),
            reverse=True,
        )
        given = request.args.get("paged", "1")
        number = int(given) if given.isdecimal() else 1
        shown = listed[(number - 1) * self.window : number * self.window]
        if number > 1 and (self.paging == "none" or not shown):
            return _html("Not here", 404)
        more = len(listed) > number * self.window
        following = f"{self.url}/feed.{form}?paged={number + 1}" if more else ""
        sheet = Sheet(
            url=self.url,
            title=self.title,
            description=self.description,
            posts=shown,
            files=self._files,
            following=following if self.paging in {"next", "archive"} else "",
            relation="next" if self.paging == "next" else "prev-archive",
            graves=tuple(self._graves) if self.tombstones else (),
        )
        return self._answer(request, {"rss": rss, "atom": atom, "json": as_json}[form](sheet), form)

    def _answer(self, request: Request, body: str, form: str) -> Response:
        mime = "application/feed+json" if form == "json" else f"application/{form}+xml"
        data = body.encode()
        tag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
        headers = {"ETag": tag, "Content-Type": mime}
        if self.conditional and request.headers.get("If-None-Match") == tag:
            return Response(b"", 304, headers)
        return Response(data, 200, headers)

    def _comment_feed(self, number: str) -> Response:
        post = self._posts.get(int(number)) if number.isdecimal() else None
        if post is None or post.state != "public":
            return _html("Not here", 404)
        newest = sorted(post.remarks, key=lambda r: (r.published, r.id), reverse=True)
        body = comments_rss(self.url, post, newest[: self.window])
        return Response(body, 200, {"Content-Type": "application/rss+xml"})

    # --- small parts

    def permalink(self, post_id: str) -> str:
        """The address of a post's page."""
        return f"{self.url}/?p={self._post(post_id).id}"

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _post(self, post_id: str) -> Post:
        return self._posts[int(post_id.rpartition("-")[2])]

    def _put(self, post: Post) -> None:
        with self.lock:
            self._posts[post.id] = post

    def _made(self, number: int) -> tuple[bytes, str]:
        return (mp3(number), "audio/mpeg") if self.podcast else (png(number), "image/png")

    def _file(self, number: int) -> str:
        path = f"/files/{number}." + ("mp3" if self.podcast else "png")
        self._files[path] = self._made(number)
        return path


def _html(body: str, status: int = 200) -> Response:
    page = f"<!doctype html><html><body>{body}</body></html>"
    return Response(page, status, {"Content-Type": "text/html; charset=utf-8"})
