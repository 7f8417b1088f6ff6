"""Who was found to have the right to edit whose calendar; it asks nobody by itself and opens nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from addin.errors import NotAllowed
from addin.model import Mailbox
from addin.ports import Clock
from server.store.delegates import Delegates

_ASKED_AGAIN = timedelta(minutes=1)
_REMEMBERED = 10_000


def not_a_delegate() -> NotAllowed:
    """What somebody is told who may not write into a calendar."""
    return NotAllowed(
        "You may not change this person's calendar. Ask its owner to share it with you with the right to edit.",
        reason="not-delegate",
    )


class Rights:
    """What Microsoft said is remembered in this process for a minute; in the store, for the workers, as what to try."""

    def __init__(self, delegates: Delegates, clock: Clock) -> None:
        self._delegates = delegates
        self._clock = clock
        self._found: dict[tuple[str, str, str], tuple[datetime, bool]] = {}

    def may(self, owner: Mailbox, person: Mailbox, ask: Callable[[], bool], *, afresh: bool) -> bool:
        """The answer of `ask`, kept for a minute unless a worker was refused since; `afresh` takes no kept one.

        Where it cannot be asked, what that raises: nobody is let in on a guess.
        """
        key, now = (owner.tenant_id, owner.user_id, person.user_id), self._clock()
        known = next((one for one in self._delegates.of(owner) if one.person.user_id == person.user_id), None)
        refused = known is None or known.refused_at is not None
        at, found = self._found.get(key, (now - _ASKED_AGAIN, False))
        if not afresh and abs(now - at) < _ASKED_AGAIN and not (found and refused):
            return found
        found = ask()
        self.found(owner, person, may=found)
        return found

    def found(self, owner: Mailbox, person: Mailbox, *, may: bool) -> None:
        """Microsoft said so just now."""
        self._found[owner.tenant_id, owner.user_id, person.user_id] = (self._clock(), may)
        while len(self._found) > _REMEMBERED:
            self._found.pop(next(iter(self._found)))
        if may:
            self._delegates.seen(owner, person)
        else:
            self._delegates.refused(owner, person)
