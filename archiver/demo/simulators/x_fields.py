"""What X's API v2 can be asked for, in each of its two vocabularies.

The lists follow the published OpenAPI documents of versions 2.159 (classic) and 2.167 (new);
a name that is not on them is turned down with status 400, as X does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MEDIA = _words(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url "
    "promoted_metrics public_metrics type url variants width"
)
_POLL = _words("duration_minutes end_datetime id options voting_status")
_PLACE = _words("contained_within country country_code full_name geo id name place_type")
_USER = _words(
    "confirmed_email connection_status created_at description entities id is_identity_verified "
    "location name parody profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscription subscription_type url username verified "
    "verified_followers_count verified_type withheld"
)
_POST = _words(
    "article attachments card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls entities geo id lang media_metadata non_public_metrics "
    "organic_metrics possibly_sensitive promoted_metrics public_metrics reply_settings scopes "
    "source suggested_source_links suggested_source_links_with_counts text withheld"
)


@dataclass(frozen=True, slots=True)
class Names:
    """One vocabulary: what may be asked, and how things are called in answers."""

    name: str
    host: str  # of problem types
    parameters: Mapping[str, frozenset[str]]
    post_fields: str
    chain: str
    references: str
    note: str
    posts: str  # in includes
    reposts: str  # metric
    post_total: str  # metric of a user
    pinned: str
    resource: str  # what a post is called in a problem
    expand_references: str


CLASSIC = Names(
    name="classic",
    host="https://api.twitter.com",
    parameters={
        "tweet.fields": (_POST - {"note_post"})
        | _words(
            "author_id edit_history_tweet_ids in_reply_to_user_id note_tweet referenced_tweets"
        ),
        "user.fields": _USER | {"affiliation", "most_recent_tweet_id", "pinned_tweet_id"},
        "media.fields": _MEDIA,
        "poll.fields": _POLL,
        "place.fields": _PLACE,
        "expansions": _words(
            "article.cover_media article.media_entities attachments.media_keys "
            "attachments.media_source_tweet attachments.poll_ids author_id "
            "edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id "
            "entities.note.mentions.username referenced_tweets.id "
            "referenced_tweets.id.attachments.media_keys referenced_tweets.id.author_id "
            "affiliation.user_id most_recent_tweet_id pinned_tweet_id"
        ),
    },
    post_fields="tweet.fields",
    chain="edit_history_tweet_ids",
    references="referenced_tweets",
    note="note_tweet",
    posts="tweets",
    reposts="retweet_count",
    post_total="tweet_count",
    pinned="pinned_tweet_id",
    resource="tweet",
    expand_references="referenced_tweets.id",
)
NEW = Names(
    name="new",
    host="https://api.x.com",
    parameters={
        "post.fields": _POST
        | _words(
            "article_title matched_media_notes note_post note_request_suggestions paid_partnership"
        ),
        "user.fields": _USER | {"subscribes_to_you"},
        "media.fields": _MEDIA,
        "poll.fields": _POLL,
        "place.fields": _PLACE,
        "expansions": _words(
            "article.cover_media article.media_entities attachments.media_keys "
            "attachments.media_source_tweet attachments.poll_ids author_id edit_history_post_ids "
            "entities.mentions.username geo.place_id in_reply_to_user_id referenced_posts username "
            "affiliation most_recent_post_id pinned_post_id"
        ),
    },
    post_fields="post.fields",
    chain="edit_history_post_ids",
    references="referenced_posts",
    note="note_post",
    posts="posts",
    reposts="repost_count",
    post_total="post_count",
    pinned="pinned_post_id",
    resource="post",
    expand_references="referenced_posts",
)
VOCABULARIES = {names.name: names for names in (CLASSIC, NEW)}
