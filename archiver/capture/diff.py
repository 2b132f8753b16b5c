"""Is what was read new? Pure: known state and a draft in, a decision out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from archiver.model.manifest import MediaDraft, VersionDraft
from connectors.base import Evidence, Visibility


class Change(Enum):
    """What a draft means for its record."""

    SAME = auto()
    FIRST = auto()
    EDIT = auto()
    HISTORIC = auto()  # an older state that the platform told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the archive holds of a record. `states` maps version keys to newest digests,
    `digests` are those of all versions."""

    record_id: int | None  # None: first seen in this very step
    digest: str
    visibility: str
    presence: str
    last_seen: datetime
    states: Mapping[str, str] = field(default_factory=dict)
    digests: frozenset[str] = frozenset()
    media: Mapping[str, MediaDraft] = field(default_factory=dict)
    version_id: int = 0


class State(Protocol):
    """What a comparison needs of a reading or a draft."""

    @property
    def version_key(self) -> str: ...
    @property
    def superseded(self) -> bool: ...
    @property
    def digest(self) -> str: ...


def change(state: State, known: Known | None) -> Change:
    """Compare what was read with what is known.

    A current state is new when it differs from the current one that is held, so that A, B, A
    are three versions. A historic state is new when its key, or without a key its content, is
    not held yet; a key alone never makes a current state known, since a platform may change
    the visibility of one and the same revision.
    """
    if known is None:
        return Change.FIRST
    if not state.superseded:
        return Change.SAME if state.digest == known.digest else Change.EDIT
    if state.version_key:
        held = known.states.get(state.version_key) == state.digest
    else:
        held = state.digest in known.digests
    return Change.SAME if held else Change.HISTORIC


def bounds(
    kind: Change,
    known: Known | None,
    *,
    edited_at: datetime | None,
    published_at: datetime | None,
    seen_at: datetime,
) -> tuple[datetime | None, datetime]:
    """After and not later than when a new state came to be: exact where the platform told
    the time of the edit, else between the last sight of the former state and this one.

    An edit time before that sight belongs to an edit that was seen already; what changed now
    (a visibility, an alternative text) has no time of its own.
    """
    compared = known if kind is Change.EDIT else None
    if edited_at is not None and (compared is None or edited_at > compared.last_seen):
        return edited_at, edited_at
    if compared is not None:
        return compared.last_seen, seen_at
    return published_at, seen_at


def after(draft: VersionDraft, known: Known | None) -> Known:
    """What is known once the draft is stored."""
    states = dict(known.states) if known else {}
    states[draft.version_key] = draft.digest
    digests = (known.digests if known else frozenset()) | {draft.digest}
    media = {m.key: m for m in draft.media}
    if draft.superseded and known is not None:
        return replace(known, states=states, digests=digests)
    seen = draft.captured_at
    if draft.superseded:  # what the platform told of the past was not seen now
        seen = draft.edited_at or draft.published_at or seen
    return Known(
        record_id=known.record_id if known else None,
        digest=draft.digest,
        visibility=draft.visibility,
        presence="present",
        last_seen=seen,
        states=states,
        digests=digests,
        media=media,
    )


_STATED = {
    Visibility.HIDDEN: Evidence.HIDDEN,
    Visibility.WITHHELD: Evidence.WITHHELD,
    Visibility.TRASHED: Evidence.OWN_DELETION,
}
# Taken out of the public's sight only if the public saw it before.
_TAKEN_BACK = frozenset({Visibility.PRIVATE, Visibility.DRAFT, Visibility.PENDING, Visibility.SPAM})
_SEEN_BY_ALL = frozenset({Visibility.PUBLIC.value, Visibility.UNLISTED.value})


def removal_stated(draft: VersionDraft, known: Known | None) -> Evidence | None:
    """The evidence when a state says by itself that the public no longer sees the thing."""
    if known is None or draft.superseded or known.visibility == draft.visibility:
        return None
    now = Visibility(draft.visibility)
    if now in _TAKEN_BACK and known.visibility in _SEEN_BY_ALL:
        return Evidence.HIDDEN
    return _STATED.get(now)
