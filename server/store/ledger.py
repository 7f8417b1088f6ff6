"""What is to be done and who is at it: one row per meeting or mailbox; it does not know what the work is.

A row is *due* when `due_at` has come and nobody holds a lease. Claiming takes `due_at` away and gives a lease;
whatever asks for the subject meanwhile sets `due_at` again, so a change during the work is never swallowed.
A lease that ran out is due by itself: its worker died. `generation` counts claims, from a number that no row before
had: a worker that lost its lease can neither finish nor postpone what another has taken over, not even where the row
went and came again meanwhile.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select, tuple_, update

from addin.ports import Clock
from server.store.column_types import Instant, microseconds
from server.store.database import Database, Due, Writing
from server.store.listed import as_parameter, listed
from server.store.tables import ledger
from server.store.upserting import AnyInsert, insert

MEETING, MAILBOX = "meeting", "mailbox"
WORKER_LOST = "The worker stopped before it had finished."
_ERROR_LENGTH = 500
_FIRST_GENERATIONS = 2**30


@dataclass(frozen=True)
class Claim:
    """The right to work on a subject until the lease ends. `attempts` counts failures since the last success."""

    kind: str
    subject_id: str
    attempts: int
    generation: int


@dataclass(frozen=True)
class Backlog:
    """What waits: rows due now, the oldest of their times, rows at work, rows whose last attempt failed."""

    due: int
    oldest: datetime | None
    leased: int
    failing: int


def make_due(writing: Writing, subjects: Iterable[Due]) -> None:
    """Within somebody's write: each subject is looked at, at the latest at its time. Sorted against deadlocks."""
    rows = sorted(set(subjects), key=lambda due: (due.kind, due.subject_id))
    if not rows:
        return
    asked = as_parameter((due.kind, due.subject_id, microseconds(due.at), 0, _beginning()) for due in rows)
    writing.connection.execute(_asking(writing.connection.dialect.name), asked)
    writing.due += rows


@cache
def _asking(dialect: str) -> AnyInsert:
    """What is due already, and not later, is left as it is: no row is written for it."""
    columns = [ledger.c[name] for name in ("kind", "subject_id", "due_at", "attempts", "generation")]
    statement = insert(dialect, ledger)
    new = statement.excluded.due_at
    return statement.from_select(columns, listed(dialect, columns)).on_conflict_do_update(
        index_elements=["kind", "subject_id"],
        set_={"due_at": new},
        where=or_(ledger.c.due_at.is_(None), ledger.c.due_at > new),
    )


def _beginning() -> int:
    """Where a new row's generations begin: fits the column with as many claims again to come."""
    return secrets.randbelow(_FIRST_GENERATIONS)


class Ledger:
    """Claiming, finishing, postponing. Every method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(self, kind: str, subject_id: str, at: datetime | None = None) -> None:
        """Make a subject due, now unless told otherwise."""
        due = Due(kind, subject_id, at or self._clock())
        self._database.write(lambda writing: make_due(writing, [due]))

    def claim(self, limit: int, lease: timedelta, *, only: tuple[str, str] | None = None) -> list[Claim]:
        """At most `limit` subjects that are due, those first whose worker was lost; `only` names one subject."""
        now = self._clock()
        return self._database.write(lambda writing: _claim(writing, limit, now, now + lease, only))

    def finish(self, claim: Claim) -> bool:
        """Done. The row goes, unless the subject became due again meanwhile. False where the lease was lost."""
        return self._database.write(lambda writing: _finish(writing, claim))

    def postpone(self, claim: Claim, pause: timedelta, error: str, *, hold: bool = False) -> bool:
        """Failed for now: due again after `pause`; with `hold` not earlier, whoever asks (Retry-After)."""
        until = self._clock() + pause
        changes = {"due_at": until, "attempts": claim.attempts + 1, "last_error": error[:_ERROR_LENGTH]}
        return self._release(claim, {**changes, "not_before": until if hold else None})

    def give_up(self, claim: Claim, error: str) -> bool:
        """Failed for good: recorded, and looked at again only when somebody asks."""
        return self._release(claim, {"attempts": claim.attempts + 1, "last_error": error[:_ERROR_LENGTH]})

    def put_back(self, claim: Claim, *, pause: timedelta = timedelta(0)) -> bool:
        """Not begun: due again as if nothing had been."""
        return self._release(claim, {"due_at": self._clock() + pause, "attempts": claim.attempts})

    def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        """The work takes longer than the lease: hold on to it."""
        if not claims:
            return
        until = self._clock() + lease
        statement = (
            update(ledger)
            .where(
                ledger.c.kind == bindparam("of_kind"),
                ledger.c.subject_id == bindparam("of_subject"),
                ledger.c.generation == bindparam("of_generation"),
            )
            .values(lease_until=bindparam("until"))
        )
        rows = [
            {
                "of_kind": claim.kind,
                "of_subject": claim.subject_id,
                "of_generation": claim.generation,
                "until": until,
            }
            for claim in sorted(claims, key=lambda claim: (claim.kind, claim.subject_id))
        ]
        self._database.execute(statement, rows)

    def next_due(self) -> datetime | None:
        """The earliest moment at which `claim` will find something; None when nothing is planned."""
        planned = and_(ledger.c.due_at.is_not(None), ledger.c.lease_until.is_(None))
        free = select(ledger.c.due_at).where(planned, ledger.c.not_before.is_(None)).order_by(ledger.c.due_at).limit(1)
        held = select(func.min(_earliest())).where(planned, ledger.c.not_before.is_not(None))
        lost = select(func.min(ledger.c.lease_until)).where(ledger.c.lease_until.is_not(None))
        with self._database.read() as connection:
            times = [connection.execute(one).scalar() for one in (free, held, lost)]
        return min((time for time in times if time is not None), default=None)

    def due(self, limit: int) -> list[Due]:
        """What `claim` would take now, without taking it."""
        now = self._clock()
        with self._database.read() as connection:
            rows = [
                row
                for condition, order in ((_lost(now), ledger.c.lease_until), (_free(now), ledger.c.due_at))
                for row in connection.execute(
                    select(ledger.c.kind, ledger.c.subject_id, ledger.c.due_at, ledger.c.lease_until)
                    .where(condition)
                    .order_by(order)
                    .limit(limit)
                )
            ][:limit]
        return [Due(row.kind, row.subject_id, row.lease_until or row.due_at) for row in rows]

    def backlog(self) -> Backlog:
        """For metrics and the admin's page."""
        now = self._clock()
        statements = (
            select(func.count(), func.min(ledger.c.due_at)).where(_free(now)),
            select(func.count(), func.min(ledger.c.lease_until)).where(_lost(now)),
            select(func.count(), func.max(ledger.c.lease_until)).where(ledger.c.lease_until > now),
            select(func.count(), func.max(ledger.c.attempts)).where(ledger.c.attempts > 0),
        )
        with self._database.read() as connection:
            free, lost, leased, failing = (connection.execute(one).one() for one in statements)
        oldest = min((time for time in (free[1], lost[1]) if time is not None), default=None)
        return Backlog(free[0] + lost[0], oldest, leased[0], failing[0])

    def last_error(self, kind: str, subject_id: str) -> str | None:
        """What the last attempt at a subject ended in, if it failed."""
        with self._database.read() as connection:
            return connection.execute(
                select(ledger.c.last_error).where(ledger.c.kind == kind, ledger.c.subject_id == subject_id)
            ).scalar()

    def _release(self, claim: Claim, changes: dict[str, Any]) -> bool:
        due = ledger.c.due_at
        if "due_at" in changes and not changes.get("not_before"):
            at = literal(changes["due_at"], Instant)
            changes = {**changes, "due_at": case((or_(due.is_(None), due > at), at), else_=due)}
        statement = update(ledger).where(_held(claim)).values(lease_until=None, **changes)
        return self._database.execute(statement) == 1


