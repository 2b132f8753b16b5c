"""Search: exact words, Spanish, hashtags, handles, addresses and emoji, for what is held too."""

import sqlalchemy as sa
from alembic import op

from archiver.model.queries.search_index import rebuild
from archiver.model.tables_search import INDEXES, POSTGRESQL_SEARCH, SQLITE_SEARCH

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_rows",
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("published", sa.BigInteger()),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("pictures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_search_rows")),
    )
    op.create_index(op.f("ix_search_rows_record_id"), "search_rows", ["record_id"])
    connection = op.get_bind()
    own = SQLITE_SEARCH if connection.dialect.name == "sqlite" else POSTGRESQL_SEARCH
    for statement in (*own, *INDEXES):
        connection.exec_driver_sql(statement)
    rebuild(connection)


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
