"""Typed reading of Mastodon's JSON, and of what its answers carry beside it.

Whatever is absent or null reads as empty; whatever is there in another form than documented
is a `BadAnswer` that names the field. Nothing here decides what a thing means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import requests

from connectors.base import Stamp
from connectors.errors import BadAnswer
from connectors.recorded_http import exchange_of

Json = Mapping[str, object]


def text_of(thing: Json, name: str) -> str:
    """A string, empty when absent. Raises: BadAnswer when it is something else."""
    value = thing.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(name, value, "text")
    return value


def object_of(thing: Json, name: str) -> Json:
    """An object, empty when absent. Raises: BadAnswer when it is something else."""
    value = thing.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(name, value, "an object")
    return value


def objects_of(thing: Json, name: str) -> list[Json]:
    """A list of objects, empty when absent. Raises: BadAnswer when it is something else."""
    value = thing.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise _wrong(name, value, "a list of objects")
    return value


def numbers_of(thing: Json, names: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The whole numbers among the named members, under the names given for them.

    A server that hides a count gives a negative one, or none at all.
    """
    for given, name in names.items():
        value = thing.get(given)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            yield name, value


def stamp_of(thing: Json, name: str) -> Stamp | None:
    """A moment as given and in UTC. Raises: BadAnswer when it is not an ISO 8601 time."""
    given = text_of(thing, name)
    if not given:
        return None
    moment = moment_of(given)
    if moment is None:
        raise BadAnswer(f'the server gave "{name}" as "{given}", which is not a time with its zone')
    return Stamp(given, moment)


def moment_of(given: str) -> datetime | None:
    """An ISO 8601 time with its zone as aware UTC; None when it is none."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)


def id_of(thing: Json) -> str:
    """The id of a status or account: text, of whatever form the server likes.

    Raises: BadAnswer when there is none.
    """
    value = text_of(thing, "id")
    if not value:
        raise BadAnswer("the server gave a post or account without its id")
    return value


def _wrong(name: str, value: object, wanted: str) -> BadAnswer:
    return BadAnswer(f'the server gave "{name}" as {type(value).__name__}, not as {wanted}')


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer.

    `older` is the `max_id` that the `Link` header names for going on, empty without one.
    `served` is the server's own time (Date header, aware UTC). `refreshing`: the server says
    that it is still fetching replies from other servers.
    """

    body: object
    exchange: str
    older: str = ""
    served: datetime | None = None
    refreshing: bool = False

    def thing(self) -> Json:
        """The one object asked for. Raises: BadAnswer when it is something else."""
        if not isinstance(self.body, Mapping):
            raise BadAnswer("the server should have brought an object", exchange=self.exchange)
        return self.body

    def things(self) -> list[Json]:
        """The listed objects. Raises: BadAnswer when it is something else."""
        body = self.body
        if not isinstance(body, list) or not all(isinstance(each, Mapping) for each in body):
            raise BadAnswer("the server should have brought a list", exchange=self.exchange)
        return body


def answer_of(response: requests.Response) -> Answer:
    """Read a successful answer. Raises: BadAnswer when it is not JSON."""
    exchange = exchange_of(response)
    try:
        body = response.json()
    except requests.JSONDecodeError as error:
        raise BadAnswer(
            f"{urlsplit(response.url).path} should bring JSON, but did not", exchange=exchange
        ) from error
    onward = urlsplit(response.links.get("next", {}).get("url", "")).query
    return Answer(
        body=body,
        exchange=exchange,
        older=parse_qs(onward).get("max_id", [""])[0],
        served=_date(response.headers.get("Date", "")),
        refreshing="Mastodon-Async-Refresh" in response.headers,
    )


def _date(given: str) -> datetime | None:
    """An HTTP date as aware UTC, or None."""
    try:
        found = parsedate_to_datetime(given)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
