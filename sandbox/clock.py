"""The time that all stand-ins share; it can be set and moved, and runs on by itself in between."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SettableClock:
    """Wall clock in UTC that runs with real time from wherever it was last put."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The sandbox's present, zone-aware in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._offset

    def timestamp(self) -> int:
        """Whole seconds since the epoch, as tokens and hashes want it."""
        return int(self.now().timestamp())

    def put(self, moment: datetime) -> None:
        """Make it `moment` (zone-aware) from now on."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs a time with an offset")
        with self._lock:
            self._offset = moment - datetime.now(UTC)
        self._tell()

    def advance(self, seconds: float) -> None:
        """Move on (or back) by `seconds`."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        self._tell()

    def reset(self) -> None:
        """Back to real time."""
        with self._lock:
            self._offset = timedelta(0)
        self._tell()

    def on_change(self, listener: Callable[[], None]) -> None:
        """`listener` is called after each jump, so that what waits on this clock can look again."""
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def monotonic() -> float:
    """Real seconds for durations, which no jump of the settable clock changes."""
    return time.monotonic()
