"""The account's repository on its own server: what it holds, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

from connectors.base import Item
from connectors.bluesky import car
from connectors.bluesky.faults import RecordMissing
from connectors.bluesky.identity import Identity
from connectors.bluesky.items import Gates, own_item, profile_item
from connectors.bluesky.shapes import (
    POST,
    POSTGATE,
    PROFILE,
    THREADGATE,
    Json,
    mapping,
    name_of,
    objects,
    text,
)
from connectors.bluesky.xrpc import Answer, Server
from connectors.errors import BadAnswer
from connectors.recorded_http import exchange_of

AT_ONCE = 100  # a server gives no more
GATES = {THREADGATE: "threadgate", POSTGATE: "postgate"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a collection, newest key first. `after` continues; empty at the end."""

    rows: Sequence[Json]
    after: str
    exchange: str


@dataclass(frozen=True, slots=True)
class AllGates:
    """The reply and quote rules of all posts, by the posts' keys."""

    by_key: Mapping[str, Gates]
    exchanges: tuple[str, ...]

    def of(self, uri: str) -> Gates:
        """Those of one post."""
        name = name_of(uri)
        known = self.by_key.get(name.key) if name and name.collection == POST else None
        return known or {}


NO_GATES = AllGates({}, ())


class Repository:
    """Asks the server that hosts the account. Nothing here needs credentials."""

    def __init__(self, session: requests.Session, me: Identity) -> None:
        self.me = me
        self.server = Server(session, me.pds)

    def place(self, cid: str) -> str:
        """Where a file of this account is."""
        return blob_address(self.me, cid)

    def latest(self) -> Answer:
        """The present commit, {cid, rev}. Raises: AccountGone when the account is closed."""
        return self.server.ask("com.atproto.sync.getLatestCommit", {"did": self.me.did})

    def status(self) -> Answer:
        """Whether the account is hosted here, {active, status}."""
        return self.server.ask("com.atproto.sync.getRepoStatus", {"did": self.me.did})

    def listing(self, collection: str, after: str = "") -> Listing:
        """One page of a collection.

        Raises: BadAnswer when it holds what was not asked for, or does not go on.
        """
        asked = {"repo": self.me.did, "collection": collection, "limit": str(AT_ONCE)}
        if after:
            asked["cursor"] = after
        answer = self.server.ask("com.atproto.repo.listRecords", asked)
        rows, cursor = objects(answer.body.get("records")), text(answer.body, "cursor")
        for row in rows:
            name = name_of(text(row, "uri"))
            if name is None or (name.did, name.collection) != (self.me.did, collection):
                raise self._odd(f"lists {text(row, 'uri')!r} in {collection}", answer.exchange)
            if not text(row, "cid"):
                raise self._odd(f"lists {name} without its hash", answer.exchange)
        if "records" not in answer.body or (cursor and cursor == after):
            raise self._odd(f"gives no proper page of {collection}", answer.exchange)
        return Listing(rows, cursor, answer.exchange)

    def record(self, collection: str, key: str) -> Answer:
        """One record, {uri, cid, value}. Raises: RecordMissing when it is not there."""
        asked = {"repo": self.me.did, "collection": collection, "rkey": key}
        answer = self.server.ask("com.atproto.repo.getRecord", asked)
        if text(answer.body, "uri") != f"at://{self.me.did}/{collection}/{key}":
            raise self._odd(f"gives {text(answer.body, 'uri')!r} for {key}", answer.exchange)
        return answer

    def export(self, since: str = "") -> tuple[car.Export, str]:
        """All of it, or what came after a revision; and the exchange.

        Raises: BadAnswer when the export does not hold what its hashes say.
        """
        asked = {"did": self.me.did, **({"since": since} if since else {})}
        response = self.server.fetch("com.atproto.sync.getRepo", asked)
        exchange = exchange_of(response)
        try:
            found = car.read(response.content)
        except car.DamagedError as error:
            raise self._odd(f"gives a damaged export: {error}", exchange) from error
        if found.did != self.me.did:
            raise self._odd(f"gives the export of {found.did}", exchange)
        return found, exchange

    def entries(self, since: str = "") -> tuple[list[car.Entry], str]:
        """The records of an export; after a revision those that were made or edited since."""
        found, exchange = self.export(since)
        try:
            entries = list(found.entries(whole=not since))
        except car.DamagedError as error:
            raise self._odd(f"gives a damaged export: {error}", exchange) from error
        return [each for each in entries if each.value is not None], exchange

    def gates(self) -> AllGates:
        """The reply and quote rules of all posts."""
        found: dict[str, dict[str, Json]] = {}
        exchanges = []
        for collection, short in GATES.items():
            for listing in self._all(collection):
                exchanges.append(listing.exchange)
                for row in listing.rows:
                    name = name_of(text(row, "uri"))
                    assert name is not None
                    found.setdefault(name.key, {})[short] = gate_of(row)
        return AllGates(found, tuple(exchanges))

    def gate(self, collection: str, key: str) -> tuple[Answer | None, str]:
        """One rule, or None when there is none; and the exchange that shows it."""
        try:
            answer = self.record(collection, key)
        except RecordMissing as error:
            return None, error.exchange
        return answer, answer.exchange

    def profile(self) -> Item:
        """The profile as it is now."""
        try:
            answer = self.record(PROFILE, "self")
        except RecordMissing as error:
            return profile_item({}, error.exchange, me=self.me, place=self.place)
        return profile_item(answer.body, answer.exchange, me=self.me, place=self.place)

    def item(self, row: Json, exchange: str, gates: Gates, view: Json | None = None) -> Item:
        """A post, reply or repost of this account."""
        return own_item(row, exchange, me=self.me, place=self.place, gates=gates, view=view or {})

    def _all(self, collection: str) -> Iterator[Listing]:
        after = ""
        while True:
            listing = self.listing(collection, after)
            yield listing
            after = listing.after
            if not after:
                return

    def _odd(self, what: str, exchange: str) -> BadAnswer:
        return BadAnswer(f"{self.server.origin} {what}", exchange=exchange)


def gate_of(row: Json) -> Json:
    """A rule as it stands with its post."""
    return {"cid": text(row, "cid"), "record": mapping(row.get("value"))}


def blob_address(who: Identity, cid: str) -> str:
    """Where a file of an account is, as it was uploaded."""
    asked = urlencode({"did": who.did, "cid": cid})
    return f"{who.pds}/xrpc/com.atproto.sync.getBlob?{asked}"
