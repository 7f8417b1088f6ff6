"""The webhook's way in: what was notified is durable before the answer, and its mailbox due; it judges no sender."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import bindparam, delete, select

from addin.ports import Clock
from server.store.column_types import microseconds
from server.store.database import Database, Due, Writing
from server.store.gathering import Gathering, Outcome
from server.store.ledger import MAILBOX, make_due
from server.store.listed import as_parameter, listed
from server.store.subscriptions import mark_removed
from server.store.tables import sightings
from server.store.upserting import AnyInsert, insert

AT_ONCE = 1000
"""As many hints are looked at in one go."""

_EVENT_ID_LENGTH = 512
_CHANGE_LENGTH = 16
_LINGER_S = 0.003


@dataclass(frozen=True)
class Notice:
    """A checked hint: something about this event changed. An empty event id means the mailbox as a whole.

    `removed` is a subscription that the service says it took away.
    """

    tenant_id: str
    user_id: str
    event_id: str
    change: str
    removed: str | None = None


@dataclass(frozen=True)
class Sighting:
    """A kept hint. `generation` counts how often it was told, `seen_at` is when for the first time."""

    event_id: str
    change: str
    generation: int
    seen_at: datetime


class Notices:
    """Hints collapse to one row an event; all that callers bring at the same time is one commit."""

    def __init__(self, database: Database, clock: Clock, *, calm: timedelta = timedelta(0)) -> None:
        """`calm` is how long a mailbox waits for the rest of a burst before it is looked at."""
        self._database = database
        self._clock = clock
        self._calm = calm
        self._gathering: Gathering[Sequence[Notice], None] = Gathering(self._commit, linger_s=_LINGER_S)

    def accept(self, notices: Sequence[Notice]) -> None:
        """Returns when every notice is durable. Unavailable when it could not be kept: the sender must repeat it."""
        if notices:
            self._gathering.do(notices)

    def seen(self, tenant_id: str, user_id: str, *, limit: int = AT_ONCE) -> tuple[Sighting, ...]:
        """What was hinted at in a mailbox and not settled yet, what waits longest first."""
        statement = (
            select(sightings.c.event_id, sightings.c.change, sightings.c.generation, sightings.c.seen_at)
            .where(sightings.c.tenant_id == tenant_id, sightings.c.user_id == user_id)
            .order_by(sightings.c.seen_at, sightings.c.event_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(Sighting(*row) for row in connection.execute(statement).all())

    def settle(self, tenant_id: str, user_id: str, looked_at: Sequence[Sighting]) -> None:
        """These were looked at; what was hinted at again meanwhile stays."""
        if not looked_at:
            return
        statement = delete(sightings).where(
            sightings.c.tenant_id == tenant_id,
            sightings.c.user_id == user_id,
            sightings.c.event_id == bindparam("of_event"),
            sightings.c.generation == bindparam("of_generation"),
        )
        rows = [{"of_event": one.event_id, "of_generation": one.generation} for one in looked_at]
        self._database.execute(statement, rows)

    def _commit(self, brought: Sequence[Sequence[Notice]]) -> Sequence[Outcome[None]]:
        now = self._clock()
        told = {_key(notice): notice.change for notices in brought for notice in notices}
        seen_at = microseconds(now)
        hints = as_parameter((*key, _change(told[key]), seen_at, 1) for key in sorted(told))
        due = [Due(MAILBOX, f"{tenant}/{user}", now + self._calm) for tenant, user in {key[:2] for key in told}]

        removed = sorted({notice.removed for notices in brought for notice in notices if notice.removed})

        def work(writing: Writing) -> None:
            writing.connection.execute(_hinting(writing.connection.dialect.name), hints)
            make_due(writing, due)
            if removed:
                mark_removed(writing, removed)

        self._database.write(work)
        return [_nothing] * len(brought)


@cache
def _hinting(dialect: str) -> AnyInsert:
    columns = list(sightings.columns)
    statement = insert(dialect, sightings)
    new = statement.excluded
    changes = {"change": new.change, "generation": sightings.c.generation + 1}
    return statement.from_select(columns, listed(dialect, columns)).on_conflict_do_update(
        index_elements=["tenant_id", "user_id", "event_id"], set_=changes
    )


def _key(notice: Notice) -> tuple[str, str, str]:
    """An event id that no column can hold is not worth an error: the mailbox as a whole is looked at."""
    event_id = notice.event_id
    if len(event_id) > _EVENT_ID_LENGTH or not event_id.isprintable():
        event_id = ""
    return notice.tenant_id, notice.user_id, event_id


def _change(word: str) -> str:
    return word[:_CHANGE_LENGTH] if word.isprintable() else ""


def _nothing() -> None:
    return None
