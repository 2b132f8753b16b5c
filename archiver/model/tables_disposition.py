"""Which sealed segment took the place of which, and by which disposition.

The old segment's row stays as it was sealed, since the ledger speaks of it; only its file is
gone. Append-only.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from archiver.model.tables import Utc, metadata

replacements = Table(
    "replacements",
    metadata,
    Column("segment", ForeignKey("segments.name"), primary_key=True),  # that is no more
    Column("successor", ForeignKey("segments.name"), nullable=False, unique=True),
    Column("batch_id", ForeignKey("batches.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),  # of the successor's file
    Column("at", Utc, nullable=False),
)
