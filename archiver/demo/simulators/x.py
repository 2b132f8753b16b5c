"""A simulated X: its API v2 over a world that publishes, edits, replies and deletes by script.

What it answers follows the published OpenAPI documents; `test_x_simulator.py` holds it to
them. It checks credentials as X does (a bearer token, or an OAuth 1.0a signature over the
request as it came in), keeps rate limits, and speaks either vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.x_changes import Changes
from archiver.demo.simulators.x_door import (
    Credentials,
    Meter,
    Refusal,
    admitted,
    asked_of,
    translated,
)
from archiver.demo.simulators.x_fields import VOCABULARIES
from archiver.demo.simulators.x_files import served_file
from archiver.demo.simulators.x_views import Json, View
from archiver.demo.simulators.x_world import Chain, Person, Version, World

TIMELINE_REACH = 3_200
MENTIONS_REACH = 800
_RECENT = timedelta(days=7)


class XSimulator(Simulator):
    """One X with one agency account; times are those of `self.time`.

    `vocabulary` is what all endpoints understand and answer in; `vocabularies` says otherwise
    for some ("timeline", "lookup", "search recent", "search all", "mentions", "user",
    "user by name", "me"). With `answer_vocabulary` they answer in another than they take.
    `left_out` names expansions that listings do not honour, as happens on the real one.
    `remover` is a second set of tokens of the agency's account, which may also change things.
    """

    name = "x"

    def __init__(
        self,
        time_: SimulatedTime | None = None,
        *,
        handle: str = "springfieldpd",
        title: str = "Springfield Police Department",
        credentials: Credentials | None = None,
        vocabulary: str = "classic",
    ) -> None:
        super().__init__(time_)
        self.credentials = credentials or Credentials()
        self.remover = replace(
            self.credentials,
            access_token=f"{self.credentials.access_token}-that-writes",
            access_token_secret=f"{self.credentials.access_token_secret}-that-writes",
            writes=True,
        )
        self._asker = self.credentials  # of the present request
        self.vocabulary = vocabulary
        self.vocabularies: dict[str, str] = {}
        self.answer_vocabulary = ""
        self.left_out: frozenset[str] = frozenset()
        self.meter = Meter()
        self.world = World()
        created = self.time.now() - timedelta(days=365 * 9)
        self.agency = self.world.add_person(handle, title, created)
        self.agency.description = "Official account. Not monitored around the clock. Call 911."
        self.agency.location = "Springfield"
        self._tokens = 0  # generation; older continuations are refused

    # -- what happens in the world ---------------------------------------------------

    def publish(
        self,
        text: str,
        *,
        by: str = "",
        at: datetime | None = None,
        reply_to: str = "",
        quotes: str = "",
        media: Sequence[str] = (),
        poll: Sequence[str] = (),
    ) -> str:
        """A new post by the agency or by the handle `by`; returns its id."""
        with self.lock:
            return self.world.add_post(
                self.who(by).id,
                text,
                at or self.time.now(),
                reply_to=reply_to,
                quotes=quotes,
                media=media,
                poll=poll,
            )

    def comment(self, post: str, text: str, *, by: str, at: datetime | None = None) -> str:
        """A reply by a member of the public; returns its id."""
        return self.publish(f"@{self.agency.handle} {text}", by=by, reply_to=post, at=at)

    def repost(self, post: str, *, by: str = "", at: datetime | None = None) -> str:
        """Repost a post; returns the id of the repost."""
        with self.lock:
            return self.world.add_repost(self.who(by).id, post, at or self.time.now())

    def edit(self, post: str, text: str, *, at: datetime | None = None) -> str:
        """Edit a post, given by the id of any version; returns the new version's id.

        Raises: ValueError after an hour or five edits, and for polls and reposts.
        """
        with self.lock:
            return self.world.edit(post, text, at or self.time.now())

    def delete(self, post: str) -> None:
        """Delete a post, by whomever. Raises: KeyError when it is not there."""
        with self.lock:
            self.world.delete(post)

    def hide(self, reply: str) -> None:
        """Hide a reply on the site; X's API does not tell."""
        with self.lock:
            self._chain(reply).hidden = True

    def withhold(self, post: str, countries: Sequence[str]) -> None:
        """X withholds a post in some countries; an empty list ends that."""
        with self.lock:
            self._chain(post).withheld = tuple(countries)

    def like(self, post: str, times: int = 1) -> None:
        """Move a metric."""
        with self.lock:
            self._chain(post).likes += times

    def photo(self, alt_text: str = "") -> str:
        """Upload a photo; returns its media key."""
        with self.lock:
            return self.world.add_medium("photo", alt_text)

    def video(self, alt_text: str = "") -> str:
        """Upload a video; returns its media key."""
        with self.lock:
            return self.world.add_medium("video", alt_text)

    def gif(self, alt_text: str = "") -> str:
        """Upload an animated gif; returns its media key."""
        with self.lock:
            return self.world.add_medium("animated_gif", alt_text)

    def forget_continuations(self) -> None:
        """All continuations given out so far become invalid."""
        with self.lock:
            self._tokens += 1

    def seed(self, count: int, *, years: float = 6) -> list[str]:
        """`count` older posts, evenly over the years before now, some with media, links and
        replies; returns their ids, oldest first."""
        begin = self.time.now() - timedelta(days=365 * years)
        step = (self.time.now() - timedelta(days=2) - begin) / max(count, 1)
        ids: list[str] = []
        for number in range(count):
            at = begin + number * step
            media = [self.photo(f"Photo of event {number}")] if number % 7 == 3 else []
            if number % 41 == 5:
                media = [self.video(f"Clip of event {number}")]
            link = f" https://springfield.example/news/{number}" if number % 5 == 2 else ""
            ids.append(self.publish(f"Notice {number}: road works.{link}", at=at, media=media))
            if number % 11 == 6:
                self.comment(
                    ids[-1], "Thank you.", by=f"resident{number % 3}", at=at + timedelta(hours=2)
                )
        return ids

    def who(self, handle: str) -> Person:
        """The account of a handle, made when there is none; the agency's for an empty one.

        Its attributes may be changed: protected, suspended, handle, description, picture.
        """
        if not handle:
            return self.agency
        known = self.world.person(handle)
        if known is not None:
            return known
        return self.world.add_person(handle, handle.title(), self.agency.created)

    def _chain(self, post: str) -> Chain:
        chain = self.world.chain(post)
        if chain is None:
            raise KeyError(f"there is no post {post}")
        return chain

    # -- what the API answers --------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """Answer one request. Called with the lock held."""
        if not request.path.startswith("/2/"):
            return served_file(request)
        try:
            self._asker = self._sender(request)
            signed = admitted(request, self._asker)
            if request.method != "GET":
                return self._changed(request, signed)
            endpoint, handler = self._endpoint(request.path)
            headers = self.meter.count(endpoint, self.time.now())
            view = self._view(endpoint, request)
            body = handler(request, view, signed)
        except Refusal as refusal:
            return _json(refusal.body, refusal.status, refusal.headers)
        if view.problems:
            body["errors"] = view.problems
        return _json(body, 200, headers)

    def _sender(self, request: Request) -> Credentials:
        """Which of the two sets the request names; whether it is signed with it is not said."""
        named = f'"{self.remover.access_token}"' in request.headers.get("Authorization", "")
        return self.remover if named else self.credentials

    def _changed(self, request: Request, signed: bool) -> Response:
        names = VOCABULARIES[self.vocabulary]
        endpoint, change = Changes(self.world, names, self._asker, signed).of(request)
        headers = self.meter.count(endpoint, self.time.now())
        return _json(change(), 200, headers)

    def _endpoint(self, path: str) -> tuple[str, Callable[[Request, View, bool], Json]]:
        parts = path.strip("/").split("/")[1:]
        match parts:
            case ["users", "me"]:
                return "me", self._me
            case ["users", "by", "username", handle]:
                return "user by name", lambda _r, view, signed: self._user(
                    view, self.world.person(handle), "username", handle, signed
                )
            case ["users", user_id]:
                return "user", lambda _r, view, signed: self._user(
                    view, self.world.people.get(user_id), "id", user_id, signed
                )
            case ["users", user_id, "tweets"]:
                return "timeline", lambda r, view, signed: self._timeline(r, view, signed, user_id)
            case ["users", user_id, "mentions"]:
                return "mentions", lambda r, view, _signed: self._mentions(r, view, user_id)
            case ["tweets"]:
                return "lookup", self._lookup
            case ["tweets", "search", "recent"]:
                return "search recent", lambda r, view, _signed: self._search(r, view, "recent")
            case ["tweets", "search", "all"]:
                return "search all", self._search_all
        raise Refusal.plain(404, "Not Found", "Not Found")

    def _view(self, endpoint: str, request: Request) -> View:
        taken = VOCABULARIES[self.vocabularies.get(endpoint, self.vocabulary)]
        given = VOCABULARIES[self.answer_vocabulary] if self.answer_vocabulary else taken
        asked = dict(asked_of(request, taken))
        if endpoint != "lookup":
            asked["expansions"] -= self.left_out
        return View(self.world, given, translated(asked, taken, given), self.url, self.time.now())

    def _me(self, _request: Request, view: View, signed: bool) -> Json:
        if not signed:
            raise Refusal.problem(403, view.names, "unsupported-authentication")
        return {"data": view.user(self.who(self._asker.owner))}

    def _user(
        self, view: View, person: Person | None, parameter: str, value: str, signed: bool
    ) -> Json:
        del signed  # a profile is public also when its posts are protected
        if person is None:
            view.problems.append(view.missing(parameter, value, "user"))
            return {}
        if person.suspended:
            view.problems.append(view.suspended(parameter, value))
            return {}
        return {"data": view.user(person)}

    def _timeline(self, request: Request, view: View, signed: bool, user_id: str) -> Json:
        person = self.world.people.get(user_id)
        if person is None or person.suspended:
            view.problems.append(
                view.suspended("id", user_id) if person else view.missing("id", user_id, "user")
            )
            return {}
        if person.protected and not (signed and self._owns(person)):
            view.problems.append(view.unauthorized("id", user_id, "user"))
            return {}
        chains = self.world.of(user_id)[:TIMELINE_REACH]
        return self._listed(request, view, chains, "pagination_token")

    def _mentions(self, request: Request, view: View, user_id: str) -> Json:
        person = self.world.people[user_id]
        word = f"@{person.handle.lower()}"
        chains = self.world.found(
            c for c in self.world.chains if word in c.newest.text.lower() and not c.repost_of
        )
        return self._listed(request, view, chains[:MENTIONS_REACH], "pagination_token")

    def _search_all(self, request: Request, view: View, signed: bool) -> Json:
        if signed:
            raise Refusal.problem(403, view.names, "unsupported-authentication")
        return self._search(request, view, "all")

    def _search(self, request: Request, view: View, where: str) -> Json:
        wanted: set[str] = set()
        authors: set[str] = set()
        query = request.args.get("query", "")
        for word in query.split(" OR "):
            operator, _, value = word.partition(":")
            if operator == "conversation_id":
                wanted.add(value)
            elif operator == "from":
                person = self.world.person(value)
                authors.add(person.id if person else "")
            else:
                raise Refusal.invalid(view.names, "query", query)
        if where == "recent" and len(query) > 512:
            raise Refusal.invalid(view.names, "query", query)
        # Search looks a month back unless told otherwise, and finds no reposts.
        days = _RECENT if where == "recent" else timedelta(days=30)
        earliest = self.time.now() - days
        if where == "all" and "start_time" in request.args:
            earliest = datetime.fromisoformat(request.args["start_time"])
        chains = self.world.found(
            c
            for c in self.world.chains
            if (c.author in authors or (c.conversation in wanted and c.reply_to))
            and not c.repost_of
            and c.newest.made >= earliest
        )
        return self._listed(request, view, chains, "next_token")

    def _lookup(self, request: Request, view: View, signed: bool) -> Json:
        ids = request.args.get("ids", "").split(",")
        if len(ids) > 100 or not all(i.isdigit() for i in ids):
            raise Refusal.invalid(view.names, "ids", request.args.get("ids", ""))
        found: list[tuple[Chain, Version]] = []
        for version_id in ids:
            chain = self.world.chain(version_id)
            if chain is None:
                view.problems.append(view.missing("ids", version_id))
                continue
            person = self.world.people[chain.author]
            if person.suspended or (person.protected and not (signed and self._owns(person))):
                resource = view.names.resource
                view.problems.append(view.unauthorized("ids", version_id, resource))
                continue
            found.append((chain, next(v for v in chain.versions if v.id == version_id)))
        answer = view.posts(found)
        if not found:
            answer.pop("data", None)
        return answer

    def _owns(self, person: Person) -> bool:
        return person.handle == self._asker.owner

    def _listed(self, request: Request, view: View, chains: list[Chain], name: str) -> Json:
        """One page of a listing, newest version first."""
        args = request.args
        limit = int(args.get("max_results", "10"))
        chains = [chain for chain in chains if _within(chain, args)]
        token = args.get("pagination_token") or args.get("next_token")
        if token:
            generation, _, below = token.partition("z")
            if generation != f"7140d{self._tokens}" or not below.isalnum():
                raise Refusal.invalid(view.names, name, token)
            chains = [chain for chain in chains if int(chain.newest.id) < int(below, 16)]
        page = chains[:limit]
        meta: Json = {"result_count": len(page)}
        if page:
            meta["newest_id"], meta["oldest_id"] = page[0].newest.id, page[-1].newest.id
        if len(chains) > limit:
            meta["next_token"] = f"7140d{self._tokens}z{int(page[-1].newest.id):x}"
        return {**view.posts([(chain, chain.newest) for chain in page]), "meta": meta}


def _within(chain: Chain, args: Mapping[str, str]) -> bool:
    """Do the limits by id and time let this through? The end of a time is not included."""
    newest = chain.newest
    if "since_id" in args and int(newest.id) <= int(args["since_id"]):
        return False
    if "start_time" in args and newest.made < datetime.fromisoformat(args["start_time"]):
        return False
    return "end_time" not in args or newest.made < datetime.fromisoformat(args["end_time"])


def _json(body: Json, status: int, headers: Mapping[str, str]) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False),
        status=status,
        headers=dict(headers),
        mimetype="application/json",
    )
