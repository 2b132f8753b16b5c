"""The two sets of names in which X's API v2 speaks, and how to ask in each.

Classic says `tweet.fields` and `referenced_tweets`, the new one `post.fields` and
`referenced_posts`; which one an endpoint understands has to be tried. Answers may come in
either, whatever was asked; the readers in `connectors.x.answers` take both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Query parameters that ask for everything an archive needs of a post or a user."""

    name: str
    post: Mapping[str, str]
    user: Mapping[str, str]


_MEDIA = "alt_text,duration_ms,height,media_key,preview_image_url,type,url,variants,width"
_PLACE = "country_code,full_name,id,name,place_type"
_POLL = "duration_minutes,end_datetime,id,options,voting_status"
_USER = (
    "created_at,description,entities,id,location,name,profile_banner_url,profile_image_url,"
    "protected,public_metrics,url,username,verified,verified_type,withheld"
)
_POST = (
    "article,attachments,conversation_id,created_at,edit_controls,entities,geo,id,lang,"
    "possibly_sensitive,public_metrics,reply_settings,source,text,withheld"
)

CLASSIC = Vocabulary(
    name="classic",
    post={
        "tweet.fields": _POST
        + ",author_id,edit_history_tweet_ids,in_reply_to_user_id,note_tweet,referenced_tweets",
        "expansions": "attachments.media_keys,attachments.poll_ids,author_id,"
        "edit_history_tweet_ids,geo.place_id,referenced_tweets.id,"
        "referenced_tweets.id.attachments.media_keys,referenced_tweets.id.author_id",
        "media.fields": _MEDIA,
        "place.fields": _PLACE,
        "poll.fields": _POLL,
        "user.fields": _USER,
    },
    user={"user.fields": _USER + ",pinned_tweet_id"},
)

# Here the author, the references and the edit chain are no fields: they come with expansions.
NEW = Vocabulary(
    name="new",
    post={
        "post.fields": _POST + ",note_post",
        "expansions": "attachments.media_keys,attachments.poll_ids,author_id,"
        "edit_history_post_ids,geo.place_id,in_reply_to_user_id,referenced_posts",
        "media.fields": _MEDIA,
        "place.fields": _PLACE,
        "poll.fields": _POLL,
        "user.fields": _USER,
    },
    user={"user.fields": _USER, "expansions": "pinned_post_id"},
)

_BY_NAME = {vocabulary.name: vocabulary for vocabulary in (CLASSIC, NEW)}


def vocabulary_named(name: str) -> Vocabulary:
    """The vocabulary of that name; classic when there is none, since both get tried anyway."""
    return _BY_NAME.get(name, CLASSIC)


def other(vocabulary: Vocabulary) -> Vocabulary:
    """The one to try when this one is not understood."""
    return NEW if vocabulary is CLASSIC else CLASSIC
