"""Many callers, one at work: whoever comes while a batch is being written is in the next one; it knows no database."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Outcome = Callable[[], Result]
"""Gives the result of one item or raises its error."""


class _Entry(Generic[Item, Result]):
    """One caller's item while it waits; `outcome` stays None where the caller is called up to lead the next batch."""

    __slots__ = ("item", "outcome", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome[Result] | None = None
        self.turn = Lock()  # held until it is this caller's turn
        self.turn.acquire()


class Gathering(Generic[Item, Result]):
    """Group commit. A lone caller pays no thread switch; under load one commit serves everybody who waited for it.

    `commit` gets the items of a batch in the order of arrival and gives one outcome for each; only one runs at a time.
    `linger_s` is how long a batch waits for as many callers as the one before had: a commit costs much more than one
    of its items, and who was just answered is about to come again. Who comes alone after a lone one never waits.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Sequence[Outcome[Result]]],
        *,
        largest: int = 256,
        linger_s: float = 0,
    ) -> None:
        self._commit = commit
        self._largest = largest
        self._linger_s = linger_s
        self._lock = Lock()
        self._enough = Condition(self._lock)
        self._awaited = 0
        self._former = 1
        self._busy = False
        self._waiting: deque[_Entry[Item, Result]] = deque()

    def do(self, item: Item) -> Result:
        """Returns after the batch with this item was committed, with this item's result or error."""
        entry: _Entry[Item, Result] = _Entry(item)
        with self._lock:
            leads = not self._busy
            self._busy = True
            if not leads:
                self._waiting.append(entry)
                if 0 < self._awaited <= len(self._waiting):
                    self._enough.notify()
        if not leads:
            entry.turn.acquire()
        if entry.outcome is None:
            self._lead(entry)
        assert entry.outcome is not None
        return entry.outcome()

    def _lead(self, first: _Entry[Item, Result]) -> None:
        with self._lock:
            self._linger()
            batch = [first]
            while self._waiting and len(batch) < self._largest:
                batch.append(self._waiting.popleft())
            self._former = len(batch)
        try:
            outcomes = self._commit([entry.item for entry in batch])
        except BaseException as error:
            outcomes = [_raising(error) for _ in batch]
        with self._lock:
            next_leader = self._waiting.popleft() if self._waiting else None
            self._busy = next_leader is not None
        if next_leader is not None:
            next_leader.turn.release()
        for entry, outcome in zip(batch, outcomes, strict=True):
            entry.outcome = outcome
            entry.turn.release()

    def _linger(self) -> None:
        """Under the lock: let others come in, if there were others before."""
        self._awaited = min(self._former, self._largest) - 1
        if self._linger_s and len(self._waiting) < self._awaited:
            self._enough.wait_for(lambda: len(self._waiting) >= self._awaited, self._linger_s)
        self._awaited = 0


def _raising(error: BaseException) -> Outcome[Result]:
    def outcome() -> Result:
        raise error

    return outcome
