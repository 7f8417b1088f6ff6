"""Workers as threads of this process; it knows neither what they do nor how the ledger keeps itself."""

import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

import structlog

from addin.errors import AddinError
from addin.ports import Clock
from server.store import SqlStore
from server.store.database import Due
from server.store.ledger import Claim
from server.work.worker import Worker

log = structlog.get_logger(__name__)


class Embedded:
    """One thread claims and hands out, `threads` others look. Commits of this process wake it; others wait for a sweep.

    All are daemons: when the process ends in the middle of a look, that is a crash like any other, and harmless.
    """

    def __init__(
        self, store: SqlStore, worker: Worker, clock: Clock, *, threads: int = 4, sweep_seconds: float = 5
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._changed = threading.Condition()
        self._woken = True
        self._stopping = False
        self._running: set[Claim] = set()
        self._handed: SimpleQueue[Claim | None] = SimpleQueue()
        self._started: list[threading.Thread] = []
        self._renewed = time.monotonic()

    def start(self) -> None:
        """Begin; what was due before is looked at first."""
        self._store.database.listen(self._became_due)
        self._started = [threading.Thread(target=self._hand_out, name="work-ledger", daemon=True)]
        self._started += [
            threading.Thread(target=self._look, name=f"work-{number}", daemon=True) for number in range(self._threads)
        ]
        for thread in self._started:
            thread.start()

    def wake(self) -> None:
        """Look into the ledger now."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def is_working(self) -> bool:
        """Whether it was started and every thread is alive."""
        return bool(self._started) and all(thread.is_alive() for thread in self._started)

    def stop(self, timeout: float = 10) -> bool:
        """Claim nothing more and wait for what is at work; False when some of it still is after `timeout` seconds."""
        self._store.database.ignore(self._became_due)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + timeout
        for number, thread in enumerate(self._started):
            if number == 1:  # the first, who hands out, has ended: nothing can come after these
                for _ in range(self._threads):
                    self._handed.put(None)
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._started)

    def settled(self, timeout: float) -> bool:
        """Wait until nothing is due and nobody at work; False when that does not happen in `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: not self._running, max(0.0, deadline - time.monotonic())):
                    return False
            if not self._is_due():
                with self._changed:
                    if not self._running:
                        return True
            self.wake()
            with self._changed:
                self._changed.wait(max(0.0, min(0.05, deadline - time.monotonic())))
            if time.monotonic() >= deadline:
                return False

    def _became_due(self, due: Sequence[Due]) -> None:
        self.wake()

    def _hand_out(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._woken, pause)
                if self._stopping:
                    return
                self._woken = False
            try:
                self._renew()
                pause = self._claim()
            except AddinError as error:  # the database is away: go on sweeping until it is back
                log.warning("no ledger", reason=str(error))
                pause = self._sweep_seconds

    def _claim(self) -> float:
        """Hand out what is due to whoever is free; how many seconds may pass until the next look into the ledger."""
        free = self._threads - len(self._running)
        longest = min(self._sweep_seconds, self._worker.lease.total_seconds() / 3)
        if free == 0:
            return longest
        if self._is_due():
            for claim in self._worker.ledger.claim(free, self._worker.lease):
                with self._changed:
                    self._running.add(claim)
                self._handed.put(claim)
        next_due = self._worker.ledger.next_due()
        if next_due is None or len(self._running) >= self._threads:
            return longest
        return max(0.0, min(longest, (next_due - self._clock()).total_seconds()))

    def _renew(self) -> None:
        """A look that takes long keeps its lease."""
        if time.monotonic() - self._renewed < self._worker.lease.total_seconds() / 3:
            return
        self._renewed = time.monotonic()
        with self._changed:
            running = list(self._running)
        self._worker.ledger.renew(running, self._worker.lease)

    def _is_due(self) -> bool:
        next_due = self._worker.ledger.next_due()
        return next_due is not None and next_due <= self._clock()

    def _look(self) -> None:
        while (claim := self._handed.get()) is not None:
            try:
                self._worker.work(claim)
            finally:
                with self._changed:
                    self._running.discard(claim)
                    self._woken = True
                    self._changed.notify_all()
