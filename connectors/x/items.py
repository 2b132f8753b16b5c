"""From X's posts and users to items. Pure; what it needs must already be in the `Bundle`.

A post's id here is the id of the first version of its edit chain, since each edit gets a new
id on X; the version key is the id of the version. What goes into `extra` is chosen so that
it reads the same in both vocabularies and moves only when the content does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.base import Author, Item, Kind, Stamp, Visibility
from connectors.x.answers import (
    Json,
    chain_of,
    first,
    id_of,
    numbers_of,
    object_of,
    objects_of,
    references_of,
    stamp_of,
    text_of,
    texts_of,
)
from connectors.x.media import media_of, profile_pictures

SITE = "https://x.com"
_METRICS = {
    "retweet_count": "reposts",
    "repost_count": "reposts",
    "reply_count": "replies",
    "like_count": "likes",
    "quote_count": "quotes",
    "bookmark_count": "bookmarks",
    "impression_count": "views",
    "followers_count": "followers",
    "following_count": "following",
    "listed_count": "lists",
    "media_count": "media",
    "tweet_count": "posts",
    "post_count": "posts",
}


@dataclass(slots=True)
class Bundle:
    """What one answer, with the look-ups that complete it, brought; posts by version id."""

    posts: dict[str, tuple[Json, str]] = field(default_factory=dict)  # and its exchange
    users: dict[str, Json] = field(default_factory=dict)
    media: dict[str, Json] = field(default_factory=dict)
    polls: dict[str, Json] = field(default_factory=dict)
    places: dict[str, Json] = field(default_factory=dict)
    exchanges: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)  # conversation id -> id of its post
    own_seen_by: Visibility = Visibility.PUBLIC

    def post(self, version: str) -> Json:
        """The post of that version id, empty when it is not here."""
        return self.posts.get(version, ({}, ""))[0]

    def identity(self, version: str) -> str:
        """The id of the first version of the chain, as far as the chain is known here."""
        known = self.post(version)
        return chain_of(known)[0] if known else self.aliases.get(version, version)


def items_of(bundle: Bundle, post: Json, account: Author) -> Iterator[Item]:
    """All states of one post that X still tells, oldest first."""
    chain = chain_of(post)
    for version in chain:
        if version in bundle.posts:
            yield _item(bundle, version, chain, account)


def text_in_full(post: Json) -> str:
    """The whole text, also of a long post, whose `text` is cut."""
    note = object_of(post, "note_tweet", "note_post")
    return text_of(note, "text") or text_of(post, "text")


def kind_of(post: Json, account_id: str) -> Kind:
    """Of what kind a post is; everything by others is a comment, which no coverage claims."""
    if text_of(post, "author_id") not in {"", account_id}:
        return Kind.COMMENT
    references = references_of(post)
    if "retweeted" in references:
        return Kind.REPOST
    conversation = text_of(post, "conversation_id")
    # A reply stays one when its parent is deleted and no longer referred to.
    if "replied_to" in references or (conversation and conversation not in chain_of(post)):
        return Kind.REPLY
    return Kind.POST


def _item(bundle: Bundle, version: str, chain: tuple[str, ...], account: Author) -> Item:
    post, exchange = bundle.posts[version]
    author = _author(bundle, text_of(post, "author_id"), account)
    kind = kind_of(post, account.id)
    references = references_of(post)
    shown = post
    if kind is Kind.REPOST:
        shown = bundle.post(references["retweeted"]) or post
    conversation = text_of(post, "conversation_id")
    published = _published(bundle, chain)
    made = stamp_of(post, "created_at")
    media, fileless = media_of(shown, bundle.media)
    return Item(
        kind=kind,
        id=chain[0],
        exchange=exchange,
        native=post,
        author=author,
        text=text_in_full(shown),
        language=text_of(post, "lang"),
        parent_id=bundle.identity(references.get("replied_to", "")),
        thread_id=chain[0] if conversation in chain else bundle.identity(conversation),
        published=published,
        edited=made if version != chain[0] else None,
        permalink=f"{SITE}/{author.handle or 'i'}/status/{version}",
        media=media,
        visibility=_visibility(bundle, post, kind),
        metrics=_metrics(bundle, post),
        extra=_extra(bundle, post, shown, fileless),
        version_key=version,
        superseded=version != chain[-1],
    )


def _visibility(bundle: Bundle, post: Json, kind: Kind) -> Visibility:
    if object_of(post, "withheld"):
        return Visibility.WITHHELD
    return Visibility.PUBLIC if kind is Kind.COMMENT else bundle.own_seen_by


def _published(bundle: Bundle, chain: tuple[str, ...]) -> Stamp | None:
    """When the first version was made, or the earliest one that X still gives."""
    stamps = (stamp_of(bundle.post(version), "created_at") for version in chain)
    return next((stamp for stamp in stamps if stamp is not None), None)


def _author(bundle: Bundle, user_id: str, account: Author) -> Author:
    if user_id in {"", account.id}:
        return account
    user = bundle.users.get(user_id, {})
    return Author(user_id, text_of(user, "username"), text_of(user, "name"))


def _metrics(bundle: Bundle, post: Json) -> Mapping[str, int]:
    metrics = {
        _METRICS[name]: value
        for name, value in numbers_of(object_of(post, "public_metrics"))
        if name in _METRICS
    }
    for poll in _polls(bundle, post):
        for option in objects_of(poll, "options"):
            votes = dict(numbers_of(option))
            if "votes" in votes and "position" in votes:
                metrics[f"poll votes {votes['position']}"] = votes["votes"]
    return metrics


def _polls(bundle: Bundle, post: Json) -> list[Json]:
    listed = texts_of(object_of(post, "attachments"), "poll_ids")
    return [bundle.polls[poll] for poll in listed if poll in bundle.polls]


def _extra(bundle: Bundle, post: Json, shown: Json, fileless: list[str]) -> dict[str, object]:
    references = references_of(post)
    place = text_of(object_of(post, "geo"), "place_id")
    facts: dict[str, object] = {
        "links": _links(shown),
        "quotes": references.get("quoted", ""),
        "repost_of": references.get("retweeted", ""),
        "repost_line": text_of(post, "text") if shown is not post else "",
        "polls": [_poll(poll) for poll in _polls(bundle, post)],
        "place": text_of(bundle.places.get(place, {}), "full_name") or place,
        "who_can_reply": text_of(post, "reply_settings"),
        "withheld": _withheld(post),
        "article": dict(object_of(post, "article")),
        "media_without_file": fileless,
    }
    return {name: value for name, value in facts.items() if value}


def _links(post: Json) -> list[dict[str, str]]:
    """Where the shortened addresses in the text lead; X's previews of them move by themselves."""
    note = object_of(object_of(post, "note_tweet", "note_post"), "entities")
    urls = objects_of(note, "urls") or objects_of(object_of(post, "entities"), "urls")
    return [
        {"url": text_of(url, "url"), "leads_to": text_of(url, "expanded_url")}
        for url in urls
        if first(url, "media_key") is None
    ]


