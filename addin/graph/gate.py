"""Holds calls for one mailbox to what Graph allows at once, and all of them while it asked for a pause."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from addin.errors import Throttled


@dataclass
class _Gate:
    """`places` are the calls that may run at once; `paused_until` is on the monotonic clock."""

    places: threading.BoundedSemaphore
    visitors: int = 0
    paused_until: float = field(default=float("-inf"))


class Gates:
    """One gate for each mailbox, shared by every thread of the process (Graph facts 6: 4 at once per app and mailbox).

    `monotonic` gives seconds; a gate without visitors and without a pause is forgotten.
    """

    def __init__(self, places: int, monotonic: Callable[[], float]) -> None:
        self._places = places
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._gates: dict[str, _Gate] = {}

    @contextmanager
    def enter(self, mailbox: str, *, wait_s: float) -> Iterator[None]:
        """Hold one place. Throttled where the mailbox is paused, or no place came free in `wait_s`."""
        gate = self._visit(mailbox)
        try:
            pause = gate.paused_until - self._monotonic()
            if pause > 0:
                raise Throttled("Microsoft Graph asked for a pause for this mailbox.", after=pause)
            if not gate.places.acquire(timeout=wait_s):
                raise Throttled("Too many calls for this mailbox are still running.", after=1.0)
            try:
                yield
            finally:
                gate.places.release()
        finally:
            self._leave(mailbox, gate)

    def pause(self, mailbox: str, seconds: float) -> None:
        """No call for this mailbox starts before `seconds` are over."""
        gate = self._visit(mailbox)
        with self._lock:
            gate.paused_until = max(gate.paused_until, self._monotonic() + seconds)
        self._leave(mailbox, gate)

    def __len__(self) -> int:
        return len(self._gates)

    def _visit(self, mailbox: str) -> _Gate:
        with self._lock:
            gate = self._gates.get(mailbox)
            if gate is None:
                self._forget_expired()
                gate = self._gates[mailbox] = _Gate(threading.BoundedSemaphore(self._places))
            gate.visitors += 1
            return gate

    def _leave(self, mailbox: str, gate: _Gate) -> None:
        with self._lock:
            gate.visitors -= 1
            if gate.visitors == 0 and gate.paused_until <= self._monotonic():
                self._gates.pop(mailbox, None)

    def _forget_expired(self) -> None:
        now = self._monotonic()
        over = [name for name, gate in self._gates.items() if gate.visitors == 0 and gate.paused_until <= now]
        for name in over:
            del self._gates[name]
