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
    """Refused with `idempotency` for another request under the same key, with `in-flight` while the first runs."""
    where = (mailbox.tenant_id, mailbox.user_id, key)
    subject_id = hashlib.sha256("\n".join(("press", *where)).encode()).hexdigest()[:32]
    begun = storage.idempotency.begin(*where, request, subject_id=subject_id)
    if begun.standing is Standing.OTHER:
        raise Refused("This Idempotency-Key was used for another request. Take a new one.", reason="idempotency")
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
