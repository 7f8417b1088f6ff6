"""At most so many looks at one mailbox at once, over all processes that share a database; it looks at nothing itself.

Microsoft lets an application make four calls at once in a mailbox (Graph facts 6). Within a process the Graph door's
gate holds to that; between processes this does, as a look makes one call after the other.
"""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from addin.errors import Missing, Throttled, Unavailable
from server.store import MAILBOX, SqlStore
from server.store.mailboxes import subject_id

WORKERS_PLACES = 3
SERVERS_PLACES = 1
"""The server's own calls, at a press in the pane, get the fourth."""


class Places:
    """`of(kind, subject)` for as long as a look lasts."""

    def __init__(self, store: SqlStore, places: int = WORKERS_PLACES) -> None:
        self._store = store
        self._places = places

    def of(self, kind: str, subject: str) -> AbstractContextManager[None]:
        """A place in the mailbox that the subject is, or belongs to."""
        if kind == MAILBOX:
            return self.hold(subject)
        try:
            return self.hold(subject_id(self._store.meeting(subject).owner))
        except Missing:
            return nullcontext()  # the look says so

    @contextmanager
    def hold(self, mailbox: str) -> Iterator[None]:
        """Throttled where every place is taken: the look comes back in a second."""
        first = random.randrange(self._places)  # noqa: S311 - spreads who asks for which place, no secret
        with ExitStack() as held:
            for number in range(self._places):
                place = f"place:{mailbox}:{(first + number) % self._places}"
                try:
                    held.enter_context(self._store.exclusive(place, wait=0))
                except Unavailable:
                    continue
                yield
                return
            raise Throttled("Other workers are at this mailbox.", after=1.0)
