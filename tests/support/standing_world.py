"""Random records with all that retention looks at, as rows and as what they say of each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from archiver.model.queries import holds
from archiver.model.queries import retention as acts
from archiver.model.tables_retention import hold_matches
from archiver.wiring import Archive
from retention.facts import Event, HoldKind, MaximumDecision, Scope
from tests.support.held_records import finding_row, record_row, version_row, write_rows

DAY = date(2026, 11, 24)
COUNT = 150
OWN = "77"
TAGS = ("historical", "excepted", "case 26-1187", "appraised: no archival value")
TEXTS = (
    "Jones was here", "A word from O'Neill", "Snow routes", "José asks", "police chief",
    "the chief of police", "",
)  # fmt: skip
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