def _claim(writing: Writing, limit: int, now: datetime, until: datetime, only: tuple[str, str] | None) -> list[Claim]:
    connection = writing.connection
    taken: list[Claim] = []
    for condition, order in ((_lost(now), ledger.c.lease_until), (_free(now), ledger.c.due_at)):
        statement = select(ledger.c.kind, ledger.c.subject_id, ledger.c.attempts, ledger.c.generation).where(condition)
        if only is not None:
            statement = statement.where(ledger.c.kind == only[0], ledger.c.subject_id == only[1])
        rows = connection.execute(
            statement.order_by(order).limit(limit - len(taken)).with_for_update(skip_locked=True)
        ).all()
        if rows:
            lost = order is ledger.c.lease_until
            connection.execute(
                update(ledger)
                .where(tuple_(ledger.c.kind, ledger.c.subject_id).in_([(row.kind, row.subject_id) for row in rows]))
                .values(
                    lease_until=until,
                    due_at=None,
                    not_before=None,
                    generation=ledger.c.generation + 1,
                    attempts=ledger.c.attempts + (1 if lost else 0),
                    last_error=WORKER_LOST if lost else ledger.c.last_error,
                )
            )
            taken += [
                Claim(row.kind, row.subject_id, row.attempts + (1 if lost else 0), row.generation + 1) for row in rows
            ]
        if len(taken) == limit:
            break
    return taken


def _finish(writing: Writing, claim: Claim) -> bool:
    connection = writing.connection
    done = connection.execute(ledger.delete().where(_held(claim), ledger.c.due_at.is_(None))).rowcount
    if done:
        return True
    kept = update(ledger).where(_held(claim)).values(lease_until=None, attempts=0, last_error=None)
    if connection.execute(kept).rowcount == 0:
        return False
    again = connection.execute(select(ledger.c.due_at).where(_subject(claim))).scalar()
    if again is not None:
        writing.due.append(Due(claim.kind, claim.subject_id, again))
    return True


def _subject(claim: Claim) -> ColumnElement[bool]:
    return and_(ledger.c.kind == claim.kind, ledger.c.subject_id == claim.subject_id)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(_subject(claim), ledger.c.generation == claim.generation, ledger.c.lease_until.is_not(None))


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(
        ledger.c.due_at <= now,
        ledger.c.lease_until.is_(None),
        or_(ledger.c.not_before.is_(None), ledger.c.not_before <= now),
    )


def _lost(now: datetime) -> ColumnElement[bool]:
    return ledger.c.lease_until <= now


def _earliest() -> ColumnElement[Any]:
    hold = ledger.c.not_before
    return case((hold.is_(None), ledger.c.due_at), (hold > ledger.c.due_at, hold), else_=ledger.c.due_at)
