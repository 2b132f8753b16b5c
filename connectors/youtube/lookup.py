"""Is it still there? What YouTube shows when asked by id.

YouTube leaves out what it does not show and does not say why: deleted, or private and the
credential is not the owner's. A control that is known to exist tells a lost permission apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.errors import PermissionLost
from connectors.youtube.api import Api
from connectors.youtube.faults import CommentsOff, NotThere
from connectors.youtube.shapes import Shape
from connectors.youtube.uploads import AT_ONCE

_MISSING = (
    "YouTube's answer leaves it out (200, without an item), as it does with what is not there"
)


def find(api: Api, targets: Sequence[Target]) -> Iterator[Finding]:
    """One finding per target. Raises: ConnectorError."""
    comments = [t for t in targets if t.kind in (Kind.COMMENT, Kind.REPLY)]
    yield from _batches(api, [t for t in targets if t.kind is Kind.POST], "videos", "id,status")
    yield from _batches(api, [t for t in targets if t.kind is Kind.PAGE], "playlists", "id,status")
    yield from _batches(api, [t for t in targets if t.kind is Kind.PROFILE], "channels", "id")
    yield from _comments(api, [t for t in comments if not is_reply(t.id)], "commentThreads")
    yield from _comments(api, [t for t in comments if is_reply(t.id)], "comments")
    for target in targets:
        if target.kind is Kind.MEDIA:
            yield _caption(api, target)


def is_reply(comment_id: str) -> bool:
    """A reply's id is its thread's id, a point and an id of its own (unverified)."""
    return "." in comment_id


def _batches(api: Api, targets: Sequence[Target], resource: str, parts: str) -> Iterator[Finding]:
    for start in range(0, len(targets), AT_ONCE):
        some = targets[start : start + AT_ONCE]
        ids = ",".join(dict.fromkeys(target.id for target in some))
        answer = api.get(resource, {"part": parts, "id": ids}, asked=f"{resource} by id")
        there = {row.needed("id"): row for row in answer.rows("items")}
        for target in some:
            row = there.get(target.id)
            yield _gone(target, answer.exchange) if row is None else _seen(target, row)


def _seen(target: Target, row: Shape) -> Finding:
    status = row.sub("status")
    uploaded, privacy = status.text("uploadStatus"), status.text("privacyStatus")
    if uploaded == "deleted":
        said = 'YouTube shows it with uploadStatus "deleted"'
        return _finding(target, row, Presence.GONE, Evidence.UNKNOWN, said)
    if uploaded == "rejected":
        said = f'YouTube rejected it (rejectionReason "{status.text("rejectionReason")}")'
        return _finding(target, row, Presence.WITHHELD, Evidence.WITHHELD, said)
    if privacy == "private":
        said = 'YouTube shows it to its owner with privacyStatus "private"'
        return _finding(target, row, Presence.HIDDEN, Evidence.HIDDEN, said)
    return Finding(target=target, presence=Presence.PRESENT, exchange=row.exchange)


def _finding(
    target: Target, row: Shape, presence: Presence, evidence: Evidence, said: str
) -> Finding:
    return Finding(
        target=target,
        presence=presence,
        exchange=row.exchange,
        evidence=evidence,
        statement=said,
    )


def _gone(target: Target, exchange: str) -> Finding:
    closed = target.kind is Kind.PROFILE
    return Finding(
        target=target,
        presence=Presence.UNREACHABLE if closed else Presence.GONE,
        exchange=exchange,
        evidence=Evidence.ACCOUNT_CLOSED if closed else Evidence.UNKNOWN,
        statement=_MISSING,
    )


def _comments(api: Api, targets: Sequence[Target], resource: str) -> Iterator[Finding]:
    """Comments by id. What is missing counts only while the video's comments are readable."""
    states: dict[str, tuple[Presence, Evidence, str, str] | None] = {}
    for start in range(0, len(targets), AT_ONCE):
        some = targets[start : start + AT_ONCE]
        params = {"part": "snippet", "id": ",".join(dict.fromkeys(t.id for t in some))}
        answer = api.get(resource, params, asked="comments by id", comments=True)
        there = {row.needed("id"): row for row in answer.rows("items")}
        for target in some:
            row = there.get(target.id)
            if row is not None:
                yield _comment_seen(target, row)
                continue
            if target.thread_id not in states:
                states[target.thread_id] = _closed(api, target.thread_id)
            state = states[target.thread_id]
            if state is None:
                yield _gone(target, answer.exchange)
                continue
            presence, evidence, said, exchange = state
            yield Finding(
                target=target,
                presence=presence,
                exchange=exchange,
                evidence=evidence,
                statement=said,
            )


def _comment_seen(target: Target, row: Shape) -> Finding:
    if row.sub("snippet").flag("isPublic") is False:
        said = "YouTube shows it with isPublic false: moderation keeps it from the public"
        return _finding(target, row, Presence.HIDDEN, Evidence.HIDDEN, said)
    return Finding(target=target, presence=Presence.PRESENT, exchange=row.exchange)


def _closed(api: Api, video_id: str) -> tuple[Presence, Evidence, str, str] | None:
    """Why the comments of a video cannot be read at all; None when they can, or when the video
    is not there, so that its comments went with it."""
    if not video_id:
        return None
    params = {"part": "id", "videoId": video_id, "maxResults": "1"}
    try:
        api.get("commentThreads", params, asked=f"the comments of {video_id}", comments=True)
    except CommentsOff as error:
        said = f"the comments of the video are switched off, which hides them all; {error}"
        return Presence.HIDDEN, Evidence.HIDDEN, said, error.exchange
    except PermissionLost as error:
        return Presence.UNREACHABLE, Evidence.PERMISSION_LOST, str(error), error.exchange
    except NotThere:
        return None
    return None


def _caption(api: Api, target: Target) -> Finding:
    """Caption tracks can be asked for below their video only, by the owner only."""
    video = target.thread_id or target.parent_id
    try:
        answer = api.get(
            "captions", {"part": "id", "videoId": video}, asked=f"the caption track {target.id}"
        )
    except NotThere as error:
        return _gone(target, error.exchange)
    except PermissionLost as error:
        return Finding(
            target=target,
            presence=Presence.UNREACHABLE,
            exchange=error.exchange,
            evidence=Evidence.PERMISSION_LOST,
            statement=str(error),
        )
    if any(row.needed("id") == target.id for row in answer.rows("items")):
        return Finding(target=target, presence=Presence.PRESENT, exchange=answer.exchange)
    return _gone(target, answer.exchange)
