"""Search on PostgreSQL: accents do not matter, and rare words are looked up first."""

from alembic import op

from archiver.model.queries.search_index import fill_texts
from archiver.model.tables_search import POSTGRESQL_TEXTS, POSTGRESQL_TEXTS_INDEX

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return  # its index never knew accents
    for statement in POSTGRESQL_TEXTS:
        connection.exec_driver_sql(statement)
    fill_texts(connection)
    connection.exec_driver_sql(POSTGRESQL_TEXTS_INDEX)


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
