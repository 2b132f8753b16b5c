"""Whole stories at random: records come, holds are placed and released, people propose and
approve, days pass. Whatever happens, what must never happen does not."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retention.approvals import Given
from retention.batch import Batch, Signed, Stage
from retention.brakes import Brakes
from retention.calendars import WorkingCalendar
from retention.classify import Claims
from retention.decide import decide, may_be_proposed
from retention.disposition import approve, drop, finish, mark_gone, propose, review, start
from retention.facts import Decision, Event, Hold, HoldKind, RecordFacts, Scope, Step
from retention.guard import Custody, Verdict, may_dispose
from tests.unit.retention.reading import length, make_facts, make_rule, make_series, on
from tests.unit.retention.test_decide import law_for

SERIES = make_series(make_rule(period=length(days=30)))
LAW = law_for(SERIES)
CALENDAR = WorkingCalendar(first=date(2026, 1, 1), last=date(2030, 1, 1))
SAFE = Custody(archived=True, newest_version_verified=True)
ACCOUNTS = ("pd", "fire")
TOTALS = Brakes(totals={"pd": 1000, "fire": 1000})


class Archive(RuleBasedStateMachine):
    """The archive as a list of facts; the rules of `retention` decide everything."""

    def __init__(self) -> None:
        super().__init__()
        self.day = date(2026, 1, 1)
        self.digest = "d"
        self.records: dict[int, RecordFacts] = {}
        self.holds: dict[str, Hold] = {}
        self.batch: Batch | None = None
        self.gone: dict[int, date] = {}

    @initialize(accounts=st.lists(st.sampled_from(ACCOUNTS), min_size=2, max_size=5))
    def begin(self, accounts: list[str]) -> None:
        for account in accounts:
            self.capture(account)

    @rule(account=st.sampled_from(ACCOUNTS))
    def capture(self, account: str) -> None:
        number = len(self.records) + 1
        self.records[number] = make_facts(
            record_id=number, account=account, events={Event.CREATED: self.day}
        )

    @rule(days=st.sampled_from([1, 7, 40]))
    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(account=st.sampled_from(ACCOUNTS), tail=st.sampled_from([0, 60]))
    def place_hold(self, account: str, tail: int) -> None:
        name = f"H{len(self.holds) + 1}"
        self.holds[name] = Hold(
            id=name,
            kind=HoldKind.LITIGATION,
            matter="m",
            scope=Scope(accounts=(account,)),
            placed=self.day,
            tail_days=tail,
        )

    @precondition(lambda self: any(h.released is None for h in self.holds.values()))
    @rule(data=st.data())
    def release_hold(self, data: st.DataObject) -> None:
        name = data.draw(
            st.sampled_from(sorted(k for k, h in self.holds.items() if h.released is None))
        )
        old = self.holds[name]
        self.holds[name] = Hold(
            id=old.id,
            kind=old.kind,
            matter=old.matter,
            scope=old.scope,
            placed=old.placed,
            released=self.day,
            tail_days=old.tail_days,
        )

    @precondition(lambda self: self.batch is None)
    @rule()
    def propose_what_is_due(self) -> None:
        due = {
            number: facts.account
            for number, facts in self.records.items()
            if number not in self.gone and may_be_proposed(self.decided(facts))
        }
        if due:
            signed = Signed(by="Anna", on=self.day)
            self.batch = propose(
                "B", digest="d", by=signed, records=due, series=(SERIES.key,), steps=()
            )

    @precondition(lambda self: self.batch is not None and self.batch.stage is Stage.PROPOSED)
    @rule()
    def review_and_approve(self) -> None:
        assert self.batch is not None
        second = Given(step=Step.SECOND_PERSON, by="Bert", on=self.day)
        reviewed = review(self.batch, Signed(by="Anna", on=self.day))
        self.batch = approve(reviewed, second, today=self.day, calendar=CALENDAR)

    @precondition(lambda self: self.batch is not None and self.batch.stage is Stage.APPROVED)
    @rule()
    def begin_execution(self) -> None:
        assert self.batch is not None
        verdicts = {number: self.verdict(number) for number in self.batch.remaining}
        self.batch = start(
            self.batch,
            today=on(self.day),
            digest=self.digest,
            verdicts=verdicts,
            brakes=TOTALS,
            calendar=CALENDAR,
        )
        if self.batch.stage is Stage.WITHDRAWN:
            self.batch = None

    @precondition(lambda self: self.batch is not None and self.batch.stage is Stage.EXECUTING)
    @rule()
    def destroy_the_next(self) -> None:
        assert self.batch is not None
        left = sorted(self.batch.remaining - self.batch.gone)
        if not left:
            finish(self.batch)
            self.batch = None
            return
        verdict = self.verdict(left[0])
        if verdict.allowed:
            self.batch = mark_gone(self.batch, left[0])
            self.gone[left[0]] = self.day
            assert not self.frozen(left[0])
        else:
            self.batch = drop(self.batch, left[0], verdict.reasons[0].text)

    @invariant()
    def nothing_has_gone_before_its_day(self) -> None:
        for number, day in self.gone.items():
            created = self.records[number].events[Event.CREATED]
            assert day > created + timedelta(days=30)

    @invariant()
    def what_is_frozen_is_never_due(self) -> None:
        for number, facts in self.records.items():
            if self.frozen(number):
                assert not may_be_proposed(self.decided(facts))
                assert not self.verdict(number).allowed

    def frozen(self, number: int) -> bool:
        """Said here in other words than the product's: by account, release and tail."""
        account = self.records[number].account
        return any(
            account in hold.scope.accounts
            and (hold.released is None or (self.day - hold.released).days <= hold.tail_days)
            for hold in self.holds.values()
        )

    def decided(self, facts: RecordFacts) -> Decision:
        return decide(facts, Claims(series=(SERIES,)), LAW, on(self.day), holds=self.holds.values())

    def verdict(self, number: int) -> Verdict:
        facts = self.records[number]
        return may_dispose(
            facts,
            self.decided(facts),
            day=self.day,
            holds=self.holds.values(),
            plan_digest="d",
            adopted_digest=self.digest,
            custody=SAFE,
        )


TestArchive = Archive.TestCase
TestArchive.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
