"""Dispositions: which segment replaces which, and the one door in the triggers."""

import sqlalchemy as sa
from alembic import op

from archiver.model.tables import Utc
from archiver.model.triggers_disposition import statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replacements",
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("successor", sa.String(length=200), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment"], ["segments.name"], name=op.f("fk_replacements_segment")
        ),
        sa.ForeignKeyConstraint(
            ["successor"], ["segments.name"], name=op.f("fk_replacements_successor")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_replacements_batch_id")
        ),
        sa.PrimaryKeyConstraint("segment", name=op.f("pk_replacements")),
        sa.UniqueConstraint("successor", name=op.f("uq_replacements_successor")),
    )
    op.create_index(op.f("ix_replacements_batch_id"), "replacements", ["batch_id"])
    for statement in statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
