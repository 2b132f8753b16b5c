"""From the keys of records to decisions: the law is asked once for what stands alike.

A key tells all that the rules in force look at (`model.queries.standing_keys`), so the
decision for it is the decision for each of its records. A record about which a person decided
has a key of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from archiver.desk.retention_law import Lawbook
from archiver.model.database import Connection
from archiver.model.queries import standing_keys
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.standing_keys import Happened, Keys, Traits, happened_of
from archiver.model.queries.standing_rare import Needs
from archiver.model.queries.standings import Verdict
from retention.case import case_of
from retention.classify import Claims, Override, classify, resolve
from retention.decide import conclude, decide
from retention.facts import Decision, Event, Hold, MaximumDecision, Reason, RecordFacts
from retention.today import Today, clock_refusal

BETWEEN_WORDS = " \N{RETURN SYMBOL} "  # so that two words found apart make no phrase
_NOBODY = 0  # a decision for a key is for no record in particular


class _Group(NamedTuple):
    """What the rules made of all records of like traits. `facts` are their tags."""

    series: tuple[str, ...]
    facts: frozenset[str]
    visible: bool


class Judge:
    """Decides for one day. `holds` are those that bind, by number; each reaches whatever
    the database has matched with it, whatever its scope would say now. `answers` are people's
    decisions about maximums, by the numbers of the records, which the keys must know of."""

    def __init__(
        self,
        book: Lawbook,
        keys: Keys,
        today: Today,
        *,
        accounts: Iterable[AccountEntry],
        holds: Mapping[int, Hold],
        answers: Mapping[int, tuple[MaximumDecision, ...]] | None = None,
    ) -> None:
        self._book = book
        self._law = book.law.on(today.day)
        self._keys = keys
        self._today = today
        self._doubted = clock_refusal(today) is not None
        self._accounts = {each.id: each for each in accounts}
        self._holds = holds
        self._answers = answers or {}
        self._groups: dict[str, _Group] = {}
        self._claims: dict[tuple[str, ...], Claims] = {}
        self._verdicts: dict[tuple[_Group, str], Verdict] = {}

    def verdict(self, key: str) -> Verdict:
        """Where the records of this key stand."""
        traits, _, happened = key.partition("|")
        group = self._groups.get(traits)
        if group is None:
            group = self._groups[traits] = self._group(traits)
        found = self._verdicts.get((group, happened))
        if found is None:
            found = self._verdicts[group, happened] = self._decided(group, happened)
        return found

    def explain(self, key: str, record_id: int, overrides: tuple[Override, ...]) -> Decision:
        """The decision for one record with its reasons. `overrides` are a person's claims,
        with the name and reason that the key leaves out."""
        traits, _, part = key.partition("|")
        group, happened = self._group(traits), happened_of(part)
        names, reasons = self._claimed(traits, record_id, overrides)
        claims = resolve(names, self._book.catalogue, (*reasons, *_events(happened)))
        facts = _facts(group, happened, record_id)
        return decide(
            facts,
            claims,
            self._book.law,
            self._today,
            holds=self._binding(happened),
            answers=self._answers.get(record_id, ()),
        )

    def _group(self, part: str) -> _Group:
        own, _ = self._keys.traits_of(part)
        names, _ = self._claimed(part, _NOBODY, ())
        return _Group(series=names, facts=own.tags, visible=own.visible)

    def _decided(self, group: _Group, part: str) -> Verdict:
        happened = happened_of(part)
        claims = self._claims.get(group.series)
        if claims is None:
            claims = resolve(group.series, self._book.catalogue)
            self._claims[group.series] = claims
        record_id = _NOBODY if happened.answered is None else happened.answered
        facts = _facts(group, happened, record_id)
        holds = self._binding(happened)
        answers = self._answers.get(record_id, ())
        case = case_of(facts, claims, self._law, holds=holds, answers=answers)
        made = conclude(case, doubted=self._doubted)
        return Verdict(
            standing=made.standing,
            eligible_on=made.eligible_on,
            must_go_by=made.must_go_by,
            action=made.action.value,
            manner=made.manner.value,
            series=made.series,
        )

    def _claimed(
        self, part: str, record_id: int, overrides: tuple[Override, ...]
    ) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
        """The series that claim the record, and why, by any of the sets of rules."""
        own, post = self._keys.traits_of(part)
        by_post: tuple[str, ...] = ()
        if post is not None:
            by_post = self._classified(post, _NOBODY, (), ())[0]
        return self._classified(own, record_id, overrides, by_post)

    def _classified(
        self,
        traits: Traits,
        record_id: int,
        overrides: tuple[Override, ...],
        by_post: tuple[str, ...],
    ) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
        if traits.by_hand and not overrides:
            by_hand = Override(
                record_id=record_id,
                series=traits.by_hand,
                who="a person",
                reason="by hand",
                on=self._today.day,
            )
            overrides = (by_hand,)
        facts = self._traits(traits, record_id, by_post)
        names: dict[str, None] = {}
        reasons: dict[Reason, None] = {}
        for rules in self._book.rule_sets:
            some, why = classify(facts, rules, overrides)
            names |= dict.fromkeys(some)
            reasons |= dict.fromkeys(why)
        return tuple(names), tuple(reasons)

    def _traits(self, traits: Traits, record_id: int, by_post: tuple[str, ...]) -> RecordFacts:
        """What classification looks at."""
        account = self._accounts.get(traits.account_id) if traits.account_id is not None else None
        return RecordFacts(
            record_id=record_id,
            account=account.slug if account else "",
            platform=account.platform if account else "",
            department=account.department if account else "",
            kind=traits.kind,
            author_role=traits.role,
            author_id=traits.author_id,
            words=BETWEEN_WORDS.join(traits.words),
            thread_id=traits.thread_id,
            parent_series=by_post,
            tags=traits.tags,
            visible=traits.visible,
        )

    def _binding(self, happened: Happened) -> list[Hold]:
        return [self._holds[number] for number in happened.holds]


def _facts(group: _Group, happened: Happened, record_id: int) -> RecordFacts:
    """What the periods look at. Posting is receiving: by the agency, or from it."""
    events = dict(happened.stated)
    if happened.created is not None:
        events[Event.CREATED] = events[Event.RECEIVED] = happened.created
    if happened.withdrawn is not None:
        events[Event.WITHDRAWN] = happened.withdrawn
    return RecordFacts(
        record_id=record_id,
        account="",
        platform="",
        kind="",
        events=events,
        assertions=group.facts,
        visible=group.visible,
    )


def _events(happened: Happened) -> list[Reason]:
    """What is known to have happened, in words."""
    if happened.created is not None:
        told = [Reason(text=f"Its present state was published on {happened.created}.")]
    else:
        told = [Reason(text="The platform gives no publication time for it.")]
    if happened.withdrawn is not None:
        told.append(
            Reason(text=f"The public could no longer see it from {happened.withdrawn}, at last.")
        )
    told += [Reason(text=f"{event} on {day}, as stated.") for event, day in happened.stated.items()]
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the decisions of a day rest on, but for the records: read once, and the same for
    every connection that makes keys. See `Judge`; `days` is the
    agency's calendar."""

    book: Lawbook
    needs: Needs
    today: Today
    days: Mapping[datetime, str]
    accounts: Sequence[AccountEntry]
    holds: Mapping[int, Hold]
    answers: Mapping[int, tuple[MaximumDecision, ...]]

    def keys(self, connection: Connection, words: Mapping[int, str]) -> Keys:
        """The keys that a connection makes. `words`: what `standing_words` found."""
        return standing_keys.prepare(
            connection,
            self.needs,
            days=self.days,
            holds=list(self.holds),
            answered=self.answers,
            words=words,
        )

    def judge(self, keys: Keys) -> Judge:
        """Who judges those keys."""
        return Judge(
            self.book,
            keys,
            self.today,
            accounts=self.accounts,
            holds=self.holds,
            answers=self.answers,
        )
