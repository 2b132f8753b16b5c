"""Rules that the database itself keeps, also against an administrator with a SQL shell.

Versions, runs, exchanges, media, findings and the ledger can be neither changed nor removed;
records, their media list, accounts, gaps and alarms cannot be removed. A media entry may be
filled in once, when the bytes were fetched later. Full-text search is kept with the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table, UniqueConstraint

from archiver.model.tables import APPEND_ONLY, NEVER_DELETED, version_media

_FROZEN_MEDIA = ("version_id", "position", "key", "kind", "alt_text")

SQLITE_SEARCH = (
    """CREATE VIRTUAL TABLE versions_search USING fts5(
        title, words, content='versions', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2")""",
)
POSTGRESQL_SEARCH = (
    """ALTER TABLE versions ADD COLUMN search tsvector GENERATED ALWAYS AS
        (to_tsvector('english', title || ' ' || words)) STORED""",
    "CREATE INDEX ix_versions_search ON versions USING gin (search)",
)
POSTGRESQL_REFUSE = """CREATE FUNCTION archiver_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is evidence: % is refused by the database',
    TG_TABLE_NAME, TG_OP; END $$"""


def statements(dialect: str) -> list[str]:
    """The DDL that follows the tables, for "sqlite" or "postgresql"."""
    guarded = guards(dialect, APPEND_ONLY, NEVER_DELETED)
    if dialect == "sqlite":
        return [*SQLITE_SEARCH, *guarded, _sqlite_media_once()]
    return [*POSTGRESQL_SEARCH, POSTGRESQL_REFUSE, *guarded, _postgresql_media_once()]


def guards(dialect: str, append_only: Sequence[Table], never_deleted: Sequence[Table]) -> list[str]:
    """Triggers that keep tables from changes and removals."""
    if dialect == "sqlite":
        return _sqlite_guards(append_only, never_deleted)
    return _postgresql_guards(append_only, never_deleted)


def _refusal(table: str, verb: str) -> str:
    return f"{table} is evidence: {verb} is refused by the database"


def _sqlite_guards(append_only: Sequence[Table], never_deleted: Sequence[Table]) -> list[str]:
    made = []
    for table in (*append_only, *never_deleted):
        made.append(
            f"CREATE TRIGGER {table.name}_no_delete BEFORE DELETE ON {table.name} BEGIN "
            f"SELECT RAISE(ABORT, '{_refusal(table.name, 'DELETE')}'); END"
        )
    for table in append_only:
        made.append(
            f"CREATE TRIGGER {table.name}_no_update BEFORE UPDATE ON {table.name} BEGIN "
            f"SELECT RAISE(ABORT, '{_refusal(table.name, 'UPDATE')}'); END"
        )
    for table in (*append_only, *never_deleted):
        for number, key in enumerate(_unique_keys(table)):
            same = " AND ".join(f"{name} = NEW.{name}" for name in key)
            made.append(  # INSERT OR REPLACE would otherwise remove a row without a DELETE
                f"CREATE TRIGGER {table.name}_no_replace_{number} BEFORE INSERT ON {table.name} "
                f"WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same}) BEGIN "
                f"SELECT RAISE(ABORT, '{_refusal(table.name, 'REPLACE')}'); END"
            )
    return made


def _sqlite_media_once() -> str:
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _FROZEN_MEDIA)
    return (
        f"CREATE TRIGGER {version_media.name}_once BEFORE UPDATE ON {version_media.name} "
        f"WHEN OLD.sha256 IS NOT NULL OR {changed} BEGIN "
        f"SELECT RAISE(ABORT, '{_refusal(version_media.name, 'UPDATE')}'); END"
    )


def _unique_keys(table: Table) -> list[tuple[str, ...]]:
    """The columns of every key that REPLACE may collide in."""
    keys = [tuple(column.name for column in table.primary_key.columns)]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            keys.append(tuple(column.name for column in constraint.columns))
    return [keys[0], *sorted(keys[1:])]


def _postgresql_guards(append_only: Sequence[Table], never_deleted: Sequence[Table]) -> list[str]:
    made = []
    for table in (*append_only, *never_deleted):
        made.append(
            f"CREATE TRIGGER {table.name}_no_delete BEFORE DELETE ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION archiver_refuse()"
        )
        made.append(
            f"CREATE TRIGGER {table.name}_no_truncate BEFORE TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION archiver_refuse()"
        )
    for table in append_only:
        made.append(
            f"CREATE TRIGGER {table.name}_no_update BEFORE UPDATE ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION archiver_refuse()"
        )
    return made


def _postgresql_media_once() -> str:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FROZEN_MEDIA)
    return (
        f"CREATE TRIGGER {version_media.name}_once BEFORE UPDATE ON {version_media.name} "
        f"FOR EACH ROW WHEN (OLD.sha256 IS NOT NULL OR {changed}) "
        "EXECUTE FUNCTION archiver_refuse()"
    )