def _poll(poll: Json) -> dict[str, object]:
    labels = [text_of(option, "label") for option in objects_of(poll, "options")]
    return {"options": labels, "ends": text_of(poll, "end_datetime")}


def _withheld(thing: Json) -> dict[str, object]:
    said = object_of(thing, "withheld")
    if not said:
        return {}
    return {
        "countries": sorted(texts_of(said, "country_codes")),
        "copyright": said.get("copyright") is True,
        "whole_account": text_of(said, "scope") == "user",
    }


def author_of(user: Json) -> Author:
    """A user as an author."""
    return Author(id_of(user), text_of(user, "username"), text_of(user, "name"))


def profile_of(user: Json, exchange: str) -> Item:
    """The account's profile: name, description, pictures."""
    author = author_of(user)
    visibility = Visibility.PUBLIC
    if user.get("protected") is True:
        visibility = Visibility.PRIVATE
    if object_of(user, "withheld"):
        visibility = Visibility.WITHHELD
    entities = object_of(user, "entities")
    facts: dict[str, object] = {
        "handle": author.handle,
        "location": text_of(user, "location"),
        "url": text_of(user, "url"),
        "links": _links({"entities": object_of(entities, "description")})
        + _links({"entities": object_of(entities, "url")}),
        "verified": text_of(user, "verified_type") or str(user.get("verified") is True),
        "pinned": text_of(user, "pinned_tweet_id", "pinned_post_id"),
        "withheld": _withheld(user),
    }
    return Item(
        kind=Kind.PROFILE,
        id=author.id,
        exchange=exchange,
        native=user,
        author=author,
        title=author.name,
        text=text_of(user, "description"),
        published=stamp_of(user, "created_at"),
        permalink=f"{SITE}/{author.handle}",
        media=profile_pictures(user),
        visibility=visibility,
        metrics={
            _METRICS[name]: value
            for name, value in numbers_of(object_of(user, "public_metrics"))
            if name in _METRICS
        },
        extra={name: value for name, value in facts.items() if value},
    )
