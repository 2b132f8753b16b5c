"""Answers to maximums, approvals that stand, and the end that a law sets to a hold."""

import sqlalchemy as sa
from alembic import op

from archiver.model.tables import Utc
from archiver.model.tables_orders import APPEND_ONLY_ORDERS
from archiver.model.triggers import guards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "maximum_decisions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("destroy", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_maximum_decisions_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maximum_decisions")),
    )
    op.create_index(
        op.f("ix_maximum_decisions_record_id_series_id"),
        "maximum_decisions",
        ["record_id", "series", "id"],
    )
    op.create_table(
        "approvals_register",
        sa.Column("id", _ID, nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_on", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("waived", sa.Boolean(), nullable=False),
        sa.Column("ends_on", sa.String(length=10)),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals_register")),
    )
    op.create_index(
        op.f("ix_approvals_register_step_series_id"),
        "approvals_register",
        ["step", "series", "id"],
    )
    op.create_table(
        "hold_limits",
        sa.Column("id", _ID, nullable=False),
        sa.Column("hold_id", _ID, nullable=False),
        sa.Column("lapses_on", sa.String(length=10)),
        sa.Column("notice_on", sa.String(length=10)),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_limits_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_limits")),
    )
    op.create_index(op.f("ix_hold_limits_hold_id"), "hold_limits", ["hold_id"])
    for statement in guards(op.get_bind().dialect.name, APPEND_ONLY_ORDERS, ()):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
