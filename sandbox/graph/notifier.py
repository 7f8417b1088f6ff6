"""Delivers change notifications in the background, as well and as badly as Graph does; it knows no subscriptions."""

import contextlib
import heapq
import json
import random
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.clock import monotonic
from sandbox.world import World

SWITCHES: dict[str, Any] = {
    "graph.notification_loss": 0.0,  # share that never leaves
    "graph.notification_duplicates": 0.0,  # share that is sent twice
    "graph.notification_shuffle_s": 0.0,  # each is late by up to that much, and so they overtake each other
    "graph.notification_delay_s": 0.0,  # all are late by that much
    "graph.notification_batch": 10,  # most items in one POST
    "graph.notification_timeout_s": 30,
    "graph.slow_answer_s": 10,  # from when on an answer counts as slow
}
_LANES = 4
_PAUSES_S = (10, 30, 60, 120, 300, 600, 900, 1800)
_GIVE_UP_S = 4 * 3600
_WINDOW_S = 600
_FEWEST_ANSWERS = 10  # fewer say nothing about a share


@dataclass(order=True)
class Parcel:
    """One item for one address; due by the settable clock, in seconds since the epoch."""

    due: float
    order: int
    url: str = field(compare=False)
    item: dict[str, Any] = field(compare=False)
    sent: float = field(compare=False)
    validation_token: str | None = field(compare=False, default=None)
    attempts: int = field(compare=False, default=0)


class _Health:
    """How fast one address answered in the last ten minutes (Graph facts 3.3)."""

    def __init__(self) -> None:
        self._answers: deque[tuple[float, bool]] = deque()

    def note(self, now: float, *, slow: bool) -> None:
        self._answers.append((now, slow))

    def slow_share(self, now: float) -> float:
        while self._answers and not now - _WINDOW_S < self._answers[0][0] <= now:
            self._answers.popleft()
        if len(self._answers) < _FEWEST_ANSWERS:
            return 0.0
        return sum(slow for _, slow in self._answers) / len(self._answers)


