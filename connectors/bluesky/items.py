"""From records and views to items.

A record's hash (CID) is the version's key and part of its content: whatever is edited in a
record makes a version. What is not text (links, mentions, embeds, labels, languages, tags) is
kept whole under `record`; reply and quote rules, which are records of their own, beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.base import Author, Item, Kind, Visibility
from connectors.bluesky.identity import Identity
from connectors.bluesky.media import Place, media_of, portraits_of
from connectors.bluesky.shapes import (
    REPOST,
    Json,
    mapping,
    name_of,
    number,
    objects,
    stamp,
    text,
    texts,
)

Gates = Mapping[str, Json]
"""Of one post: "threadgate" and "postgate", where there are any."""

_COUNTS = {"replyCount": "replies", "repostCount": "reposts", "likeCount": "likes",
           "quoteCount": "quotes"}  # fmt: skip
_NOT_SHOWN = frozenset({"!hide", "!takedown"})  # what the platform's moderation sets


def own_item(
    row: Json, exchange: str, *, me: Identity, place: Place, gates: Gates, view: Json
) -> Item:
    """A post, reply or repost of the account; `row` is {uri, cid, value}, `view` what the app
    view shows of it, or empty."""
    uri, cid, value = text(row, "uri"), text(row, "cid"), mapping(row.get("value"))
    name = name_of(uri)
    repost = name is not None and name.collection == REPOST
    reply = mapping(value.get("reply"))
    return Item(
        kind=Kind.REPOST if repost else Kind.REPLY if reply else Kind.POST,
        id=uri,
        exchange=exchange,
        native=row,
        author=Author(me.did, me.handle),
        text=text(value, "text"),
        language=next(iter(texts(value.get("langs"))), ""),
        parent_id=text(mapping(reply.get("parent")), "uri"),
        thread_id=text(mapping(reply.get("root")), "uri"),
        published=stamp(text(value, "createdAt")),
        permalink="" if repost else permalink(uri),
        media=media_of(value, place),
        metrics=metrics_of(view),
        extra={"cid": cid, "record": _rest(value), **gates},
        version_key=cid,
    )


def comment_item(
    view: Json, exchange: str, *, thread: str, hidden: Collection[str], place: Place
) -> Item:
    """A reply by somebody else, as the app view shows it below `thread`."""
    uri, cid, value = text(view, "uri"), text(view, "cid"), mapping(view.get("record"))
    author, labels = mapping(view.get("author")), labels_of(view)
    hides = uri in hidden
    withheld = any(label["val"] in _NOT_SHOWN for label in labels)
    state = Visibility.WITHHELD if withheld else Visibility.HIDDEN if hides else Visibility.PUBLIC
    return Item(
        kind=Kind.COMMENT,
        id=uri,
        exchange=exchange,
        native=view,
        author=Author(text(author, "did"), text(author, "handle"), text(author, "displayName")),
        text=text(value, "text"),
        language=next(iter(texts(value.get("langs"))), ""),
        parent_id=text(mapping(mapping(value.get("reply")).get("parent")), "uri"),
        thread_id=thread,
        published=stamp(text(value, "createdAt")),
        permalink=permalink(uri),
        media=media_of(value, place),
        visibility=state,
        metrics=metrics_of(view),
        extra={"cid": cid, "record": _rest(value), **({"labels": labels} if labels else {})},
        version_key=cid,
    )


def profile_item(row: Json, exchange: str, *, me: Identity, place: Place) -> Item:
    """The account's profile with its handle; `row` is empty when it has none."""
    value = mapping(row.get("value"))
    return Item(
        kind=Kind.PROFILE,
        id=me.did,
        exchange=exchange,
        native=row or {"did": me.did, "handle": me.handle},
        author=Author(me.did, me.handle, text(value, "displayName")),
        title=text(value, "displayName"),
        text=text(value, "description"),
        published=stamp(text(value, "createdAt")),
        permalink=f"https://bsky.app/profile/{me.did}",
        media=portraits_of(value, place),
        extra={"cid": text(row, "cid"), "handle": me.handle, "record": value},
        version_key=text(row, "cid"),
    )


def labels_of(view: Json) -> list[Json]:
    """The labels that others set; the author's own are in the record."""
    author = text(mapping(view.get("author")), "did")
    found = {
        (text(each, "src"), text(each, "val"))
        for each in objects(view.get("labels"))
        if each.get("neg") is not True and text(each, "src") != author
    }
    return [{"src": src, "val": val} for src, val in sorted(found)]


def metrics_of(view: Json) -> dict[str, int]:
    """What the app view counts."""
    given = {ours: number(view, theirs) for theirs, ours in _COUNTS.items()}
    return {name: value for name, value in given.items() if value is not None}


def permalink(uri: str) -> str:
    """Where people read a post; by DID, which stays when the handle changes."""
    name = name_of(uri)
    return "" if name is None else f"https://bsky.app/profile/{name.did}/post/{name.key}"


def starts_thread(item: Item, me: Identity) -> bool:
    """Do replies of the public hang on it? On own posts, and on own replies elsewhere."""
    root = name_of(item.thread_id)
    return item.kind is Kind.POST or (
        item.kind is Kind.REPLY and (root is None or root.did != me.did)
    )


def _rest(value: Json) -> dict[str, object]:
    return {name: each for name, each in value.items() if name != "text"}
