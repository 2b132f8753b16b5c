"""Alembic's entry: runs migrations on the engine it is handed."""

from alembic import context

from archiver.model.tables import metadata

engine = context.config.attributes["engine"]

# One transaction holds the whole migration; SQLite's DDL is transactional as well.
with engine.execution_options(archiver_writes=True).begin() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()
