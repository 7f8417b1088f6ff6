"""From one database to another, SQLite to PostgreSQL or back: every row as it is, counted and compared."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select, tuple_

from addin.errors import Refused
from server.store.database import Database, Writing
from server.store.schema import status, upgrade
from server.store.tables import metadata

_BATCH = 1000


def copy(source_url: str, target_url: str, *, batch: int = _BATCH) -> dict[str, int]:
    """Rows copied by table. The target gets its tables here and must hold nothing.

    Everything is as of one moment: what a running server writes afterwards is not in the copy. All or nothing: the
    target's rows are one transaction, committed when counts and checksums of every table agree.
    Sealed data stays sealed, so both sides need the same encryption_keys. Refused says what is in the way.
    """
    if not status(source_url).current:
        raise Refused("The source database is not at this version. Run `clickmeeting-addin db upgrade` on it first.")
    upgrade(target_url)
    source, target = Database(source_url, connections=2), Database(target_url, connections=2)
    try:
        return target.write(lambda writing: _copy_all(source, writing, batch))
    finally:
        source.close()
        target.close()


def backup(database_url: str, file: Path) -> dict[str, int]:
    """Rows kept by table, in a SQLite file of one moment, while the server goes on. `copy` from it is the restoring.

    The file appears when it is whole, readable by its owner only. Refused where there is one already.
    """
    if file.exists():
        raise Refused(f"{file} is already there: choose another name, so that no earlier backup is lost.")
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        counts = copy(database_url, f"sqlite:///{part}")
        part.rename(file)
    finally:
        for name in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            name.unlink(missing_ok=True)
    return counts


def _copy_all(source: Database, writing: Writing, batch: int) -> dict[str, int]:
    target = writing.connection
    for table in metadata.sorted_tables:
        if target.execute(select(func.count()).select_from(table)).scalar():
            raise Refused(f"The target database is not empty: there are rows in {table.name}. Take an empty one.")
    counts: dict[str, int] = {}
    with source.snapshot() as reading:
        for table in metadata.sorted_tables:
            sent = arrived = counts[table.name] = 0
            for rows in _batches(reading, table, batch):
                sent += sum(map(_checksum, rows))
                target.execute(table.insert(), [dict(row._mapping) for row in rows])
            for rows in _batches(target, table, batch):
                arrived += sum(map(_checksum, rows))
                counts[table.name] += len(rows)
            if sent != arrived:
                raise Refused(f"The copy of {table.name} differs from its source; nothing was kept. Try again.")
    return counts


def _batches(connection: Connection, table: Table, size: int) -> Iterator[Sequence[Row[Any]]]:
    """The rows in order of their primary key, found by it, so that no batch costs more than another."""
    key = list(table.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        statement = select(table).order_by(*key).limit(size)
        if after is not None:
            statement = statement.where(tuple_(*key) > after)
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield rows
        after = tuple(rows[-1]._mapping[column.name] for column in key)


def _checksum(row: Row[Any]) -> int:
    """Added up over a table, as databases sort texts differently."""
    digest = hashlib.sha256()
    for value in row:
        data = bytes(value) if isinstance(value, bytes | memoryview) else repr(value).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return int.from_bytes(digest.digest(), "big")
