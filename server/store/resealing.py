"""`rotate-keys`: everything sealed or digested under older keys, under the newest one; it makes no keys itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Table, and_, select, tuple_, update

from server.store.accounts import account_context
from server.store.audit import mark_anew
from server.store.caches import sealed_for
from server.store.database import Database, Writing
from server.store.mailboxes import delta_link_context
from server.store.meetings import digests_of, document_context, note_context, read
from server.store.policies import policy_context
from server.store.seal import Seal, Unreadable
from server.store.subscriptions import client_state_context
from server.store.switches import stop_context
from server.store.tables import (
    accounts,
    history,
    mailboxes,
    meetings,
    policy_versions,
    subscriptions,
    tenants,
    token_caches,
)

_BATCH = 200


@dataclass(frozen=True)
class _Place:
    """A sealed column, and what each of its rows is sealed for."""

    column: Column[bytes]
    context: Callable[[Row[Any]], str]

    @property
    def table(self) -> Table:
        table = self.column.table
        assert isinstance(table, Table)
        return table


_PLACES = (
    _Place(meetings.c.document, lambda row: document_context(row.tenant_id, row.id)),
    _Place(history.c.text, lambda row: note_context(row.meeting_id)),
    _Place(subscriptions.c.client_state, lambda row: client_state_context(row.id)),
    _Place(mailboxes.c.delta_link, lambda row: delta_link_context(row.tenant_id, row.user_id)),
    _Place(accounts.c.key, lambda row: account_context(row.tenant_id, row.id)),
    _Place(tenants.c.stopped_by, lambda row: stop_context(row.tenant_id)),
    _Place(policy_versions.c.document, lambda row: policy_context(row.tenant_id, row.layer_id, row.version)),
    _Place(token_caches.c.cache, lambda row: sealed_for(row.tenant_id, row.user_id)),
)


def reseal(database_url: str, seal: Seal) -> dict[str, int]:
    """How many rows of each table were sealed anew. The server may run meanwhile; a second run finds nothing to do.

    Answers to Idempotency-Keys and sign-ins through a dialogue stay under their key: keep the old key in the settings
    for 24 hours more.
    Unreadable where a key is missing; nothing of that batch is changed then.
    """
    database = Database(database_url, connections=2)
    try:
        marked = database.write(lambda writing: mark_anew(writing.connection, seal))
        return {place.table.name: _reseal(database, place, seal) for place in _PLACES} | {"audit_heads": marked}
    finally:
        database.close()


def readable(database_url: str, seal: Seal, *, sample: int = _BATCH) -> tuple[int, bool]:
    """How many of up to `sample` rows of each table no key opens, and whether all of them are under the newest key."""
    database = Database(database_url, connections=2)
    try:
        seen = [(row, place) for place in _PLACES for row in _rows(database, place, None, sample)]
    finally:
        database.close()
    closed = sum(not _opens(row, place, seal) for row, place in seen)
    return closed, all(seal.is_newest(row._mapping[place.column.name]) for row, place in seen)


def _opens(row: Row[Any], place: _Place, seal: Seal) -> bool:
    try:
        seal.open(row._mapping[place.column.name], place.context(row))
    except Unreadable:
        return False
    return True


def _reseal(database: Database, place: _Place, seal: Seal) -> int:
    changed = 0
    for rows in _batches(database, place):
        old = [row for row in rows if not seal.is_newest(row._mapping[place.column.name])]
        changes = [(row, _sealed_anew(row, place, seal)) for row in old]

        def work(writing: Writing, changes: Sequence[tuple[Row[Any], dict[str, Any]]] = changes) -> int:
            return sum(_change(writing, place, row, values) for row, values in changes)

        if changes:
            changed += database.write(work)
    return changed


def _sealed_anew(row: Row[Any], place: _Place, seal: Seal) -> dict[str, Any]:
    data = seal.open(row._mapping[place.column.name], place.context(row))
    values: dict[str, Any] = {place.column.name: seal.seal(data, place.context(row))}
    if place.table is meetings:
        values |= digests_of(read(data, row), seal)
    return values


def _change(writing: Writing, place: _Place, row: Row[Any], values: dict[str, Any]) -> int:
    """Only if nobody wrote the row since it was read: what was written since is under the newest key."""
    key = [column == row._mapping[column.name] for column in place.table.primary_key.columns]
    unchanged = place.column == row._mapping[place.column.name]
    return writing.connection.execute(update(place.table).where(and_(*key, unchanged)).values(values)).rowcount


def _batches(database: Database, place: _Place) -> Iterator[Sequence[Row[Any]]]:
    after: tuple[Any, ...] | None = None
    while rows := _rows(database, place, after, _BATCH):
        yield rows
        after = tuple(rows[-1]._mapping[column.name] for column in place.table.primary_key.columns)


def _rows(database: Database, place: _Place, after: tuple[Any, ...] | None, limit: int) -> Sequence[Row[Any]]:
    """Rows that hold something sealed, in the order of their key."""
    key = list(place.table.primary_key.columns)
    statement = select(place.table).where(place.column.is_not(None)).order_by(*key).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*key) > after)
    with database.read() as connection:
        return connection.execute(statement).all()
