"""The tables of retention: adoptions, series, holds, standings, dispositions, deletions.

Append-only (triggers refuse UPDATE and DELETE): adoptions, series, assignments,
stated_events, hold_events, batch_events, tombstones, removals. Working state that changes:
holds (only towards release), hold_matches (only added to while the hold binds), standings,
batches, batch_items.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from archiver.model.tables import Id, Json, Utc, metadata

# Editions of schedules that the records officer adopted, with the text as adopted.
adoptions = Table(
    "adoptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("schedule", String(100), nullable=False),
    Column("edition", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),  # the edition, canonical, as adopted
    Column("officer", Text, nullable=False),
    Column("adopted_on", String(10), nullable=False),  # a day, agency-local
    Column("expires_on", String(10)),
    Column("document", Text, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("schedule", "digest", "adopted_on"),
)

# The branches of the adopted series, one row each: a record of what was adopted, for people
# and auditors. The evaluation reads the adopted text itself.
series_rules = Table(
    "series_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("adoption_id", ForeignKey("adoptions.id"), nullable=False, index=True),
    Column("series", String(100), nullable=False),
    Column("branch", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("rule", Json, nullable=False),  # retention.facts.Rule, as data
)

# Which series claims which record, and why. The newest row of a record and source counts;
# source "withdrawn" takes an earlier claim back.
assignments = Table(
    "assignments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", ForeignKey("records.id"), nullable=False),
    Column("schedule", String(100), nullable=False),
    Column("series", String(100), nullable=False),
    Column("source", String(20), nullable=False),  # person, withdrawn; rules claim unwritten
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "record_id", "id"),
)

# Events that a person or a case system stated ("case over", "no longer needed"), for a
# record, or for all records that carry a tag. A wrong one is taken back by a later row.
stated_events = Table(
    "stated_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", ForeignKey("records.id"), index=True),
    Column("tag", String(200), nullable=False),
    Column("event", String(40), nullable=False),
    Column("day", String(10)),  # empty: taken back
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Words that a person attached to a record ("case 26-1187", "historical value").
tags = Table(
    "tags",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("tag", String(200), nullable=False, index=True),
    Column("attached", Boolean, nullable=False),  # False: taken off again
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Orders to keep. A row only ever moves towards release; its scope can only grow.
holds = Table(
    "holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),  # retention.facts.HoldKind
    Column("matter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("custodians", Json, nullable=False),
    Column("scope", Json, nullable=False),  # retention.facts.Scope
    Column("notice", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("placed_on", String(10), nullable=False),
    Column("anticipated_on", String(10)),  # when litigation was anticipated
    Column("review_on", String(10)),
    Column("tail_days", Integer, nullable=False, default=0),
    Column("released_on", String(10)),
    Column("released_by", Text),
)

# Everything that was done about a hold: placed, widened, notice sent, acknowledged,
# release asked, released.
hold_events = Table(
    "hold_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hold_id", ForeignKey("holds.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(30), nullable=False),
    Column("detail", Json, nullable=False),
)

# The records that a hold reaches; new ones are matched in the transaction that adds them.
hold_matches = Table(
    "hold_matches",
    metadata,
    Column("hold_id", ForeignKey("holds.id"), primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey("records.id"), primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Index(None, "record_id"),
)

# Where each record stands, as of the last evaluation; rewritten set-wise every night.
standings = Table(
    "standings",
    metadata,
    Column("record_id", ForeignKey("records.id"), primary_key=True, autoincrement=False),
    Column("standing", String(20), nullable=False),  # retention.facts.Standing
    Column("eligible_on", String(10)),
    Column("must_go_by", String(10)),
    Column("action", String(20), nullable=False),
    Column("manner", String(20), nullable=False),
    Column("series", String(100), nullable=False),  # the one that decides; empty if none
    Column("rule_id", Integer),
    Column("evaluated_on", String(10), nullable=False),
    Index(None, "standing", "eligible_on"),
)

# The day that retention was last evaluated for, so that a clock that was set is noticed.
evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("day", String(10), nullable=False),
    Column("at", Utc, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("eligible", BigInteger, nullable=False),
    Column("confirmed_by", Text),  # who confirmed a jump of the clock
)

# Dispositions: a batch is proposed, reviewed, approved, executed once, and certified.
batches = Table(
    "batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(20), nullable=False),  # retention.disposition's states
    Column("action", String(20), nullable=False),
    Column("manner", String(20), nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Utc, nullable=False),
    Column("digests", Json, nullable=False),  # schedule -> digest that it was made under
    Column("override", Text, nullable=False, default=""),
    Column("certificate_sha256", String(64)),
)

batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", ForeignKey("batches.id"), primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey("records.id"), primary_key=True, autoincrement=False),
    Column("series", String(100), nullable=False),
    Column("schedule", String(100), nullable=False),
    Column("citation", Text, nullable=False),
    Column("eligible_on", String(10), nullable=False),
    Column("state", String(20), nullable=False),  # proposed, excluded, held, done
    Column("reason", Text, nullable=False, default=""),
    Index(None, "record_id"),
)

batch_events = Table(
    "batch_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", ForeignKey("batches.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(30), nullable=False),
    Column("detail", Json, nullable=False),
)

# What is left of a destroyed record: enough to prove that it was there and why it went.
tombstones = Table(
    "tombstones",
    metadata,
    Column("record_id", ForeignKey("records.id"), primary_key=True, autoincrement=False),
    Column("batch_id", ForeignKey("batches.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("series", String(100), nullable=False),
    Column("citation", Text, nullable=False),
    Column("published_on", String(10)),
    Column("leaves", Json, nullable=False),  # of all its versions
    Column("approved_by", Json, nullable=False),
    Column("destroyed_at", Utc, nullable=False),
)

# Guarded deletions on the platform, step by step, so that one cut off halfway is finished.
removals = Table(
    "removals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("request", String(40), nullable=False, index=True),  # groups the steps of one
    Column("step", String(20), nullable=False),  # asked, refused, cleared, sent, done, failed
    Column("removal", String(10), nullable=False),  # delete, hide, unhide
    Column("actor", Text, nullable=False),
    Column("rule", Text, nullable=False),  # the moderation rule, for comments
    Column("reason", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("exchange_id", String(40)),
    Column("at", Utc, nullable=False),
)

APPEND_ONLY_RETENTION = (
    adoptions,
    series_rules,
    assignments,
    stated_events,
    tags,
    hold_events,
    batch_events,
    evaluations,
    tombstones,
    removals,
)
NEVER_DELETED_RETENTION = (holds, batches, batch_items)
