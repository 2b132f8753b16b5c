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
    """What the archive holds of a record. `states` maps version keys to newest digests."""

    record_id: int | None  # None: first seen in this very step
    digest: str
    visibility: str
    presence: str
    last_seen: datetime
    states: Mapping[str, str] = field(default_factory=dict)
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


def change(draft: State, known: Known | None) -> Change:
    """Compare what was read with what is known.

    A state with a version key is new when that key is, or when it now reads differently;
    without one it is new when it differs from the current state, so that A, B, A are three.
    """
    if known is None:
        return Change.FIRST
    if draft.version_key:
        if known.states.get(draft.version_key) == draft.digest:
            return Change.SAME
        return Change.HISTORIC if draft.superseded else Change.EDIT
    if draft.superseded:
        return Change.SAME if draft.digest in known.states.values() else Change.HISTORIC
    return Change.SAME if draft.digest == known.digest else Change.EDIT


def bounds(
    kind: Change,
    known: Known | None,
    *,
    edited_at: datetime | None,
    published_at: datetime | None,
    seen_at: datetime,
) -> tuple[datetime | None, datetime]:
    """After and not later than when a new state came to be: exact where the platform told
    the time of the edit, else between the last sight of the former state and this one."""
    if edited_at is not None:
        return edited_at, edited_at
    if kind is Change.EDIT and known is not None:
        return known.last_seen, seen_at
    return published_at, seen_at


def after(draft: VersionDraft, known: Known | None) -> Known:
    """What is known once the draft is stored."""
    states = dict(known.states) if known else {}
    states[draft.version_key] = draft.digest
    media = {m.key: m for m in draft.media}
    if draft.superseded and known is not None:
        return replace(known, states=states)
    return Known(
        record_id=known.record_id if known else None,
        digest=draft.digest,
        visibility=draft.visibility,
        presence="present",
        last_seen=draft.captured_at,
        states=states,
        media=media,
    )


_STATED = {
    Visibility.HIDDEN: Evidence.HIDDEN,
    Visibility.WITHHELD: Evidence.WITHHELD,
    Visibility.TRASHED: Evidence.OWN_DELETION,
}


def removal_stated(draft: VersionDraft, known: Known | None) -> Evidence | None:
    """The evidence when a state says by itself that the public no longer sees the thing."""
    if known is None or draft.superseded or known.visibility == draft.visibility:
        return None
    return _STATED.get(Visibility(draft.visibility))
