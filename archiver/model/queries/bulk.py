"""Inserting many rows at once, at the speed of the driver.

SQLAlchemy builds a parameter dictionary and runs each value's processor for every row anew;
on SQLite that costs as much as SQLite's own work. Here the statement and the processors of a
table are looked up once, and rows go to the driver as tuples. Other databases take
SQLAlchemy's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.dialects import postgresql

Processor = Callable[[Any], Any]


def bulk(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    renew: tuple[str, ...] = (),
) -> None:
    """Insert rows that all have the same columns; `renew` names columns that take the new
    value where a row with the same primary key is there already."""
    if not rows:
        return
    if connection.dialect.paramstyle != "qmark":
        connection.execute(_general(table, renew), rows)
        return
    columns = tuple(rows[0])
    statement, processors = _prepared(table, columns, connection.dialect, renew)
    if any(processors):
        pairs = list(zip(columns, processors, strict=True))
        values = [tuple(p(row[c]) if p else row[c] for c, p in pairs) for row in rows]
    else:
        values = [tuple(row[c] for c in columns) for row in rows]
    connection.exec_driver_sql(statement, values)


def _general(table: Table, renew: tuple[str, ...]) -> Executable:
    if not renew:
        return insert(table)
    made = postgresql.insert(table)
    return made.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={n: made.excluded[n] for n in renew}
    )


@lru_cache(maxsize=64)
def _prepared(
    table: Table, columns: tuple[str, ...], dialect: Dialect, renew: tuple[str, ...]
) -> tuple[str, list[Processor | None]]:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    if renew:
        keys = ", ".join(column.name for column in table.primary_key)
        changes = ", ".join(f"{name} = excluded.{name}" for name in renew)
        statement += f" ON CONFLICT ({keys}) DO UPDATE SET {changes}"
    processors: list[Processor | None] = [
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns
    ]
    return statement, processors
