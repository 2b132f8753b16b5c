"""Which rule surely keeps longer; what a new edition changes; an agency's file over the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.agency import AgencySettings
from retention.calendars import FiscalYearEnd
from retention.facts import (
    Action,
    Cutoff,
    Event,
    Manner,
    Period,
    PeriodKind,
    RecordFacts,
    Roll,
    Rule,
    YearUnit,
)
from retention.period import Ending, Term, minimum
from retention.schedule import digest, parse
from retention.schedule_changes import ChangeKind, differences, lay_over
from retention.schedule_order import rule_at_least, rules_at_least
from retention.schedule_values import ScheduleFile
from retention.schedule_words import rules_words

# --- which rule keeps longer, held against the engine

EVENTS = (Event.CREATED, Event.RECEIVED, Event.WITHDRAWN, Event.CLOSED)
PERIODS = st.one_of(
    st.builds(
        lambda years, unit: Period(kind=PeriodKind.LENGTH, years=years, unit=unit),
        st.integers(1, 4),
        st.sampled_from(YearUnit),
    ),
    st.integers(1, 50).map(lambda months: Period(kind=PeriodKind.LENGTH, months=months)),
    st.integers(0, 1500).map(lambda days: Period(kind=PeriodKind.LENGTH, days=days)),
    st.sampled_from(
        (PeriodKind.PERMANENT, PeriodKind.OPEN, PeriodKind.AGENCY_SET, PeriodKind.UNVERIFIED)
    ).map(lambda kind: Period(kind=kind)),
)
RULES = st.builds(
    lambda events, later, roll, period, or_event, earlier: Rule(
        cutoff=Cutoff(events=tuple(events), later=later, roll=roll),
        period=period,
        action=Action.DESTROY,
        or_event=or_event,
        earlier=earlier and or_event is not None,
    ),
    st.lists(st.sampled_from(EVENTS), min_size=1, max_size=3, unique=True),
    st.booleans(),
    st.sampled_from(Roll),
    PERIODS,
    st.none() | st.sampled_from(EVENTS),
    st.booleans(),
)
FACTS = st.dictionaries(
    st.sampled_from(EVENTS), st.dates(date(2019, 1, 1), date(2024, 12, 31))
).map(
    lambda events: RecordFacts(
        record_id=1, account="a", platform="p", kind="post", events=events, visible=False
    )
)
AGENCY = AgencySettings(fiscal_years=(FiscalYearEnd(month=9, day=30),))


def _length(term: Term) -> tuple[int, date]:
    return list(Ending).index(term.ending), term.last_day or date.min


def _hold_for(new: Rule, old: Rule, records: list[RecordFacts]) -> None:
    """Where it is said that a rule keeps at least as long, the engine must agree."""
    for one, other in ((new, old), (old, new)):
        if not rule_at_least(one, other):
            continue
        for facts in records:
            kept = minimum(one, facts, AGENCY, None)
            asked = minimum(other, facts, AGENCY, None)
            assert _length(kept) >= _length(asked), (rules_words((one,)), rules_words((other,)))


RECORDS = st.lists(FACTS, min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(RULES, RULES, RECORDS)
def test_what_is_said_to_keep_at_least_as_long_does_for_every_record(
    new: Rule, old: Rule, records: list[RecordFacts]
) -> None:
    _hold_for(new, old, records)


@settings(max_examples=300, deadline=None)
@given(RULES, PERIODS, st.sampled_from(Roll), RECORDS)
def test_a_rule_like_the_old_one_but_longer_is_never_shorter_in_fact(
    old: Rule, period: Period, roll: Roll, records: list[RecordFacts]
) -> None:
    cutoff = Cutoff(events=old.cutoff.events, later=old.cutoff.later, roll=roll)
    _hold_for(replace(old, cutoff=cutoff, period=period), old, records)


@settings(max_examples=300, deadline=None)
@given(RULES, st.lists(st.sampled_from(EVENTS), min_size=1, max_size=3, unique=True),
       st.booleans(), st.none() | st.sampled_from(EVENTS), st.booleans(), RECORDS)  # fmt: skip
def test_a_rule_with_other_events_is_never_shorter_in_fact(
    old: Rule,
    events: list[Event],
    later: bool,
    or_event: Event | None,
    earlier: bool,
    records: list[RecordFacts],
) -> None:
    cutoff = Cutoff(events=tuple(events), later=later, roll=old.cutoff.roll)
    new = replace(old, cutoff=cutoff, or_event=or_event, earlier=earlier and or_event is not None)
    _hold_for(new, old, records)


@settings(deadline=None)
@given(RULES)
def test_every_rule_is_at_least_itself(rule: Rule) -> None:
    assert rule_at_least(rule, rule)


def _rule(words: str, cutoff: str = "created", action: str = "destroy") -> Rule:
    text = f"""
