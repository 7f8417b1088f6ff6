"""The audit log: what administrators did, appended only and chained by digests; it does not know what was done.

Each entry is kept as the very text that was digested: SHA-256 over the digest before it, a line feed, and the text.
Whoever changes, removes or reorders an entry breaks the chain from there on; the last digest, written down elsewhere,
proves the whole. Personal data is kept out by those who append, so that nothing ever has to be erased here.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update

from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.tables import audit, audit_heads
from server.store.upserting import insert

_BEFORE_ALL = "0" * 64
_BATCH = 500
_LONGEST = 2000


@dataclass(frozen=True)
class Act:
    """Something done by an administrator: `actor` is the object id, `subject` what it was done to."""

    tenant_id: str
    actor: str
    action: str
    subject: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry as kept. `number` counts from 1 within the tenant."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    digest: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; `broken_at` is the first entry that does not fit, `last` the digest of the newest."""

    entries: int
    last: str
    broken_at: int | None = None


def record(writing: Writing, act: Act, at: datetime) -> None:
    """Append within the very transaction of what was done: one is never without the other."""
    connection = writing.connection
    first = {"tenant_id": act.tenant_id, "number": 0, "digest": _BEFORE_ALL}
    connection.execute(insert(connection.dialect.name, audit_heads).on_conflict_do_nothing(), [first])
    mine = audit_heads.c.tenant_id == act.tenant_id
    head = connection.execute(select(audit_heads).where(mine).with_for_update()).one()
    number = head.number + 1
    text = _text(number, act, at)
    digest = chained(head.digest, text)
    connection.execute(
        audit.insert(), [{"tenant_id": act.tenant_id, "number": number, "entry": text, "digest": digest}]
    )
    connection.execute(update(audit_heads).where(mine).values(number=number, digest=digest))


def chained(before: str, text: str) -> str:
    """The digest of an entry that follows another one."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


class AuditLog:
    """Reading, appending and proving."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def append(self, act: Act) -> None:
        """For what touches no other table."""
        self._database.write(lambda writing: record(writing, act, self._clock()))

    def page(self, tenant_id: str, *, before: int | None = None, limit: int = 50) -> tuple[Entry, ...]:
        """The newest first; `before` is the number at the end of the page before."""
        statement = select(audit).where(audit.c.tenant_id == tenant_id)
        if before is not None:
            statement = statement.where(audit.c.number < before)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(audit.c.number.desc()).limit(limit)).all()
        return tuple(_entry(row.number, row.entry, row.digest) for row in rows)

    def all(self, tenant_id: str) -> Iterator[Entry]:
        """Every entry, oldest first."""
        after = 0
        while True:
            mine = select(audit).where(audit.c.tenant_id == tenant_id, audit.c.number > after)
            with self._database.read() as connection:
                rows = connection.execute(mine.order_by(audit.c.number).limit(_BATCH)).all()
            for row in rows:
                yield _entry(row.number, row.entry, row.digest)
            if not rows:
                return
            after = rows[-1].number

    def verify(self, tenant_id: str) -> Verdict:
        """Read the whole chain again."""
        before, count = _BEFORE_ALL, 0
        for entry in self.all(tenant_id):
            fits = entry.number == count + 1 and entry.digest == chained(before, entry.text)
            if not fits:
                return Verdict(count, before, entry.number)
            before, count = entry.digest, entry.number
        with self._database.read() as connection:
            head = connection.execute(select(audit_heads).where(audit_heads.c.tenant_id == tenant_id)).first()
        if head is not None and (head.number, head.digest) != (count, before):
            return Verdict(count, before, count + 1)  # the end was cut off
        return Verdict(count, before)


def _text(number: int, act: Act, at: datetime) -> str:
    fields = {"number": number, "at": at.isoformat(), "actor": act.actor, "action": act.action}
    fields |= {"subject": act.subject[:_LONGEST], "detail": act.detail[:_LONGEST]}
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def _entry(number: int, text: str, digest: str) -> Entry:
    try:
        told = json.loads(text)
        at = datetime.fromisoformat(told["at"])
        actor, action, subject, detail = (str(told[name]) for name in ("actor", "action", "subject", "detail"))
    except (ValueError, KeyError, TypeError):  # somebody changed it by hand: `verify` tells where
        return Entry(number, datetime.fromtimestamp(0, UTC), "", "unreadable", "", "", digest, text)
    return Entry(number, at, actor, action, subject, detail, digest, text)
