"""The standings that the database writes are those that the law gives record by record."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from archiver.desk.retention_judge import BETWEEN_WORDS, Judge
from archiver.desk.retention_law import Lawbook, needs_of
from archiver.model.queries import holds, registry, standing_keys, standings
from archiver.model.queries import retention as acts
from archiver.model.queries.holds import as_facts, binding_on
from archiver.model.tables_retention import hold_matches
from archiver.model.tables_retention import standings as standings_table
from archiver.wiring import Archive
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
    MaximumDecision,
    Period,
    PeriodKind,
    RecordFacts,
    Scope,
    Series,
)
from retention.today import Today
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.held_records import (
    finding_row,
    make_accounts,
    record_row,
    version_row,
    write_rows,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.unit.retention.strategies import all_series

DAY = date(2026, 11, 24)
COUNT = 150
ZONE = ZoneInfo("America/Chicago")
OWN = "77"
TAGS = ("historical", "excepted", "case 26-1187", "appraised: no archival value")
TEXTS = (
    "Jones was here", "A word from O'Neill", "Snow routes", "José asks", "police chief",
    "the chief of police", "",
)  # fmt: skip
WORDS = ("jones", "jose", "police chief", "snow", "chief")
STATED = (Event.CLOSED, Event.AUDITED, Event.CASE_OVER)


@dataclass(repr=False)  # it is too large to be shown with a failure
class World:
    """Rows as written, and what they say of each record."""

    records: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[int, set[str]] = field(default_factory=dict)
    stated: list[tuple[int | None, str, Event, date | None]] = field(default_factory=list)
    by_hand: dict[int, tuple[str, ...]] = field(default_factory=dict)
    held: dict[int, set[str]] = field(default_factory=dict)
    answers: dict[int, tuple[MaximumDecision, ...]] = field(default_factory=dict)

    def texts(self, record_id: int) -> list[str]:
        """Of all versions."""
        return [v["words"] for v in self.versions if v["record_id"] == record_id]


def moments(chance: random.Random) -> datetime:
    """Mostly near the borders of days, months and daylight saving in Chicago."""
    edges = ("2024-03-10 08:00", "2024-11-03 06:00", "2024-02-29 06:00", "2023-12-31 06:00",
             "2025-01-01 05:59", "2026-11-24 06:00", "2025-07-01 04:59")  # fmt: skip
    if chance.random() < 0.5:
        base = datetime.fromisoformat(chance.choice(edges)).replace(tzinfo=UTC)
        return base + timedelta(seconds=chance.choice((-1, 0, 1, 3600, -3600)))
    return datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(60 * 24 * 365 * 7))


def make_world(chance: random.Random, accounts: dict[str, int], first: int) -> World:
    world = World()
    account_ids = list(accounts.values())
    for number in range(first, first + COUNT):
        account = chance.choice(account_ids)
        comment = chance.random() < 0.4 and number > first
        published = None if chance.random() < 0.1 else moments(chance)
        edited = moments(chance) if published and chance.random() < 0.2 else None
        several = chance.random() < 0.3
        gone = chance.random() < 0.3
        parent = chance.choice(world.records)["platform_id"] if comment else ""
        row = record_row(
            number,
            account,
            published_at=published,
            edited_at=edited,
            family="comment" if comment else "post",
            kind=chance.choice(("comment", "reply")) if comment else "post",
            thread_id=parent if chance.random() < 0.8 else "",
            parent_id=parent,
            author_id=chance.choice(("", OWN, "88", "99")),
            presence="gone" if gone else chance.choice(("present", "suspected", "unreachable")),
            visibility=chance.choice(("public", "public", "public", "hidden", "unlisted")),
            versions=2 if several else 1,
        )
        world.records.append(row)
        stated: dict[str, Any] = {"edited_at": edited, "not_after": edited}
        world.versions.append(version_row(row, words=chance.choice(TEXTS), **stated))
        if several:
            seen = moments(chance)
            either = {"edited_at": seen} if chance.random() < 0.5 else {"not_after": seen}
            world.versions.append(version_row(row, number=2, words=chance.choice(TEXTS), **either))
        for _ in range(chance.choice((0, 1, 2)) if gone else chance.choice((0, 0, 1))):
            world.findings.append(
                finding_row(
                    row,
                    at=moments(chance),
                    not_after=moments(chance) if chance.random() < 0.8 else None,
                    stage=chance.choice(("confirmed", "suspected", "state")),
                    presence=chance.choice(("gone", "hidden", "unreachable")),
                )
            )
    profile = record_row(first + COUNT, account_ids[0], kind="profile", family="profile",
                         author_id=OWN)  # fmt: skip
    world.records.append(profile)
    world.versions.append(version_row(profile, words="Springfield"))
    return world


def make_answers(
    chance: random.Random, ids: list[int], keys: list[str]
) -> dict[int, tuple[MaximumDecision, ...]]:
    """Some count, some do not: made tomorrow, or by nobody."""
    return {
        record_id: tuple(
            MaximumDecision(
                record_id=record_id,
                series=key,
                who=chance.choice(("Agnes Skinner", "Agnes Skinner", "")),
                on=DAY + timedelta(days=chance.choice((-400, 0, 1))),
                document="Memo 7",
                destroy=chance.random() < 0.7,
            )
            for key in chance.sample(keys, chance.choice((1, 2, 3)))
        )
        for record_id in chance.sample(ids, 40)
    }


def write_world(archive: Archive, world: World, chance: random.Random, keys: list[str]) -> None:
    now = archive.clock.now()
    ids = [row["id"] for row in world.records]
    world.answers = make_answers(chance, ids, keys)
    with archive.database.write() as connection:
        write_rows(connection, world.records, world.versions, world.findings)
        for record_id in chance.sample(ids, 25):
            for tag in chance.sample(TAGS, 2):
                world.tags.setdefault(record_id, set()).add(tag)
                acts.set_tag(connection, record_id, tag, on=True, actor="Lou", at=now)
        for record_id in chance.sample(sorted(world.tags), 5):
            tag = chance.choice(sorted(world.tags[record_id]))
            world.tags[record_id].discard(tag)
            acts.set_tag(connection, record_id, tag, on=False, actor="Lou", at=now)
        for _ in range(20):
            for_tag = chance.random() < 0.3
            said = (
                None if for_tag else chance.choice(ids),
                chance.choice(TAGS) if for_tag else "",
                chance.choice(STATED),
                None if chance.random() < 0.2 else moments(chance).date(),
            )
            world.stated.append(said)
            acts.state_event(connection, record_id=said[0], tag=said[1], event=said[2],
                             day=said[3], reason="r", actor="Lou", at=now)  # fmt: skip
        for record_id in chance.sample(ids, 10):
            for _ in range(chance.choice((1, 2))):
                chosen = chance.sample(keys, chance.choice((0, 1, 2)))
                pairs = [(k.partition("/")[0], k.partition("/")[2]) for k in chosen]
                acts.assign(connection, record_id, pairs, reason="r", actor="Lou", at=now)
                world.by_hand[record_id] = tuple(chosen)
        for name in ("h1", "h2"):
            hold_id = archive_hold(connection, name, now)
            for record_id in chance.sample(ids, 8):
                world.held.setdefault(record_id, set()).add(name)
                connection.execute(
                    insert(hold_matches).values(hold_id=hold_id, record_id=record_id, at=now)
                )


def archive_hold(connection: Any, name: str, now: datetime) -> int:
    found = holds.find(connection, name)
    if found:
        return found.id
    return holds.add(
        connection,
        {
            "name": name, "kind": HoldKind.LITIGATION.value, "matter": "m", "reason": "r",
            "issuer": "i", "custodians": [], "scope": holds.scope_as_json(Scope(everything=True)),
            "notice": "", "placed_at": now, "placed_on": "2026-01-01", "tail_days": 0,
        },
    )  # fmt: skip


# -- what the law says of each record, without the database ---------------------------------------


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


# -- the tests --------------------------------------------------------------------------------


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))],
)
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    sections: dict[str, dict[str, Any]] = {"agency": {"timezone": "America/Chicago"}}
    folder: Path = tmp_path_factory.mktemp(request.param)
    with fresh_database(request.param, request) as url:
        sections["database"] = {"url": url}
        with make_archive(folder, clock=FakeClock(), sections=sections) as made:
            yield made


def written(archive: Archive) -> dict[int, Any]:
    with archive.database.read() as connection:
        return {row.record_id: row for row in connection.execute(select(standings_table))}


def evaluate(archive: Archive, book: Lawbook, today: Today, world: World) -> None:
    with archive.database.read() as connection:
        binding = {
            each.id: as_facts(each, Scope(everything=True))
            for each in binding_on(connection, today.day)
        }
        accounts = registry.all_accounts(connection)
        keys = standing_keys.prepare(
            connection,
            needs_of(accounts, book),
            zone=ZONE,
            holds=list(binding),
            answered=world.answers,
        )
        judge = Judge(book, keys, today, accounts=accounts, holds=binding, answers=world.answers)
        connection.commit()
        standings.rewrite(connection, keys, judge.verdict, day=today.day)


class Scene:
    """An archive with a world in it; a class of its own so that a failure shows no rows."""

    def __init__(self, archive: Archive) -> None:
        accounts = make_accounts(archive, "pd", "fire")
        chance = random.Random(26)
        self.archive = archive
        self.world = make_world(chance, accounts, 1)
        self.slugs = {number: slug for slug, number in accounts.items()}
        write_world(archive, self.world, chance, ["s/a", "s/b", "s/c"])


@pytest.fixture(scope="module")
def scene(archive: Archive) -> Scene:
    return Scene(archive)


@settings(deadline=None, max_examples=40)
@given(book=books(), believed=st.booleans())
def test_the_standings_of_all_records_are_what_the_law_says_of_each(
    scene: Scene, book: Lawbook, believed: bool
) -> None:
    archive, made, slugs = scene.archive, scene.world, scene.slugs
    today = Today(day=DAY, last_known=DAY if believed else None)
    evaluate(archive, book, today, made)
    found = written(archive)
    wanted = expected(made, book, slugs, today)
    assert found.keys() == wanted.keys()
    for record_id, decision in wanted.items():
        row = found[record_id]
        told = (row.standing, row.eligible_on, row.must_go_by, row.action, row.manner)
        assert told == (
            decision.standing.value,
            decision.eligible_on.isoformat() if decision.eligible_on else None,
            decision.must_go_by.isoformat() if decision.must_go_by else None,
            decision.action.value,
            decision.manner.value,
        ), record_id
        assert row.series in decision.series or (row.series == "" and not decision.series)
        assert row.evaluated_on == DAY.isoformat()
