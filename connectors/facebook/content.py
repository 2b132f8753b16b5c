"""Brings in what belongs to a page of posts: whole albums, files, alternative texts, comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.base import Item
from connectors.errors import PermissionLost
from connectors.facebook import fields
from connectors.facebook.faults import MissingObject
from connectors.facebook.graph import Graph
from connectors.facebook.items import comment_item, post_item
from connectors.facebook.listing import listings
from connectors.facebook.media import MediaNode, attachments_of, photo_node, video_node
from connectors.facebook.shapes import Shape

_IDS_AT_ONCE = 50
_COMMENTS_AT_ONCE = 100


class Content:
    """Completes posts and reads their threads; notes the exchanges it used on the way."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._exchanges: list[str] = []

    def used(self) -> list[str]:
        """The exchanges since the last time this was asked."""
        used, self._exchanges = self._exchanges, []
        return used

    def posts(self, rows: Sequence[Shape]) -> list[Item]:
        """The items of a page of posts."""
        whole = [self._whole(row) for row in rows]
        nodes = self._media_nodes(whole)
        return [post_item(row, nodes) for row in whole]

    def thread(self, post_id: str) -> Iterator[list[Item]]:
        """All comments and replies of a post, oldest first, page by page.

        Raises: MissingObject when the post went away in the meantime.
        """
        pages = listings(
            self._graph,
            post_id,
            "comments",
            params={"filter": "stream", "order": "chronological", "fields": fields.COMMENT},
            limit=_COMMENTS_AT_ONCE,
            asked=f"the comments on {post_id}",
        )
        for page in pages:
            self._exchanges.append(page.exchange)
            yield [comment_item(row, post_id) for row in page.rows]

    def _whole(self, row: Shape) -> Shape:
        """The post with all parts of its albums, where the listing cut them."""
        attached = row.sub("attachments").rows("data")
        if not any(_cut(attachment) for attachment in attached):
            return row
        completed = [self._completed(row, place, part) for place, part in enumerate(attached)]
        return replace(row, data={**row.data, "attachments": {"data": completed}})

    def _completed(self, row: Shape, place: int, attachment: Shape) -> Mapping[str, object]:
        """The attachment's JSON with the parts of all its pages."""
        parts = [part.data for part in attachment.sub("subattachments").rows("data")]
        after = _cut(attachment)
        seen = {""}
        post_id = row.needed("id")
        while after not in seen:
            seen.add(after)
            answer = self._graph.edge(
                post_id,
                "attachments",
                {"fields": fields.attachments(after)},
                asked=f"the pictures of {post_id}",
            )
            self._exchanges.append(answer.exchange)
            again = answer.rows("data")
            if place >= len(again):
                break  # the post was edited in the meantime; the next walk sees it anew
            parts += [part.data for part in again[place].sub("subattachments").rows("data")]
            after = _cut(again[place])
        return {**attachment.data, "subattachments": {"data": parts}}

    def _media_nodes(self, posts: Sequence[Shape]) -> dict[str, MediaNode]:
        """The photos' largest files and alternative texts, the videos' missing files."""
        found = [
            attachment
            for post in posts
            for attachment in attachments_of(post.sub("attachments").rows("data"))
        ]
        photos = [each.target_id for each in found if each.is_photo]
        videos = [
            each.target_id for each in found if each.is_video and each.target_id and not each.source
        ]
        return {
            **self._nodes(photos, fields.PHOTO, photo_node),
            **self._nodes(videos, fields.VIDEO, video_node),
        }

    def _nodes(
        self, ids: Sequence[str], asked_fields: str, read: Callable[[Shape], MediaNode | None]
    ) -> dict[str, MediaNode]:
        unique = list(dict.fromkeys(ids))
        nodes: dict[str, MediaNode] = {}
        for start in range(0, len(unique), _IDS_AT_ONCE):
            for node_id, row in self._rows(unique[start : start + _IDS_AT_ONCE], asked_fields):
                node = read(row)
                if node is not None:
                    nodes[node_id] = node
        return nodes

    def _rows(self, ids: Sequence[str], asked_fields: str) -> Iterator[tuple[str, Shape]]:
        """Together, and one by one when one of them is missing, for then all are refused.

        A missing or refused one is a visitor's file that the Page may not open, or was
        removed just now; the picture that the post shows is then all there is.
        """
        try:
            answer = self._graph.nodes(ids, fields=asked_fields, asked="the posts' media")
        except (MissingObject, PermissionLost) as error:
            self._exchanges.append(error.exchange)
            if len(ids) > 1:
                for one in ids:
                    yield from self._rows([one], asked_fields)
            return
        self._exchanges.append(answer.exchange)
        for node_id in ids:
            yield node_id, answer.sub(node_id)


def _cut(attachment: Shape) -> str:
    """The cursor after which the parts of an album go on; empty when all are there."""
    paging = attachment.sub("subattachments").sub("paging")
    return paging.sub("cursors").text("after") if paging.text("next") else ""
