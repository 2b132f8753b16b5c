"""Opens the database: pragmas, migrations, and the two kinds of transaction.

A write transaction takes the write lock at once, so that what was read in it stays true
until it commits; it is kept short. SQLite runs in WAL mode with full fsync: what was
committed survives a power cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as Connection  # re-exported: a name for others to type with
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from archiver.errors import StoreError

BUSY_SECONDS = 60


class Database:
    """An open database of the current schema."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state.

        Raises: StoreError when the database cannot be used.
        """
        with _worded(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start and commits at its end.

        Raises: StoreError when the database cannot be used.
        """
        writing = self.engine.execution_options(archiver_writes=True)
        with _worded(self.engine), writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_database(url: str, *, create: bool = False) -> Database:
    """Open the database and bring it to the current schema.

    Raises: StoreError when it does not exist (and `create` is False), cannot be reached, is
    damaged, or was made by a newer version of Archiver.
    """
    try:
        address = make_url(url)
        engine = create_engine(address, **_pool(address.get_backend_name()))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"database.url is not usable: {error}") from error
    if engine.dialect.name == "sqlite":
        file = Path(address.database or "")
        if not create and not file.is_file():
            raise StoreError(f'there is no archive at {file}; "archiver init" makes one')
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
    with _worded(engine):
        _migrate(engine, create=create)
    return Database(engine)


def _pool(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True}


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: IMMEDIATE where we write
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("archiver_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config


def _migrate(engine: Engine, *, create: bool) -> None:
    config = _config(engine)
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    if here == script.get_current_head():
        return
    if here is None and not create:
        raise StoreError('the database is empty; "archiver init" sets it up')
    known = {revision.revision for revision in script.walk_revisions()}
    if here is not None and here not in known:
        raise StoreError(
            f"the database has schema {here}, made by a newer version of Archiver; "
            "install that version or a later one; nothing was changed"
        )
    command.upgrade(config, "head")


@contextmanager
def _worded(engine: Engine) -> Iterator[None]:
    """Say in one sentence what is wrong with the database."""
    try:
        yield
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        said = " ".join(str(error.orig).split())
        raise StoreError(f"the database {where} cannot be used: {said}") from error
    except DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            where = engine.url.render_as_string(hide_password=True)
            raise StoreError(f"{where} is damaged or not a database: {error.orig}") from error
        raise


def size_of(connection: Connection) -> int:
    """Bytes the database takes, for the status page."""
    if connection.dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        query = "SELECT pg_database_size(current_database())"
    return int(connection.execute(text(query)).scalar_one())
