"""Holds stand: the database refuses to shrink, remove or quietly release one."""

import sqlalchemy as sa
from alembic import op

from archiver.model.triggers_holds import statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
