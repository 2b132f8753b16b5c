"""The law that the agency goes by: schedules in force, what was adopted, its own rules.

Only what the agency has taken up counts towards its own arithmetic: fiscal years and the
statute's minimum for all records come from the states whose schedules it has adopted or laid
a file of its own over. A fiscal year that is from memory, or differs from body to body, ends
nothing; the agency writes its own into its file.

A change of the classification rules counts at once where it adds a claim; where it takes one
away, only from the day after the next adoption: each adoption keeps the rules of its day, and
until another one a record is claimed by what those say as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from archiver.desk.schedules import Library, digest_of, editions, floors
from archiver.errors import UsageError
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.retention import AdoptionEntry
from archiver.model.queries.standing_rare import Needs
from retention.agency import AgencySettings
from retention.calendars import FiscalYearEnd
from retention.case import Law
from retention.claim import APPRAISED
from retention.classify import ClassRule
from retention.facts import Adoption, Approval, EditionFacts, Rule, Series
from retention.schedule_values import Confidence, Schedule, ScheduleFile
from retention.words import needle

_SCHEDULE = TypeAdapter(Schedule)
_STEPS = TypeAdapter(tuple[Approval, ...])
_RULE = TypeAdapter(Rule)
_RULES = TypeAdapter(tuple[ClassRule, ...])
_KEY_LENGTH = 100  # of the column that names a series


@dataclass(frozen=True, slots=True, kw_only=True)
class Lawbook:
    """Everything that a decision looks up. `catalogue` is by the key of the series. What any
    of `rule_sets` says claims a record: the present rules, and those last adopted."""

    catalogue: Mapping[str, Series]
    rule_sets: tuple[tuple[ClassRule, ...], ...]
    law: Law


def lawbook(
    library: Library, adopted: Iterable[AdoptionEntry], *, day: date, zone: ZoneInfo
) -> Lawbook:
    """The law on a day as it is loaded now, under what was adopted.

    Raises: UsageError when the id of a series is too long to be kept.
    """
    entries = tuple(adopted)
    names = {entry.schedule for entry in entries}
    files = tuple(library.files.values())
    ours = [
        file
        for file in files
        if file.jurisdiction in library.overlaid or names & {s.id for s in file.schedules}
    ]
    catalogue = {s.key: s for file in files for schedule in file.schedules for s in schedule.series}
    long = next((key for key in catalogue if len(key) > _KEY_LENGTH), None)
    if long is not None:
        raise UsageError(f'the id of the series "{long}" has more than {_KEY_LENGTH} characters')
    return Lawbook(
        catalogue=catalogue,
        rule_sets=_rule_sets(library, entries, day=day, zone=zone),
        law=Law(
            agency=AgencySettings(
                fiscal_years=_fiscal_years(ours),
                floors=tuple(floor for file in ours for floor in floors(file)),
            ),
            editions=tuple(edition for file in files for edition in editions(file)),
            adoptions=tuple(as_facts(entry, zone) for entry in entries),
        ),
    )


def rules_of(library: Library) -> tuple[ClassRule, ...]:
    """The agency's classification rules as they are loaded now."""
    return tuple(each.rule for file in library.files.values() for each in file.classification)


def _rule_sets(
    library: Library, entries: Sequence[AdoptionEntry], *, day: date, zone: ZoneInfo
) -> tuple[tuple[ClassRule, ...], ...]:
    present = rules_of(library)
    old = [entry for entry in entries if as_facts(entry, zone).adopted < day]
    if not old:
        return (present,)
    adopted = _RULES.validate_python(json.loads(old[-1].content)["classification"])
    return (present,) if adopted == present else (present, adopted)


def as_facts(entry: AdoptionEntry, zone: ZoneInfo) -> Adoption:
    """The adoption as the law sees it. One that is entered later than it was decided counts
    from the day of its entry: nobody could look at what it moves before."""
    return Adoption(
        schedule=entry.schedule,
        edition=entry.edition,
        digest=entry.digest,
        officer=entry.officer,
        adopted=max(entry.adopted_on, entry.at.astimezone(zone).date()),
        document=entry.document,
        expires=entry.expires_on,
    )


