"""The tables of requests: intake, frozen result sets, review, productions, checkpoints.

Append-only (triggers refuse UPDATE and DELETE): request_events, result_sets, result_items,
review_decisions, review_checks, production_items, saved_searches, checkpoints,
checkpoint_tokens. Working state that changes: requests and productions (never deleted), and
media_texts, which is derived and goes with its file.
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

# Requests for records as they came in; what happened to them is in request_events.
requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(40), nullable=False, unique=True),  # 2026-0001
    Column("kind", String(20), nullable=False),  # desk.requests.RequestKind
    Column("requester", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("channel", String(20), nullable=False),  # how it came: mail, letter, phone, ...
    Column("text", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("received_on", String(10), nullable=False),  # a day, agency-local
    Column("state", String(20), nullable=False),  # open, paused, closed
    Column("routed_to", Text, nullable=False),
    Column("hold_id", ForeignKey("holds.id")),  # the freeze on what it touches
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
)

# Everything that was done about a request, with the agency-local day that the law counts from.
request_events = Table(
    "request_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", ForeignKey("requests.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("day", String(10), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(30), nullable=False),
    Column("detail", Json, nullable=False),
)

# What a search found for a request, frozen by id and version: reproducible ever after.
result_sets = Table(
    "result_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", ForeignKey("requests.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... of the request
    Column("query", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # over the version ids and leaves, in order
    UniqueConstraint("request_id", "number"),
)

result_items = Table(
    "result_items",
    metadata,
    Column("set_id", ForeignKey("result_sets.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),  # 1, 2, ...
    Column("record_id", ForeignKey("records.id"), nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    UniqueConstraint("set_id", "version_id"),
    Index(None, "record_id"),
)

# What a reviewer decided for a version in a request. The newest row counts.
review_decisions = Table(
    "review_decisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", ForeignKey("requests.id"), nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("outcome", String(20), nullable=False),  # release, withhold, redact, undecided
    Column("code", String(60), nullable=False),  # exemption of a withheld item
    Column("reason", Text, nullable=False),
    Column("marks", Json, nullable=False),  # archiver.values.Mark, as data
    Column("bulk", String(40), nullable=False),  # names the bulk act; empty: by itself
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "request_id", "version_id", "id"),
)

# The second review of a decision, by somebody else.
review_checks = Table(
    "review_checks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("decision_id", ForeignKey("review_decisions.id"), nullable=False, index=True),
    Column("agrees", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Packages that were made for a request.
productions = Table(
    "productions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", ForeignKey("requests.id"), nullable=False),
    Column("set_id", ForeignKey("result_sets.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... of the request
    Column("state", String(20), nullable=False),  # begun, done, delivered, abandoned
    Column("options", Json, nullable=False),  # formats, signing, volume sizes
    Column("prefix", String(40), nullable=False),  # of its Bates numbers
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("folder", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("manifest_sha256", String(64)),
    UniqueConstraint("request_id", "number"),
    Index(None, "prefix", "last"),
)

# What is in a package, and under which decision it is there.
production_items = Table(
    "production_items",
    metadata,
    Column("production_id", ForeignKey("productions.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False, index=True),
    Column("decision_id", ForeignKey("review_decisions.id"), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("bates", BigInteger),  # empty: withheld
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False, index=True),  # the newest row of a name counts
    Column("query", Text, nullable=False),  # empty: taken back
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Text that was read out of media: pictures (ocr), captions of films (speech).
media_texts = Table(
    "media_texts",
    metadata,
    Column("sha256", ForeignKey("media.sha256"), primary_key=True),
    Column("source", String(20), primary_key=True),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Merkle roots over the hashes of the ledger's lines 1 to `seq`, which time stamps sign.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("head", String(64), nullable=False),  # hash of the ledger's line `seq`
    Column("root", String(64), nullable=False),
    Column("at", Utc, nullable=False),
)

checkpoint_tokens = Table(
    "checkpoint_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("checkpoint_id", ForeignKey("checkpoints.id"), nullable=False, index=True),
    Column("authority", Text, nullable=False),  # address of the time-stamping authority
    Column("token", Text, nullable=False),  # TimeStampResp of RFC 3161, DER in base64
    Column("stamped_at", Utc, nullable=False),  # as the authority says
    Column("at", Utc, nullable=False),
)

APPEND_ONLY_REQUESTS = (
    request_events,
    result_sets,
    result_items,
    review_decisions,
    review_checks,
    production_items,
    saved_searches,
    checkpoints,
    checkpoint_tokens,
)
NEVER_DELETED_REQUESTS = (requests, productions)
