"""A simulated Pinboard: the methods of the Delicious v1 API that an archive needs, in JSON.

As on Pinboard every method is a GET with the token in the address, what is missing is an empty
list, numbers are texts, an empty object is [], and posts/all is refused with 429 when it comes
again within five minutes. The 3 seconds between other calls are enforced only when `pace` says
so; the real one bears bursts.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator

LIST_WAIT = timedelta(minutes=5)
_TOPICS = ("Road closures", "Crime map", "Report online", "Safety tips", "Council agenda")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """One bookmark; `edits` counts its changes, and `meta` moves with it."""

    href: str
    title: str
    note: str = ""
    tags: tuple[str, ...] = ()
    time: datetime
    shared: bool = True
    toread: bool = False
    edits: int = 0

    def row(self) -> dict[str, str]:
        """As the API gives it."""
        return {
            "href": self.href,
            "description": self.title,
            "extended": self.note,
            "meta": _md5(repr(self)),
            "hash": _md5(self.href),
            "time": _written(self.time),
            "shared": "yes" if self.shared else "no",
            "toread": "yes" if self.toread else "no",
            "tags": " ".join(self.tags),
        }


class PinboardSimulator(Simulator):
    """One account. `most` limits what one posts/all brings, as other servers do."""

    name = "pinboard"

    def __init__(self, time_: SimulatedTime | None = None, *, user: str = "springfieldpd") -> None:
        super().__init__(time_)
        self.user = user
        self.key = "5D41402ABC4B2A76B971"
        self.limits = True
        self.pace = timedelta(0)
        self.most = 100_000
        self._bookmarks: dict[str, Bookmark] = {}
        self._changed = self.time.now()
        self._listed: datetime | None = None
        self._called: datetime | None = None

    @property
    def token(self) -> str:
        """The API token."""
        return f"{self.user}:{self.key}"

    # --- changing the world

    def add(
        self,
        href: str,
        title: str,
        *,
        note: str = "",
        tags: Sequence[str] = (),
        shared: bool = True,
        toread: bool = False,
        at: datetime | None = None,
    ) -> str:
        """Save a bookmark; returns its hash."""
        moment = (at or self.time.now()).replace(microsecond=0)
        self._put(
            Bookmark(
                href=href,
                title=title,
                note=note,
                tags=tuple(tags),
                shared=shared,
                toread=toread,
                time=moment,
            )
        )
        return _md5(href)

    def edit(
        self,
        href: str,
        *,
        title: str | None = None,
        note: str | None = None,
        tags: Sequence[str] | None = None,
        shared: bool | None = None,
    ) -> None:
        """Change a bookmark; its time of creation stays."""
        old = self._bookmarks[href]
        self._put(
            replace(
                old,
                title=old.title if title is None else title,
                note=old.note if note is None else note,
                tags=old.tags if tags is None else tuple(tags),
                shared=old.shared if shared is None else shared,
                edits=old.edits + 1,
            )
        )

    def delete(self, href: str) -> None:
        """Remove a bookmark."""
        with self.lock:
            del self._bookmarks[href]
            self._changed = self.time.now()

    def has(self, href: str) -> bool:
        """Is there such a bookmark?"""
        return href in self._bookmarks

    def new_token(self, key: str) -> None:
        """The user asks for a new token, which ends the former one."""
        self.key = key

    def seed(self, count: int, *, seed: int = 7) -> list[str]:
        """`count` older bookmarks, a day apart; the same for the same `seed`."""
        chance = random.Random(seed)  # noqa: S311  invented content
        addresses = []
        for place in range(count):
            topic = chance.choice(_TOPICS)
            address = f"https://springfield.example/{place}?n={chance.randrange(1000)}"
            at = self.time.now() - timedelta(days=count - place)
            self.add(address, topic, tags=[topic.split()[0].lower()], at=at)
            addresses.append(address)
        return addresses

    # --- answering

    def respond(self, request: Request) -> Response:
        if request.args.get("auth_token") != self.token:
            return Response("401 Forbidden", 401)
        method = request.path.strip("/").removeprefix("v1/")
        if request.method != "GET" or request.args.get("format") != "json":
            return Response("this simulator speaks JSON by GET only", 400)
        if self._too_soon(method):
            return Response("429 Too Many Requests.", 429)
        answers = {
            "posts/update": self._update,
            "posts/all": self._all,
            "posts/get": self._get,
            "posts/dates": self._dates,
            "posts/delete": self._delete,
            "tags/get": self._tags,
        }
        if method not in answers:
            return Response("404 Not Found", 404)
        body = json.dumps(answers[method](request)).replace("/", "\\/")
        return Response(body, 200, {"Content-Type": "application/json"})

    def _too_soon(self, method: str) -> bool:
        now = self.time.now()
        if self._called is not None and now - self._called < self.pace:
            return True
        self._called = now
        if method != "posts/all" or not self.limits:
            return False
        if self._listed is not None and now - self._listed < LIST_WAIT:
            return True
        self._listed = now
        return False

    def _update(self, _request: Request) -> object:
        return {"update_time": _written(self._changed)}

    def _all(self, request: Request) -> object:
        start = int(request.args.get("start", "0"))
        results = min(int(request.args.get("results", str(self.most))), self.most)
        after = request.args.get("fromdt", "")
        rows = [each.row() for each in self._newest_first()]
        return [row for row in rows if row["time"] > after][start : start + results]

    def _get(self, request: Request) -> object:
        found = self._bookmarks.get(request.args.get("url", ""))
        day = _written(found.time if found else self._changed)
        return {"date": day, "user": self.user, "posts": [found.row()] if found else []}

    def _dates(self, _request: Request) -> object:
        days = Counter(f"{each.time:%Y-%m-%d}" for each in self._newest_first())
        return {"user": self.user, "tag": "", "dates": _texts(days)}

    def _tags(self, _request: Request) -> object:
        return _texts(Counter(tag for each in self._newest_first() for tag in each.tags))

    def _delete(self, request: Request) -> object:
        address = request.args.get("url", "")
        if address not in self._bookmarks:
            return {"result_code": "item not found"}
        self.delete(address)
        return {"result_code": "done"}

    def _newest_first(self) -> list[Bookmark]:
        return sorted(self._bookmarks.values(), key=lambda b: (b.time, b.href), reverse=True)

    def _put(self, bookmark: Bookmark) -> None:
        with self.lock:
            self._bookmarks[bookmark.href] = bookmark
            self._changed = self.time.now()


def _texts(counted: Counter[str]) -> object:
    return {name: str(number) for name, number in counted.items()} or []


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