def _fiscal_years(files: Sequence[ScheduleFile]) -> tuple[FiscalYearEnd, ...]:
    """The agency's fiscal years, if they are sure and there is one answer only."""
    known = {
        each.ends[0]
        for file in files
        for each in file.fiscal_years
        if each.backing.confidence is Confidence.VERIFIED and len(each.ends) == 1
    }
    if len(known) != 1:
        return ()
    month, _, day = known.pop().partition("-")
    return (FiscalYearEnd(month=int(month), day=int(day)),)


def needs_of(accounts: Sequence[AccountEntry], *books: Lawbook) -> Needs:
    """What the rules of these books ask about a record of one of these accounts."""
    rules = [rule for book in books for some in book.rule_sets for rule in some]
    facts = [rule.condition for b in books for s in b.catalogue.values() for rule in s.rules]
    tags = [tag for rule in rules for tag in (*rule.tags, *rule.unless_tags)]
    words = [word for rule in rules for word in (*rule.words, *rule.unless_words)]
    return Needs(
        accounts=_groups(accounts, rules),
        kinds=_each(kind for rule in rules for kind in rule.kinds),
        roles=any(rule.author_roles for rule in rules),
        removed=any(rule.removed_only for rule in rules),
        authors=_each(author for rule in rules for author in rule.authors),
        threads=_each(thread for rule in rules for thread in rule.threads),
        words=_each(word for word in words if needle(word)),
        tags=_each([*tags, *facts, *APPRAISED]),
    )


def _groups(
    accounts: Sequence[AccountEntry], rules: Sequence[ClassRule]
) -> tuple[tuple[int, ...], ...]:
    """The numbers of the accounts, those together that no rule tells apart."""
    groups: dict[tuple[tuple[bool, bool, bool], ...], list[int]] = {}
    for each in accounts:
        met = tuple(
            (
                each.slug in rule.accounts,
                each.department in rule.departments,
                each.platform in rule.platforms,
            )
            for rule in rules
        )
        groups.setdefault(met, []).append(each.id)
    return tuple(tuple(group) for group in groups.values())


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


# -- keeping an edition as it was adopted -------------------------------------------------------


def content_of(file: ScheduleFile, schedule: Schedule, rules: tuple[ClassRule, ...]) -> str:
    """The edition, the procedure's steps and the agency's classification rules as canonical
    JSON, which `edition_from` reads."""
    steps = file.procedure.steps if file.procedure else ()
    whole = {
        "schedule": _SCHEDULE.dump_python(replace(schedule, line=0), mode="json"),
        "steps": _STEPS.dump_python(steps, mode="json"),
        "classification": _RULES.dump_python(rules, mode="json"),
    }
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def edition_from(content: str) -> Schedule:
    """The edition as it was adopted."""
    return _SCHEDULE.validate_python(json.loads(content)["schedule"])


def branches_of(schedule: Schedule) -> list[dict[str, object]]:
    """A row for every branch of every series, as the table `series_rules` keeps them."""
    return [
        {
            "series": series.id,
            "branch": number,
            "title": series.title,
            "citation": series.citation,
            "rule": _RULE.dump_python(rule, mode="json"),
        }
        for series in schedule.series
        for number, rule in enumerate(series.rules)
    ]


def as_adopted(book: Lawbook, entry: AdoptionEntry) -> Lawbook:
    """The same law with a schedule put back to an edition that was adopted."""
    before = edition_from(entry.content)
    rest = {k: s for k, s in book.catalogue.items() if s.schedule != entry.schedule}
    facts = EditionFacts(
        schedule=before.id, edition=before.edition, digest=entry.digest, expires=before.expires
    )
    others = tuple(each for each in book.law.editions if each.schedule != entry.schedule)
    return replace(
        book,
        catalogue={**rest, **{series.key: series for series in before.series}},
        law=replace(book.law, editions=(*others, facts)),
    )


def if_adopted(
    book: Lawbook, file: ScheduleFile, schedules: Sequence[Schedule], *, on: date
) -> Lawbook:
    """The same law as if these schedules had been adopted on that day, with the present rules."""
    supposed = tuple(
        Adoption(
            schedule=each.id,
            edition=each.edition,
            digest=digest_of(file, each),
            officer="nobody yet",
            adopted=on,
            document="",
        )
        for each in schedules
    )
    law = replace(book.law, adoptions=(*book.law.adoptions, *supposed))
    return replace(book, law=law, rule_sets=book.rule_sets[:1])
