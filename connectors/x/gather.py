"""Completes an answer: looks up by id what a post needs and its expansions did not bring.

Needed are earlier versions of edited posts, the post behind a repost (a repost's own text is
cut), and the media of both. What X has already said that it cannot give is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.base import Author, Item
from connectors.errors import BadAnswer
from connectors.x.answers import Answer, Json, Problem, chain_of, id_of, references_of, text_of
from connectors.x.api import Api
from connectors.x.items import Bundle, items_of
from connectors.x.media import media_keys_of

LOOKUP_AT_ONCE = 100
_PASSING = frozenset({"field-hydration-failure", "internal-error", "operational-disconnect"})


def look_up(api: Api, ids: list[str]) -> Answer:
    """Ask for up to 100 posts by id. Raises: ConnectorError."""
    return api.posts("lookup", "/2/tweets", {"ids": ",".join(ids)})


def gather(api: Api, answer: Answer) -> Bundle:
    """All that X tells of the posts in an answer.

    Raises: BadAnswer when X says that it could not fill in a field just now.
    """
    bundle = Bundle()
    refused = _take(bundle, answer)
    listed = answer.things()
    wanted = [i for i in _missing(bundle, listed) if i not in refused]
    for start in range(0, len(wanted), LOOKUP_AT_ONCE):
        _take(bundle, look_up(api, wanted[start : start + LOOKUP_AT_ONCE]))
    return bundle


def items_in(bundle: Bundle, posts: list[Json], account: Author) -> Iterator[Item]:
    """The items of the listed posts with their earlier versions."""
    for post in posts:
        yield from items_of(bundle, post, account)


def unread_versions(bundle: Bundle, posts: list[Json]) -> list[str]:
    """Versions that are named in an edit chain but that X no longer gives."""
    return [v for post in posts for v in chain_of(post) if v not in bundle.posts]


def _take(bundle: Bundle, answer: Answer) -> set[str]:
    """Put everything in an answer into the bundle; returns the ids X says it cannot give."""
    problems = answer.problems()
    _refuse_half_filled(answer, problems)
    for post in [*answer.things(), *answer.included("tweets", "posts")]:
        if not isinstance(post.get("text"), str):
            raise BadAnswer(
                f"X gave the post {id_of(post)} without its text", exchange=answer.exchange
            )
        bundle.posts.setdefault(id_of(post), (post, answer.exchange))
    for user in answer.included("users"):
        bundle.users[id_of(user)] = user
    for medium in answer.included("media"):
        bundle.media[text_of(medium, "media_key")] = medium
    for poll in answer.included("polls"):
        bundle.polls[text_of(poll, "id")] = poll
    for place in answer.included("places"):
        bundle.places[text_of(place, "id")] = place
    bundle.exchanges.append(answer.exchange)
    return {problem.resource_id for problem in problems}


def _refuse_half_filled(answer: Answer, problems: list[Problem]) -> None:
    """A field of a listed post that is missing only for now would look like an edit."""
    listed = {id_of(post) for post in answer.things()}
    for problem in problems:
        if problem.kind in _PASSING and problem.resource_id in listed:
            raise BadAnswer(
                f"X could not give all of the post {problem.resource_id} just now "
                f"({problem.statement})",
                exchange=answer.exchange,
            )


def _missing(bundle: Bundle, posts: list[Json]) -> list[str]:
    wanted: dict[str, None] = {}
    for post in posts:
        needed = [*chain_of(post), references_of(post).get("retweeted", "")]
        for version in filter(None, needed):
            known = bundle.post(version)
            if not known or any(key not in bundle.media for key in media_keys_of(known)):
                wanted[version] = None
    return list(wanted)
