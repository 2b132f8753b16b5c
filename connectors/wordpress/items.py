"""WordPress's JSON as items: which text counts, who could see it, what is an edit.

Text is `content.raw`, what the author wrote, wherever the sign-in lets us read it. Signed
out there is only `content.rendered`, in which plug-ins may print something new each time;
then every such difference looks like an edit.

What is kept out of `text` and `extra` on purpose, because it moves without anybody editing
(it stays in the native JSON): rendered excerpts, names of categories and tags (their ids
count), avatars, sizes of pictures, post meta other than footnotes.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.base import Author, Item, Kind, Markup, MediaRef, Stamp, Visibility
from connectors.wordpress.content_media import key_of, kind_of, media_in
from connectors.wordpress.shapes import (
    Row,
    mapping,
    number,
    raw,
    rendered,
    stamp,
    text,
    written,
)

POST_STATES = {
    "publish": Visibility.PUBLIC,
    "inherit": Visibility.PUBLIC,  # a file in the library: its address works for everybody
    "private": Visibility.PRIVATE,
    "draft": Visibility.DRAFT,
    "auto-draft": Visibility.DRAFT,
    "future": Visibility.PENDING,
    "pending": Visibility.PENDING,
    "trash": Visibility.TRASHED,
}
COMMENT_STATES = {
    "approved": Visibility.PUBLIC,
    "hold": Visibility.PENDING,
    "spam": Visibility.SPAM,
    "trash": Visibility.TRASHED,
    "post-trashed": Visibility.TRASHED,  # went into the trash with its post
}
UNPUBLISHED = frozenset({"draft", "auto-draft", "pending", "future"})  # their date is a plan
PLAIN_FIELDS = ("slug", "comment_status", "ping_status", "format", "template")
SITE_ID = "site"


def post_item(row: Row, exchange: str, *, kind: Kind) -> Item:
    """A post, a page, or a thing of a custom type, as it is now."""
    published, edited = _times(row)
    return Item(
        kind=kind,
        id=str(number(row, "id")),
        exchange=exchange,
        native=row,
        author=_author(row),
        title=written(row, "title"),
        text=written(row, "content"),
        markup=Markup.HTML,
        parent_id=str(number(row, "parent") or ""),
        published=published,
        edited=edited,
        permalink=text(row, "link"),
        media=_post_media(row),
        visibility=visibility_of_post(row),
        extra=_post_extra(row),
        version_key=_key(_latest_revision(row)),
    )


def media_item(row: Row, exchange: str) -> Item:
    """A file in the media library; its text is the caption."""
    published, edited = _times(row)
    extra: dict[str, object] = {"mime_type": text(row, "mime_type")}
    for name in ("slug", "alt_text"):
        if text(row, name):
            extra[name] = text(row, name)
    if raw(row, "description"):
        extra["description"] = raw(row, "description")
    file = _file(row, token=text(row, "modified_gmt"))
    return Item(
        kind=Kind.MEDIA,
        id=str(number(row, "id")),
        exchange=exchange,
        native=row,
        author=_author(row),
        title=written(row, "title"),
        text=written(row, "caption"),
        markup=Markup.HTML,
        parent_id=str(number(row, "post") or ""),
        published=published,
        edited=edited,
        permalink=text(row, "link"),
        media=() if file is None else (file,),
        visibility=visibility_of_post(row),
        extra=extra,
    )


def comment_item(row: Row, exchange: str) -> Item:
    """A comment on a post, or a reply to another comment. WordPress keeps no edit time."""
    parent, post = number(row, "parent"), number(row, "post")
    extra: dict[str, object] = {}
    if text(row, "author_url"):
        extra["author_url"] = text(row, "author_url")
    if text(row, "type") not in {"", "comment"}:
        extra["type"] = text(row, "type")
    author = number(row, "author")
    return Item(
        kind=Kind.REPLY if parent else Kind.COMMENT,
        id=str(number(row, "id")),
        exchange=exchange,
        native=row,
        author=Author(id=str(author or ""), name=text(row, "author_name")),
        text=written(row, "content"),
        markup=Markup.HTML,
        parent_id=str(parent or post or ""),
        thread_id=str(post or ""),
        published=stamp(row, "date_gmt"),
        permalink=text(row, "link"),
        visibility=COMMENT_STATES.get(text(row, "status"), Visibility.HIDDEN)
        if "status" in row
        else Visibility.PUBLIC,
        extra=extra,
    )


def site_item(index: Row, exchange: str) -> Item:
    """The site itself: name, tag line, time zone, icon."""
    icon = text(index, "site_icon_url")
    return Item(
        kind=Kind.PROFILE,
        id=SITE_ID,
        exchange=exchange,
        native=index,
        title=text(index, "name"),
        text=text(index, "description"),
        markup=Markup.HTML,
        permalink=text(index, "home") or text(index, "url"),
        media=(MediaRef(key=key_of(icon), url=icon),) if icon else (),
        extra={"timezone": text(index, "timezone_string")},
    )


def revision_item(row: Row, exchange: str, *, current: Item) -> Item:
    """An earlier state of a post.

    A revision holds title, text and excerpt only, and not who could see it. One saved before
    the post was published was a draft; for a later one the post's present visibility is the
    nearest that WordPress tells.
    """
    saved = stamp(row, "modified_gmt")
    published = current.published
    early = published is None or (saved is not None and saved.utc < published.utc)
    extra: dict[str, object] = {"saved_by": str(number(row, "author") or "")}
    if raw(row, "excerpt"):
        extra["excerpt"] = raw(row, "excerpt")
    visibility = current.visibility
    if early and visibility is Visibility.PUBLIC:
        visibility = Visibility.DRAFT
    return replace(
        current,
        exchange=exchange,
        native=row,
        title=written(row, "title"),
        text=written(row, "content"),
        edited=saved,
        media=media_in((raw(row, "content"), rendered(row, "content")), current.permalink),
        visibility=visibility,
        extra=extra,
        version_key=_key(number(row, "id")),
        superseded=True,
    )


def same_content(revision: Row, current: Row) -> bool:
    """Does the revision hold what the post says now? WordPress stores each save as one."""
    return all(
        raw(revision, name) == raw(current, name) for name in ("title", "content", "excerpt")
    )


def is_autosave(revision: Row) -> bool:
    """Is it what somebody typed and has not saved? That never was a state of the post."""
    return "-autosave" in text(revision, "slug")


def revision_count(row: Row) -> int:
    """How many revisions (and autosaves) the site says a post has."""
    return max((number(link, "count") for link in _links(row, "version-history")), default=0)


def visibility_of_post(row: Row) -> Visibility:
    """Who can see it; unknown statuses, which plug-ins invent, count as hidden."""
    if "status" not in row:
        return Visibility.PUBLIC
    found = POST_STATES.get(text(row, "status"), Visibility.HIDDEN)
    guarded = mapping(row.get("content")).get("protected") is True or bool(text(row, "password"))
    return Visibility.PRIVATE if guarded and found is Visibility.PUBLIC else found


def _times(row: Row) -> tuple[Stamp | None, Stamp | None]:
    published, modified = stamp(row, "date_gmt"), stamp(row, "modified_gmt")
    edited = None
    if modified is not None and (published is None or modified.utc != published.utc):
        edited = modified
    if text(row, "status") in UNPUBLISHED:
        return None, edited
    if published is not None and edited is not None and edited.utc < published.utc:
        edited = None  # last saved as a draft, then published by the clock
    return published, edited


def _author(row: Row) -> Author:
    wanted = number(row, "author")
    for each in _embedded(row, "author"):
        if number(each, "id") == wanted and text(each, "name"):
            return Author(id=str(wanted), handle=text(each, "slug"), name=text(each, "name"))
    return Author(id=str(wanted or ""))


def _post_media(row: Row) -> tuple[MediaRef, ...]:
    found: dict[str, MediaRef] = {}
    wanted = number(row, "featured_media")
    for each in _embedded(row, "wp:featuredmedia"):
        if number(each, "id") == wanted and (file := _file(each)) is not None:
            found[file.key] = file
    for ref in media_in((raw(row, "content"), rendered(row, "content")), text(row, "link")):
        found.setdefault(ref.key, ref)
    return tuple(found.values())


def _file(row: Row, *, token: str = "") -> MediaRef | None:
    url = text(row, "source_url")
    if not url:
        return None
    mime = text(row, "mime_type")
    return MediaRef(
        key=key_of(url),
        url=url,
        kind=kind_of(url, mime),
        alt_text=text(row, "alt_text"),
        mime=mime,
        size=number(mapping(row.get("media_details")), "filesize") or None,
        change_token=token,
    )


def _post_extra(row: Row) -> dict[str, object]:
    extra: dict[str, object] = {name: text(row, name) for name in PLAIN_FIELDS if text(row, name)}
    if text(row, "type") not in {"", "post", "page"}:
        extra["type"] = text(row, "type")
    if raw(row, "excerpt"):
        extra["excerpt"] = raw(row, "excerpt")
    if row.get("sticky") is True:
        extra["sticky"] = True
    for name in ("featured_media", "menu_order"):
        if number(row, name):
            extra[name] = number(row, name)
    if text(row, "status") == "future":
        extra["scheduled_for"] = text(row, "date_gmt")
    if text(mapping(row.get("meta")), "footnotes"):
        extra["footnotes"] = text(mapping(row.get("meta")), "footnotes")
    terms = {name: sorted(_ids(value)) for name, value in row.items() if _ids(value)}
    if terms:  # categories, tags, and the taxonomies of custom types
        extra["terms"] = terms
    return extra


def _ids(value: object) -> list[int]:
    if not isinstance(value, list):
        return []
    found = [each for each in value if isinstance(each, int) and not isinstance(each, bool)]
    return found if len(found) == len(value) else []


def _latest_revision(row: Row) -> int:
    return max((number(link, "id") for link in _links(row, "predecessor-version")), default=0)


def _key(revision: int) -> str:
    return f"rev-{revision}" if revision else ""


def _links(row: Row, relation: str) -> list[Row]:
    return _objects(mapping(row.get("_links")).get(relation))


def _embedded(row: Row, relation: str) -> list[Row]:
    return _objects(mapping(row.get("_embedded")).get(relation))


def _objects(value: object) -> list[Row]:
    return [mapping(each) for each in value] if isinstance(value, list) else []
