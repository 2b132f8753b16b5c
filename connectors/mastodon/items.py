"""From Mastodon's statuses and accounts to items. Pure.

A status keeps its id when it is edited; the version key is the time of the edit, or of the
publication before the first one. What goes into `extra` is only what the history of edits
tells as well (warning, sensitivity, poll options), so that a state reads the same whether it
was met live or in the history. Tags, mentions and link previews are left to the native JSON:
the first two follow from the text, the last moves by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.base import Author, Item, Kind, Markup, Stamp, Visibility
from connectors.errors import BadAnswer
from connectors.mastodon.answers import (
    Json,
    id_of,
    numbers_of,
    object_of,
    objects_of,
    stamp_of,
    text_of,
)
from connectors.mastodon.media import media_of, pictures_of

_METRICS = {
    "replies_count": "replies",
    "reblogs_count": "reposts",
    "favourites_count": "likes",
    "quotes_count": "quotes",
}
_PROFILE_METRICS = {
    "followers_count": "followers",
    "following_count": "following",
    "statuses_count": "posts",
}
_VISIBLE = {"public": Visibility.PUBLIC, "unlisted": Visibility.UNLISTED}
DIRECT = "direct"  # a private mention, which is a private message


def is_private_message(status: Json) -> bool:
    """Was it sent to the mentioned people alone? Such are not read."""
    return text_of(status, "visibility") == DIRECT


def is_by(status: Json, account_id: str) -> bool:
    """Was it made by this account?"""
    return id_of(object_of(status, "account")) == account_id


def published_of(status: Json) -> Stamp:
    """When it was published. Raises: BadAnswer when the server does not say."""
    stamp = stamp_of(status, "created_at")
    if stamp is None:
        raise BadAnswer(f"the server gave the post {id_of(status)} without its time")
    return stamp


def kind_of(status: Json, account_id: str) -> Kind:
    """Of what kind a status is; everything by others is a comment.

    A reply whose parent was deleted no longer names it, but still whom it answered.
    """
    if not is_by(status, account_id):
        return Kind.COMMENT
    if object_of(status, "reblog"):
        return Kind.REPOST
    if text_of(status, "in_reply_to_id") or text_of(status, "in_reply_to_account_id"):
        return Kind.REPLY
    return Kind.POST


def status_item(status: Json, exchange: str, *, account_id: str, thread: str = "") -> Item:
    """A status as it is now. `thread` is the id of the first post of its conversation, which
    a status itself does not tell.

    Raises: BadAnswer when it lacks what every status has.
    """
    kind = kind_of(status, account_id)
    shown = object_of(status, "reblog") or status
    if not isinstance(shown.get("content"), str):
        raise BadAnswer(
            f"the server gave the post {id_of(status)} without its text", exchange=exchange
        )
    published, edited = published_of(status), stamp_of(shown, "edited_at")
    media, fileless = media_of(objects_of(shown, "media_attachments"))
    return Item(
        kind=kind,
        id=id_of(status),
        exchange=exchange,
        native=status,
        author=author_of(object_of(status, "account")),
        text=text_of(shown, "content"),
        markup=Markup.HTML,
        language=text_of(shown, "language"),
        parent_id=text_of(status, "in_reply_to_id"),
        thread_id=thread or (id_of(status) if kind is Kind.POST else ""),
        published=published,
        edited=edited,
        permalink=text_of(status, "url") or text_of(status, "uri"),
        media=media,
        visibility=_VISIBLE.get(text_of(status, "visibility"), Visibility.PRIVATE),
        metrics={**dict(numbers_of(shown, _METRICS)), **_votes(shown)},
        extra=_extra(status, shown, kind, fileless),
        version_key=key_of(edited or published),
    )


def edit_item(entry: Json, exchange: str, *, current: Item, first: bool) -> Item:
    """An earlier state out of a history of edits.

    The history tells text, warning, sensitivity, media and poll options. Everything else is
    taken from the present state: the server does not tell what it was.
    """
    made = published_of({**entry, "id": current.id})
    media, fileless = media_of(objects_of(entry, "media_attachments"))
    status = {**current.native, "poll": {**object_of(current.native, "poll"), **_options(entry)}}
    if not _options(entry):
        status["poll"] = None
    return replace(
        current,
        exchange=exchange,
        native=entry,
        text=text_of(entry, "content"),
        edited=None if first else made,
        media=media,
        metrics={},
        extra=_extra(status, {**status, **_said(entry)}, current.kind, fileless),
        version_key=key_of(made),
        superseded=True,
    )


def key_of(stamp: Stamp) -> str:
    """The name of the state that came to be at this moment, however the server wrote it."""
    return stamp.utc.isoformat(timespec="milliseconds")


def author_of(account: Json) -> Author:
    """An account as an author."""
    return Author(id_of(account), text_of(account, "acct"), text_of(account, "display_name"))


def profile_item(account: Json, exchange: str, *, pinned: Sequence[str]) -> Item:
    """The account's profile: name, description, fields, pictures, and which posts it has pinned."""
    author = author_of(account)
    moved = object_of(account, "moved")
    facts: dict[str, object] = {
        "handle": text_of(account, "username"),
        "fields": [
            {
                "name": text_of(each, "name"),
                "value": text_of(each, "value"),
                "verified": bool(each.get("verified_at")),
            }
            for each in objects_of(account, "fields")
        ],
        "pinned": list(pinned),
        "automated": account.get("bot") is True,
        "follows_by_request": account.get("locked") is True,
        "limited": account.get("limited") is True,
        "moved_to": text_of(moved, "url") or text_of(moved, "acct"),
    }
    return Item(
        kind=Kind.PROFILE,
        id=author.id,
        exchange=exchange,
        native=account,
        author=author,
        title=author.name,
        text=text_of(account, "note"),
        markup=Markup.HTML,
        published=stamp_of(account, "created_at"),
        permalink=text_of(account, "url"),
        media=pictures_of(account),
        metrics=dict(numbers_of(account, _PROFILE_METRICS)),
        extra={name: value for name, value in facts.items() if value},
    )


