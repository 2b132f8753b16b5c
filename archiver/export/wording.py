"""The words in which packages tell of states, times and reasons; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from archiver.export.base import Released, ReleasedFile, Sighted

_PLATFORMS: Mapping[str, str] = {
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "nextdoor": "Nextdoor",
    "wordpress": "WordPress",
    "x": "X",
    "youtube": "YouTube",
}
_VISIBILITY: Mapping[str, str] = {
    "unlisted": "Unlisted: reachable by its address, not listed to the public",
    "hidden": "Hidden by the agency's moderation",
    "pending": "Held for moderation: not shown to the public",
    "spam": "Marked as spam: not shown to the public",
    "private": "Private: not shown to the public",
    "draft": "Draft: not published",
    "trashed": "In the trash: not shown to the public",
    "withheld": "Withheld by the platform, at least in some countries",
}
_PRESENCE: Mapping[str, str] = {
    "suspected": "Not found when it was last looked for; not confirmed yet",
    "gone": "No longer on the platform",
    "hidden": "Hidden on the platform",
    "withheld": "Withheld by the platform",
    "unreachable": "Can no longer be read; this does not show a deletion",
}
_EVIDENCE: Mapping[str, str] = {
    "own deletion": "the agency removed it, through the archive or the platform's own trash",
    "author": "the platform says that the author removed it",
    "platform statement": "the platform says that it removed it",
    "hidden": "the platform says that it is hidden",
    "withheld": "the platform says that it withholds it",
    "account closed": "the account was closed",
    "permission lost": "the permission to read it was lost",
    "unknown": "the platform does not say why",
}
_CONTROLS = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {0x7F: 0x2421}

_TURNING = {ord(each): f"<U+{ord(each):04X}>" for each in "\u200e\u200f\u061c\u202a\u202b\u202c"
            "\u202d\u202e\u2066\u2067\u2068\u2069"}  # fmt: skip


def fact(text: str) -> str:
    """A value for a table of facts: on one line, with marks of direction spelled out, so that
    it cannot turn what stands beside it."""
    return " ".join(visible(text).translate(_TURNING).split())


def visible(text: str) -> str:
    """The text with control characters (null among them) as the pictures of their names.

    Line breaks and tabs stay; a carriage return before a line break is dropped.
    """
    return text.replace("\r\n", "\n").translate(_CONTROLS)


def platform(name: str) -> str:
    """The platform as people write it."""
    return _PLATFORMS.get(name, name)


def local(at: datetime, zone: ZoneInfo) -> str:
    """A moment on the agency's clock, with the zone: "Mon, Nov 3, 2025, 10:00:00 AM CST"."""
    there = at.astimezone(zone)
    return f"{there:%a, %b} {there.day}, {there.year}, {there:%I:%M:%S %p %Z}"


def utc(at: datetime) -> str:
    """The same moment in UTC: "2025-11-03 16:00:00 UTC"."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def both(at: datetime, zone: ZoneInfo) -> str:
    """A moment on both clocks."""
    return f"{local(at, zone)} ({utc(at)})"


def month(at: datetime, zone: ZoneInfo) -> str:
    """The agency's month: "November 2025"."""
    return f"{at.astimezone(zone):%B %Y}"


def states(item: Released) -> tuple[str, ...]:
    """What sets the item apart from one that everybody still sees: hidden, gone, superseded."""
    told = []
    if not item.current:
        told.append("Superseded: a later version exists")
    if item.visibility in _VISIBILITY:
        told.append(_VISIBILITY[item.visibility])
    elif item.visibility != "public":
        told.append(f"Visibility: {item.visibility}")
    if item.presence in _PRESENCE and item.presence != item.visibility:
        told.append(_PRESENCE[item.presence])
    elif item.presence not in _PRESENCE and item.presence != "present":
        told.append(f"Presence: {item.presence}")
    return tuple(told)


def came_to_be(item: Released, zone: ZoneInfo) -> str:
    """When this version came to be, as exactly as it is known; empty for a first version."""
    if item.edited_at is not None:
        return f"edited {both(item.edited_at, zone)}, by the platform's own time"
    return bounds(item.not_before, item.not_after, zone)


def bounds(not_before: datetime | None, not_after: datetime | None, zone: ZoneInfo) -> str:
    """ "after ... and not later than ...", with what is known of it."""
    told = []
    if not_before is not None:
        told.append(f"after {both(not_before, zone)}")
    if not_after is not None:
        told.append(f"not later than {both(not_after, zone)}")
    return " and ".join(told)


def finding(sighted: Sighted) -> str:
    """A finding in one sentence, without its times."""
    if sighted.stage == "back again":
        what = "Back again"
    elif sighted.stage == "suspected":
        what = "Suspected gone: not found by its id once"
    else:
        what = _PRESENCE.get(sighted.presence) or _VISIBILITY.get(
            sighted.presence, sighted.presence.capitalize()
        )
    why = _EVIDENCE.get(sighted.evidence, sighted.evidence)
    return f"{what}; {why}" if why else what


def alt(bates: str, each: ReleasedFile) -> str:
    """What a reader who cannot see the picture hears: the author's description, if any."""
    if each.alt_text.strip():
        return visible(each.alt_text)
    return f"File {each.position} of {bates}; its author gave no description"


def size(count: int) -> str:
    """A number of bytes for people."""
    if count < 1000:
        return f"{count} bytes"
    for unit, step in (("KB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < step * 999.95:
            return f"{count / step:.1f} {unit}"
    return f"{count / 1e12:.1f} TB"


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 item", "2,000 items"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
