"""Who schedules in whose calendar, and who lost the right to it; it asks nobody whether that is still so."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, select, update

from addin.model import Mailbox
from addin.ports import Clock
from server.store.database import Database
from server.store.mailboxes import fitting
from server.store.tables import delegates
from server.store.upserting import put


@dataclass(frozen=True)
class Delegate:
    """`person` scheduled in somebody's calendar; `refused_at` is when that calendar was last found closed to them."""

    person: Mailbox
    seen_at: datetime
    refused_at: datetime | None


class Delegates:
    """One row for each owner and delegate; the right itself is Microsoft's to give and take."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def seen(self, owner: Mailbox, person: Mailbox) -> None:
        """This person was just found to have the right."""
        row = {
            "tenant_id": owner.tenant_id,
            "owner_id": owner.user_id,
            "user_id": person.user_id,
            "address": fitting(person.address, 320),
            "name": fitting(person.name, 256),
            "seen_at": self._clock(),
            "refused_at": None,
        }
        self._database.write(lambda writing: put(writing.connection, delegates, row))

    def refused(self, owner: Mailbox, person: Mailbox) -> None:
        """The calendar was closed to this person."""
        statement = update(delegates).where(*_of(owner), delegates.c.user_id == person.user_id)
        self._database.execute(statement.values(refused_at=self._clock()))

    def of(self, owner: Mailbox) -> tuple[Delegate, ...]:
        """An owner's delegates, those first who have not been refused, the latest seen first."""
        found = self._read(select(delegates).where(*_of(owner)))
        return tuple(sorted(found, key=lambda one: (one.refused_at is not None, -one.seen_at.timestamp())))

    def owners(self, person: Mailbox) -> tuple[str, ...]:
        """The object ids of those in whose calendars this person scheduled: whether that is still so is to be asked."""
        statement = select(delegates.c.owner_id).where(
            delegates.c.tenant_id == person.tenant_id,
            delegates.c.user_id == person.user_id,
        )
        with self._database.read() as connection:
            return tuple(row.owner_id for row in connection.execute(statement.order_by(delegates.c.owner_id)).all())

    def _read(self, statement: Select[tuple[object, ...]]) -> list[Delegate]:
        with self._database.read() as connection:
            return [_delegate(row) for row in connection.execute(statement).all()]


def _of(owner: Mailbox) -> tuple[ColumnElement[bool], ...]:
    return delegates.c.tenant_id == owner.tenant_id, delegates.c.owner_id == owner.user_id


def _delegate(row: Row[tuple[object, ...]]) -> Delegate:
    return Delegate(Mailbox(row.tenant_id, row.user_id, row.address, row.name), row.seen_at, row.refused_at)
