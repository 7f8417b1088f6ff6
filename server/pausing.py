"""Growing pauses for what a fault of ours keeps from being looked at; it knows neither the fault nor the look."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from addin.ports import Clock
from server.work.backoff import Backoff

_REMEMBERED = 10_000
_BACKOFF = Backoff(first=timedelta(seconds=10), longest=timedelta(hours=6))


@dataclass(frozen=True)
class _Paused:
    failures: int
    until: datetime


class Pauses:
    """Remembered in this process alone: another version, which may be free of the fault, tries everything at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paused: dict[tuple[str, ...], _Paused] = {}

    def until(self, *what: str) -> datetime | None:
        """When it may be tried again, if that is not now."""
        paused = self._paused.get(what)
        return paused.until if paused is not None and paused.until > self._clock() else None

    def failed(self, *what: str) -> tuple[int, datetime]:
        """How often it failed by now, and when it may be tried again."""
        with self._lock:
            before = self._paused.pop(what, None)
            failures = before.failures if before is not None else 0
            paused = _Paused(failures + 1, self._clock() + _BACKOFF.pause(failures))
            self._paused[what] = paused
            while len(self._paused) > _REMEMBERED:
                self._paused.pop(next(iter(self._paused)))
        return paused.failures, paused.until

    def over(self, *what: str) -> None:
        """It went well."""
        with self._lock:
            self._paused.pop(what, None)
