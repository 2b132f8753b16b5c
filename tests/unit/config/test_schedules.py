"""The shipped schedules: complete, cited, nothing unread with a period, readable by an editor.

What each verified series says is written down here a second time, so that nobody changes law
by a slip of the hand. Whoever reads a series at its source changes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from retention.facts import Action, Event, HoldKind, Manner, PeriodKind, PerWhat, Roll, Step
from retention.schedule import check, parse
from retention.schedule_changes import lay_over
from retention.schedule_values import (
    AdoptionKind,
    Confidence,
    Entry,
    HoldEffect,
    How,
    Schedule,
    ScheduleFile,
)
from retention.schedule_words import rules_words

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "schedules"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
FILES = {name: parse(text) for name, text in TEXTS.items()}
SCHEMA = json.loads((FOLDER / "schedule.schema.json").read_text(encoding="utf-8"))

# Entries that were read, and still may not dispose of anything, with the reason.
DEMOTED = {
    ("US", "GRS 4.1/020"): "the page gives six years and not the event from which they run",
    ("GA", "LG-01-027"): "the page gives three years and no trigger",
    ("WI", "19.21(7)"): "read only in a league's explanation, not in the statute",
    ("WI", "19.21(4)(b)"): "the same; it is the default rule and states no minimum",
}

# Entries that were read at an official source or a mirror of it, before any was demoted; of
# CA, US and WA one is the rule for what no series claims.
READ = {"OR": 13, "GA": 8, "WY": 6, "NY": 4, "MN": 4, "US": 4, "WA": 3, "NC": 3, "ME": 3,
        "NJ": 3, "TX": 2, "FL": 2, "CA": 2, "WI": 2}  # fmt: skip
READ_DEFAULTS = {"CA", "US", "WA"}

VERIFIED = {
    ("CA", "GC 34090.5"): "until declared: reproduced; then replace",
    ("FL", "GS1-SL #189"): "1 year after the earlier of superseded and closed; then destroy",
    (
        "FL",
        "GS1-SL #306",
    ): "4 calendar years after the end of the calendar year of created; then destroy",
    ("GA", "LG-01-011"): "permanent; then keep",
    ("GA", "LG-01-028"): "5 years after created; then destroy",
    ("GA", "LG-01-031"): "until declared: no-longer-needed; then destroy",
    ("GA", "LG-01-041"): "permanent; then keep",
    ("GA", "LG-01-042"): "180 days after created; then destroy",
    (
        "GA",
        "LG-01-044",
    ): "if the record copy is kept elsewhere: until declared: the earlier of superseded "
    "and no-longer-needed; then destroy",
    ("GA", "LG-01-006"): "90 days after minutes-approved; then destroy",
    ("ME", "GS13 transitory"): "until declared: no-longer-needed; then destroy",
    ("ME", "GS13 general"): "2 years after created; then destroy",
    ("ME", "GS13 program"): "a period that the agency must set; then hold-until-scheduled",
    ("MN", "LIB 01800"): "2 years after created; then destroy",
    ("MN", "LIB 01500"): "2 years after created; then destroy",
    ("MN", "13.825 subd. 3(a)"): "90 days after created; then destroy",
    ("MN", "13.825 subd. 3(b)"): "1 year after created; then destroy",
    (
        "NC",
        "County std 13 item 7",
    ): "if historical value: permanent; then keep | until declared: the earlier of "
    "superseded and no-longer-needed; then review",
    ("NC", "County std 13 item 5"): "5 years after created; then destroy",
    (
        "NC",
        "County std 13 item 6",
    ): "if historical value: permanent; then keep | a period that the agency must set "
    "after no-longer-needed; then review",
    ("NJ", "0003-0001"): "permanent; then keep",
    ("NJ", "0003-0002"): "5 years after created; then destroy",
    ("NJ", "0001-0002"): "3 years after final-entry; then destroy",
    ("NY", "90329"): "6 months after answered; then destroy",
    ("NY", "90330"): "6 months after the earlier of superseded and no-longer-needed; then destroy",
    ("NY", "90331"): "6 months after closed; then destroy",
    ("NY", "90372"): "4 months after event-date; then destroy",
    ("OR", "166-200-0255(4)(a)"): "permanent; then keep",
    ("OR", "166-200-0255(4)(b)"): "2 years after created; then destroy",
    ("OR", "166-200-0255(2)"): "1 year after created; then destroy",
    ("OR", "166-200-0255(5)"): "3 years after created; then destroy",
    ("OR", "166-200-0235(15)"): "2 years after last-action; then destroy",
    (
        "OR",
        "166-200-0235(3)",
    ): "until declared: the earlier of superseded and no-longer-needed; then destroy",
    ("OR", "166-200-0350(5)"): "30 days after created; then destroy",
    (
        "OR",
        "166-200-0350(12)",
    ): "until declared: the earlier of superseded and no-longer-needed; then destroy",
    ("OR", "166-200-0350(14)(b)"): "2 years after created; then destroy",
    (
        "OR",
        "166-200-0350(16)",
    ): "5 years after created, or audited, whichever is earlier; then destroy",
    (
        "OR",
        "166-200-0350(17)",
    ): "3 years after created, or superseded, whichever is later; then destroy",
    ("OR", "166-200-0380(15)(a)"): "25 years after created; then destroy",
    (
        "OR",
        "166-200-0380(15)(c)",
    ): "5 years after the earlier of superseded and no-longer-needed; then destroy",
    ("TX", "GR1000-26a"): "4 years after created; then review",
    ("TX", "GR1000-26b"): "2 years after created; then destroy",
    (
        "US",
        "GRS 6.4/010",
    ): "3 years after created, or no-longer-needed, whichever is later; then destroy",
    ("US", "GRS 6.4/020"): "90 days after created; then destroy",
    ("WA", "GS50-01-12 Rev. 3"): "2 years after the later of received and withdrawn; then review",
    ("WA", "GS 50002"): "until declared: no-longer-needed; then destroy",
    (
        "WY",
        "ADM-GMT-26",
    ): "3 years after the earlier of superseded and no-longer-needed; then destroy",
    ("WY", "ADM-COM-04"): "5 years after created; then destroy",
    ("WY", "ADM-COM-07"): "5 years after created; then destroy",
    ("WY", "ADM-GMT-05"): "3 years after created; then destroy",
    ("WY", "ADM-GMT-03/04"): "permanent; then keep",
    (
        "WY",
        "NO-RETENTION",
    ): "if no agency response, or a repost of others: until declared: no-longer-needed; "
    "then destroy",
}

# For what no series claims: who says how long at the least.
DEFAULTS = {"CA": "Cal. Gov. Code 34090", "MI": "MCL 399.811, 750.491",
            "US": "36 CFR 1225.14(c)(2)", "WA": "WAC 434-635-010; RCW 40.14.070"}  # fmt: skip

UNREAD = {"CA": 2, "FL": 5, "GA": 2, "MN": 5, "NC": 19, "NJ": 1, "OH": 13, "TX": 13, "US": 4,
          "VA": 16, "WA": 3, "WI": 1}  # fmt: skip
ONLY_PROCEDURE = {"PA", "IL", "MI", "CO", "AZ", "MA", "TN"}


def entries(file: ScheduleFile) -> Iterator[tuple[Schedule, Entry]]:
    """Every series of a file with its schedule."""
    for schedule in file.schedules:
        for entry in schedule.entries:
            yield schedule, entry


@pytest.mark.parametrize("name", TEXTS)
def test_a_shipped_file_has_no_mistake(name: str) -> None:
    assert check(TEXTS[name]) == ()
    assert FILES[name].jurisdiction.lower() == name
    assert not FILES[name].overlay


def test_the_verified_series_say_what_was_read() -> None:
    found = {
        (file.jurisdiction, entry.series.id): rules_words(entry.series.rules)
        for file in FILES.values()
        for _, entry in entries(file)
        if entry.series.verified
    }
    assert found == VERIFIED


def test_all_that_was_read_ships_but_what_was_demoted() -> None:
    found = {}
    for file in FILES.values():
        state = file.jurisdiction
        verified = sum(entry.series.verified for _, entry in entries(file))
        demoted = sum(each == state for each, _ in DEMOTED)
        if total := verified + demoted + (state in READ_DEFAULTS):
            found[state] = total
    assert found == READ


def test_what_was_demoted_has_no_period() -> None:
    for file in FILES.values():
        for _, entry in entries(file):
            if (file.jurisdiction, entry.series.id) in DEMOTED:
                assert not entry.series.verified
                assert entry.missing


def test_as_many_series_are_still_to_be_read_as_is_said() -> None:
    found = {
        file.jurisdiction: count
        for file in FILES.values()
        if (count := sum(not entry.series.verified for _, entry in entries(file)))
    }
    assert found == UNREAD


def test_of_seven_states_only_the_procedure_is_known() -> None:
    empty = {file.jurisdiction for file in FILES.values() if not any(entries(file))}
    assert empty == ONLY_PROCEDURE


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_no_unread_series_has_a_period_or_copied_words(file: ScheduleFile) -> None:
    for _, entry in entries(file):
        if entry.series.verified:
            continue
        assert [rule.period.kind for rule in entry.series.rules] == [PeriodKind.UNVERIFIED]
        assert entry.missing
        assert (entry.summary, entry.series.applies_to, entry.series.citation) == ("", "", "")
        assert not re.search(r"\d+ (year|month|day)", entry.missing + entry.note)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_verified_series_is_cited_with_edition_source_and_month(file: ScheduleFile) -> None:
    for schedule, entry in entries(file):
        if not entry.series.verified:
            continue
        assert entry.series.citation
        assert entry.series.edition == schedule.edition != ""
        assert entry.series.source.startswith("https://")
        assert entry.how in (How.OFFICIAL_PAGE, How.MIRROR)
        assert entry.seen == "2026-11"
        assert entry.series.applies_to
        assert all(rule.period.kind is not PeriodKind.UNVERIFIED for rule in entry.series.rules)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nothing_rests_on_a_data_set_with_terms_of_its_own(text: str) -> None:
    assert "benuski" not in text
    assert "recordsmanagement" not in text


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_state_says_who_must_agree_and_what_is_not_known(file: ScheduleFile) -> None:
    assert file.procedure is not None
    assert file.open_questions
    assert file.fiscal_years
    for year in file.fiscal_years:
        assert year.backing.confidence is Confidence.FROM_MEMORY
    if not file.holds:
        assert any("No rule on holds" in each for each in file.open_questions)
    if not file.deadlines:
        assert any("No deadline" in each for each in file.open_questions)
    if file.default is None:
        assert any("no series claims" in each for each in file.open_questions)


def test_only_what_was_read_sets_a_minimum_for_what_no_series_claims() -> None:
    found = {
        file.jurisdiction: file.default.backing.citation
        for file in FILES.values()
        if file.default and file.default.minimum
    }
    assert found == DEFAULTS


def test_the_clocks_that_surprise_are_in_the_data() -> None:
    wisconsin, jersey, virginia = FILES["wi"], FILES["nj"], FILES["va"]
    assert [(h.tail_days, h.tail_days_in_custody) for h in wisconsin.holds] == [(60, 90)]
    assert [str(s.expires) for s in wisconsin.schedules if s.expires] == ["2028-08-27"]
    assert jersey.procedure is not None
    assert [s.wait_days for s in jersey.procedure.steps if s.working_days] == [23]
    assert virginia.procedure is not None
    assert virginia.procedure.maximum is not None
    assert virginia.procedure.maximum.period.months == 6
    assert [h for h in virginia.holds if HoldKind.SCHEDULE in h.kinds]
    assert [h.effect for h in FILES["tx"].holds][-1] is HoldEffect.FORCED_DESTRUCTION
    assert [h.lasts_days for h in FILES["mn"].holds if h.renewable] == [180]
    assert [h.adds.months for h in FILES["ny"].holds if h.adds] == [3]


def test_the_approvals_stand_in_the_order_of_the_law() -> None:
    california, pennsylvania = FILES["ca"].procedure, FILES["pa"].procedure
    assert california is not None
    assert pennsylvania is not None
    assert [step.step for step in california.steps] == [
        Step.DEPARTMENT_HEAD, Step.ATTORNEY, Step.GOVERNING_BODY,
    ]  # fmt: skip
    assert [(s.step, s.per) for s in pennsylvania.steps] == [(Step.GOVERNING_BODY, PerWhat.ACT)]


# --- for editors


class _Loader(yaml.SafeLoader):
    """Leaves days as text, as an editor's YAML 1.2 does."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in each if not tag.endswith(":timestamp")]
    for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _errors(text: str) -> list[str]:
    data: Any = yaml.load(text, _Loader)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(data)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_shipped_file_is_valid_for_an_editor(text: str) -> None:
    assert _errors(text) == []
    assert text.startswith("# yaml-language-server: $schema=schedule.schema.json\n")


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("confidence", Confidence),
        ("event", Event),
        ("adoption.kind", AdoptionKind),
        ("verified.how", How),
        ("step.step", Step),
        ("step.per", PerWhat),
        ("hold.effect", HoldEffect),
    ],
)
def test_the_schema_offers_the_words_that_the_program_reads(path: str, choices: Any) -> None:
    name, _, field = path.partition(".")
    found = SCHEMA["$defs"][name]
    found = found["properties"][field] if field else found
    assert found["enum"] == [each.value for each in choices]


