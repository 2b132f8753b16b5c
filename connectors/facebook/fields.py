"""Which fields are asked of the Graph API, per kind of node (v26.0).

The Graph returns nothing that is not asked for; what a Page token may not see is simply
left out of the answer.
"""

from __future__ import annotations

SUBATTACHMENTS_LIMIT = 100
"""Unasked, the Graph cuts an album after 12 pictures."""

_ATTACHED = (
    "media_type,type,title,description,url,unshimmed_url,"
    "target{id,url},media{image{src,height,width},source}"
)


def attachments(after: str = "") -> str:
    """Fields of one attachment with its parts, which go on after the cursor `after`."""
    go_on = f".after({after})" if after else ""
    return (
        f"{_ATTACHED},subattachments.limit({SUBATTACHMENTS_LIMIT}){go_on}"
        "{media_type,type,title,description,url,unshimmed_url,"
        "target{id,url},media{image{src,height,width},source}}"
    )


PROFILE = (
    "id,name,about,description,category,link,username,website,phone,emails,location,hours,"
    "cover{id,source},picture.width(720).height(720){url,is_silhouette},"
    "fan_count,followers_count,is_published,verification_status"
)

POST = (
    "id,from{id,name},message,message_tags,story,created_time,updated_time,permalink_url,"
    f"status_type,attachments{{{attachments()}}},full_picture,place,privacy,is_published,"
    "is_hidden,is_expired,parent_id,properties,shares,timeline_visibility,"
    "scheduled_publish_time,targeting,to,via,admin_creator,application,"
    "comments.filter(stream).limit(0).summary(total_count),"
    "reactions.limit(0).summary(total_count)"
)

COMMENT = (
    "id,from{id,name},message,message_tags,"
    "attachment{media_type,type,title,description,url,unshimmed_url,"
    "target{id,url},media{image{src,height,width},source}},"
    "created_time,parent{id},comment_count,like_count,is_hidden,is_private,"
    "can_hide,can_remove,permalink_url"
)

PHOTO = "id,images,alt_text,alt_text_custom"
VIDEO = "id,source"

POST_STATE = "id,updated_time,is_hidden,is_published,timeline_visibility"
COMMENT_STATE = "id,created_time,is_hidden,is_private"
PAGE_STATE = "id,name,link,is_published"
