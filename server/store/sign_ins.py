"""What a sign-in through a dialogue leaves for its next step: sealed, for a short while, found by its secret alone.

Each step may reach another web process, so it stands in the database. Secrets are kept as digests only.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select

from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import sign_ins


class Step(StrEnum):
    """What a secret opens."""

    FLOW = "flow"  # a sign-in that was begun: opened by the state that comes back with it
    TRANSIT = "transit"  # a finished one on its way from the dialogue to the pane
    SESSION = "session"  # one that the pane may renew
    ADMIN_FLOW = "admin-flow"  # a sign-in to the console that was begun
    ADMIN = "admin"  # a session of the console


class SignIns:
    """Every secret opens one step once; `look` alone leaves it where it is."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def keep(self, step: Step, secret: str, data: bytes, life: timedelta) -> None:
        """Keep `data` for `life`; what is over goes at the same time."""
        row, now = self._row(step, secret, data, life), self._clock()

        def work(writing: Writing) -> None:
            _tidy(writing, now)
            writing.connection.execute(sign_ins.insert(), row)

        self._database.write(work)

    def look(self, step: Step, secret: str) -> bytes | None:
        """None where there is nothing (any more)."""
        statement = select(sign_ins.c.data).where(*self._same(step, secret), sign_ins.c.expires_at > self._clock())
        with self._database.read() as connection:
            sealed = connection.execute(statement).scalar()
        return None if sealed is None else self._seal.open(sealed, _context(step))

    def take(self, step: Step, secret: str) -> bytes | None:
        """As `look`, and gone afterwards: of two callers with the same secret one gets None."""
        now = self._clock()
        statement = delete(sign_ins).where(*self._same(step, secret), sign_ins.c.expires_at > now)

        def work(writing: Writing) -> bytes | None:
            sealed: bytes | None = writing.connection.execute(statement.returning(sign_ins.c.data)).scalar()
            return sealed

        sealed = self._database.write(work)
        return None if sealed is None else self._seal.open(sealed, _context(step))

    def replace(self, step: Step, old: str, new: str, data: bytes, life: timedelta) -> bool:
        """`new` instead of `old`; False (and nothing kept) where somebody else used `old` meanwhile."""
        row, now = self._row(step, new, data, life), self._clock()
        going = delete(sign_ins).where(*self._same(step, old), sign_ins.c.expires_at > now)

        def work(writing: Writing) -> bool:
            if writing.connection.execute(going).rowcount != 1:
                return False
            _tidy(writing, now)
            writing.connection.execute(sign_ins.insert(), row)
            return True

        return self._database.write(work)

    def tidy(self) -> int:
        """Remove what is over; how many went."""
        return self._database.execute(delete(sign_ins).where(sign_ins.c.expires_at <= self._clock()))

    def _row(self, step: Step, secret: str, data: bytes, life: timedelta) -> dict[str, object]:
        return {
            "secret_digest": self._seal.digest(secret, _context(step)),
            "step": step.value,
            "data": self._seal.seal(data, _context(step)),
            "expires_at": self._clock() + life,
        }

    def _same(self, step: Step, secret: str) -> tuple[ColumnElement[bool], ...]:
        return sign_ins.c.secret_digest.in_(self._seal.digests(secret, _context(step))), sign_ins.c.step == step.value


def _tidy(writing: Writing, now: datetime) -> None:
    writing.connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))


def _context(step: Step) -> str:
    return f"sign-in:{step.value}"