def test_the_schema_offers_the_words_of_a_rule() -> None:
    rule = SCHEMA["$defs"]["rule"]["properties"]
    word, group = rule["disposition"]["oneOf"]
    assert word["enum"] == [each.value for each in Action]
    assert group["properties"]["manner"]["enum"] == [each.value for each in Manner]
    roll = rule["cutoff"]["oneOf"][1]["properties"]["roll"]
    assert roll["enum"] == [each.value for each in Roll]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status: verified", "status: checked"),
        ("period: 2 years", "period: 2 yrs"),
        ("disposition: review", "disposition: shred"),
        ("[received, withdrawn]", "[received, gone]"),
        ("seen: 2026-11", "seen: November"),
        ("form: 1", "form: 2"),
        ("title:", "titel:"),
        ("        missing:", "        rules: []\n        missing:"),
        ("        citation: RCW 40.14.070; DAN GS50-01-12\n", ""),
        ("confidence: verified\n      citation", "confidence: verified\n      note"),
    ],
)
def test_an_editor_sees_the_mistakes_that_check_sees(old: str, new: str) -> None:
    assert old in TEXTS["wa"]
    text = TEXTS["wa"].replace(old, new, 1)
    assert check(text)
    assert _errors(text)


# --- the handbook


def _examples() -> list[str]:
    text = (ROOT / "docs" / "schedules.md").read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def test_the_examples_of_the_handbook_can_be_used_as_they_stand() -> None:
    examples = _examples()
    assert len(examples) == 2
    merged = FILES["wa"]
    for text in examples:
        assert _errors(text) == []
        merged, problems = lay_over(merged, parse(text))
        assert problems == ()
    words = {s.key: rules_words(s.rules) for schedule in merged.schedules for s in schedule.series}
    assert words["wa-core/GS50-01-12 Rev. 3"].startswith("5 years after the later of received")
    assert "springfield-social-media/SM-2" in words


def test_the_handbook_lists_every_word_for_a_disposition() -> None:
    text = (ROOT / "docs" / "schedules.md").read_text(encoding="utf-8")
    for action in Action:
        assert f"`{action.value}`" in text
