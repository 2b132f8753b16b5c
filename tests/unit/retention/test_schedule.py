"""Reading a schedule file: values, every mistake by its line, digests, whatever is thrown at it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.facts import Action, Cutoff, Event, Manner, Period, PeriodKind, Roll, Step, YearUnit
from retention.schedule import check, digest, parse, read
from retention.schedule_reader import LARGEST
from retention.schedule_values import AdoptionKind, Confidence, HoldEffect, ScheduleError

GOOD = """\
form: 1
jurisdiction: SF
name: Springfield
fiscal_years:
  - {of: cities, ends: "09-30", confidence: from-memory}
schedules:
  - id: sf-city
    title: City schedule
    edition: 2nd
    level: local
    source: https://example.org/schedule
    valid_from: 2020-01-01
    expires: 2028-08-27
    adoption:
      kind: opt-in
      confidence: verified
      citation: Code 1
      source: https://example.org/code
    series:
      - id: 012016
        title: Posts
        applies_to: posts
        summary: Ordinary posts.
        status: verified
        verified:
          how: official-page
          source: https://example.org/1
          seen: 2026-11
        citation: Code 2
        rules:
          - when: historical value
            period: permanent
            disposition: keep
          - cutoff: {later_of: [received, withdrawn], roll: fiscal-year-end}
            period: 3 fiscal years
            or: {event: audited, whichever: earlier}
            maximum: {period: 6 months, after: minimum}
            disposition: {action: destroy, manner: confidential}
            then: note it
      - id: X-2
        status: unverified
        missing: the period
        read_at: https://example.org/2
procedure:
  text: The council resolves.
  steps:
    - {step: governing-body, per: act, whom: council}
    - {step: notice, per: act, whom: archives, wait: 23 working days}
  maximum: {after_period: 6 months, applies_to: identifying data}
  confidence: verified
  citation: Code 3
  source: https://example.org/3
holds:
  - trigger: a request is pending
    kinds: [records-request]
    effect: freeze
    text: No destruction.
    release: 60 days after denial
    tail_days: 60
    confidence: from-memory
deadlines:
  - {what: respond, days: 5, unit: business, confidence: from-memory}
default:
  id: Code 4
  text: Six years.
  minimum: 6 years
  confidence: verified
  citation: Code 4
  source: https://example.org/4
open_questions:
  - Is it in force?
