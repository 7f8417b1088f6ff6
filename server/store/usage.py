"""What was used and how it went, in quarters of an hour: calls to the services, looks, failures, waiting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.ledger import MEETING
from server.store.tables import ledger, meetings, usage
from server.store.upserting import insert

QUARTER = timedelta(minutes=15)
_KEPT = timedelta(days=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Used:
    """One figure. `service` is graph, clickmeeting, looks or lag; `subject` a mailbox or an account, "" else."""

    tenant_id: str
    at: datetime
    service: str
    subject: str
    calls: int
    failures: int = 0
    worst_ms: int = 0


def quarter(moment: datetime) -> datetime:
    """The quarter of an hour that a moment lies in."""
    return _EPOCH + ((moment - _EPOCH) // QUARTER) * QUARTER


class Usage:
    """Adding and reading."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, figures: Iterable[Used]) -> None:
        """Each is added to what its quarter holds already; what is older than eight days goes."""
        rows = [{**vars(one), "at": quarter(one.at)} for one in figures]
        if not rows:
            return
        old = delete(usage).where(usage.c.at < self._clock() - _KEPT)

        def work(writing: Writing) -> None:
            dialect = writing.connection.dialect.name
            statement = insert(dialect, usage)
            new = statement.excluded
            greatest = func.max if dialect == "sqlite" else func.greatest
            changes = {
                "calls": usage.c.calls + new.calls,
                "failures": usage.c.failures + new.failures,
                "worst_ms": greatest(usage.c.worst_ms, new.worst_ms),
            }
            keys = ["tenant_id", "at", "service", "subject"]
            ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in keys))
            writing.connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), ordered)
            writing.connection.execute(old)

        self._database.write(work)

    def since(self, tenant_id: str, moment: datetime) -> tuple[Used, ...]:
        """A tenant's figures from the quarter of that moment on, oldest first."""
        statement = select(usage).where(usage.c.tenant_id == tenant_id, usage.c.at >= quarter(moment))
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(usage.c.at)).all()
        return tuple(Used(**row._mapping) for row in rows)

    def waiting(self, tenant_id: str) -> tuple[int, timedelta]:
        """How many of a tenant's meetings are due, and how long the first of them has been."""
        now = self._clock()
        joined = select(func.count(), func.min(ledger.c.due_at)).select_from(
            ledger.join(meetings, (ledger.c.kind == MEETING) & (ledger.c.subject_id == meetings.c.id))
        )
        statement = joined.where(meetings.c.tenant_id == tenant_id, ledger.c.due_at <= now)
        with self._database.read() as connection:
            count, oldest = connection.execute(statement).one()
        return count, (now - oldest if oldest is not None else timedelta(0))

    def standing(self, tenant_id: str) -> dict[str, int]:
        """How many of a tenant's meetings are in each state."""
        statement = select(meetings.c.state, func.count()).where(meetings.c.tenant_id == tenant_id)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement.group_by(meetings.c.state)).all()}

    def failing(self, tenant_id: str, limit: int = 50) -> tuple[Any, ...]:
        """(meeting id, attempts, last error) of a tenant's meetings whose last look failed."""
        statement = (
            select(ledger.c.subject_id, ledger.c.attempts, ledger.c.last_error)
            .select_from(ledger.join(meetings, (ledger.c.kind == MEETING) & (ledger.c.subject_id == meetings.c.id)))
            .where(meetings.c.tenant_id == tenant_id, ledger.c.attempts > 0)
            .order_by(ledger.c.attempts.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(statement).all())
