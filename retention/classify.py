"""Which series claim a record.

Every rule that fits claims; none displaces another, so that a new rule can only lengthen:
the decision takes the longest of all that claim. Priority, then the number of limits, only
says which series is named first. A rule is narrowed with `unless_tags` and `unless_words`,
which is a change of that rule, seen and adopted as such.

A comment also belongs to its post's series, which counts if it keeps longer. A rule may
`stand_alone` (Ohio schedules removed comments by themselves): if all rules that fit do, the
post's series does not claim.

A person may put a record into other series, with name and reason. This replaces what the
rules say; holds do not care. No claim at all: unscheduled, which is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from retention.errors import Unnamed
from retention.facts import Reason, RecordFacts, Series
from retention.words import contains_any, needles


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """What fits all that is given belongs to `series` (keys). Empty tuples set no limit;
    within one limit any value fits. A rule without any limit fits every record."""

    id: str
    series: tuple[str, ...]
    priority: int = 0
    accounts: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    author_roles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    unless_words: tuple[str, ...] = ()
    unless_tags: tuple[str, ...] = ()
    removed_only: bool = False  # only what the public can no longer see
    stand_alone: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's classification of one record, in place of the rules'. The latest counts."""

    record_id: int
    series: tuple[str, ...]
    who: str
    reason: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The series that claim a record, in order. `unresolved` are keys that no loaded schedule
    has: they claim too, and keep the record until somebody repairs it."""

    series: tuple[Series, ...] = ()
    unresolved: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


def fits(rule: ClassRule, facts: RecordFacts) -> bool:
    """Does the rule claim the record?"""
    limits = (
        (facts.account, rule.accounts),
        (facts.department, rule.departments),
        (facts.platform, rule.platforms),
        (facts.kind, rule.kinds),
        (facts.author_role, rule.author_roles),
        (facts.author_id, rule.authors),
        (facts.thread_id, rule.threads),
    )
    return (
        all(not allowed or value in allowed for value, allowed in limits)
        and (not rule.tags or not facts.tags.isdisjoint(rule.tags))
        and (not needles(rule.words) or contains_any(facts.words, rule.words))
        and facts.tags.isdisjoint(rule.unless_tags)
        and not contains_any(facts.words, rule.unless_words)
        and not (rule.removed_only and facts.visible)
    )


def check_override(override: Override) -> Override:
    """The override itself; raises `Unnamed` if it lacks a person, a reason or a series."""
    if not override.who.strip() or not override.reason.strip() or not override.series:
        raise Unnamed(
            f"Classifying record {override.record_id} by hand takes a named person, a reason "
            "and at least one series."
        )
    return override


def classify(
    facts: RecordFacts, rules: Iterable[ClassRule], overrides: Iterable[Override] = ()
) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """The keys of the series that claim the record, the leading one first, and why."""
    mine = [check_override(each) for each in overrides if each.record_id == facts.record_id]
    if mine:
        latest = sorted(mine, key=lambda each: each.on)[-1]
        text = f"{latest.who} classified it by hand on {latest.on}: {latest.reason}"
        return tuple(dict.fromkeys(latest.series)), (Reason(text=text),)
    fitting = sorted((each for each in rules if fits(each, facts)), key=_rank)
    keys = [key for rule in fitting for key in rule.series]
    reasons = [_because(rule) for rule in fitting]
    if facts.parent_series and not (fitting and all(rule.stand_alone for rule in fitting)):
        keys += facts.parent_series
        reasons.append(Reason(text="It follows the series of its post, if that keeps longer."))
    return tuple(dict.fromkeys(keys)), tuple(reasons)


def resolve(
    keys: Iterable[str], catalogue: Mapping[str, Series], reasons: tuple[Reason, ...] = ()
) -> Claims:
    """The series behind the keys. `catalogue` is by key."""
    wanted = tuple(keys)
    return Claims(
        series=tuple(catalogue[key] for key in wanted if key in catalogue),
        unresolved=tuple(key for key in wanted if key not in catalogue),
        reasons=reasons,
    )


def _rank(rule: ClassRule) -> tuple[int, int, str]:
    """Higher priority first, then more limits, then the id."""
    limits = (
        rule.accounts, rule.departments, rule.platforms, rule.kinds, rule.author_roles,
        rule.authors, rule.words, rule.threads, rule.tags, rule.unless_words, rule.unless_tags,
    )  # fmt: skip
    return (-rule.priority, -sum(bool(each) for each in limits), rule.id)


def _because(rule: ClassRule) -> Reason:
    text = f"Rule {rule.id} puts it into {', '.join(rule.series)}"
    return Reason(text=f"{text}: {rule.reason}" if rule.reason else f"{text}.")
