"""A simulated Mastodon server over a world that publishes, edits, answers and deletes by script.

What it answers follows the published OpenAPI document; `test_mastodon_simulator.py` holds it to
that. It checks tokens and their scopes, keeps rate limits with Mastodon's headers, and can
behave like a lesser server of the same API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.mastodon_views import Json, View, iso
from archiver.demo.simulators.mastodon_world import Medium, Person, Status, Wording, World
from archiver.demo.simulators.wordpress_files import picture

READ = frozenset({"read:accounts", "read:statuses", "read:notifications"})
T = TypeVar("T")
_PERIOD, _DELETE_PERIOD = timedelta(minutes=5), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, whose it is and what it may do."""

    value: str
    owner: str
    scopes: frozenset[str] = READ


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what its sender may see."""

    request: Request
    view: View


class Refusal(Exception):
    """A request that the server turns down."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status)
        self.status = status
        self.error = error


@dataclass(slots=True)
class Manners:
    """In what the server differs from a current Mastodon. `pages` False: it answers every
    request for a list with the newest twenty."""

    keeps_history: bool = True
    answers_many: bool = True
    pages: bool = True
    open_to_visitors: bool = True
    still_fetching: bool = False
    limits: dict[str, int] = field(default_factory=lambda: {"api": 300, "delete": 30})


