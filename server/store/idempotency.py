"""The same request sent twice has one effect and one answer (Idempotency-Key); it knows no HTTP."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, or_, select, update

from addin.errors import Unavailable
from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import idempotency
from server.store.upserting import insert

_DONE, _RUNNING = "done", "running"


class Standing(StrEnum):
    """Where a request stands when it arrives."""

    NEW = "new"  # go on
    INTERRUPTED = "interrupted"  # begun before and never ended: go on with the same `subject_id`
    RUNNING = "running"  # another call with this key is at it
    DONE = "done"  # `answer` is the answer
    OTHER = "other"  # the key was used for another request, which nobody is working on (any more)


@dataclass(frozen=True)
class Begun:
    """`subject_id` is the id to use for what the request makes: the one given, or that of the interrupted attempt.

    `answer` is that of a request that is done, of an interrupted one what it noted down of its progress.
    """

    standing: Standing
    subject_id: str
    answer: bytes | None = field(default=None, repr=False)


class Idempotency:
    """Keys belong to a person of a tenant. An attempt that never ended may be taken up again after `patience`."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        clock: Clock,
        *,
        life: timedelta = timedelta(hours=24),
        patience: timedelta = timedelta(minutes=3),
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._life = life
        self._patience = patience

    def begin(self, tenant_id: str, user_id: str, key: str, request: str, *, subject_id: str) -> Begun:
        """Enter `request` (its text, in a canonical form) under `key`, or tell how the key stands already."""
        now = self._clock()
        context = f"idempotency:{tenant_id}:{user_id}"
        row = {
            "tenant_id": tenant_id,
            "user_id": user_id,
            "key_digest": self._seal.digest(key, context),
            "fingerprint": self._seal.digest(request, context),
            "subject_id": subject_id,
            "state": _RUNNING,
            "answer": None,
            "expires_at": now + self._patience,
        }
        known_keys = self._seal.digests(key, context)
        known_requests = self._seal.digests(request, context)

        def work(writing: Writing) -> Begun:
            nothing_else = insert(writing.connection.dialect.name, idempotency).on_conflict_do_nothing()
            entering = nothing_else.returning(idempotency.c.subject_id)
            mine = select(idempotency).where(
                idempotency.c.tenant_id == tenant_id,
                idempotency.c.user_id == user_id,
                idempotency.c.key_digest.in_(known_keys),
            )
            found = writing.connection.execute(mine.with_for_update()).first()
            if found is None:
                if writing.connection.execute(entering, row).first() is not None:
                    return Begun(Standing.NEW, subject_id)
                found = writing.connection.execute(mine.with_for_update()).first()
            if found is None:
                raise Unavailable("The same request was just given up elsewhere. Send it again.", after=1)
            if found.state == _DONE and found.expires_at <= now:
                writing.connection.execute(update(idempotency).where(*_same(found)).values(row))
                return Begun(Standing.NEW, subject_id)
            if found.state == _RUNNING and found.expires_at > now:
                return Begun(Standing.RUNNING, found.subject_id)  # what it makes counts for another request too
            if found.fingerprint not in known_requests:
                return Begun(Standing.OTHER, found.subject_id)
            if found.state == _DONE:
                return Begun(Standing.DONE, found.subject_id, found.answer)
            again = update(idempotency).where(*_same(found)).values(expires_at=row["expires_at"])
            writing.connection.execute(again)
            return Begun(Standing.INTERRUPTED, found.subject_id, found.answer)

        begun = self._database.write(work)
        if begun.answer is None:
            return begun
        return Begun(begun.standing, begun.subject_id, self._seal.open(begun.answer, context))

    def finish(self, tenant_id: str, user_id: str, key: str, answer: bytes) -> None:
        """Keep the answer: it is given to every repetition while it lives."""
        context = f"idempotency:{tenant_id}:{user_id}"
        sealed = self._seal.seal(answer, context)
        mine = idempotency.c.key_digest.in_(self._seal.digests(key, context))
        self._database.execute(
            update(idempotency)
            .where(idempotency.c.tenant_id == tenant_id, idempotency.c.user_id == user_id, mine)
            .values(state=_DONE, answer=sealed, expires_at=self._clock() + self._life)
        )

    def note(self, tenant_id: str, user_id: str, key: str, progress: bytes) -> None:
        """Keep how far the attempt came: it is given to whoever takes it up again."""
        sealed = self._seal.seal(progress, f"idempotency:{tenant_id}:{user_id}")
        self._database.execute(self._running(tenant_id, user_id, key).values(answer=sealed))

    def interrupt(self, tenant_id: str, user_id: str, key: str) -> None:
        """The attempt ended with a part of its effects: the same request may take it up again at once."""
        self._database.execute(self._running(tenant_id, user_id, key).values(expires_at=self._clock()))

    def _running(self, tenant_id: str, user_id: str, key: str) -> Update:
        mine = idempotency.c.key_digest.in_(self._seal.digests(key, f"idempotency:{tenant_id}:{user_id}"))
        whose = (idempotency.c.tenant_id == tenant_id, idempotency.c.user_id == user_id)
        return update(idempotency).where(*whose, mine, idempotency.c.state == _RUNNING)

    def forget(self, tenant_id: str, user_id: str, key: str) -> None:
        """The attempt ended without any effect: the key may be used again, for whatever request."""
        mine = idempotency.c.key_digest.in_(self._seal.digests(key, f"idempotency:{tenant_id}:{user_id}"))
        self._database.execute(
            idempotency.delete().where(idempotency.c.tenant_id == tenant_id, idempotency.c.user_id == user_id, mine)
        )

    def tidy(self) -> int:
        """Remove answers whose life is over and attempts nobody took up again for as long; how many went."""
        now = self._clock()
        over = or_(
            (idempotency.c.state == _DONE) & (idempotency.c.expires_at <= now),
            (idempotency.c.state == _RUNNING) & (idempotency.c.expires_at <= now - self._life),
        )
        return self._database.execute(idempotency.delete().where(over))


def _same(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        idempotency.c.tenant_id == row.tenant_id,
        idempotency.c.user_id == row.user_id,
        idempotency.c.key_digest == row.key_digest,
    )
