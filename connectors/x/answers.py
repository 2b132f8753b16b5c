"""Typed reading of X's JSON, in both vocabularies.

Whatever is absent or null reads as empty; whatever is there in another form than documented
is a `BadAnswer` that names the field. Nothing here decides what a thing means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from connectors.base import Stamp
from connectors.errors import BadAnswer
from connectors.recorded_http import exchange_of

Json = Mapping[str, object]


def first(thing: Json, *names: str) -> object:
    """The value of the first of these names that is there and not null, else None."""
    return next((thing[name] for name in names if thing.get(name) is not None), None)


def text_of(thing: Json, *names: str) -> str:
    """A string, empty when absent. Raises: BadAnswer when it is something else."""
    value = first(thing, *names)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadAnswer(f'X gave "{names[0]}" as {type(value).__name__}, not as text')
    return value


def object_of(thing: Json, *names: str) -> Json:
    """An object, empty when absent. Raises: BadAnswer when it is something else."""
    value = first(thing, *names)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadAnswer(f'X gave "{names[0]}" as {type(value).__name__}, not as an object')
    return value


def objects_of(thing: Json, *names: str) -> list[Json]:
    """A list of objects, empty when absent. Raises: BadAnswer when it is something else."""
    value = first(thing, *names)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise BadAnswer(f'X gave "{names[0]}" in another form than a list of objects')
    return value


def texts_of(thing: Json, *names: str) -> list[str]:
    """A list of strings, empty when absent. Raises: BadAnswer when it is something else."""
    value = first(thing, *names)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise BadAnswer(f'X gave "{names[0]}" in another form than a list of texts')
    return value


def numbers_of(thing: Json) -> Iterator[tuple[str, int]]:
    """The members that are whole numbers, as metrics are."""
    for name, value in thing.items():
        if isinstance(value, int) and not isinstance(value, bool):
            yield name, value


def stamp_of(thing: Json, name: str) -> Stamp | None:
    """A moment as given and in UTC. Raises: BadAnswer when it is not an ISO 8601 time."""
    given = text_of(thing, name)
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise BadAnswer(f'X gave "{name}" as "{given}", which is not a time') from error
    if moment.tzinfo is None:
        raise BadAnswer(f'X gave "{name}" as "{given}", without a time zone')
    return Stamp(given, moment.astimezone(UTC))


def id_of(thing: Json) -> str:
    """The id of a post or user. Raises: BadAnswer when there is none."""
    value = text_of(thing, "id")
    if not value.isdigit():
        raise BadAnswer("X gave a post or user without a numeric id")
    return value


def chain_of(post: Json) -> tuple[str, ...]:
    """The ids of all versions of a post, oldest first; a post never edited has one."""
    return tuple(texts_of(post, "edit_history_tweet_ids", "edit_history_post_ids")) or (
        id_of(post),
    )


def references_of(post: Json) -> dict[str, str]:
    """What a post refers to: retweeted, quoted or replied_to, with the id."""
    listed = objects_of(post, "referenced_tweets", "referenced_posts")
    return {text_of(entry, "type"): text_of(entry, "id") for entry in listed}


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors`: what X says about one thing it could not give."""

    kind: str  # the last part of the problem type, "resource-not-found"
    title: str
    detail: str
    parameter: str
    section: str  # data or includes, where X tells
    resource_type: str
    resource_id: str

    @property
    def statement(self) -> str:
        """X's own words."""
        return ": ".join(part for part in (self.title, self.detail) if part) or self.kind


def problem_of(entry: Json) -> Problem:
    """Read an RFC 7807 problem; its type comes with either of X's hosts."""
    return Problem(
        kind=text_of(entry, "type").rstrip("/").rpartition("/")[2],
        title=text_of(entry, "title"),
        detail=text_of(entry, "detail", "message"),
        parameter=text_of(entry, "parameter"),
        section=text_of(entry, "section"),
        resource_type=text_of(entry, "resource_type"),
        resource_id=text_of(entry, "resource_id", "value"),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its body and the exchange that brought it."""

    body: Json
    exchange: str

    def things(self) -> list[Json]:
        """The listed posts or users; none when `data` is absent."""
        return objects_of(self.body, "data")

    def thing(self) -> Json:
        """The one user asked for, empty when X did not give it."""
        return object_of(self.body, "data")

    def included(self, *names: str) -> list[Json]:
        """What an expansion brought along."""
        return objects_of(object_of(self.body, "includes"), *names)

    def problems(self) -> list[Problem]:
        """What X says that it could not give."""
        return [problem_of(entry) for entry in objects_of(self.body, "errors")]

    def next_token(self) -> str:
        """The continuation, empty at the end."""
        return text_of(object_of(self.body, "meta"), "next_token")


def answer_of(response: requests.Response) -> Answer:
    """The JSON object in a response. Raises: BadAnswer when there is none."""
    exchange = exchange_of(response)
    try:
        body = response.json()
    except requests.JSONDecodeError as error:
        raise BadAnswer(
            f"X answered {response.status_code} with something that is not JSON",
            exchange=exchange,
        ) from error
    if not isinstance(body, dict):
        raise BadAnswer(
            f"X answered {response.status_code} with JSON that is not an object",
            exchange=exchange,
        )
    return Answer(body, exchange)
