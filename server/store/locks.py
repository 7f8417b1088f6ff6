"""Only one at a time works on a subject, across threads and processes; it does not know what a subject is.

Threads of one process wait for each other in memory. Between processes the operating system's record locks guard a
SQLite database, and advisory locks a PostgreSQL one: both fall away by themselves when their process dies.
"""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from weakref import WeakValueDictionary

from addin.errors import InvalidInput, Unavailable
from server.store.database import Database

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.25


class Outer(Protocol):
    """A lock between processes, asked for without waiting. In-process callers never ask twice for the same number."""

    def take(self, number: int) -> bool:
        """Whether it is ours now."""

    def give(self, number: int) -> None:
        """Let go."""

    def close(self) -> None:
        """Its owner needs it no more."""


class Locks:
    """Exclusion by name. The thread that holds a subject may take it again."""

    def __init__(self, outer: Outer) -> None:
        self._outer = outer
        self._changed = threading.Condition()
        self._held: dict[str, tuple[int, int]] = {}  # subject: (thread, how often)

    @contextmanager
    def exclusive(self, subject: str, *, wait: float) -> Iterator[None]:
        """Hold `subject`, waiting at most `wait` seconds; Unavailable when somebody else is at it all that time."""
        deadline = time.monotonic() + wait
        first = self._enter(subject, wait)
        try:
            if first:
                self._take_outer(subject, deadline)
        except BaseException:
            self._leave(subject)
            raise
        try:
            yield
        finally:
            if first:
                self._outer.give(_number(subject))
            self._leave(subject)

    def close(self) -> None:
        """The store is closed."""
        self._outer.close()

    def _enter(self, subject: str, wait: float) -> bool:
        me = threading.get_ident()
        with self._changed:
            if not self._changed.wait_for(lambda: self._held.get(subject, (me, 0))[0] == me, timeout=wait):
                raise _busy()
            depth = self._held.get(subject, (me, 0))[1]
            self._held[subject] = (me, depth + 1)
            return depth == 0

    def _leave(self, subject: str) -> None:
        with self._changed:
            owner, depth = self._held.pop(subject)
            if depth > 1:
                self._held[subject] = (owner, depth - 1)
            self._changed.notify_all()

    def _take_outer(self, subject: str, deadline: float) -> None:
        pause = _FIRST_PAUSE_S
        while not self._outer.take(_number(subject)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise _busy()
            time.sleep(min(pause, left))  # another process holds it, and files tell nobody when they are free
            pause = min(pause * 2, _LONGEST_PAUSE_S)


class FileLocks:
    """One byte of a file beside the SQLite database for each subject (POSIX record locks).

    Where the system has none (Windows), only one process may use the database, as `serve` does.
    """

    def __init__(self, database: Path) -> None:
        try:
            self._file: IO[bytes] = open(f"{database}.locks", "ab")  # noqa: SIM115 - closing it drops every lock
        except OSError as error:
            raise InvalidInput(
                f"Nothing can be written in {database.parent}: make that folder, or change database_url.",
                field="database_url",
            ) from error

    def take(self, number: int) -> bool:
        """Whether the byte is ours now."""
        if sys.platform == "win32":
            return True
        import fcntl  # not on Windows

        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number, os.SEEK_SET)
        except OSError:
            return False
        return True

    def give(self, number: int) -> None:
        """Unlock the byte."""
        if sys.platform != "win32":
            import fcntl  # not on Windows

            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number, os.SEEK_SET)

    def close(self) -> None:
        """Nothing: other stores of this process share the file, and closing it would drop their locks."""


_by_file: WeakValueDictionary[str, Locks] = WeakValueDictionary()
_by_file_guard = threading.Lock()


def locks_for(database: Database) -> Locks:
    """The locks of a database. A file's are shared within the process: record locks do not part its threads."""
    if not database.is_sqlite:
        from server.store.advisory import AdvisoryLocks  # needs psycopg, which SQLite does not

        return Locks(AdvisoryLocks(database.url))
    path = Path(str(database.url.database)).resolve()
    with _by_file_guard:
        locks = _by_file.get(str(path))
        if locks is None:
            locks = _by_file[str(path)] = Locks(FileLocks(path))
        return locks


def _number(subject: str) -> int:
    """A positive number below 2^62 for a subject; two subjects with one number are as good as impossible."""
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big") >> 2


def _busy() -> Unavailable:
    return Unavailable(
        "Somebody else is changing the same meeting at this moment. Try again in a few seconds.", after=2
    )