form: 1
jurisdiction: X
name: X
schedules:
  - id: s
    title: S
    edition: "1"
    level: local
    series:
      - id: a
        title: A
        status: verified
        verified: {{how: official-page, source: "https://example.org", seen: 2026-11}}
        citation: c
        rules:
          - {{cutoff: {cutoff}, period: {words}, disposition: {action}}}
"""
    return parse(text).schedules[0].series[0].rules[0]


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        (_rule("3 years"), _rule("2 years")),
        (_rule("24 months"), _rule("2 years")),
        (_rule("2 calendar years"), _rule("2 years")),
        (_rule("2 fiscal years"), _rule("2 years")),
        (_rule("731 days"), _rule("730 days")),
        (_rule("366 days"), _rule("1 year")),
        (_rule("permanent", action="keep"), _rule("99 years")),
        (_rule("2 years", "{later_of: [created, withdrawn]}"), _rule("2 years")),
        (_rule("2 years", "{event: created, roll: calendar-year-end}"), _rule("2 years")),
        (_rule("2 years"), _rule("2 years", "{earlier_of: [created, withdrawn]}")),
        (_rule("2 years", action="review"), _rule("2 years")),
    ],
)
def test_the_longer_of_two_rules_is_known(longer: Rule, shorter: Rule) -> None:
    assert rule_at_least(longer, shorter)
    if longer.period != shorter.period or longer.action != shorter.action:
        both = rule_at_least(shorter, longer)
        assert both == (rules_words((longer,)).startswith("24 months"))


def test_what_cannot_be_compared_is_longer_on_neither_side() -> None:
    one, other = _rule("3 fiscal years"), _rule("3 calendar years")
    assert not rule_at_least(one, other)
    assert not rule_at_least(other, one)
    closed = _rule("9 years", "closed")
    assert not rule_at_least(closed, _rule("1 year"))


def test_a_later_second_end_may_not_be_dropped_but_may_move_into_the_cutoff() -> None:
    old = replace(_rule("2 years"), or_event=Event.CLOSED)
    assert not rule_at_least(_rule("2 years"), old)
    assert not rule_at_least(_rule("2 years", "{earlier_of: [created, closed]}"), old)
    assert rule_at_least(_rule("2 years", "{later_of: [created, closed]}"), old)
    earlier = replace(old, earlier=True)
    assert rule_at_least(_rule("2 years"), earlier)
    assert not rule_at_least(earlier, _rule("2 years"))
    any_of = Cutoff(events=(Event.CREATED, Event.CLOSED), later=False)
    first = replace(old, cutoff=any_of, or_event=Event.CLOSED)
    assert not rule_at_least(replace(first, or_event=None), first)


def test_a_rule_for_some_records_does_not_cover_the_others() -> None:
    old = _rule("2 years")
    some = Rule(cutoff=old.cutoff, period=old.period, action=old.action, condition="historical")
    assert not rules_at_least([some], [old])
    assert rules_at_least([old], [some])
    assert rules_at_least([some, old], [old, some])


# --- an agency's file

LAW = """
form: 1
jurisdiction: SF
name: Springfield
schedules:
  - id: law
    title: Law
    edition: 2nd
    level: local
    series:
      - id: posts
        title: Posts
        applies_to: all posts
        summary: Ordinary posts.
        status: verified
        verified: {how: official-page, source: "https://example.org/1", seen: 2026-11}
        citation: Code 1
        rules:
          - cutoff: created
            period: 2 years
            maximum: {period: 6 months, after: minimum}
            disposition: review
      - id: blank
        title: Speeches
        status: verified
        verified: {how: official-page, source: "https://example.org/2", seen: 2026-11}
        citation: Code 2
        rules:
          - {when: historical value, period: permanent, disposition: keep}
          - {cutoff: no-longer-needed, period: agency-set, disposition: review}
      - id: unread
        status: unverified
        missing: all of it
procedure:
  text: Council, then notice.
  steps:
    - {step: governing-body, per: act}
    - {step: notice, per: act, whom: archives, wait: 30 days}
  confidence: verified
  citation: Code 3
  source: https://example.org/3
default:
  id: Code 4
  text: Two years for everything.
  minimum: 2 years
  floor: true
  confidence: verified
  citation: Code 4
  source: https://example.org/4
