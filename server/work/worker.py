"""One claimed subject from look to entry in the ledger; it does not know who calls it, nor what a look does."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from addin.errors import AddinError, Permanent, Retryable
from server.store.ledger import Claim, Ledger
from server.work.backoff import Backoff

log = structlog.get_logger(__name__)

Look = Callable[[str, str], None]
"""(kind, subject id): bring the subject in step; raises Retryable or Permanent."""

Place = Callable[[str, str], AbstractContextManager[None]]
"""(kind, subject id): held for the time of a look; a Retryable where there is none now."""

Attention = Callable[[str, str, AddinError], None]
"""(kind, subject id, error): a person is needed."""

_BUSY_PAUSE = timedelta(seconds=1)


class WorkStore(Protocol):
    """What of the store is needed here."""

    @property
    def ledger(self) -> Ledger: ...

    def exclusive(self, subject: str, *, wait: float | None = None) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Report:
    """One look, for metrics. `outcome`: done, later, given-up, busy or lost."""

    kind: str
    outcome: str
    seconds: float
    failures: int


def _anywhere(_kind: str, _subject_id: str) -> AbstractContextManager[None]:
    return nullcontext()


def _unheard(_report: Report) -> None:
    return None


class Worker:
    """Looks at subjects and enters in the ledger what became of them. Safe to use from many threads."""

    def __init__(
        self,
        store: WorkStore,
        look: Look,
        attention: Attention,
        *,
        lease: timedelta = timedelta(seconds=60),
        backoff: Backoff | None = None,
        patience: int = 10,
        report: Callable[[Report], None] = _unheard,
        place: Place | None = None,
    ) -> None:
        """`patience` is after how many failures in a row a person is told, while attempts go on."""
        self.lease = lease
        self.ledger = store.ledger
        self._store = store
        self._look = look
        self._attention = attention
        self._backoff = backoff or Backoff()
        self._patience = patience
        self._report = report
        self._place = place or _anywhere

    def work(self, claim: Claim) -> None:
        """Never raises: what goes wrong here is in the ledger, or the lease runs out and the subject is due again."""
        began = time.monotonic()
        try:
            outcome = self._attempt(claim)
        except Exception as error:  # the database is away or a callback is broken: the lease brings the subject back
            log.error("look not entered", kind=claim.kind, subject=claim.subject_id, error=type(error).__name__)
            outcome = "lost"
        self._report(Report(claim.kind, outcome, time.monotonic() - began, claim.attempts))

    def _attempt(self, claim: Claim) -> str:
        """The entry is made after the subject was let go: whoever it wakes must not find it still held."""
        error: Exception | None = None
        with ExitStack() as held:
            try:
                held.enter_context(self._store.exclusive(f"{claim.kind}:{claim.subject_id}", wait=0))
                held.enter_context(self._place(claim.kind, claim.subject_id))
            except Retryable:
                self.ledger.put_back(claim, pause=_BUSY_PAUSE)
                return "busy"
            try:
                self._look(claim.kind, claim.subject_id)
            except Exception as raised:  # whatever it was becomes an entry in the ledger below
                error = raised
        if error is None:
            return "done" if self.ledger.finish(claim) else "lost"
        if isinstance(error, Permanent):
            return self._given_up(claim, error)
        if not isinstance(error, Retryable):  # a fault of ours must not end the subject: it is told and tried again
            log.error("look failed by a fault", kind=claim.kind, subject=claim.subject_id, exc_info=error)
            error = Retryable(f"{type(error).__name__} in the look; see the log.")
        return self._later(claim, error)

    def _later(self, claim: Claim, error: Retryable) -> str:
        pause, hold = self._backoff.pause(claim.attempts), error.after is not None
        if error.after is not None:
            pause = max(timedelta(seconds=error.after), pause if claim.attempts else timedelta(0))
        kept = self.ledger.postpone(claim, pause, str(error), hold=hold)
        if kept and claim.attempts + 1 == self._patience:
            self._attention(claim.kind, claim.subject_id, error)
        return "later" if kept else "lost"

    def _given_up(self, claim: Claim, error: Permanent) -> str:
        kept = self.ledger.give_up(claim, str(error))
        if kept:
            self._attention(claim.kind, claim.subject_id, error)
        return "given-up" if kept else "lost"