def _extra(status: Json, shown: Json, kind: Kind, fileless: list[str]) -> dict[str, object]:
    poll = object_of(shown, "poll")
    quote = object_of(shown, "quote")
    quoted = object_of(quote, "quoted_status")
    given = text_of(status, "visibility")
    facts: dict[str, object] = {
        "warning": text_of(shown, "spoiler_text"),
        "sensitive": shown.get("sensitive") is True,
        "poll": _poll(poll) if poll else {},
        "quotes": text_of(quoted, "url") or text_of(quote, "quoted_status_id"),
        "answers_account": text_of(status, "in_reply_to_account_id"),
        "visibility": given if given not in {*_VISIBLE, "private", ""} else "",
        "media_without_file": fileless,
    }
    if kind is Kind.REPOST:
        facts["repost_of"] = text_of(shown, "url") or text_of(shown, "uri")
        facts["repost_by"] = text_of(object_of(shown, "account"), "acct")
    return {name: value for name, value in facts.items() if value}


def _said(entry: Json) -> dict[str, object]:
    """What a history entry tells itself, quotes included where the server has them."""
    names = ("spoiler_text", "sensitive", "quote")
    return {name: entry[name] for name in names if name in entry}


def _options(thing: Json) -> dict[str, object]:
    """The options of a history entry's poll; nothing when it had none."""
    listed = objects_of(object_of(thing, "poll"), "options")
    return {"options": listed} if listed else {}


def _poll(poll: Json) -> dict[str, object]:
    return {
        "options": [text_of(option, "title") for option in objects_of(poll, "options")],
        "ends": text_of(poll, "expires_at"),
        "several": poll.get("multiple") is True,
    }


def _votes(status: Json) -> dict[str, int]:
    options = objects_of(object_of(status, "poll"), "options")
    return {
        f"poll votes {place + 1}": votes
        for place, option in enumerate(options)
        for _, votes in numbers_of(option, {"votes_count": "votes"})
    }