"""
OWN = """
form: 1
overlay: true
jurisdiction: SF
name: City Hall
schedules:
  - id: law
    extends: true
    edition: 2nd
    series:
      - id: posts
        status: verified
        verified: {how: agency-document, source: Resolution 9, seen: 2026-11}
        citation: Resolution 9
        rules:
          - cutoff: created
            period: 5 years
            maximum: {period: 6 months, after: minimum}
            disposition: review
      - id: blank
        status: verified
        verified: {how: agency-document, source: Resolution 9, seen: 2026-11}
        citation: Resolution 9
        rules:
          - {when: historical value, period: permanent, disposition: keep}
          - {cutoff: no-longer-needed, period: 2 years, disposition: review}
      - id: unread
        title: Read now
        status: verified
        verified: {how: official-page, source: "https://example.org/5", seen: 2026-11}
        citation: Code 5
        rules:
          - {cutoff: created, period: 4 years, disposition: destroy}
  - id: own
    title: Our schedule
    edition: "1"
    level: local
    series:
      - id: news
        title: News
        status: verified
        verified: {how: agency-document, source: Resolution 9, seen: 2026-11}
        citation: Resolution 9
        rules:
          - {cutoff: created, period: 3 years, disposition: destroy}
procedure:
  text: As the law asks, and the attorney.
  steps:
    - {step: attorney, per: act}
    - {step: governing-body, per: act}
    - {step: notice, per: act, whom: archives, wait: 60 days}
  confidence: from-memory
classification:
  - {id: a, series: [law/posts, own/news], accounts: [web]}
