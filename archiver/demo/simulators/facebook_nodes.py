"""Nodes and edges of the simulated Graph: what v26.0 answers for the things of `facebook_world`.

A node lists every field its type has; the field expansion picks from it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from archiver.demo.simulators.facebook_fields import Field, Node, parse, project
from archiver.demo.simulators.facebook_world import (
    PAGE_ID,
    Comment,
    File,
    PageWorld,
    Person,
    Post,
)

DEFAULT_SUBATTACHMENTS = 12
_LIFE = 86_400  # seconds for which a signed address of a file works

Signer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of an edge; `key` orders it and makes its cursor, `shown` False leaves it out."""

    key: str
    node: Node
    shown: bool = True


def graph_time(moment: datetime) -> str:
    """As the Graph writes times: 2026-11-02T13:00:00+0000."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def signed(base: str, file: File, expires: int) -> str:
    """The address of a file's bytes until `expires` (epoch seconds), as on Facebook's CDN."""
    name = f"{file.id}_n.{'mp4' if file.is_video else 'png'}"
    return f"{base}/media/v/t39.30808-6/{name}?oh={signature(name, expires)}&oe={expires:x}"


def signature(name: str, expires: int) -> str:
    """What makes the address valid until it expires."""
    return hashlib.sha256(f"{name} until {expires}".encode()).hexdigest()[:16]


class Nodes:
    """Builds nodes and edges. `sign` gives a file's address; `token` ends up in `paging.next`."""

    def __init__(self, world: PageWorld, *, base: str, version: str, token: str, now: int) -> None:
        self._world = world
        self._base = base
        self._version = version
        self._token = token
        self._expires = now + _LIFE

    def page(self) -> Node:
        def the_picture(field: Field) -> object:
            side = int(field.args.get("width", "50"))
            node = {
                "url": self._address(self._world.picture),
                "is_silhouette": False,
                "height": side,
                "width": side,
            }
            return {"data": project(node, field.below) if field.below else node}

        cover = self._world.cover
        return {
            "id": PAGE_ID,
            "location": {"city": "Springfield", "country": "United States", "zip": "00001"},
            "hours": {"mon_1_open": "08:00", "mon_1_close": "17:00"},
            "link": f"https://www.facebook.com/{self._world.profile['username']}",
            "cover": {"id": cover.id, "source": self._address(cover), "offset_x": 50},
            "picture": the_picture,
            **self._world.profile,
        }

    def post(self, post: Post) -> Node:
        short = post.id.partition("_")[2]
        draft = post.edge == "scheduled_posts"
        return {
            "id": post.id,
            "from": _person(post.author),
            "message": post.message or None,
            "message_tags": None,
            "story": post.story or None,
            "created_time": graph_time(post.created),
            "updated_time": graph_time(post.updated),
            "permalink_url": f"https://www.facebook.com/{PAGE_ID}/posts/{short}",
            "status_type": self._status_type(post),
            "attachments": lambda field: self._attachments(post, field),
            "full_picture": self._address(post.files[0]) if post.files else None,
            "place": None,
            "privacy": {"value": "EVERYONE", "description": "Public"},
            "is_published": not draft,
            "is_hidden": post.hidden,
            "is_expired": False,
            "parent_id": post.shared or None,
            "properties": None,
            "shares": {"count": post.shares} if post.shares else None,
            "timeline_visibility": "hidden" if post.hidden else "normal",
            "scheduled_publish_time": (
                int(post.scheduled_for.timestamp()) if post.scheduled_for else None
            ),
            "targeting": None,
            "to": None,
            "via": None,
            "admin_creator": {"id": "5001", "name": "Kent B."} if _by_page(post) else None,
            "application": None,
            "comments": lambda field: self._inner_comments(post, field),
            "reactions": lambda field: _empty_edge(field, post.reactions),
        }

    def comment(self, comment: Comment, post: Post) -> Node:
        replies = [each for each in post.comments if each.parent_id == comment.id]
        numeric = comment.id.partition("_")[2]
        return {
            "id": comment.id,
            "from": _person(comment.author),
            "message": comment.message,
            "message_tags": None,
            "attachment": self._attachment(comment.file) if comment.file else None,
            "created_time": graph_time(comment.created),
            "parent": {"id": comment.parent_id} if comment.parent_id else None,
            "comment_count": len(replies),
            "like_count": 0,
            "is_hidden": comment.hidden,
            "is_private": comment.private,
            "can_hide": comment.id not in self._world.untouchable and comment.author.id != PAGE_ID,
            "can_remove": comment.id not in self._world.untouchable,
            "permalink_url": (
                f"https://www.facebook.com/{PAGE_ID}/posts/"
                f"{post.id.partition('_')[2]}?comment_id={numeric}"
            ),
        }

    def file(self, file: File) -> Node:
        """A photo or a video; the larger file comes first, as Facebook lists them."""
        if file.is_video:
            return {"id": file.id, "source": self._address(file), "length": 1.0}
        sizes = [{"height": file.side, "width": file.side, "source": self._address(file)}]
        sizes.append({"height": 16, "width": 16, "source": f"{self._address(file)}&stp=s16"})
        return {
            "id": file.id,
            "images": sizes,
            "alt_text": file.alt_text or "May be an image of text",
            "alt_text_custom": file.alt_text or None,
        }

    def comment_rows(self, post: Post, args: Mapping[str, str], under: str = "") -> list[Row]:
        """Comments of a post or, with `under`, of a comment, in the order of the edge."""
        wanted = [
            each
            for each in post.comments
            if (each.parent_id == under or (args.get("filter") == "stream" and not under))
        ]
        wanted.sort(key=lambda each: (each.created, each.id))
        return [Row(_key(each.created, each.id), self.comment(each, post)) for each in wanted]

    def post_rows(self, edges: Sequence[str], *, hidden: bool) -> list[Row]:
        """Posts of these edges, newest first."""
        posts = [
            each
            for each in self._world.posts.values()
            if each.edge in edges and (hidden or not each.hidden)
        ]
        posts.sort(key=lambda each: (each.created, each.id), reverse=True)
        return [
            Row(_key(each.created, each.id), self.post(each), not each.withheld) for each in posts
        ]

    def attachment_rows(self, post: Post) -> list[Row]:
        """The attachments of a post: one, or one album."""
        return [Row("0", node) for node in self._attachment_nodes(post)]

    def edge(
        self, rows: Sequence[Row], fields: tuple[Field, ...], args: Mapping[str, str], path: str
    ) -> dict[str, object]:
        """One page of an edge. `paging.next` carries the token, as Facebook's does."""
        limit = int(args.get("limit", "25"))
        start = _start(rows, args.get("after", ""))
        page = rows[start : start + limit]
        answer: dict[str, object] = {
            "data": [project(row.node, fields) for row in page if row.shown]
        }
        if page:
            paging: dict[str, object] = {
                "cursors": {"before": _encode(page[0].key), "after": _encode(page[-1].key)}
            }
            if start + limit < len(rows):
                query = {**args, "access_token": self._token, "after": _encode(page[-1].key)}
                paging["next"] = f"{self._base}/{self._version}/{path}?{urlencode(query)}"
            answer["paging"] = paging
        return answer

    def _inner_comments(self, post: Post, field: Field) -> object:
        return _empty_edge(field, len(self.comment_rows(post, field.args)))

    def _attachments(self, post: Post, field: Field) -> object:
        nodes = self._attachment_nodes(post)
        if not nodes:
            return None
        return {"data": [project(node, field.below) if field.below else node for node in nodes]}

    def _attachment_nodes(self, post: Post) -> list[Node]:
        if post.link:
            return [self._link(post.link)]
        if not post.files:
            return []
        if len(post.files) == 1:
            return [self._attachment(post.files[0])]
        return [self._album(post)]

    def _album(self, post: Post) -> Node:
        def parts(field: Field) -> object:
            rows = [
                Row(f"{place:06}", self._attachment(file)) for place, file in enumerate(post.files)
            ]
            args = {"limit": str(DEFAULT_SUBATTACHMENTS), **field.args}
            below = field.below or parse("media_type,type,target,media")
            return self.edge(rows, below, args, f"{post.id}/subattachments")

        node = dict(self._attachment(post.files[0]))
        node.update(media_type="album", type="album", title="Photos from the Page's post")
        node["target"] = {"id": post.id.partition("_")[2], "url": None}
        node["subattachments"] = parts
        return node

    def _attachment(self, file: File) -> Node:
        kind = "video" if file.is_video else "photo"
        url = f"https://www.facebook.com/SpringfieldPD/{kind}s/{file.id}/"
        image = self._world.picture if file.is_video else file
        return {
            "media_type": kind,
            "type": "video_inline" if file.is_video else "photo",
            "title": None,
            "description": file.description or None,
            "url": url,
            "unshimmed_url": url,
            "target": {"id": file.id, "url": url},
            "media": {
                "image": {
                    "src": f"{self._address(image)}&stp=p720",
                    "height": image.side,
                    "width": image.side,
                },
                "source": self._address(file) if file.is_video and file.in_post else None,
            },
            "subattachments": None,
        }

    def _link(self, link: str) -> Node:
        shim = f"https://l.facebook.com/l.php?{urlencode({'u': link, 'h': f'AT{self._expires}'})}"
        image = {"src": self._address(self._world.cover), "height": 64, "width": 64}
        return {
            "media_type": "link",
            "type": "share",
            "title": "Springfield Police",
            "description": "News of the department",
            "url": shim,
            "unshimmed_url": link,
            "target": {"id": None, "url": shim},
            "media": {"image": image, "source": None},
            "subattachments": None,
        }

    def _status_type(self, post: Post) -> str | None:
        if not _by_page(post):
            return "wall_post" if post.edge == "visitor_posts" else None
        if post.shared or post.link:
            return "shared_story"
        if post.files:
            return "added_video" if post.files[0].is_video else "added_photos"
        return "mobile_status_update"

    def _address(self, file: File) -> str:
        return signed(self._base, file, self._expires)


def _person(person: Person) -> dict[str, object]:
    return {"id": person.id, "name": person.name}


def _by_page(post: Post) -> bool:
    return post.author.id == PAGE_ID


def _empty_edge(field: Field, total: int) -> dict[str, object]:
    """An edge asked for with limit(0): no entries, only the summary."""
    answer: dict[str, object] = {"data": []}
    if field.args.get("summary"):
        answer["summary"] = {"total_count": total}
    return answer


def _key(moment: datetime, thing_id: str) -> str:
    return f"{moment.isoformat()} {thing_id}"


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _start(rows: Sequence[Row], after: str) -> int:
    """Where the page after a cursor begins, also when the row of the cursor is gone."""
    if not after:
        return 0
    padded = after + "=" * (-len(after) % 4)
    key = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    descending = len(rows) > 1 and rows[0].key > rows[-1].key
    passed = [row for row in rows if (row.key >= key if descending else row.key <= key)]
    return len(passed)
