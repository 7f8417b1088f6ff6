"""The switch that stops everything for a tenant, and lets it go on; who obeys it is not its affair."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from addin.ports import Clock
from server.store.audit import Act, record
from server.store.database import Database, Due, Writing
from server.store.ledger import MAILBOX, MEETING, make_due
from server.store.policies import raise_revision
from server.store.seal import Seal
from server.store.tables import ledger, mailboxes, meetings, tenants


@dataclass(frozen=True)
class Stop:
    """Since when a tenant stands still, and the name of who stopped it."""

    at: datetime
    by: str


class Switches:
    """Stopping and going on, each with its entry in the audit log."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def stopped(self, tenant_id: str) -> Stop | None:
        """None where the tenant works as ever."""
        statement = select(tenants.c.stopped_at, tenants.c.stopped_by).where(tenants.c.tenant_id == tenant_id)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None or row.stopped_at is None:
            return None
        return Stop(row.stopped_at, self._seal.open(row.stopped_by, stop_context(tenant_id)).decode())

    def stop(self, tenant_id: str, by: str, act: Act) -> None:
        """From the next call on nothing is asked and nothing is changed; what was hinted at is kept."""
        sealed = self._seal.seal(by.encode(), stop_context(tenant_id))
        mine, now = tenants.c.tenant_id == tenant_id, self._clock()

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            writing.connection.execute(update(tenants).where(mine).values(stopped_at=now, stopped_by=sealed))
            record(writing, act, now, self._seal)

        self._database.write(work)

    def go_on(self, tenant_id: str, act: Act) -> None:
        """Everything in step is due at once, whether it came due meanwhile or waits for its time."""
        mine, now = tenants.c.tenant_id == tenant_id, self._clock()

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            writing.connection.execute(update(tenants).where(mine).values(stopped_at=None, stopped_by=None))
            live = select(meetings.c.id).where(meetings.c.tenant_id == tenant_id, meetings.c.state != "ended")
            due = [Due(MEETING, row.id, now) for row in writing.connection.execute(live).all()]
            known = select(mailboxes.c.user_id).where(mailboxes.c.tenant_id == tenant_id)
            due += [Due(MAILBOX, f"{tenant_id}/{row.user_id}", now) for row in writing.connection.execute(known).all()]
            begins = ledger.c.subject_id.startswith(f"{tenant_id}/", autoescape=True)
            hinted = select(ledger.c.subject_id).where(ledger.c.kind == MAILBOX, begins)
            due += [Due(MAILBOX, row.subject_id, now) for row in writing.connection.execute(hinted).all()]
            make_due(writing, due)
            record(writing, act, now, self._seal)

        self._database.write(work)


def stop_context(tenant_id: str) -> str:
    """What the name of who stopped a tenant is sealed for."""
    return f"stop:{tenant_id}"
