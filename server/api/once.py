"""One effect and one answer for each Idempotency-Key; it knows no route and no use case."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, MutableSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from addin.errors import Refused
from addin.model import Mailbox
from server.store import SqlStore
from server.store.idempotency import Standing


class KeyUsed(Refused):
    """The key stands for something else already. `meeting_id` is what was made under it, where that still stands."""

    def __init__(self, message: str, subject_id: str) -> None:
        super().__init__(message, reason="idempotency")
        self.subject_id = subject_id
        self.meeting_id: str | None = None


@dataclass
class Attempt:
    """`answer` is there already when the request is a repetition; else the caller sets it.

    `subject_id` follows from person and key, so that every try of one press makes the same meeting.
    """

    subject_id: str
    answer: dict[str, Any] | None = field(default=None, repr=False)
    replayed: bool = False
    done: MutableSet[str] = field(default_factory=set, repr=False)
    """Names of what this press has done already, for what must not be done twice; durable as it is changed."""


@contextmanager
def once(storage: SqlStore, mailbox: Mailbox, key: str, request: str) -> Iterator[Attempt]:
    """KeyUsed for another request under the same key, Refused with `in-flight` while the first runs."""
    where = (mailbox.tenant_id, mailbox.user_id, key)
    subject_id = hashlib.sha256("\n".join(("press", *where)).encode()).hexdigest()[:32]
    begun = storage.idempotency.begin(*where, request, subject_id=subject_id)
    if begun.standing is Standing.OTHER:
        raise KeyUsed("This Idempotency-Key was used for another request. Take a new one.", begun.subject_id)
    if begun.standing is Standing.RUNNING:
        raise Refused("The same request is being worked on. Ask again in a moment.", reason="in-flight")
    if begun.standing is Standing.DONE and begun.answer is not None:
        yield Attempt(begun.subject_id, json.loads(begun.answer), replayed=True)
        return
    progress = json.loads(begun.answer) if begun.answer is not None else ()
    done = _Noted(progress, lambda names: storage.idempotency.note(*where, json.dumps(names).encode()))
    attempt = Attempt(begun.subject_id, done=done)
    try:
        yield attempt
    except BaseException:
        if done:
            storage.idempotency.interrupt(*where)
        else:
            storage.idempotency.forget(*where)  # a later try has the same subject id and finds whatever this one made
        raise
    storage.idempotency.finish(*where, json.dumps(attempt.answer).encode())


class _Noted(MutableSet[str]):
    """A set whose every change is noted down."""

    def __init__(self, names: Iterable[str], note: Callable[[list[str]], None]) -> None:
        self._names = set(names)
        self._note = note

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, value: str) -> None:
        self._names.add(value)
        self._note(sorted(self._names))

    def discard(self, value: str) -> None:
        self._names.discard(value)
        self._note(sorted(self._names))