"""


def _over(own: str) -> tuple[ScheduleFile, list[str]]:
    merged, problems = lay_over(parse(LAW), parse(own))
    return merged, [str(problem) for problem in problems]


def _words(file: ScheduleFile, key: str) -> str:
    [found] = [s for schedule in file.schedules for s in schedule.series if s.key == key]
    return rules_words(found.rules)


def test_an_agency_lengthens_fills_in_completes_and_adds() -> None:
    merged, problems = _over(OWN)
    assert problems == []
    assert _words(merged, "law/posts").startswith("5 years after created")
    assert _words(merged, "law/blank").endswith("2 years after no-longer-needed; then review")
    assert _words(merged, "law/unread") == "4 years after created; then destroy"
    assert _words(merged, "own/news") == "3 years after created; then destroy"
    assert [each.rule.id for each in merged.classification] == ["a"]
    assert merged.procedure is not None
    assert len(merged.procedure.steps) == 3


def test_a_lengthened_series_names_both_authorities_and_keeps_its_name() -> None:
    merged, _ = _over(OWN)
    posts = merged.schedules[0].series[0]
    assert posts.title == "Posts"
    assert posts.applies_to == "all posts"
    assert posts.citation == "Code 1; Resolution 9"
    assert posts.source == "https://example.org/1 ; Resolution 9"
    assert merged.schedules[0].overlaid_by == "City Hall"


def test_an_overlay_needs_an_adoption_of_its_own() -> None:
    merged, _ = _over(OWN)
    [law] = parse(LAW).schedules
    assert (law.id, law.edition) == (merged.schedules[0].id, merged.schedules[0].edition)
    assert digest(law) != digest(merged.schedules[0])


REFUSED = [
    ("period: 5 years", "period: 1 year", "id: posts", "is not surely as long"),
    ("period: 5 years", "period: 730 days", "id: posts", '"Code 1" asks for at least: 2 years'),
    ("cutoff: created\n            period: 5", "cutoff: closed\n            period: 5", "id: posts",
     "is not surely as long"),
    ("            disposition: review", "            disposition: destroy", "id: posts",
     "as careful"),
    ("            maximum: {period: 6 months, after: minimum}\n", "", "id: posts",
     "sets a maximum"),
    ("          - {when: historical value, period: permanent, disposition: keep}\n", "",
     "id: blank", "permanent"),
    ("{cutoff: no-longer-needed, period: 2 years, disposition: review}",
     "{cutoff: no-longer-needed, period: 2 years, disposition: destroy}", "id: blank",
     "ends less carefully"),
    ("period: 3 years", "period: 1 year", "id: news", "Code 4 lets nothing go before 2 years"),
    ("edition: 2nd", "edition: 1st", "id: law", 'the one in use is "2nd"'),
    ("- id: law", "- id: laws", "id: laws", 'did you mean "law"'),
    ("- id: posts", "- id: post", "id: post", 'did you mean "posts"'),
    ("jurisdiction: SF", "jurisdiction: XX", "form: 1", "cannot lie over"),
    ("overlay: true\n", "overlay: true\ndefault: {id: a, text: b, confidence: secondary}\n",
     "form: 1", 'remove "default"'),
    ("wait: 60 days", "wait: 29 days", "form: 1", 'the step "notice"'),
    ("    - {step: governing-body, per: act}\n", "", "form: 1", 'the step "governing-body"'),
    ("{step: governing-body, per: act}", "{step: governing-body, per: standing}", "form: 1",
     'the step "governing-body"'),
    ("law/posts", "law/post", "id: a, series", 'did you mean "law/posts"'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "said"), REFUSED, ids=lambda each: repr(each)[:40])
def test_an_overlay_cannot_weaken_the_law(old: str, new: str, at: str, said: str) -> None:
    assert old in OWN
    text = OWN.replace(old, new, 1)
    merged, problems = _over(text)
    line = text.count("\n", 0, text.index(at)) + 1
    assert [p for p in problems if said in p], problems
    if at != "form: 1":
        assert [p for p in problems if said in p and p.startswith(f"line {line}: ")], problems
    kept = {s.key: s for schedule in merged.schedules for s in schedule.series}
    assert kept["law/posts"].rules[0].maximum is not None
    assert merged.procedure is not None
    assert len([s for s in merged.procedure.steps if s.wait_days >= 30]) == 1


def test_a_schedule_of_the_agency_cannot_take_the_id_of_a_shipped_one() -> None:
    text = OWN.replace("- id: own", "- id: law", 1).replace("own/news", "law/posts")
    text = text[: text.index("  - id: law")] + text[text.index("  - id: law\n    title: Our") :]
    merged, problems = _over(text)
    assert [p for p in problems if "is shipped already" in p and p.startswith("line 7: ")]
    assert _words(merged, "law/posts").startswith("2 years")


def test_an_unverified_change_of_a_verified_series_is_refused() -> None:
    start, end = OWN.index("        status: verified"), OWN.index("      - id: blank")
    text = OWN[:start] + "        status: unverified\n        missing: it\n" + OWN[end:]
    merged, problems = _over(text)
    assert [p for p in problems if "changes nothing" in p]
    assert _words(merged, "law/posts").startswith("2 years")


def test_a_shipped_file_cannot_be_laid_over_another() -> None:
    merged, problems = lay_over(parse(LAW), parse(LAW))
    assert merged == parse(LAW)
    assert [p for p in problems if "overlay: true" in p.text]


# --- a new edition


def _changes(new: str) -> dict[str, ChangeKind]:
    return {change.series: change.kind for change in differences(parse(LAW), parse(new))}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("period: 2 years\n", "period: 3 years\n", {"posts": ChangeKind.LENGTHENED}),
        ("period: 2 years\n", "period: 1 year\n", {"posts": ChangeKind.SHORTENED}),
        ("cutoff: created", "cutoff: closed", {"posts": ChangeKind.CHANGED}),
        ("disposition: review\n", "disposition: destroy\n", {"posts": ChangeKind.SHORTENED}),
        ("- id: posts", "- id: news",
         {"news": ChangeKind.ADDED, "posts": ChangeKind.REMOVED}),
        ("title: Posts", "title: All posts", {}),
        ("edition: 2nd", "edition: 3rd", {}),
    ],
)  # fmt: skip
def test_a_new_edition_is_compared_series_by_series(
    old: str, new: str, expected: dict[str, ChangeKind]
) -> None:
    assert old in LAW
    assert _changes(LAW.replace(old, new, 1)) == expected


def test_a_series_that_was_read_or_is_no_longer_verified_is_named_as_such() -> None:
    merged, _ = _over(OWN)
    kinds = {c.series: c.kind for c in differences(parse(LAW), merged)}
    assert kinds == {
        "posts": ChangeKind.LENGTHENED,
        "blank": ChangeKind.FILLED,
        "unread": ChangeKind.VERIFIED,
        "news": ChangeKind.ADDED,
    }
    back = {c.series: c.kind for c in differences(merged, parse(LAW))}
    assert back["unread"] is ChangeKind.WITHDRAWN
    assert back["news"] is ChangeKind.REMOVED


def test_a_change_says_both_sides_in_words() -> None:
    [change] = differences(
        parse(LAW), parse(LAW.replace("period: 2 years\n", "period: 1 year\n", 1))
    )
    assert change.before == "2 years after created, at most 6 months after that; then review"
    assert change.after == "1 year after created, at most 6 months after that; then review"


def test_a_manner_of_destruction_may_not_become_less_careful() -> None:
    old = Rule(
        cutoff=Cutoff(events=(Event.CREATED,)),
        period=Period(kind=PeriodKind.LENGTH, years=1),
        action=Action.DESTROY,
        manner=Manner.CONFIDENTIAL,
    )
    new = Rule(cutoff=old.cutoff, period=old.period, action=Action.DESTROY)
    assert not rule_at_least(new, old)
    assert rule_at_least(old, new)