class MastodonSimulator(Simulator):
    """One server with one agency account; times are those of `self.time`."""

    name = "mastodon"

    def __init__(
        self,
        time_: SimulatedTime | None = None,
        *,
        handle: str = "springfieldpd",
        token: str = "simulated-mastodon-token",  # noqa: S107 - opens nothing but this simulator
    ) -> None:
        super().__init__(time_)
        self.world, self.manners = World(), Manners()
        created = self.time.now() - timedelta(days=365 * 4)
        self.agency = self.world.add_person(handle, "Springfield Police Department", created)
        self.agency.note = "Official account. Not monitored around the clock. Call 911."
        self.agency.fields = (("Website", "https://springfield.example"),)
        self.token = Token(token, self.agency.id)
        writes = frozenset({"read:accounts", "write:statuses"})
        self.remover = Token(f"{token}-that-writes", self.agency.id, writes)
        self.tokens = [self.token, self.remover]
        self._used: dict[tuple[str, str, int], int] = {}

    # -- what happens in the world ---------------------------------------------------

    def publish(
        self,
        text: str,
        *,
        by: str = "",
        at: datetime | None = None,
        reply_to: str = "",
        visibility: str = "public",
        warning: str = "",
        media: Sequence[Medium] = (),
        poll: Sequence[str] = (),
        mention: bool = False,
    ) -> str:
        """A new status by the agency or by `by` (handle or handle@domain); returns its id."""
        made = at or self.time.now()
        wording = Wording(text, made, warning, tuple(media), tuple(poll))
        with self.lock:
            return self.world.add_status(
                self.who(by).id,
                wording,
                visibility=visibility,
                reply_to=reply_to,
                mentions=[self.agency.id] if mention else (),
            )

    def comment(self, post: str, text: str, *, by: str = "lisa", at: datetime | None = None) -> str:
        """A reply by a member of the public; returns its id."""
        return self.publish(text, by=by, reply_to=post, at=at)

    def repost(self, post: str, *, at: datetime | None = None) -> str:
        """The agency reposts; returns the id of the repost."""
        with self.lock:
            return self.world.add_repost(self.agency.id, post, at or self.time.now())

    def edit(self, post: str, text: str) -> None:
        """A new text. Raises: KeyError when it is not there."""
        with self.lock:
            self.world.edit(post, self.world.reworded(post, text, self.time.now()))

    def delete(self, post: str) -> None:
        """Delete a status, by whomever. Raises: KeyError when it is not there."""
        with self.lock:
            self.world.delete(post)

    def photo(self, description: str = "") -> Medium:
        """Upload a picture."""
        with self.lock:
            return self.world.medium(description, self.time.now())

    def seed(self, count: int, *, days: float = 300) -> list[str]:
        """`count` older posts, evenly over the days before now; ids, oldest first."""
        begin = self.time.now() - timedelta(days=days)
        step = (self.time.now() - timedelta(hours=1) - begin) / max(count, 1)
        ids: list[str] = []
        for number in range(count):
            at = begin + number * step
            media = [self.photo(f"Photo of event {number}")] if number % 7 == 3 else []
            ids.append(self.publish(f"Notice {number}: road works.", at=at, media=media))
            if number % 5 == 2:
                self.comment(ids[-1], "Thank you.", at=at + timedelta(minutes=9))
        return ids

    def who(self, acct: str) -> Person:
        """An account, made when there is none; the agency's for an empty name."""
        if not acct:
            return self.agency
        known = self.world.person(acct)
        handle, _, domain = acct.partition("@")
        made = self.agency.created
        return known or self.world.add_person(handle, handle.title(), made, domain)

    # -- what the API answers --------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """Answer one request. Called with the lock held."""
        media = re.fullmatch(r"/media/(\d+)\.png", request.path)
        if media:
            return Response(picture(int(media[1])), mimetype="image/png")
        limits: Mapping[str, str] = {}
        try:
            token = self._token(request)
            limits = self._count(request, token)
            response = self._answer(request, token)
        except Refusal as refusal:
            response = _json({"error": refusal.error}, refusal.status)
            if refusal.status == 429:
                limits = {**self._limits("delete" if request.method == "DELETE" else "api", 0)}
        response.headers.update(limits)
        return response

    def _answer(self, request: Request, token: Token | None) -> Response:
        if token is None and not self.manners.open_to_visitors:
            raise Refusal(401, "This method requires an authenticated user")
        routes: list[tuple[str, str, str, Callable[..., Response]]] = [
            ("GET", r"/api/v[12]/instance", "", self._instance),
            ("GET", r"/api/v1/accounts/verify_credentials", "read:accounts", self._me),
            ("GET", r"/api/v1/accounts/lookup", "read:accounts", self._lookup),
            ("GET", r"/api/v1/accounts/(\d+)", "read:accounts", self._account),
            ("GET", r"/api/v1/accounts/(\d+)/statuses", "read:statuses", self._listed),
            ("GET", r"/api/v1/notifications", "read:notifications", self._notified),
            ("GET", r"/api/v1/statuses", "read:statuses", self._many),
            ("GET", r"/api/v1/statuses/(\w+)", "read:statuses", self._single),
            ("GET", r"/api/v1/statuses/(\w+)/history", "read:statuses", self._history),
            ("GET", r"/api/v1/statuses/(\w+)/context", "read:statuses", self._context),
            ("DELETE", r"/api/v1/statuses/(\w+)", "write:statuses", self._deleted),
            ("POST", r"/api/v1/statuses/(\w+)/unreblog", "write:statuses", self._taken_back),
        ]
        for method, pattern, scope, handler in routes:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                if token is None and method != "GET":
                    raise Refusal(401, "The access token is invalid")
                if token is not None and scope and scope not in token.scopes:
                    raise Refusal(403, "This action is outside the authorized scopes")
                reader = token.owner if token else ""
                view = View(self.world, reader, self.url, self.time.now())
                return handler(Asked(request, view), *found.groups())
        return Response("<h1>404</h1>", 404, mimetype="text/html")

    def _token(self, request: Request) -> Token | None:
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return None
        found = next((token for token in self.tokens if token.value == value), None)
        if kind != "Bearer" or found is None:
            raise Refusal(401, "The access token is invalid")
        return found

    def _count(self, request: Request, token: Token | None) -> Mapping[str, str]:
        name = "delete" if request.method == "DELETE" else "api"
        length = (_DELETE_PERIOD if name == "delete" else _PERIOD).total_seconds()
        key = (name, token.value if token else "", int(self.time.now().timestamp() // length))
        self._used[key] = self._used.get(key, 0) + 1
        left = self.manners.limits[name] - self._used[key]
        if left < 0:
            raise Refusal(429, "Too many requests")
        return self._limits(name, left)

    def _limits(self, name: str, left: int) -> Mapping[str, str]:
        length = (_DELETE_PERIOD if name == "delete" else _PERIOD).total_seconds()
        now = self.time.now()
        reset = now + timedelta(seconds=length - now.timestamp() % length)
        return {
            "X-RateLimit-Limit": str(self.manners.limits[name]),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": iso(reset),
        }

    def _instance(self, asked: Asked) -> Response:
        return _json({"title": "Springfield", "version": "4.7.0", "domain": asked.request.host})

    def _me(self, asked: Asked) -> Response:
        if not asked.view.reader:
            raise Refusal(401, "This method requires an authenticated user")
        me = self.world.people[asked.view.reader]
        source = {"privacy": "public", "sensitive": False, "note": me.note, "fields": []}
        more = {"follow_requests_count": 0, "indexable": True}
        role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
        return _json({**asked.view.account(me), "source": {**source, **more}, "role": role})

    def _lookup(self, asked: Asked) -> Response:
        person = self.world.person(asked.request.args.get("acct", ""))
        if person is None:
            raise Refusal(404, "Record not found")
        return _json(asked.view.account(person))

    def _account(self, asked: Asked, account_id: str) -> Response:
        if account_id not in self.world.people:
            raise Refusal(404, "Record not found")
        return _json(asked.view.account(self.world.people[account_id]))

    def _listed(self, asked: Asked, account_id: str) -> Response:
        listed = [each for each in self.world.of(account_id) if asked.view.sees(each)]
        if asked.request.args.get("pinned") == "true" and self.manners.pages:
            listed = [each for each in listed if each.id in self.world.pins]
        found = self._page(asked.request, listed, lambda status: status.id)
        return self._list(asked.request, [asked.view.status(each) for each in found], len(found))

    def _notified(self, asked: Asked) -> Response:
        if not asked.view.reader:
            raise Refusal(422, "This method requires an authenticated user")
        mine = [n for n in reversed(self.world.notifications) if n[1] == asked.view.reader]
        found = self._page(asked.request, mine, lambda notified: notified[0])
        rows = [self._notification(asked.view, *each) for each in found]
        return self._list(asked.request, rows, len(found))

    def _notification(self, view: View, number: str, _whom: str, status_id: str) -> Json:
        status = self.world.statuses[status_id]
        return {
            "id": number,
            "type": "mention",
            "group_key": f"ungrouped-{number}",
            "created_at": iso(status.created),
            "account": view.account(self.world.people[status.author]),
            "status": view.status(status),
        }

    def _page(self, request: Request, listed: list[T], id_of: Callable[[T], str]) -> list[T]:
        """What lies between `since_id` and `max_id`, newest first, as much as was asked for."""
        if not self.manners.pages:
            return listed[:20]
        below, above = request.args.get("max_id", ""), request.args.get("since_id", "")
        between = [
            each
            for each in listed
            if (not below or int(id_of(each)) < int(below))
            and (not above or int(id_of(each)) > int(above))
        ]
        return between[: _limit(request)]

    def _list(self, request: Request, rows: list[Json], size: int) -> Response:
        response = _json(rows)
        if rows and self.manners.pages and size == _limit(request):
            kept = [(n, v) for n, v in request.args.items(multi=True) if n not in _PLACES]
            query = urlencode([*kept, ("max_id", str(rows[-1]["id"]))])
            response.headers["Link"] = f'<{self.url}{request.path}?{query}>; rel="next"'
        return response

    def _many(self, asked: Asked) -> Response:
        if not self.manners.answers_many:
            return Response("<h1>404</h1>", 404, mimetype="text/html")
        wanted = asked.request.args.getlist("id[]")[:20]
        found = [self.world.statuses[each] for each in wanted if each in self.world.statuses]
        return _json([asked.view.status(each) for each in found if asked.view.sees(each)])

    def _single(self, asked: Asked, status_id: str) -> Response:
        return _json(asked.view.status(self._visible(asked.view, status_id)))

    def _history(self, asked: Asked, status_id: str) -> Response:
        if not self.manners.keeps_history:
            return Response("<h1>404</h1>", 404, mimetype="text/html")
        return _json(asked.view.history(self._visible(asked.view, status_id)))

    def _context(self, asked: Asked, status_id: str) -> Response:
        status = self._visible(asked.view, status_id)
        most_above, most_below, deepest = (4096, 4096, 4096) if asked.view.reader else (40, 60, 20)
        above = [each for each in self.world.above(status) if asked.view.sees(each)]
        below = [
            s for s, level in self.world.below(status) if level <= deepest and asked.view.sees(s)
        ]
        response = _json(
            {
                "ancestors": [asked.view.status(each) for each in above[-most_above:]],
                "descendants": [asked.view.status(each) for each in below[:most_below]],
            }
        )
        if self.manners.still_fetching:
            response.headers["Mastodon-Async-Refresh"] = 'id="abc", retry=3'
        return response

    def _deleted(self, asked: Asked, status_id: str) -> Response:
        status = self._visible(asked.view, status_id)
        if status.author != asked.view.reader:
            raise Refusal(404, "Record not found")
        answer = {**asked.view.status(status), "text": status.now.text if status.states else ""}
        self.world.delete(status_id)
        return _json(answer)

    def _taken_back(self, asked: Asked, status_id: str) -> Response:
        shown = self._visible(asked.view, status_id)
        for each in self.world.of(asked.view.reader):
            if each.repost_of == shown.id:
                del self.world.statuses[each.id]
        return _json(asked.view.status(shown))

    def _visible(self, view: View, status_id: str) -> Status:
        """Of what is deleted and what the reader may not see it says the same."""
        status = self.world.statuses.get(status_id)
        if status is None or not view.sees(status):
            raise Refusal(404, "Record not found")
        return status


_PLACES = frozenset({"max_id", "since_id", "min_id"})


def _limit(request: Request) -> int:
    return min(int(request.args.get("limit", "20")), 40)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
