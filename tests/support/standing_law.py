"""Random law, and what it says of each record of a `standing_world`, without the database."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from archiver.desk.retention_judge import BETWEEN_WORDS
from archiver.desk.retention_law import Lawbook
from retention.agency import AgencySettings, Floor
from retention.calendars import FiscalYearEnd
from retention.case import Law
from retention.classify import ClassRule, Override, classify, resolve
from retention.decide import decide
from retention.facts import (
    Adoption,
    Decision,
    EditionFacts,
    Event,
    Hold,
    HoldKind,
    Period,
    PeriodKind,
    RecordFacts,
    Scope,
    Series,
)
from retention.today import Today
from tests.support.standing_world import DAY, OWN, TAGS, World
from tests.unit.retention.strategies import all_series

ZONE = ZoneInfo("America/Chicago")
WORDS = ("jones", "jose", "police chief", "snow", "chief")

# -- what the law says of each record ---------------------------------------------------------


def local(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def expected(
    world: World, book: Lawbook, slugs: dict[int, str], today: Today
) -> dict[int, Decision]:
    by_place = {(r["account_id"], r["family"], r["platform_id"]): r for r in world.records}
    made = {}
    for row in world.records:
        by_post: tuple[str, ...] = ()
        root = row["thread_id"] or row["parent_id"]
        post = by_place.get((row["account_id"], "post", root))
        if row["family"] == "comment" and post is not None:
            by_post = claimed(world, book, slugs, post, ())
        names = claimed(world, book, slugs, row, by_post)
        facts = facts_of(world, slugs, row, by_post)
        made[row["id"]] = decide(
            facts,
            resolve(names, book.catalogue),
            book.law,
            today,
            holds=holds_of(world, row),
            answers=world.answers.get(row["id"], ()),
        )
    return made


def holds_of(world: World, row: dict[str, Any]) -> list[Hold]:
    return [
        Hold(id=name, kind=HoldKind.LITIGATION, matter="m", scope=Scope(everything=True),
             placed=DAY)
        for name in sorted(world.held.get(row["id"], ()))
    ]  # fmt: skip


def claimed(
    world: World,
    book: Lawbook,
    slugs: dict[int, str],
    row: dict[str, Any],
    by_post: tuple[str, ...],
) -> tuple[str, ...]:
    hand = world.by_hand.get(row["id"], ())
    overrides = [
        Override(record_id=row["id"], series=tuple(sorted(hand)), who="p", reason="r", on=DAY)
    ]
    facts = facts_of(world, slugs, row, by_post)
    names: dict[str, None] = {}
    for rules in book.rule_sets:
        names |= dict.fromkeys(classify(facts, rules, overrides if hand else ())[0])
    return tuple(names)


def facts_of(
    world: World, slugs: dict[int, str], row: dict[str, Any], by_post: tuple[str, ...]
) -> RecordFacts:
    record_id = row["id"]
    visible = row["visibility"] in ("public", "unlisted") and row["presence"] not in (
        "gone", "hidden",
    )  # fmt: skip
    events: dict[Event, date] = {}
    tags = frozenset(world.tags.get(record_id, ()))
    for on, tag, event, day in world.stated:
        if on == record_id or (on is None and tag in tags):
            events.pop(event, None)
            if day is not None:
                events[event] = day
    if row["published_at"] is not None:
        states = [v for v in world.versions if v["record_id"] == record_id]
        known = [v["edited_at"] or v["not_after"] for v in states]
        created = max([row["published_at"], *(each for each in known if each)])
        events[Event.CREATED] = events[Event.RECEIVED] = local(created)
    removals = [
        f["not_after"] or f["at"]
        for f in world.findings
        if f["record_id"] == record_id
        and (
            f["stage"] == "state"
            or (f["stage"] == "confirmed" and f["presence"] in ("gone", "hidden"))
        )
    ]
    if not visible and removals:
        events[Event.WITHDRAWN] = local(max(removals))
    slug = slugs[row["account_id"]]
    return RecordFacts(
        record_id=record_id,
        account=slug,
        platform="x",
        department="Police",
        kind=row["kind"],
        author_role=role_of(row, own_known=slug == "pd"),
        author_id=row["author_id"],
        words=BETWEEN_WORDS.join(world.texts(record_id)),
        thread_id=row["thread_id"],
        parent_series=by_post,
        tags=tags,
        assertions=tags,
        events=events,
        visible=visible,
    )


def role_of(row: dict[str, Any], *, own_known: bool) -> str:
    if row["kind"] == "profile" or (own_known and row["author_id"] == OWN):
        return "agency"
    if row["kind"] in ("comment", "reply"):
        return "public"
    return "public" if own_known and row["author_id"] else "agency"


# -- random law -------------------------------------------------------------------------------


def some(chance: random.Random, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(chance.sample(values, chance.choice((0, 0, 0, 1, 2))))


def make_rules(chance: random.Random, threads: list[str]) -> tuple[ClassRule, ...]:
    keys = ("s/a", "s/b", "s/c", "s/unknown")
    return tuple(
        ClassRule(
            id=f"r{number}",
            series=tuple(chance.sample(keys[:3] if chance.random() < 0.9 else keys, 1)),
            priority=chance.choice((0, 1)),
            accounts=some(chance, ("pd", "fire")),
            departments=some(chance, ("Police", "Fire")),
            platforms=some(chance, ("x", "facebook")),
            kinds=some(chance, ("post", "comment", "reply", "profile")),
            author_roles=some(chance, ("agency", "public")),
            authors=some(chance, (OWN, "88")),
            words=some(chance, WORDS),
            threads=tuple(chance.sample(threads, 2)) if chance.random() < 0.1 else (),
            tags=some(chance, TAGS),
            unless_words=some(chance, WORDS),
            unless_tags=some(chance, TAGS),
            removed_only=chance.random() < 0.15,
            stand_alone=chance.random() < 0.3,
        )
        for number in range(5)
    )


@st.composite
def books(draw: st.DrawFn) -> Lawbook:
    chance = random.Random(draw(st.integers(0, 2**32)))
    series: tuple[Series, ...] = draw(all_series)
    threads = [f"p{n}" for n in range(1, 30)]
    sets = tuple(make_rules(chance, threads) for _ in range(draw(st.integers(1, 2))))
    adopted = draw(st.booleans())
    floor = Floor(period=Period(kind=PeriodKind.LENGTH, years=2), citation="Gov. Code")
    return Lawbook(
        catalogue={each.key: each for each in series},
        rule_sets=sets,
        law=Law(
            agency=AgencySettings(
                fiscal_years=(FiscalYearEnd(month=9, day=30),) if draw(st.booleans()) else (),
                floors=(floor,) if draw(st.booleans()) else (),
            ),
            editions=(EditionFacts(schedule="s", edition="1", digest="d"),),
            adoptions=(
                Adoption(schedule="s", edition="1", digest="d" if adopted else "e", officer="o",
                         adopted=date(2020, 1, 1), document="r"),
            ),
        ),
    )  # fmt: skip