"""


def changed(old: str, new: str) -> str:
    """The good file with one thing changed."""
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


# --- values


def test_a_file_gives_series_as_the_engine_wants_them() -> None:
    made = parse(GOOD)
    [schedule] = made.schedules
    posts, other = schedule.series
    assert (posts.key, posts.edition, posts.verified) == ("sf-city/012016", "2nd", True)
    assert (posts.citation, posts.source) == ("Code 2", "https://example.org/1")
    first, second = posts.rules
    assert first.condition == "historical value"
    assert first.period.kind is PeriodKind.PERMANENT
    assert first.action is Action.KEEP
    assert second.cutoff == Cutoff(
        events=(Event.RECEIVED, Event.WITHDRAWN), later=True, roll=Roll.FISCAL_YEAR_END
    )
    assert second.period == Period(kind=PeriodKind.LENGTH, years=3, unit=YearUnit.FISCAL)
    assert (second.or_event, second.earlier) == (Event.AUDITED, True)
    assert second.maximum == Period(kind=PeriodKind.LENGTH, months=6)
    assert second.maximum_after_minimum
    assert (second.action, second.manner) == (Action.DESTROY, Manner.CONFIDENTIAL)
    assert not other.verified
    assert [rule.period.kind for rule in other.rules] == [PeriodKind.UNVERIFIED]


def test_a_file_gives_what_the_state_asks_for_besides() -> None:
    made = parse(GOOD)
    [schedule] = made.schedules
    assert (schedule.valid_from, schedule.expires) == (date(2020, 1, 1), date(2028, 8, 27))
    assert schedule.adoption is not None
    assert schedule.adoption.kind is AdoptionKind.OPT_IN
    assert made.procedure is not None
    council, notice = made.procedure.steps
    assert (council.step, council.whom, council.citation) == (
        Step.GOVERNING_BODY,
        "council",
        "Code 3",
    )
    assert (notice.wait_days, notice.working_days) == (23, True)
    [hold] = made.holds
    assert (hold.effect, hold.tail_days) == (HoldEffect.FREEZE, 60)
    [deadline] = made.deadlines
    assert (deadline.days, deadline.unit) == (5, "business")
    assert deadline.backing.confidence is Confidence.FROM_MEMORY
    assert made.default is not None
    assert made.default.minimum == Period(kind=PeriodKind.LENGTH, years=6)
    assert made.open_questions == ("Is it in force?",)


def test_an_id_stays_the_digits_that_were_written() -> None:
    assert [series.id for series in parse(GOOD).schedules[0].series] == ["012016", "X-2"]


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("1 year", Period(kind=PeriodKind.LENGTH, years=1)),
        ("4 calendar years", Period(kind=PeriodKind.LENGTH, years=4, unit=YearUnit.CALENDAR)),
        ("18 months", Period(kind=PeriodKind.LENGTH, months=18)),
        ("0 days", Period(kind=PeriodKind.LENGTH)),
        ("until-declared", Period(kind=PeriodKind.OPEN)),
        ("agency-set", Period(kind=PeriodKind.AGENCY_SET)),
    ],
)
def test_a_period_is_read_in_its_own_unit(words: str, period: Period) -> None:
    rules = parse(changed("3 fiscal years", words)).schedules[0].series[0].rules
    assert rules[1].period == period


def test_one_event_and_one_word_need_no_group() -> None:
    text = changed("{later_of: [received, withdrawn], roll: fiscal-year-end}", "created")
    rule = parse(text.replace("{action: destroy, manner: confidential}", "destroy"))
    second = rule.schedules[0].series[0].rules[1]
    assert (second.cutoff.events, second.action) == ((Event.CREATED,), Action.DESTROY)


def test_the_earlier_of_two_events_is_kept_apart_from_the_later() -> None:
    [_, rule] = parse(changed("later_of", "earlier_of")).schedules[0].series[0].rules
    assert not rule.cutoff.later


# --- mistakes

MISTAKES = [
    ("form: 1", "form: 2", "form: 2", "form 1"),
    ("form: 1\n", "", "", '"form" is missing'),
    ("jurisdiction: SF\n", "", "", '"jurisdiction" is missing'),
    ("name: Springfield", "nmae: Springfield", "nmae", 'did you mean "name"'),
    ("name: Springfield", "name: [a, b]", "name: [", "must be text"),
    ("name: Springfield", "name: S\nname: T", "name: T", "stands twice"),
    ("name: Springfield", 'name: "a\\u202eb"', "name:", "cannot be seen"),
    ("name: Springfield", "name: &x S\nnote: *x", "note:", "anchors"),
    ("name: Springfield", "name: !!binary S", "name:", "tags"),
    ("name: Springfield", "name: [", "", "not well-formed YAML"),
    ("name: Springfield", 'name: "\\U00110000"', "", "does not exist"),
    ("name: Springfield", "name: a\x00b", "name:", "not allowed"),
    ("name: Springfield", "name: S\n[x]: y", "[x]", "plain name"),
    ("name: Springfield", "name: S\noverlay: maybe", "overlay", "write true or false"),
    ('ends: "09-30"', 'ends: "30-09"', "ends:", "month and day"),
    ("confidence: from-memory}", "confidence: sure}", "sure", "write one of"),
    ("id: sf-city", "id: SF City", "SF City", "small letters"),
    ("    edition: 2nd\n", "", "id: sf-city", '"edition" is missing'),
    ("https://example.org/schedule", "example.org", "source: example.org", "https://"),
    ("valid_from: 2020-01-01", "valid_from: 2020-02-30", "valid_from", "day of the calendar"),
    ("expires: 2028-08-27", "expires: 2019-08-27", "expires", "before it is valid"),
    ("kind: opt-in", "kind: optin", "kind: optin", 'did you mean "opt-in"'),
    ("      citation: Code 1\n", "", "confidence: verified", '"citation" is missing'),
    ("    series:\n", "    series:\n      - text\n", "- text", "group of fields"),
    ("expires: 2028-08-27", "expires: in 2028", "in 2028", "write a day"),
    ("        citation: Code 2\n", "        citation: Code 2\n        missing: more\n", "more",
     "belongs to an unverified series"),
    ("            disposition: {action: destroy, manner: confidential}\n", "",
     "- cutoff: {later_of", '"disposition" is missing'),
    ("maximum: {period: 6 months, after", "maximum: {after", "maximum: {after",
     '"period" is missing'),
    ("id: X-2", "id: 012016", "- id: 012016\n        status: unv", "already"),
    ("status: verified", "status: checked", "status: checked", "verified or unverified"),
    ("        citation: Code 2\n", "", "status: verified", 'no "citation"'),
    ("        summary: Ordinary posts.\n        status: verified",
     "        status: unverified\n        missing: all", "rules:", 'may have no "rules"'),
    ("        missing: the period\n", "", "status: unverified", '"missing" must say'),
    ("        missing: the period\n", "        missing: it\n        rules: []\n", "rules: []",
     'may have no "rules"'),
    ("how: official-page", "how: hearsay", "hearsay", "write one of"),
    ("how: official-page", "how: agency-document", "agency-document", "official page or a mirror"),
    ("seen: 2026-11", "seen: November", "seen: November", "a month such as"),
    ("period: 3 fiscal years", "period: 3 yrs", "3 yrs", "is not understood"),
    ("period: 3 fiscal years", "period: 0 years", "0 years", "is not understood"),
    ("period: 3 fiscal years", "period: 99999 years", "99999", "is not understood"),
    ("            period: 3 fiscal years\n", "", "- cutoff: {later_of", '"period" is missing'),
    ("received, withdrawn]", "recieved]", "recieved", 'did you mean "received"'),
    ("[received, withdrawn]", "[received, received]", "[received, received]", "stands twice"),
    ("{later_of: [received, withdrawn], roll", "{roll", "{roll", "exactly one of"),
    ("later_of: [received, withdrawn]", "event: [received, read]", "event: [", "one event"),
    ("cutoff: {later_of: [received, withdrawn], roll: fiscal-year-end}\n            period",
     "period", "period: 3 fiscal", "none is given"),
    ("roll: fiscal-year-end", "roll: year-end", "year-end", '"roll" cannot be'),
    ("whichever: earlier", "whichever: best", "best", "later or earlier"),
    ("event: audited", "event: received", "or: {event", "is the cutoff already"),
    ("after: minimum", "after: death", "death", "cutoff or minimum"),
    ("maximum: {period: 6 months, after: minimum}", "maximum: {period: 7 days, after: cutoff}",
     "7 days", "maximum is shorter"),
    ("maximum: {period: 6 months", "maximum: {period: permanent", "permanent, after", "a length"),
    ("action: destroy", "action: shred", "shred", "write one of"),
    ("            period: permanent\n            disposition: keep",
     "            period: permanent\n            disposition: destroy", "disposition: destroy",
     "kept or transferred"),
    ("action: destroy, manner: confidential", "action: keep", "action: keep", "period: permanent"),
    ("step: governing-body", "step: mayor", "mayor", "write one of"),
    ("whom: archives, ", "", "step: notice", "goes to somebody"),
    ("wait: 23 working days", "wait: a month", "a month", "the wait"),
    ("{after_period: 6 months, ", "{", "maximum: {applies", '"after_period" is missing'),
    ("tail_days: 60", "tail_days: -60", "-60", "write a number"),
    ("unit: business", "unit: weeks", "weeks", "business, working"),
    ("days: 5, ", "", "what: respond", 'leave "days" out'),
    ("minimum: 6 years", "minimum: agency-set", "agency-set", "is a length"),
    ("  minimum: 6 years\n  confidence: verified", "  minimum: 6 years\n  confidence: secondary",
     "minimum: 6", "nobody has read"),
    ("open_questions:", "classification:\n  - {id: a, series: b, words: c}\nopen_questions:",
     "classification", "overlay: true"),
    ("    level: local\n", "    level: local\n    extends: true\n", "extends", "agency's own file"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "said"), MISTAKES, ids=lambda each: repr(each)[:40])
def test_a_mistake_is_explained_at_its_line(old: str, new: str, at: str, said: str) -> None:
    text = changed(old, new)
    assert at in text
    line = text.count("\n", 0, text.index(at)) + 1 if at else None
    found = check(text)
    assert [each for each in found if said in each.text], found
    if line is not None:
        assert line in [each.line for each in found if said in each.text], found
    for each in found:
        assert "\n" not in str(each)
        assert str(each).isprintable()


def test_a_verified_series_without_a_rule_is_refused() -> None:
    start, end = GOOD.index("          - when: historical"), GOOD.index("      - id: X-2")
    text = GOOD[:start].replace("rules:\n", "rules: []\n") + GOOD[end:]
    [found] = check(text)
    assert 'series "012016": "rules" is an empty list; write at least one' in found.text


@pytest.mark.parametrize(
    ("rule", "sound"),
    [
        ("{id: a, series: sf-city/X-2}", False),
        ("{id: a, series: sf-city/X-2, kinds: post, everything: true}", False),
        ("{id: a, series: sf-city/X-2, kinds: post}", True),
        ("{id: a, series: sf-city/X-2, everything: true}", True),
        ("{id: a, series: sf-city/X-2, removed_only: true}", True),
    ],
)
def test_a_classification_rule_says_which_records_it_is_for(rule: str, sound: bool) -> None:
    found = check(f"overlay: true\n{GOOD}classification:\n  - {rule}\n")
    assert (found == ()) == sound
    assert sound or "say which records it is for" in found[0].text


def test_all_mistakes_are_named_at_once_in_the_order_of_the_lines() -> None:
    text = changed("form: 1", "form: 9").replace("3 fiscal years", "3 yrs")
    text = text.replace("unit: business", "unit: weeks")
    found = check(text)
    assert len(found) == 3
    assert [each.line for each in found] == sorted(each.line for each in found)


def test_a_sentence_names_the_schedule_and_the_series() -> None:
    [found] = check(changed("3 fiscal years", "3 yrs"))
    assert str(found).startswith(
        'line 35: schedule "sf-city", series "012016", rules no. 2: the period "3 yrs" is not '
    )


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "# only a comment\n", "null"])
def test_what_is_no_schedule_file_is_told_how_one_begins(text: str) -> None:
    [found] = check(text)
    assert "form: 1" in found.text


def test_a_file_without_end_is_refused_before_it_is_read() -> None:
    [found] = check("#" * (LARGEST + 1))
    assert "1,000,000 characters" in found.text


def test_what_is_nested_without_end_is_refused() -> None:
    found = check("a: " + "[" * 3000)
    assert [each for each in found if "nested deeper" in each.text]


def test_aliases_cannot_blow_a_file_up() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert {each.text for each in check(text)} == {"anchors (& and *) are not read; write it out"}


def test_parse_raises_all_mistakes() -> None:
    with pytest.raises(ScheduleError) as caught:
        parse(changed("form: 1", "form: 9").replace("3 fiscal years", "3 yrs"))
    assert len(caught.value.problems) == 2


def test_an_unverified_series_never_has_a_period_even_if_the_file_gives_one() -> None:
    rules = "        rules:\n          - {cutoff: created, period: 1 day, disposition: destroy}\n"
    text = changed("        missing: the period\n", "        missing: it\n" + rules)
    made, problems = read(text)
    assert made is None
    assert [each for each in problems if 'may have no "rules"' in each.text]


# --- digests


def _digest(text: str) -> str:
    made = parse(text)
    return digest(made.schedules[0], made.procedure.steps if made.procedure else ())


def test_the_digest_is_stable_across_versions_of_the_program() -> None:
    """If this changes, every agency must adopt its schedules again: that must be intended."""
    assert _digest(GOOD) == "415d17d9e5bacc648897d02d3620c14ba256120bfc3904c628e46467d94bcc50"


def _shuffled(value: object, chance: random.Random) -> object:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        return [_shuffled(each, chance) for each in value]
    return value


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_comments_layout_and_order_of_fields_make_no_difference(chance: random.Random) -> None:
    data = _shuffled(yaml.load(GOOD, yaml.BaseLoader), chance)
    assert isinstance(data, dict)
    chance.shuffle(data["schedules"][0]["series"])
    text = "# a comment\n" + yaml.safe_dump(data, sort_keys=False, width=chance.randint(20, 200))
    assert _digest(text) == _digest(GOOD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3 fiscal years", "2 fiscal years"),
        ("3 fiscal years", "3 calendar years"),
        ("later_of", "earlier_of"),
        ("edition: 2nd", "edition: 3rd"),
        ("expires: 2028-08-27", "expires: 2029-08-27"),
        ("wait: 23 working days", "wait: 23 days"),
        ("action: destroy", "action: review"),
        ("Ordinary posts.", "All posts."),
        ("status: unverified\n        missing: the period",
         "status: unverified\n        missing: the cutoff"),
    ],
)  # fmt: skip
def test_whatever_the_schedule_says_counts_for_the_digest(old: str, new: str) -> None:
    assert _digest(changed(old, new)) != _digest(GOOD)


# --- whatever is thrown at it

SHIPPED = sorted((Path(__file__).parents[3] / "config" / "schedules").glob("*.yaml"))
LINES = [line for path in SHIPPED for line in path.read_text(encoding="utf-8").splitlines()]


def _sound(text: str) -> None:
    made, problems = read(text)
    assert (made is None) == bool(problems)
    for each in problems:
        assert 1 <= each.line <= text.count("\n") + 2
        assert str(each).isprintable()
        assert len(each.text) > 10


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_answered_with_sentences(text: str) -> None:
    _sound(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_any_lines_of_schedules_are_answered_with_sentences(lines: Sequence[str]) -> None:
    _sound("\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_answered_with_sentences(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.text(max_size=12)) + text[end:]
    _sound(text)


WORDS = sorted({word for line in GOOD.splitlines() for word in line.replace(":", " ").split()})
TREES = st.recursive(
    st.sampled_from(WORDS) | st.none() | st.integers() | st.booleans() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(WORDS), TREES, max_size=8))
def test_any_tree_of_fields_is_answered_with_sentences(tree: dict[str, object]) -> None:
    _sound(yaml.safe_dump({"form": 1, "jurisdiction": "SF", "name": "S", **tree}))
