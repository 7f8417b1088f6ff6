"""Counts requests for each application and mailbox as Outlook does; it knows no requests' meaning."""

import threading
from collections import deque

from sandbox.graph.errors import GraphError
from sandbox.world import World

Key = tuple[str, str]


class Throttle:
    """Four at once and 10,000 in ten minutes (both switches), by (application, mailbox) (Graph facts 6)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._running: dict[Key, int] = {}
        self._seen: dict[Key, deque[float]] = {}

    def reset(self) -> None:
        with self._lock:
            self._seen.clear()

    def enter(self, key: Key) -> None:
        """Count one request in; 429 with whole seconds of Retry-After over a limit."""
        switch = self._world.faults.switch
        window = float(switch("graph.budget_window_s"))
        now = self._world.clock.now().timestamp()
        with self._lock:
            seen = self._seen.setdefault(key, deque())
            while seen and (seen[0] <= now - window or seen[0] > now):
                seen.popleft()
            if len(seen) >= int(switch("graph.budget")):
                raise throttled("Too many requests.", int(seen[0] + window - now) + 1, "TooManyRequests")
            if self._running.get(key, 0) >= int(switch("graph.concurrency")):
                raise mailbox_concurrency(int(switch("graph.retry_after_s")))
            seen.append(now)
            self._running[key] = self._running.get(key, 0) + 1

    def leave(self, key: Key) -> None:
        """The request has been answered."""
        with self._lock:
            left = self._running.get(key, 1) - 1
            if left:
                self._running[key] = left
            else:
                self._running.pop(key, None)


def mailbox_concurrency(retry_after: int) -> GraphError:
    """429 for one request too many at the same time."""
    return throttled("Application is over its MailboxConcurrency limit.", retry_after, "ApplicationThrottled")


def throttled(message: str, retry_after: int, code: str) -> GraphError:
    """429 with `Retry-After` in whole seconds."""
    return GraphError(429, code, message, {"Retry-After": str(max(1, retry_after))})