class Notifier:
    """Four lanes of delivery; all items for one address go through the same lane, in order unless shuffled."""

    def __init__(self, world: World, missed: Callable[[dict[str, Any]], None]) -> None:
        self._world = world
        self._missed = missed
        self._random = random.Random(1)  # noqa: S311 - for faults, and the same on each start
        self._wake = threading.Condition()
        self._heaps: list[list[Parcel]] = [[] for _ in range(_LANES)]
        self._on_the_way = 0
        self._count = 0
        self._closing = False
        self._health: dict[str, _Health] = {}
        self._threads: list[threading.Thread] = []
        world.clock.on_change(self._look_again)

    def send(self, url: str, item: dict[str, Any], validation_token: str | None = None) -> None:
        """Put an item on its way; the switches may lose, double or delay it."""
        switch = self._world.faults.switch
        now = self._world.clock.now().timestamp()
        with self._wake:
            if self._closing or self._random.random() < float(switch("graph.notification_loss")):
                return
            share = self._health.setdefault(url, _Health()).slow_share(now)
            if share > 0.15:
                self._missed(item)
                return
            copies = 2 if self._random.random() < float(switch("graph.notification_duplicates")) else 1
            for _ in range(copies):
                late = float(switch("graph.notification_delay_s")) + (10.0 if share > 0.10 else 0.0)
                late += self._random.random() * float(switch("graph.notification_shuffle_s"))
                self._count += 1
                heapq.heappush(self._lane(url), Parcel(now + late, self._count, url, item, now, validation_token))
            self._start()
            self._wake.notify_all()

    def idle(self, timeout: float) -> bool:
        """Wait until nothing is waiting or on its way, also nothing that will be tried again; False on time-out."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._on_the_way and not any(self._heaps), timeout)

    def reset(self) -> None:
        """Forget what was not delivered."""
        with self._wake:
            for heap in self._heaps:
                heap.clear()
            self._health.clear()
            self._wake.notify_all()

    def close(self) -> None:
        """Stop the lanes; what is under way may finish."""
        with self._wake:
            self._closing = True
            for heap in self._heaps:
                heap.clear()
            self._wake.notify_all()
        patience = monotonic() + 2
        for thread in self._threads:
            thread.join(timeout=max(0.0, patience - monotonic()))

    def _lane(self, url: str) -> list[Parcel]:
        return self._heaps[zlib.crc32(url.encode()) % _LANES]

    def _start(self) -> None:
        """Threads exist only where there is something to deliver."""
        if not self._threads:
            for heap in self._heaps:
                thread = threading.Thread(target=self._run, args=(heap,), name="graph-notifier", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _look_again(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def _run(self, heap: list[Parcel]) -> None:
        with requests.Session() as session:
            while True:
                with self._wake:
                    batch = self._next_batch(heap)
                    while not batch and not self._closing:
                        self._wake.wait(self._pause(heap))
                        batch = self._next_batch(heap)
                    if self._closing:
                        return
                    self._on_the_way += len(batch)
                delivered = False
                try:
                    delivered = self._post(session, batch)
                finally:
                    self._settle(batch, delivered)

    def _pause(self, heap: list[Parcel]) -> float | None:
        return max(0.005, heap[0].due - self._world.clock.now().timestamp()) if heap else None

    def _next_batch(self, heap: list[Parcel]) -> list[Parcel]:
        """Whatever is due for the first one's address, up to the size of a batch."""
        now = self._world.clock.now().timestamp()
        size = max(1, int(self._world.faults.switch("graph.notification_batch")))
        batch: list[Parcel] = []
        while heap and heap[0].due <= now and len(batch) < size and (not batch or heap[0].url == batch[0].url):
            batch.append(heapq.heappop(heap))
        return batch

    def _post(self, session: requests.Session, batch: list[Parcel]) -> bool:
        url = batch[0].url
        message: dict[str, Any] = {"value": [parcel.item for parcel in batch]}
        tokens = sorted({parcel.validation_token for parcel in batch if parcel.validation_token})
        if tokens:
            message["validationTokens"] = tokens
        timeout = float(self._world.faults.switch("graph.notification_timeout_s"))
        began = monotonic()
        status = post(session, self._world, url, json.dumps(message).encode(), "application/json", timeout)[0]
        slow = monotonic() - began > float(self._world.faults.switch("graph.slow_answer_s"))
        with self._wake:
            self._health.setdefault(url, _Health()).note(self._world.clock.now().timestamp(), slow=slow)
        return 200 <= status < 300

    def _settle(self, batch: list[Parcel], delivered: bool) -> None:
        now = self._world.clock.now().timestamp()
        lost: list[Parcel] = []
        with self._wake:
            for parcel in () if delivered or self._closing else batch:
                if now - parcel.sent >= _GIVE_UP_S:
                    lost.append(parcel)
                    continue
                parcel.due = now + _PAUSES_S[min(parcel.attempts, len(_PAUSES_S) - 1)]
                parcel.attempts += 1
                heapq.heappush(self._lane(parcel.url), parcel)
            self._on_the_way -= len(batch)
            self._wake.notify_all()
        for parcel in lost:
            self._missed(parcel.item)


def post(
    session: requests.Session, world: World, url: str, body: bytes, kind: str, timeout: float
) -> tuple[int, str, bytes]:
    """POST to a subscriber and write it to the capture: status (0: no answer), content type, body."""
    headers = {"Content-Type": kind, "User-Agent": "Graph sandbox"}
    local = urlsplit(url).hostname in ("localhost", "127.0.0.1")
    status, answer_headers, answer = 0, {}, b""
    with contextlib.suppress(requests.RequestException):
        found = session.post(
            url,
            data=body,
            headers=headers,
            timeout=(5, timeout),
            allow_redirects=False,
            verify=str(world.ca_file) if local and world.ca_file else True,
        )
        status, answer_headers, answer = found.status_code, dict(found.headers), found.content
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    world.capture.record("webhook", "POST", path, headers, body, status, answer_headers, answer)
    return status, str(answer_headers.get("Content-Type", "")), answer
