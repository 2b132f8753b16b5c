"""The tables. What each is for stands above it; times are UTC; nothing here is a rule.

Append-only tables (database triggers refuse UPDATE and DELETE): segments, exchanges, runs,
versions, findings, account_events, ledger. Working state that changes: accounts,
account_state, cursors, records, metrics, gaps, alarms. `version_media` changes once: when
a file that could not be fetched at first is fetched later.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime; naive ones are refused on the way in. PostgreSQL keeps it as
    timestamptz; SQLite as text, "2026-11-24 13:31:41.000000", which sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(26))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moved = value if value.tzinfo is UTC else value.astimezone(UTC)
        if dialect.name != "sqlite":
            return moved
        return moved.isoformat(" ", "microseconds")[:26]

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        aware: datetime = value.astimezone(UTC)
        return aware


Json = JSON().with_variant(JSONB(), "postgresql")
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Numbers given out inside the transaction that uses them; one row per table that needs them.
sequences = Table(
    "sequences",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("next", BigInteger, nullable=False),
)

# The registry: what the agency has on which platform, why, and who answers for it.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("platform", String(40), nullable=False),
    Column("address", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("custodian", Text, nullable=False),
    Column("business_case", Text, nullable=False),
    Column("basis", String(40), nullable=False),  # desk.accounts.Basis
    Column("basis_detail", Text, nullable=False),  # whose account, which rule brings it in
    Column("terms_reviewed_by", Text, nullable=False),
    Column("terms_reviewed_on", String(10), nullable=False),  # a day, agency-local
    Column("state", String(20), nullable=False),  # proposed approved suspended closed
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Utc, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Utc),
    Column("approval_ends", Utc),
    UniqueConstraint("platform", "address"),
)

# Who did what to an account, when.
account_events = Table(
    "account_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(40), nullable=False),
    Column("detail", Json, nullable=False),
)

# How an account is doing; one row each, rewritten by every run.
account_state = Table(
    "account_state",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("last_attempt", Utc),
    Column("last_success", Utc),
    Column("failing_since", Utc),
    Column("failures", Integer, nullable=False, default=0),
    Column("error_code", String(40)),
    Column("error_text", Text),
    Column("not_before", Utc),  # the platform asked to wait until then
    Column("newest_item", Utc),  # published time of the newest own item
    Column("credential_expires", Utc),
)

# Where each window's walk stands. `walk` numbers walks; `seen_since` is when this one began.
cursors = Table(
    "cursors",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("window", String(10), primary_key=True),
    Column("cursor", Json, nullable=False),
    Column("open", Boolean, nullable=False),  # cut off half-way: go on from here
    Column("walk_began", Utc, nullable=False),
    Column("walk_ended", Utc),  # of the last whole walk
    Column("coverage", Json, nullable=False),  # stated so far by the open walk
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer),
    Column("run_id", String(60), nullable=False),
)

# Sealed WARC files.
segments = Table(
    "segments",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
    Column("sealed_at", Utc, nullable=False),
)

# The run log: one row per step of a walk, also when nothing was new and when it failed.
# `exchanges` keeps the digest of every exchange, stored or not.
runs = Table(
    "runs",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("window", String(10), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc, nullable=False),
    Column("outcome", String(20), nullable=False),  # news, nothing new, stopped, failed
    Column("error_code", String(40)),
    Column("error_text", Text),
    Column("segment", ForeignKey("segments.name")),
    Column("pages", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("new_records", Integer, nullable=False),
    Column("new_versions", Integer, nullable=False),
    Column("new_findings", Integer, nullable=False),
    Column("new_media", Integer, nullable=False),
    Column("notes", Json, nullable=False),
    Column("exchanges", Json, nullable=False),
    Index(None, "account_id", "ended_at"),
)

# HTTP exchanges that are in a WARC, and where. Request and response lie side by side.
exchanges = Table(
    "exchanges",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("segment", ForeignKey("segments.name"), nullable=False, index=True),
    Column("method", String(10), nullable=False),
    Column("url", Text, nullable=False),  # masked
    Column("status", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("truncated", String(20), nullable=False),
    Column("request_id", String(60)),
    Column("request_offset", BigInteger),
    Column("request_length", BigInteger),
    Column("response_id", String(60)),
    Column("response_offset", BigInteger),
    Column("response_length", BigInteger),
    Column("block_sha256", String(64)),
    Column("payload_sha256", String(64)),
)

# Media payloads, each once; the bytes are the decoded payload of one WARC record.
media = Table(
    "media",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mime", String(100), nullable=False),
    Column("exchange_id", ForeignKey("exchanges.id"), nullable=False),
)

# One thing on a platform. `last_seen` moves with every walk that lists it.
records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("family", String(10), nullable=False),
    Column("platform_id", Text, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("parent_id", Text, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_handle", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("permalink", Text, nullable=False),
    Column("published_at", Utc),
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("visibility", String(10), nullable=False),  # of the current version
    Column("presence", String(20), nullable=False),  # present, suspected, or a finding's word
    Column("version_id", BigInteger, nullable=False),  # the current version
    Column("versions", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # of the current version
    UniqueConstraint("account_id", "family", "platform_id"),
    Index(None, "account_id", "thread_id"),
    Index(None, "account_id", "published_at"),
    Index(None, "account_id", "last_seen"),
)

# One state of a record; only ever added. `id` rises with the date of the state, so that the
# full-text index gives newest first by its row id: milliseconds since 1970 * 2^20 + number.
# The state came to be after `not_before` and not later than `not_after`; when the platform
# told the true edit time both are equal.
versions = Table(
    "versions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", ForeignKey("records.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... in the order of capture
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("exchange_id", ForeignKey("exchanges.id"), nullable=False),
    Column("captured_at", Utc, nullable=False),
    Column("digest", String(64), nullable=False),  # over the canonical form, no metrics
    Column("leaf", String(64), nullable=False),  # digest with its media, as in the Merkle tree
    Column("salt", String(32), nullable=False, server_default=""),  # part of the leaf
    Column("version_key", Text, nullable=False),
    Column("superseded", Boolean, nullable=False),
    Column("edited_at", Utc),  # only when the platform states it
    Column("not_before", Utc),
    Column("not_after", Utc),
    Column("visibility", String(10), nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),  # plain text for search, with alternative texts
    Column("canonical", Text, nullable=False),  # the state itself, as JSON: what the digest is over
    Column("native", Text, nullable=False),  # the platform's JSON
    UniqueConstraint("record_id", "number"),
    Index(None, "run_id"),
)

# The media of a version, in order. `sha256` is empty until the bytes are in the vault.
version_media = Table(
    "version_media",
    metadata,
    Column("version_id", ForeignKey("versions.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),  # masked
    Column("kind", String(20), nullable=False),
    Column("alt_text", Text, nullable=False),
    Column("token", Text, nullable=False),  # the platform's own sign that the file is another
    Column("status", String(20), nullable=False),  # captured, or why not
    Column("sha256", ForeignKey("media.sha256"), index=True),
    Column("etag", Text, nullable=False),
)

# What was counted on a record, newest per agency day; a like is not a version.
metrics = Table(
    "metrics",
    metadata,
    Column("record_id", ForeignKey("records.id"), primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("counts", Json, nullable=False),
)

# What was found about a record that is no longer to be seen as it was. It happened after
# `not_before` (last seen) and not later than `not_after` (first missed).
findings = Table(
    "findings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("exchange_id", ForeignKey("exchanges.id")),
    Column("at", Utc, nullable=False),
    Column("stage", String(20), nullable=False),  # suspected, confirmed, stated, back again
    Column("presence", String(20), nullable=False),
    Column("evidence", String(30)),
    Column("statement", Text, nullable=False),
    Column("not_before", Utc),
    Column("not_after", Utc),
)

# From when to when something may have been missed, why, and what was recovered afterwards.
gaps = Table(
    "gaps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # outage, not running, media, listing
    Column("began", Utc, nullable=False),
    Column("ended", Utc),
    Column("reason", Text, nullable=False),
)

# Faults that people must know of. `notices` counts how often they were told.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), index=True),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("at_risk_since", Utc, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("told_at", Utc),
    Column("notices", Integer, nullable=False, default=0),
    Column("escalated_at", Utc),
)

# Comparisons of our holdings with the platform's, per account and day.
audits = Table(
    "audits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("report", Json, nullable=False),
)

# The hash chain over everything that counts as evidence.
ledger = Table(
    "ledger",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON, exactly what is hashed
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

APPEND_ONLY = (
    account_events,
    segments,
    runs,
    exchanges,
    media,
    versions,
    findings,
    audits,
    ledger,
)
NEVER_DELETED = (records, version_media, accounts, gaps, alarms)
