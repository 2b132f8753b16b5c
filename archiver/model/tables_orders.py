"""What named persons decided once and the nightly evaluation goes by ever after.

All append-only (triggers refuse UPDATE and DELETE); a wrong one is taken back by a later row.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from archiver.model.tables import Id, Utc, metadata

# A named person's answer to a maximum: retention.facts.MaximumDecision. The newest row of a
# record and series counts.
maximum_decisions = Table(
    "maximum_decisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", ForeignKey("records.id"), nullable=False),
    Column("series", String(200), nullable=False),  # the key of the series with the maximum
    Column("who", Text, nullable=False),
    Column("decided_on", String(10), nullable=False),  # a day, agency-local
    Column("document", Text, nullable=False),
    Column("destroy", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("withdrawn", Boolean, nullable=False),  # this row takes the earlier answer back
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "record_id", "series", "id"),
)

# Approvals that stand for a series, or for everything (empty series), until taken back.
register = Table(
    "approvals_register",
    metadata,
    Column("id", Id, primary_key=True),
    Column("step", String(30), nullable=False),  # retention.facts.Step
    Column("whom", Text, nullable=False),
    Column("series", String(200), nullable=False),  # a key; empty: for everything
    Column("given_by", Text, nullable=False),
    Column("given_on", String(10), nullable=False),  # a day, agency-local
    Column("document", Text, nullable=False),
    Column("waived", Boolean, nullable=False),  # the party said that no waiting is needed
    Column("ends_on", String(10)),  # the last day on which it may be used
    Column("withdrawn", Boolean, nullable=False),  # this row takes the earlier one back
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "step", "series", "id"),
)

# The end that a law sets to a hold unless it is asked for again, and the day on which the
# requester was told of it. The newest row of a hold counts.
hold_limits = Table(
    "hold_limits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hold_id", ForeignKey("holds.id"), nullable=False, index=True),
    Column("lapses_on", String(10)),  # the last day; empty: it has no end any more
    Column("notice_on", String(10)),  # the requester was told; empty: not yet
    Column("citation", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

APPEND_ONLY_ORDERS = (maximum_decisions, register, hold_limits)
