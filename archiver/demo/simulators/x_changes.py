"""What a simulated X does when it is told to change something: delete, take back, hide.

As on the real one, changes take a user's tokens of an app with "Read and write", each kind is
limited to 50 in 15 minutes, and nobody deletes what others wrote. What X does not tell in its
documents is the mildest that fits its schemas: deleting what is not there answers
`"deleted": false`, and a change that is not allowed answers 403 with a plain problem.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Request

from archiver.demo.simulators.x_door import Credentials, Refusal
from archiver.demo.simulators.x_fields import Names
from archiver.demo.simulators.x_views import Json
from archiver.demo.simulators.x_world import Chain, World


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that one user asks for; `names` is the vocabulary of the refusals."""

    world: World
    names: Names
    asker: Credentials
    signed: bool

    def of(self, request: Request) -> tuple[str, Callable[[], Json]]:
        """The endpoint by the name of its rate limit, and what to do there.

        Raises: Refusal.
        """
        parts = request.path.strip("/").split("/")[1:]
        match request.method, parts:
            case "DELETE", ["tweets", post]:
                return "delete", lambda: self._delete(post)
            case "DELETE", ["users", user, "retweets", source]:
                return "unrepost", lambda: self._unrepost(user, source)
            case "PUT", ["tweets", post, "hidden"]:
                return "hide", lambda: self._hide(post, request)
        raise Refusal.plain(404, "Not Found", "Not Found")

    def _delete(self, post: str) -> Json:
        me = self._me()
        chain = self._chain(post, "id")
        if chain is None:
            return {"data": {"deleted": False}}
        if chain.author != me:
            raise _forbidden("You are not authorized to delete this Tweet.")
        self.world.delete(post)
        return {"data": {"deleted": True}}

    def _unrepost(self, user: str, source: str) -> Json:
        me = self._me()
        if user != me:
            raise Refusal.invalid(self.names, "id", user)
        chain = self._chain(source, "source_tweet_id")
        versions = {version.id for version in chain.versions} if chain else set()
        for repost in self.world.of(me):
            if repost.repost_of in versions:
                self.world.delete(repost.newest.id)
        return {"data": {"retweeted": False}}

    def _hide(self, post: str, request: Request) -> Json:
        me = self._me()
        hidden = _hidden(request)
        if hidden is None:
            raise Refusal.invalid(self.names, "hidden", request.get_data(as_text=True))
        chain = self._chain(post, "tweet_id")
        first = self.world.chain(chain.conversation) if chain else None
        if chain is None or first is None or first is chain or first.author != me:
            raise _forbidden("You are not allowed to hide this Tweet.")
        chain.hidden = hidden
        return {"data": {"hidden": hidden}}

    def _me(self) -> str:
        """The asking user's id, when the credentials may change anything."""
        if not self.signed:
            raise Refusal.problem(403, self.names, "unsupported-authentication")
        if not self.asker.writes:
            raise Refusal(
                403,
                {
                    "title": "Forbidden",
                    "status": 403,
                    "detail": "Your client app is not configured with the appropriate oauth1 "
                    "app permissions for this endpoint.",
                    "type": "https://api.twitter.com/2/problems/oauth1-permissions",
                },
            )
        person = self.world.person(self.asker.owner)
        if person is None:
            raise Refusal.plain(401, "Unauthorized", "Unauthorized")
        return person.id

    def _chain(self, post: str, parameter: str) -> Chain | None:
        if not post.isdigit():
            raise Refusal.invalid(self.names, parameter, post)
        return self.world.chain(post)


def _forbidden(detail: str) -> Refusal:
    return Refusal.plain(403, "Forbidden", detail)


def _hidden(request: Request) -> bool | None:
    """The one member that the body may have, or None when it is anything else."""
    try:
        body = json.loads(request.get_data())
    except ValueError:
        return None
    if not isinstance(body, dict) or set(body) != {"hidden"}:
        return None
    value = body["hidden"]
    return value if isinstance(value, bool) else None
