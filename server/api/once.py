"""One effect and one answer for each Idempotency-Key; it knows no route and no use case."""

import hashlib
import json
from collections.abc import Iterator
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
    if begun.answer is not None:
        yield Attempt(begun.subject_id, json.loads(begun.answer), replayed=True)
        return
    attempt = Attempt(begun.subject_id)
    try:
        yield attempt
    except BaseException:
        storage.idempotency.forget(*where)  # a later try has the same subject id and finds whatever this one made
        raise
    storage.idempotency.finish(*where, json.dumps(attempt.answer).encode())
