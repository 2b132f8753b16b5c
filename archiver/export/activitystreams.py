"""An item as an object of ActivityStreams 2.0, for programs that know social media in general.

Followed: "Activity Streams 2.0" and "Activity Vocabulary", W3C Recommendations of 23 May 2017.
What they have no word for stands under `archiver:`, whose terms `docs/formats.md` lists. A
record that vanished from the platform stays a Note or an Article, because its content is
released; a Tombstone would say that it is not.

Objects get a name-based UUID (RFC 4122) made of agency and Bates number, so that answers can
refer to what they answer. `content` is plain text and says so by its `mediaType`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from archiver.export import stamps
from archiver.export.base import Released, ReleasedFile
from archiver.export.columns import redactions

_SPACE = UUID("5f6c9f0e-5d0b-4d6f-9a4e-0b7a4d1f3c52")  # of all names made here, for ever
CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    {"archiver": f"urn:uuid:{_SPACE}#"},
]
_ARTICLES = frozenset({"page", "article"})
_MEDIA = {"image": "Image", "avatar": "Image", "video": "Video", "audio": "Audio"}


def iri(agency: str, what: str, name: str) -> str:
    """The same agency and name give the same address, in every production."""
    return uuid5(_SPACE, "\n".join((agency, what, name))).urn


def activity_object(item: Released, agency: str, parent: str) -> dict[str, Any]:
    """The item. `parent` is the Bates number of what it answers, if that is in the production."""
    made: dict[str, Any] = {
        "id": iri(agency, "item", item.bates),
        "type": "Article" if item.kind in _ARTICLES else "Note",
        "name": item.title,
        "content": item.text,
        "mediaType": "text/plain",
        "url": item.permalink if item.permalink.startswith(("https://", "http://")) else "",
        "published": stamps.utc(item.published_at),
        "updated": stamps.utc(item.edited_at),
        "attributedTo": _author(item),
        "context": _thread(item, agency),
        "inReplyTo": _parent(item, agency, parent),
        "attachment": [_attachment(each) for each in item.files],
        **_own(item),
    }
    return _told(made) | {"content": item.text}


def _own(item: Released) -> dict[str, Any]:
    """What ActivityStreams has no word for."""
    return {
        "archiver:bates": item.bates,
        "archiver:record": item.record_id,
        "archiver:version": item.version,
        "archiver:versions": item.versions,
        "archiver:current": item.current,
        "archiver:account": item.account,
        "archiver:platform": item.platform,
        "archiver:kind": item.kind,
        "archiver:platformId": item.platform_id,
        "archiver:language": item.language,
        "archiver:visibility": item.visibility,
        "archiver:presence": item.presence,
        "archiver:captured": stamps.utc(item.captured_at),
        "archiver:notBefore": stamps.utc(item.not_before),
        "archiver:notAfter": stamps.utc(item.not_after),
        "archiver:redactions": redactions(item),
        "archiver:digest": item.digest,
    }


def _author(item: Released) -> dict[str, Any]:
    """A Profile: whether a person or a body stands behind an account is not known."""
    facts = {
        "name": item.author_name,
        "archiver:handle": item.author_handle,
        "archiver:platformId": item.author_id,
    }
    told = _told(facts)
    return {"type": "Profile", **told} if told else {}


def _thread(item: Released, agency: str) -> str:
    if not item.thread_id:
        return ""
    return iri(agency, "thread", f"{item.account} {item.thread_id}")


def _parent(item: Released, agency: str, parent: str) -> str | dict[str, Any]:
    if parent:
        return iri(agency, "item", parent)
    return {"type": "Note", "archiver:platformId": item.parent_id} if item.parent_id else ""


def _attachment(each: ReleasedFile) -> dict[str, Any]:
    kind = each.kind if each.kind in _MEDIA else each.mime.partition("/")[0]
    link = {
        "type": "Link",
        "href": f"../media/{each.path}",
        "mediaType": each.mime,
        "width": each.width,
        "height": each.height,
    }
    return _told(
        {
            "type": _MEDIA.get(kind, "Document"),
            "name": each.alt_text,
            "url": _told(link) if each.path else "",
            "archiver:sha256": each.sha256,
            "archiver:size": each.size,
            "archiver:redacted": each.redacted,
            "archiver:whyMissing": each.why,
        }
    )


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: ActivityStreams leaves such members out. False is told."""
    return {name: value for name, value in facts.items() if value is False or value}
