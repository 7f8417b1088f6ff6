"""At most so many at one mailbox at once, over all processes that share a database; it looks at nothing itself.

Microsoft lets an application make four calls at once in a mailbox (Graph facts 6). Within a process the Graph door's
gate holds to that; between processes each call takes one of four places here, whoever makes it. Looks take one of three
besides, so that work never keeps a press in the pane waiting.
"""

import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from addin.errors import Missing, Throttled, Unavailable
from server.store import MAILBOX, SqlStore
from server.store.mailboxes import subject_id

CALLS_PLACES = 4
LOOKS_PLACES = 3
_PAUSE_S = 0.05


class Places:
    """`of(kind, subject)` for as long as a look lasts, `call(mailbox)` for as long as one call to Graph does."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def of(self, kind: str, subject: str) -> AbstractContextManager[None]:
        """A place for a look in the mailbox that the subject is, or belongs to."""
        if kind == MAILBOX:
            return self.hold(subject)
        try:
            return self.hold(subject_id(self._store.meeting(subject).owner))
        except Missing:
            return nullcontext()  # the look says so

    @contextmanager
    def hold(self, mailbox: str) -> Iterator[None]:
        """Throttled where every place is taken: the look comes back in a second."""
        with ExitStack() as held:
            if not self._taken(f"place:{mailbox}", LOOKS_PLACES, held):
                raise Throttled("Other workers are at this mailbox.", after=1.0)
            yield

    @contextmanager
    def call(self, mailbox: str, *, wait_s: float) -> Iterator[None]:
        """Throttled where no place came free in `wait_s`."""
        deadline = time.monotonic() + wait_s
        with ExitStack() as held:
            while not self._taken(f"call:{mailbox}", CALLS_PLACES, held):
                if time.monotonic() >= deadline:
                    raise Throttled("Too many calls for this mailbox are still running.", after=1.0)
                time.sleep(_PAUSE_S)  # it may be another process that goes, and that tells nobody
            yield

    def _taken(self, name: str, places: int, held: ExitStack) -> bool:
        first = random.randrange(places)  # noqa: S311 - spreads who asks for which place, no secret
        for number in range(places):
            try:
                held.enter_context(self._store.exclusive(f"{name}:{(first + number) % places}", wait=0))
            except Unavailable:
                continue
            return True
        return False
