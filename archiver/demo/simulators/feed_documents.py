"""How the simulated site writes its feeds: RSS 2.0, Atom 1.0, JSON Feed 1.1, comments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment of a reader."""

    id: int
    name: str
    text: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of the site. `file` is the path of an image or, in a podcast, of the sound."""

    id: int
    title: str
    html: str
    published: datetime
    updated: datetime
    file: str = ""
    alt: str = ""
    state: str = "public"  # public | hidden (asks for a login) | deleted | ended (410)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grave:
    """A removed post, for a tombstone (RFC 6721)."""

    number: int
    when: datetime
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one feed document shows. `files` maps a path to its bytes and type; `following`
    is the address of older entries, linked with `relation`."""

    url: str
    title: str
    description: str
    posts: Sequence[Post]
    files: Mapping[str, tuple[bytes, str]]
    following: str = ""
    relation: str = "next"
    graves: Sequence[Grave] = ()


_SPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0" '
    'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
)
_RSS_HEAD = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {_SPACES}><channel>'
_ATOM_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" {_SPACES}>'
)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def id_of(number: int) -> str:
    """The id of a post in every feed of the site."""
    return f"tag:springfieldpd.example,2026:post-{number}"


def rss(sheet: Sheet) -> str:
    """The RSS 2.0 document."""
    rows = []
    for post in sheet.posts:
        row = (
            f"<title>{escape(post.title)}</title><link>{sheet.url}/?p={post.id}</link>"
            f"<pubDate>{format_datetime(post.published)}</pubDate>"
            f"<guid isPermaLink='false'>{id_of(post.id)}</guid>"
            f"<description>{escape(post.html)}</description>"
            f"<wfw:commentRss>{sheet.url}/comments/{post.id}</wfw:commentRss>"
            f"<slash:comments>{len(post.remarks)}</slash:comments>"
        )
        if post.updated > post.published:
            row += f"<atom:updated>{_iso(post.updated)}</atom:updated>"
        if post.file:
            data, mime = sheet.files[post.file]
            where = quoteattr(sheet.url + post.file)
            row += f"<enclosure url={where} length='{len(data)}' type='{mime}'/>"
            if post.alt and mime.startswith("image"):
                row += (
                    f"<media:content url={where} medium='image'><media:description>"
                    f"{escape(post.alt)}</media:description></media:content>"
                )
        rows.append(f"<item>{row}</item>")
    head = (
        f"<title>{escape(sheet.title)}</title><link>{sheet.url}/</link>"
        f"<description>{escape(sheet.description)}</description>{_links(sheet)}"
    )
    return _RSS_HEAD + head + "".join(rows) + _tombstones(sheet) + "</channel></rss>"


def atom(sheet: Sheet) -> str:
    """The Atom 1.0 document."""
    rows = []
    for post in sheet.posts:
        row = (
            f"<id>{id_of(post.id)}</id><title>{escape(post.title)}</title>"
            f"<link rel='alternate' href='{sheet.url}/?p={post.id}'/>"
            f"<link rel='replies' type='application/rss+xml' "
            f"href='{sheet.url}/comments/{post.id}' thr:count='{len(post.remarks)}'/>"
            f"<published>{_iso(post.published)}</published>"
            f"<updated>{_iso(post.updated)}</updated>"
            f"<content type='html'>{escape(post.html)}</content>"
        )
        if post.file:
            data, mime = sheet.files[post.file]
            row += (
                f"<link rel='enclosure' type='{mime}' length='{len(data)}' "
                f"href={quoteattr(sheet.url + post.file)} title={quoteattr(post.alt)}/>"
            )
        rows.append(f"<entry>{row}</entry>")
    latest = max((post.updated for post in sheet.posts), default=datetime(2026, 1, 1, tzinfo=UTC))
    head = (
        f"<updated>{_iso(latest)}</updated>"
        f"<id>tag:springfieldpd.example,2026:feed</id><title>{escape(sheet.title)}</title>"
        f"<subtitle>{escape(sheet.description)}</subtitle>"
        f"<author><name>Springfield Police</name></author>"
        f"<link rel='alternate' href='{sheet.url}/'/>{_links(sheet)}"
    )
    return _ATOM_HEAD + head + "".join(rows) + _tombstones(sheet) + "</feed>"


def as_json(sheet: Sheet) -> str:
    """The JSON Feed 1.1 document."""
    rows = []
    for post in sheet.posts:
        row: dict[str, object] = {
            "id": id_of(post.id),
            "url": f"{sheet.url}/?p={post.id}",
            "title": post.title,
            "content_html": post.html,
            "date_published": _iso(post.published),
            "date_modified": _iso(post.updated),
        }
        if post.file:
            data, mime = sheet.files[post.file]
            row["attachments"] = [
                {
                    "url": sheet.url + post.file,
                    "mime_type": mime,
                    "size_in_bytes": len(data),
                    "title": post.alt,
                }
            ]
        rows.append(row)
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": sheet.title,
        "description": sheet.description,
        "home_page_url": f"{sheet.url}/",
        "feed_url": f"{sheet.url}/feed.json",
        "authors": [{"name": "Springfield Police"}],
        "items": rows,
    }
    if sheet.following:
        feed["next_url"] = sheet.following
    return json.dumps(feed, indent=1)


def comments_rss(url: str, post: Post, remarks: Sequence[Remark]) -> str:
    """The comment feed of a post."""
    rows = []
    for remark in remarks:
        place = f"{url}/?p={post.id}#comment-{remark.id}"
        rows.append(
            f"<item><title>By: {escape(remark.name)}</title><link>{place}</link>"
            f"<dc:creator>{escape(remark.name)}</dc:creator>"
            f"<pubDate>{format_datetime(remark.published)}</pubDate>"
            f"<guid isPermaLink='false'>{place}</guid>"
            f"<content:encoded><![CDATA[{remark.text}]]></content:encoded></item>"
        )
    title = f"<title>Comments on: {escape(post.title)}</title>"
    return _RSS_HEAD + title + "".join(rows) + "</channel></rss>"


def _links(sheet: Sheet) -> str:
    if not sheet.following:
        return ""
    return f"<atom:link rel='{sheet.relation}' href='{escape(sheet.following)}'/>"


def _tombstones(sheet: Sheet) -> str:
    return "".join(
        f"<at:deleted-entry ref='{id_of(grave.number)}' when='{_iso(grave.when)}'>"
        f"<at:comment>{escape(grave.comment)}</at:comment></at:deleted-entry>"
        for grave in sheet.graves
    )
