"""INSERT ... ON CONFLICT as both databases know it; the one place where their dialects differ in a statement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

AnyInsert = postgresql.Insert | sqlite.Insert


def insert(dialect: str, table: Table) -> AnyInsert:
    """An INSERT that may carry `on_conflict_do_update` and `excluded`; `dialect` as SQLAlchemy names it."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert `row`, or overwrite the one with the same primary key."""
    statement = insert(connection.dialect.name, table)
    key = [column.name for column in table.primary_key.columns]
    changes = {name: statement.excluded[name] for name in row if name not in key}
    if changes:
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), [dict(row)])
    else:
        connection.execute(statement.on_conflict_do_nothing(index_elements=key), [dict(row)])
