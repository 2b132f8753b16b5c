"""Alembic's entry: runs migrations on the engine it is handed."""

from alembic import context

from archiver.model.tables import metadata

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    # pysqlite's driver would commit DDL step by step; one explicit transaction holds it all.
    if engine.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
