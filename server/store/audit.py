"""The audit log: what administrators did, appended only and chained by digests; it does not know what was done.

Each entry is kept as the very text that was digested: SHA-256 over the digest before it, a line feed, and the text.
Whoever changes, removes or reorders an entry breaks the chain from there on; the last digest, written down elsewhere,
proves the whole. The head of each chain is marked under the encryption keys as well: who writes to the database alone
can neither change nor cut off what was marked. Personal data is kept out by those who append, so that nothing ever has
to be erased here.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import audit, audit_heads
from server.store.upserting import insert

_BEFORE_ALL = "0" * 64
_BATCH = 500
_LONGEST = 2000
_MARK = re.compile(r"([0-9]{1,18}):[0-9a-f]{32}")


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


def record(writing: Writing, act: Act, at: datetime, seal: Seal) -> None:
    """Append within the very transaction of what was done: one is never without the other.

    After a break it goes on behind the greatest number there is, without a new mark: the break stays to be seen.
    """
    connection = writing.connection
    first = {"tenant_id": act.tenant_id, "number": 0, "digest": _BEFORE_ALL}
    connection.execute(insert(connection.dialect.name, audit_heads).on_conflict_do_nothing(), [first])
    mine = audit_heads.c.tenant_id == act.tenant_id
    head = connection.execute(select(audit_heads).where(mine).with_for_update()).one()
    newest = _last(connection, act.tenant_id)
    last, before = (newest.number, newest.digest) if newest else (0, _BEFORE_ALL)
    number = max(head.number, last) + 1
    text = _text(number, act, at)
    digest = chained(before, text)
    whole = (head.number, head.digest) == (last, before) and _marked(connection, head, seal)
    mark = marked_as(act.tenant_id, number, digest, seal) if whole else head.mark
    connection.execute(
        audit.insert(), [{"tenant_id": act.tenant_id, "number": number, "entry": text, "digest": digest}]
    )
    connection.execute(update(audit_heads).where(mine).values(number=number, digest=digest, mark=mark))


def marked_as(tenant_id: str, number: int, digest: str, seal: Seal) -> str:
    """The mark of a chain that reaches to this entry: `number:HMAC`, under the newest key."""
    return f"{number}:{seal.digest(f'{number} {digest}', f'audit:{tenant_id}').hex()}"


def mark_anew(connection: Connection, seal: Seal) -> int:
    """How many good marks of older keys were made anew under the newest; within somebody's write."""
    changed = 0
    for head in connection.execute(select(audit_heads).with_for_update()).all():
        number = _reach(head)
        digest = _digest(connection, head.tenant_id, number)
        if digest is None or not _marked(connection, head, seal):
            continue
        mark = marked_as(head.tenant_id, number, digest, seal)
        if mark != head.mark:
            mine = audit_heads.c.tenant_id == head.tenant_id
            changed += connection.execute(update(audit_heads).where(mine).values(mark=mark)).rowcount
    return changed


def _marked(connection: Connection, head: Row[Any], seal: Seal) -> bool:
    """Whether the entry that the mark names is there as it was. Behind it may stand what an older version appended."""
    if head.number == 0 and head.mark is None:
        return True
    number = _reach(head)
    digest = _digest(connection, head.tenant_id, number)
    if digest is None:
        return False
    told = bytes.fromhex(head.mark.partition(":")[2])
    known = seal.digests(f"{number} {digest}", f"audit:{head.tenant_id}")
    return any(hmac.compare_digest(told, one) for one in known)


def _reach(head: Row[Any]) -> int:
    """The number of the entry that the mark reaches to; 0 where there is no mark that can be read."""
    found = _MARK.fullmatch(head.mark or "")
    return int(found[1]) if found else 0


def _digest(connection: Connection, tenant_id: str, number: int) -> str | None:
    statement = select(audit.c.digest).where(audit.c.tenant_id == tenant_id, audit.c.number == number)
    return connection.execute(statement).scalar()


def _last(connection: Connection, tenant_id: str) -> Any:
    mine = select(audit.c.number, audit.c.digest).where(audit.c.tenant_id == tenant_id)
    return connection.execute(mine.order_by(audit.c.number.desc()).limit(1)).first()


def chained(before: str, text: str) -> str:
    """The digest of an entry that follows another one."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


class AuditLog:
    """Reading, appending and proving."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def append(self, act: Act) -> None:
        """For what touches no other table."""
        self._database.write(lambda writing: record(writing, act, self._clock(), self._seal))

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
            with self._database.read() as connection:
                entries = _behind(connection, tenant_id, after)
            yield from entries
            if not entries:
                return
            after = entries[-1].number

    def verify(self, tenant_id: str) -> Verdict:
        """Read the whole chain again, entries and head as they are at one moment."""
        before, count = _BEFORE_ALL, 0
        with self._database.snapshot() as connection:
            while entries := _behind(connection, tenant_id, count):
                for entry in entries:
                    fits = entry.number == count + 1 and entry.digest == chained(before, entry.text)
                    if not fits:
                        return Verdict(count, before, entry.number)
                    before, count = entry.digest, entry.number
            head = connection.execute(select(audit_heads).where(audit_heads.c.tenant_id == tenant_id)).first()
            if head is None:
                whole = count == 0
            else:
                whole = (head.number, head.digest) == (count, before) and _marked(connection, head, self._seal)
        return Verdict(count, before, None if whole else count + 1)  # else the end was cut off or made anew


def _behind(connection: Connection, tenant_id: str, number: int) -> list[Entry]:
    """The next entries behind this number."""
    mine = select(audit).where(audit.c.tenant_id == tenant_id, audit.c.number > number)
    rows = connection.execute(mine.order_by(audit.c.number).limit(_BATCH)).all()
    return [_entry(row.number, row.entry, row.digest) for row in rows]


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
