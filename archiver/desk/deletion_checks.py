"""What must hold before anything is deleted or hidden on a platform.

Rules:
1. What goes along counts as much as what is named: a post takes its comments with it.
2. Only what the platform has just listed is known; a record that a walk did not list may have
   changed, whatever a look-up by id says.
3. Whoever hides or deletes what the public wrote names the rule that was broken: a viewpoint
   is no reason (First Amendment), and what was recorded at the time can be examined later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from archiver.model.database import Connection
from archiver.model.queries import holds, removals
from archiver.model.queries.removals import Thing
from connectors.base import Kind, Target
from connectors.capabilities import Capabilities
from connectors.removals import Removal, Whose
from retention.facts import RecordFacts
from retention.guard import Custody, Moderation, Verdict, may_remove_outside

_THERE = frozenset({"present", "suspected"})  # these must have been listed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalOrder:
    """What a person asks for. `wanted` is a number, "#number", platform id or address; `rule`
    the rule of the agency's posted policy, needed for what the public wrote."""

    wanted: str
    removal: Removal
    actor: str
    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition. `text` says what was found, `remedy` what helps and who can do it."""

    name: str
    ok: bool
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A record, whose it is, and what goes along with it."""

    record: Thing
    own: bool
    along: tuple[Thing, ...] = ()

    @property
    def things(self) -> tuple[Thing, ...]:
        """All that would be gone or hidden, the named one first."""
        return (self.record, *self.along)

    @property
    def versions(self) -> frozenset[int]:
        """Their current versions."""
        return frozenset(each.version_id for each in self.things)


@dataclass(kw_only=True)
class Plan:
    """What would be done, and whether it may."""

    order: RemovalOrder
    bundle: Bundle
    means: str
    checks: list[Check] = field(default_factory=list)

    @property
    def refused(self) -> list[Check]:
        """The conditions that do not hold."""
        return [check for check in self.checks if not check.ok]


def bundle_of(
    connection: Connection, record_id: int, removal: Removal, capabilities: Capabilities
) -> Bundle:
    """The record as it stands, with everything that may go along and is not known as gone."""
    record = removals.thing(connection, record_id)
    kinds = {
        kind.value
        for each in capabilities.removals
        if each.removal is removal and Kind(record.kind) in each.kinds
        for kind in each.along
    }
    found: Sequence[Thing] = ()
    if kinds:
        found = [t for t in removals.thread(connection, record) if t.kind in kinds]
        if record.kind in (Kind.COMMENT, Kind.REPLY):
            found = _answers(record, found)
        if Kind.REPOST in kinds and record.kind != Kind.REPOST:
            found = [*found, *removals.reposts(connection, record)]  # each is a thread of its own
    return Bundle(
        record=record,
        own=removals.agency_wrote(connection, record),
        along=tuple(each for each in found if each.presence != "gone"),
    )


def _answers(to: Thing, thread: Sequence[Thing]) -> list[Thing]:
    """What answers a comment, and what answers those. Only replies: in some id spaces a post
    has the number of a comment, and its comments are not this one's."""
    found: dict[int, Thing] = {}
    wanted = {to.platform_id}
    while True:
        more = {
            each.id: each
            for each in thread
            if each.kind == Kind.REPLY and each.parent_id in wanted and each.id not in found
        }
        if not more:
            return list(found.values())
        found |= more
        wanted = {each.platform_id for each in more.values()}


def means_of(removal: Removal, bundle: Bundle, capabilities: Capabilities) -> str:
    """What the platform then does, in its connector's words."""
    whose = Whose.OWN if bundle.own else Whose.PUBLIC
    fitting = [
        each
        for each in capabilities.removals
        if each.removal is removal and Kind(bundle.record.kind) in each.kinds
    ]
    fitting.sort(key=lambda each: whose not in each.whose)
    return fitting[0].means if fitting else ""


def target_of(it: Thing) -> Target:
    """The record as a connector can find it."""
    return Target(
        kind=Kind(it.kind),
        id=it.platform_id,
        permalink=it.permalink,
        parent_id=it.parent_id,
        thread_id=it.thread_id,
    )


def reach(connection: Connection, bundle: Bundle) -> datetime:
    """How far back a walk must go to list all of it (aware UTC)."""
    known = [bundle.record, *removals.thread(connection, bundle.record)]
    return min(each.published_at or each.first_seen for each in known)


# -- may it go? -------------------------------------------------------------------------------


def permitted(
    connection: Connection, order: RemovalOrder, bundle: Bundle, *, day: date
) -> list[Check]:
    """Holds and policy, asked of the guard. Showing again takes nothing out of anybody's
    sight: it is only recorded."""
    if order.removal is Removal.UNHIDE:
        return [Check(name="holds and policy", ok=True, text="it is shown again; recorded only")]
    held = holds.open_holds_on(connection, [each.id for each in bundle.things], day=day)
    checks: list[Check] = []
    for each in bundle.things:
        named = each is bundle.record
        facts = RecordFacts(
            record_id=each.id,
            account=each.account,
            platform="",
            kind=each.kind,
            author_role="agency" if bundle.own or not named else "public",
        )
        # The rule is in the moderator's own words: the posted policy is not in the settings,
        # so every rule that is named counts, and none that is not.
        verdict = may_remove_outside(
            facts,
            day=day,
            holds=held.get(each.id, ()),
            # What lies in the vault is proved by a check of its own.
            custody=Custody(archived=True, newest_version_verified=True),
            policy_codes=frozenset({order.rule}) - {""},
            moderation=Moderation(reason_code=order.rule, rule=order.rule, moderator=order.actor)
            if order.rule
            else None,
        )
        checks += _as_checks(verdict, each.name if named else f"{each.name}, which goes along")
    if checks:
        return checks
    public = sum(1 for each in bundle.along if each.kind in ("comment", "reply"))
    also = f"; {public} comments and replies go along" if public else ""
    return [Check(name="holds and policy", ok=True, text=f"nothing stands against it{also}")]


def _as_checks(verdict: Verdict, what: str) -> Iterator[Check]:
    for reason, who in zip(verdict.reasons, verdict.who_can_lift, strict=True):
        yield Check(
            name="holds and policy",
            ok=False,
            text=f"{what}: {reason.text}",
            remedy=f"this is lifted by {who}",
        )


# -- has it just been listed? -----------------------------------------------------------------


def listed(bundle: Bundle, removal: Removal, keys: frozenset[tuple[str, str]]) -> Check:
    """Did the walk list everything that is still there? What is hidden need not be listed to
    be shown again: that takes nothing away."""
    missing = [
        each.name
        for each in bundle.things
        if each.key not in keys and (each is bundle.record or each.presence in _THERE)
    ]
    if missing and removal is Removal.UNHIDE:
        return Check(name="listed now", ok=True, text="it is not listed while it is hidden")
    if missing:
        return Check(
            name="listed now",
            ok=False,
            text=f"the platform did not list {some_of(missing)} just now, so that the newest "
            "version is not known",
            remedy="capture the account again (archiver capture) and look at: archiver findings",
        )
    count = len(bundle.things)
    return Check(name="listed now", ok=True, text=f"the platform has just listed all {count}")


def some_of(names: Sequence[str]) -> str:
    """A few of the names, and how many there are besides."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
