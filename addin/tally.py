"""Counts what one piece of work asks of other services, and keeps what it was begun for; it knows no service's shapes.

A piece of work runs in one thread, so the present tally stands in a context variable: doors deep below need not be told
whom they work for. Where nothing is being counted, counting does nothing.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from addin.errors import AddinError, Missing, Retryable


class Source(StrEnum):
    """Where a change was heard of, or who pressed."""

    NOTIFICATION = "notification"  # Microsoft told us
    ROUND = "round"  # we looked through the calendar
    CLOCK = "clock"  # it was time: a date ended, a grace period, the daily comparison
    PANE = "pane"  # somebody pressed in Outlook, or called the API
    PARTICIPANT = "participant"  # somebody came through our page
    ADMIN = "admin"
    CLICKMEETING = "clickmeeting"  # somebody changed it there


@dataclass(frozen=True)
class Taken:
    """What was asked of others since it was last told."""

    source: str = ""
    graph: int = 0
    clickmeeting: int = 0


@dataclass
class Tally:
    """Calls and failures of one piece of work. `failures` is by (service, branch), `mails` by what became of them."""

    source: Source
    calls: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    _told: Counter[str] = field(default_factory=Counter)

    def begin(self, source: Source) -> None:
        """The next part of the work: what was asked before is not its doing."""
        self.source = source
        self._told = self.calls.copy()

    def take(self) -> Taken:
        """What was asked since this was last called."""
        fresh = self.calls - self._told
        self._told = self.calls.copy()
        return Taken(self.source, fresh["graph"], fresh["clickmeeting"])


_present: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def counting(source: Source) -> Iterator[Tally]:
    """Count everything that this thread asks of others meanwhile."""
    tally = Tally(source)
    token = _present.set(tally)
    try:
        yield tally
    finally:
        _present.reset(token)


def begin(source: Source) -> None:
    """See `Tally.begin`."""
    if tally := _present.get():
        tally.begin(source)


def take() -> Taken:
    """See `Tally.take`; nothing where nothing is counted."""
    tally = _present.get()
    return tally.take() if tally else Taken()


def called(service: str) -> None:
    """One call to `service` goes out."""
    if tally := _present.get():
        tally.calls[service] += 1


def mailed(outcome: str) -> None:
    """A message of ours was `sent`, `failed`, or is `uncertain`."""
    if tally := _present.get():
        tally.mails[outcome] += 1


@contextmanager
def failures_of(service: str) -> Iterator[None]:
    """Count an error of `service` by its branch. That something is not there is an answer, no failure."""
    try:
        yield
    except AddinError as error:
        tally = _present.get()
        if tally and not isinstance(error, Missing):
            tally.failures[service, "retryable" if isinstance(error, Retryable) else "permanent"] += 1
        raise
