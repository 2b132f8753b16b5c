"""A simulated YouTube: the Data API v3 over one channel, Google's token endpoint, pictures.

What it answers follows the published discovery document; `test_youtube_simulator.py` holds it to
that. Keys see what is public; the owner's token sees private videos, held comments, captions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime
from archiver.demo.simulators.x_files import picture
from archiver.demo.simulators.youtube_door import (
    COSTS,
    MODERATION,
    READONLY,
    Asker,
    Door,
    Grant,
    Refusal,
    as_json,
)
from archiver.demo.simulators.youtube_json import Json, Rendering
from archiver.demo.simulators.youtube_world import UPLOADS_ID, Comment, YouTubeWorld

Listed = TypeVar("Listed")
_CHANGE = 50


class YouTubeSimulator(YouTubeWorld):
    """One YouTube with one agency channel; times are those of `self.time`.

    `owner` is the grant for reading, `remover` another one for changes. `page_size` makes pages
    shorter than what is asked for. `unseen` are ids that look-ups leave out.
    """

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        super().__init__(time_)
        self.owner = Grant("1//simulated-refresh-token-reads")
        self.remover = Grant(
            "1//simulated-refresh-token-removes",
            client_secret="GOCSPX-simulated-removes",  # noqa: S106 - of no real app
        )
        self.door = Door(grants=[self.owner, self.remover])
        self.page_size = 100
        self.unseen: set[str] = set()
        self._generation = 0

    def forget_continuations(self) -> None:
        """All continuations given out so far become invalid."""
        with self.lock:
            self._generation += 1

    def respond(self, request: Request) -> Response:
        """Answer one request. Called with the lock held."""
        response = self._respond(request)
        response.date = self.time.now()
        return response

    def _respond(self, request: Request) -> Response:
        match request.path.strip("/").split("/"):
            case ["token"] if request.method == "POST":
                return self.door.token(request, self.time.now())
            case ["picture", name]:
                return Response(picture(int(name.partition(".")[0]), 24), mimetype="image/png")
            case ["vi", video, _name]:
                number = self.videos[video].picture if video in self.videos else 0
                return Response(picture(number, 32), mimetype="image/png")
            case ["youtube", "v3", *rest]:
                try:
                    return self._api(request, "/".join(rest))
                except Refusal as refusal:
                    return refusal.response()
        return Response("Not Found", 404, mimetype="text/html")

    def _api(self, request: Request, resource: str) -> Response:
        asker = self.door.admit(request, self.time.now())
        if request.method != "GET":
            self.door.charge(_CHANGE)
            return self._changed(request, resource, asker)
        download = resource.startswith("captions/")
        self.door.charge(COSTS["captions/download"] if download else COSTS.get(resource, 1))
        if download:
            return self._caption_text(resource.removeprefix("captions/"), asker)
        handlers: Mapping[str, Callable[[Request, Asker], Response]] = {
            "channels": self._channels,
            "playlistItems": self._playlist_items,
            "playlists": self._playlists,
            "videos": self._videos,
            "commentThreads": self._threads,
            "comments": self._comments,
            "captions": self._captions,
        }
        if resource not in handlers:
            raise Refusal(404, "notFound", "Not Found")
        return handlers[resource](request, asker)

    def _owns(self, asker: Asker) -> bool:
        own = asker.grant is not None and not asker.grant.channel
        return own and asker.may(READONLY, MODERATION)

    def _rendering(self, request: Request, asker: Asker) -> Rendering:
        if not request.args.get("part"):
            raise Refusal(400, "missingRequiredParameter", "No filter selected. Expected part")
        parts = request.args["part"].split(",")
        return Rendering(self, parts, owner=self._owns(asker))

    # -- reading --------------------------------------------------------------------------

    def _channels(self, request: Request, asker: Asker) -> Response:
        rendering, args = self._rendering(request, asker), request.args
        if args.get("mine") == "true":
            if asker.grant is None:
                raise Refusal(401, "authError", "The request uses mine without a user.")
            if asker.grant.channel:
                other = {"kind": "youtube#channel", "etag": "e", "id": asker.grant.channel}
                return _list("channel", [other])
            found = True
        else:
            found = args.get("id") == self.channel_id or args.get("forHandle") == self.handle
        return _list("channel", [rendering.channel()] if found and not self.closed else [])

    def _playlist_items(self, request: Request, asker: Asker) -> Response:
        rendering, name = self._rendering(request, asker), request.args.get("playlistId", "")
        if name == UPLOADS_ID:
            videos = self.seen_videos(owner=self._owns(asker))
            rows = [rendering.upload(video, place) for place, video in enumerate(videos)]
        elif name in self.playlists:
            ids = self.playlists[name].videos
            rows = [rendering.entry(name, video, place) for place, video in enumerate(ids)]
        else:
            raise Refusal(404, "playlistNotFound", "The playlist cannot be found.")
        return self._paged(request, "playlistItem", rows, most=50)

    def _playlists(self, request: Request, asker: Asker) -> Response:
        rendering, ids = self._rendering(request, asker), request.args.get("id")
        shown = [
            each
            for each in self.playlists.values()
            if ids is None or each.id in ids.split(",")
            if self._owns(asker) or each.privacy == "public"
        ]
        rows = [rendering.playlist(each) for each in shown]
        return self._paged(request, "playlist", rows, most=50)

    def _videos(self, request: Request, asker: Asker) -> Response:
        rendering, ids = self._rendering(request, asker), _ids(request)
        found = [self.video_for(each, owner=self._owns(asker)) for each in ids]
        shown = [video for video in found if video is not None and video.id not in self.unseen]
        return _list("video", [rendering.video(video) for video in shown])

    def _threads(self, request: Request, asker: Asker) -> Response:
        self._comments_allowed(asker)
        rendering, args, owner = self._rendering(request, asker), request.args, self._owns(asker)
        if "id" in args:
            found = [self.comment_for(each, owner=owner) for each in _ids(request)]
            shown = [c for c in found if c is not None and c.id not in self.unseen]
            return _list("commentThread", [rendering.thread(each) for each in shown])
        status = args.get("moderationStatus", "published")
        if status == "rejected":
            raise Refusal(400, "operationNotSupported", "Rejected comments cannot be listed.")
        if status != "published" and not owner:
            raise Refusal(403, "forbidden", "The comments could not be retrieved.")
        video = args.get("videoId")
        if video is not None:
            self._open(video, owner=owner)
        tops = [c for c in self.comments.values() if not c.parent and c.status == status]
        tops = [c for c in tops if self._shown(c, video, owner=owner)]
        tops.sort(key=lambda c: (c.at, c.id), reverse=True)
        rows = [rendering.thread(each) for each in tops]
        return self._paged(request, "commentThread", rows, most=100)

    def _shown(self, comment: Comment, video: str | None, *, owner: bool) -> bool:
        seen = self.video_for(comment.video, owner=owner)
        return seen is not None and not seen.comments_off and video in (None, seen.id)

    def _open(self, video: str, *, owner: bool) -> None:
        found = self.videos.get(video)
        if found is None:
            raise Refusal(404, "videoNotFound", "The video cannot be found.")
        if self.video_for(video, owner=owner) is None:
            raise Refusal(403, "forbidden", "The video is private.")
        if found.comments_off:
            raise Refusal(403, "commentsDisabled", "The video has disabled comments.")

    def _comments(self, request: Request, asker: Asker) -> Response:
        self._comments_allowed(asker)
        rendering, parent = self._rendering(request, asker), request.args.get("parentId")
        if parent is None:
            found = [self.comment_for(each, owner=self._owns(asker)) for each in _ids(request)]
            shown = [c for c in found if c is not None and c.id not in self.unseen]
            return _list("comment", [rendering.comment(each, by_id=True) for each in shown])
        if parent not in self.comments:
            raise Refusal(404, "commentNotFound", "The comment cannot be found.")
        rows = [rendering.comment(each) for each in self.replies_to(parent)]
        return self._paged(request, "comment", rows, most=100)

    def _captions(self, request: Request, asker: Asker) -> Response:
        self._scope(asker, MODERATION)
        rendering, video = self._rendering(request, asker), request.args.get("videoId", "")
        if video not in self.videos:
            raise Refusal(404, "videoNotFound", "The video cannot be found.")
        tracks = [each for each in self.captions.values() if each.video == video]
        rows = [rendering.caption(each) for each in tracks]
        return as_json({"kind": "youtube#captionListResponse", "etag": "c", "items": rows})

    def _caption_text(self, track: str, asker: Asker) -> Response:
        self._scope(asker, MODERATION)
        if track not in self.captions:
            raise Refusal(404, "captionNotFound", "The caption track cannot be found.")
        text = f"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{self.captions[track].text}\n"
        return Response(text, content_type="text/vtt; charset=UTF-8")

    # -- changing -------------------------------------------------------------------------

    def _changed(self, request: Request, resource: str, asker: Asker) -> Response:
        self._scope(asker, MODERATION)
        name = request.args.get("id", "")
        if resource == "videos" and request.method == "PUT":
            return self._update(request, asker)
        if resource == "videos" and request.method == "DELETE":
            if name not in self.videos:
                raise Refusal(404, "videoNotFound", "The video cannot be found.")
            self.delete(name)
        elif resource == "comments" and request.method == "DELETE":
            if self._comment(name).author != self.channel_id:
                raise Refusal(403, "forbidden", "The comment cannot be deleted.")
            self.delete(name)
        elif resource == "comments/setModerationStatus" and request.method == "POST":
            status = request.args.get("moderationStatus", "")
            if status not in {"published", "heldForReview", "rejected"}:
                raise Refusal(400, "operationNotSupported", "This status cannot be set.")
            self._comment(name).status = status
        else:
            raise Refusal(404, "notFound", "Not Found")
        return Response("", 204)

    def _update(self, request: Request, asker: Asker) -> Response:
        body: Any = request.get_json()
        video = self.videos.get(body.get("id", ""))
        if video is None:
            raise Refusal(404, "videoNotFound", "The video cannot be found.")
        status = body.get("status", {})
        # The whole part is replaced: what is left out falls back to its default.
        video.privacy = status.get("privacyStatus", "public")
        video.license = status.get("license", "youtube")
        video.embeddable = status.get("embeddable", True)
        video.publish_at = None
        return as_json(self._rendering(request, asker).video(video))

    def _comment(self, name: str) -> Comment:
        if name not in self.comments:
            raise Refusal(404, "commentNotFound", "The comment cannot be found.")
        return self.comments[name]

    # -- rules ----------------------------------------------------------------------------

    def _comments_allowed(self, asker: Asker) -> None:
        """A token without this scope may not read comments, though a key may."""
        if asker.grant is not None:
            self._scope(asker, MODERATION)

    def _scope(self, asker: Asker, scope: str) -> None:
        if asker.grant is None:
            raise Refusal(401, "required", "Login Required.")
        if not asker.may(scope):
            message = "Request had insufficient authentication scopes."
            detail = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
            raise Refusal(403, "insufficientPermissions", message, detail=detail)

    def _paged(self, request: Request, kind: str, rows: Sequence[Json], *, most: int) -> Response:
        size = min(int(request.args.get("maxResults", "5")), most, self.page_size)
        token = request.args.get("pageToken", f"T{self._generation}-0")
        generation, _, start = token.removeprefix("T").partition("-")
        if generation != str(self._generation) or not start.isdigit():
            raise Refusal(400, "invalidPageToken", "The request specifies an invalid page token.")
        first = int(start)
        more = first + size < len(rows)
        following = f"T{self._generation}-{first + size}" if more else ""
        return _list(kind, rows[first : first + size], total=len(rows), size=size, after=following)


def _ids(request: Request) -> list[str]:
    ids = [each for each in request.args.get("id", "").split(",") if each]
    if not ids or len(ids) > 50:
        raise Refusal(400, "invalidFilters", "The request specifies an invalid filter parameter.")
    return ids


def _list(
    kind: str, rows: Sequence[Json], *, total: int | None = None, size: int = 0, after: str = ""
) -> Response:
    count = len(rows) if total is None else total
    body: Json = {"kind": f"youtube#{kind}ListResponse", "etag": f"list{count}"}
    if after:
        body["nextPageToken"] = after
    body["pageInfo"] = {"totalResults": count, "resultsPerPage": size or count}
    body["items"] = list(rows)
    return as_json(body)
