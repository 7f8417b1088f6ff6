"""Locks between processes by PostgreSQL's advisory locks; it does not know what is locked."""

import threading
from typing import LiteralString

import psycopg
from sqlalchemy import URL

from addin.errors import Unavailable

_TAKE, _GIVE = "SELECT pg_try_advisory_lock(%s)", "SELECT pg_advisory_unlock(%s)"


class AdvisoryLocks:
    """Session locks of one connection that belongs to this process. A new connection takes what was held again."""

    def __init__(self, url: URL) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._mutex = threading.Lock()
        self._connection: psycopg.Connection[tuple[bool]] | None = None
        self._taken: set[int] = set()

    def take(self, number: int) -> bool:
        """Whether the lock is ours now; Unavailable where the server cannot be asked."""
        with self._mutex:
            for last in (False, True):
                try:
                    if not self._asked(_TAKE, number):
                        return False
                    self._taken.add(number)
                    return True
                except psycopg.Error as error:
                    self._drop()
                    if last:
                        raise Unavailable("The database cannot be reached.", after=2) from error
        raise AssertionError("unreachable")

    def give(self, number: int) -> None:
        """Let go; a lost connection has let go already."""
        with self._mutex:
            self._taken.discard(number)
            try:
                if self._connection is not None:
                    self._asked(_GIVE, number)
            except psycopg.Error:
                self._drop()

    def close(self) -> None:
        """The end of the session lets go of everything."""
        with self._mutex:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _asked(self, question: LiteralString, number: int) -> bool:
        if self._connection is None:
            connection: psycopg.Connection[tuple[bool]] = psycopg.connect(
                self._address, autocommit=True, connect_timeout=10, application_name="clickmeeting-addin locks"
            )
            for held in sorted(self._taken):
                connection.execute(_TAKE, [held])
            self._connection = connection
        row = self._connection.execute(question, [number]).fetchone()
        return row is not None and row[0]
