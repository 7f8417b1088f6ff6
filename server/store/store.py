"""Everything kept in one database, behind one object; the only class of this package that callers need to open."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from addin.model import Meeting
from addin.ports import Clock
from server.store.accounts import Accounts
from server.store.audit import AuditLog
from server.store.caches import TokenCaches
from server.store.database import Database
from server.store.delegates import Delegates
from server.store.idempotency import Idempotency
from server.store.ledger import Ledger
from server.store.locks import locks_for
from server.store.mailboxes import Mailboxes
from server.store.meetings import Meetings, Note
from server.store.notices import Notices
from server.store.policies import Policies
from server.store.seal import Seal
from server.store.sign_ins import SignIns
from server.store.subjects import Subjects
from server.store.subscriptions import Subscriptions
from server.store.switches import Switches
from server.store.usage import Usage


class SqlStore:
    """`addin.ports.Store`, and beside it the parts that only the server needs.

    The database must be at the present version of its tables (`server.store.upgrade`).
    """

    def __init__(
        self,
        database_url: str,
        seal: Seal,
        clock: Clock,
        *,
        connections: int = 24,
        calm: timedelta = timedelta(0),
        patience_s: float = 30,
    ) -> None:
        """`patience_s` is how long `exclusive` waits; `calm` how long a notified mailbox waits for the rest."""
        self.database = Database(database_url, connections=connections)
        self.meetings = Meetings(self.database, seal, clock)
        self.ledger = Ledger(self.database, clock)
        self.notices = Notices(self.database, clock, calm=calm)
        self.subscriptions = Subscriptions(self.database, seal, clock)
        self.mailboxes = Mailboxes(self.database, seal)
        self.delegates = Delegates(self.database, clock)
        self.idempotency = Idempotency(self.database, seal, clock)
        self.caches = TokenCaches(self.database, clock)
        self.sign_ins = SignIns(self.database, seal, clock)
        self.policies = Policies(self.database, seal, clock)
        self.audit = AuditLog(self.database, seal, clock)
        self.accounts = Accounts(self.database, seal, clock)
        self.switches = Switches(self.database, seal, clock)
        self.usage = Usage(self.database, clock)
        self.subjects = Subjects(self.database, seal, clock, self.meetings, self.mailboxes, self.policies)
        self._locks = locks_for(self.database)
        self._patience_s = patience_s

    def add(self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None) -> Meeting:
        """A new meeting, as version 0; Changed when its id is taken."""
        return self.meetings.add(meeting, note=note, due_at=due_at)

    def meeting(self, meeting_id: str) -> Meeting:
        """Missing when there is none."""
        return self.meetings.get(meeting_id)

    def save(
        self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None, source: str | None = None
    ) -> Meeting:
        """Version plus one; Changed when somebody else saved meanwhile."""
        return self.meetings.save(meeting, note=note, due_at=due_at, source=source)

    def find(
        self,
        *,
        tenant_id: str,
        key: str | None = None,
        event_id: str | None = None,
        ical_uid: str | None = None,
        room_url: str | None = None,
        owner_id: str | None = None,
    ) -> tuple[Meeting, ...]:
        """Meetings of one tenant that fit everything given, oldest first."""
        return self.meetings.find(
            tenant_id=tenant_id, key=key, event_id=event_id, ical_uid=ical_uid, room_url=room_url, owner_id=owner_id
        )

    def history(self, meeting_id: str) -> tuple[Note, ...]:
        """What was done for a meeting, oldest first."""
        return self.meetings.history(meeting_id)

    def exclusive(self, subject: str, *, wait: float | None = None) -> AbstractContextManager[None]:
        """Only one at a time, across threads and processes; Unavailable after `wait` seconds (default: patience)."""
        return self._locks.exclusive(subject, wait=self._patience_s if wait is None else wait)

    def tidy(self) -> int:
        """Let go of answers, steps of a sign-in and sessions whose life is over; how many went."""
        return self.idempotency.tidy() + self.sign_ins.tidy()

    def close(self) -> None:
        """Give back every connection."""
        self._locks.close()
        self.database.close()
