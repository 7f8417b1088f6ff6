"""Connections and transactions: reads, writes with group commit, failures in the product's words; it knows no table."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, exc, make_url
from sqlalchemy.pool import QueuePool

from addin.errors import InvalidInput, OutcomeUnknown, Unavailable
from server.store.gathering import Gathering, Outcome

Result = TypeVar("Result")

_BUSY_TIMEOUT_MS = 10_000
_ATTEMPTS = 3
_REPEATABLE_STATES = ("40001", "40P01")  # PostgreSQL: serialization failure, deadlock
_NO_TABLE_STATE = "42P01"
_SERVER_ENDED_STATES = ("57P01", "57P02", "57P03")  # PostgreSQL: shut down, crash, starting up


@dataclass(frozen=True)
class Due:
    """What a committed write made due: wake whoever works."""

    kind: str
    subject_id: str
    at: datetime


@dataclass
class Writing:
    """One write as it sees its transaction: the connection, and the list of what it makes due."""

    connection: Connection
    due: list[Due] = field(default_factory=list)


Work = Callable[[Writing], Result]
"""A write. It may run again from the start in a new transaction, so it touches nothing but the database."""


@dataclass(frozen=True)
class _Job(Generic[Result]):
    work: Work[Result]


class Database:
    """One database by its SQLAlchemy URL. SQLite writes one at a time with group commit; PostgreSQL in the callers."""

    def __init__(self, url: str, *, connections: int = 24) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._listeners: list[Callable[[Sequence[Due]], None]] = []
        self._dialog = Lock()
        self._kept: Connection | None = None
        if self.is_sqlite:
            self._reader = _sqlite_engine(self.url, connections)
            self._writer = _sqlite_engine(self.url, 2)
            event.listen(self._writer, "begin", _begin_immediate)
        else:
            self._writer = _postgresql_engine(self.url, connections)
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._gathering: Gathering[_Job[Any], Any] = Gathering(self._commit_together)

    @property
    def engine(self) -> Engine:
        """For migrations and copying: every `begin()` is a transaction that may write."""
        return self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for single statements, each of which sees what was last committed."""
        with translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the database of one moment, while others go on writing."""
        engine = self._reader if self.is_sqlite else self._writer.execution_options(isolation_level="REPEATABLE READ")
        with translated(), engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")  # the moment is that of the first read (WAL)
            try:
                yield connection
            finally:
                connection.rollback()

    def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction and return after it is durable; listeners hear what became due.

        Unavailable when nothing was changed, OutcomeUnknown when the commit's answer was lost.
        """
        job = _Job(work)
        if self.is_sqlite:
            return cast(Result, self._gathering.do(job))
        return self._commit_alone(job)()

    def execute(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """A write of one statement; how many rows it changed."""
        return self.write(lambda writing: writing.connection.execute(statement, rows).rowcount)

    def listen(self, listener: Callable[[Sequence[Due]], None]) -> None:
        """`listener` is called after each commit that made something due, in the thread that committed."""
        with self._dialog:
            self._listeners = [*self._listeners, listener]

    def ignore(self, listener: Callable[[Sequence[Due]], None]) -> None:
        """The opposite of `listen`."""
        with self._dialog:
            self._listeners = [known for known in self._listeners if known != listener]

    def close(self) -> None:
        """Give back every connection."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()
        self._reader.dispose()
        self._writer.dispose()

    def _commit_together(self, jobs: Sequence[_Job[Any]]) -> Sequence[Outcome[Any]]:
        """One transaction for all; where one of them fails, each gets its own, so that nobody pays for another."""
        if len(jobs) == 1:
            return [self._commit_alone(jobs[0])]
        try:
            results = self._transaction(jobs)
        except Exception:  # whatever it was, each job meets it again alone, and only its own
            return [self._commit_alone(job) for job in jobs]
        return [_giving(result) for result in results]

    def _commit_alone(self, job: _Job[Result]) -> Outcome[Result]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _giving(self._transaction([job])[0])
            except _Repeatable as error:
                if attempt == _ATTEMPTS:
                    return _raising(Unavailable(str(error), after=1))
                time.sleep(0.02 * attempt)  # two writers met: a moment apart they pass
            except Exception as error:  # handed to the caller, who may be another thread
                return _raising(error)
        raise AssertionError("unreachable")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A connection to write on. SQLite's one writer keeps the same: fetching it costs as much as a small write."""
        if not self.is_sqlite:
            with self._writer.connect() as connection:
                yield connection
            return
        connection, self._kept = self._kept or self._writer.connect(), None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept = connection

    def _transaction(self, jobs: Sequence[_Job[Any]]) -> list[Any]:
        committing = False
        due: list[Due] = []
        try:
            with self._writing() as connection:
                transaction = connection.begin()
                try:
                    results = []
                    for job in jobs:
                        writing = Writing(connection)
                        results.append(job.work(writing))
                        due += writing.due
                    committing = True
                    transaction.commit()
                except BaseException:
                    with suppress(exc.DBAPIError):  # SQLite has already rolled back when the disk was full
                        transaction.rollback()
                    raise
        except exc.DBAPIError as error:
            raise _told(error, committing=committing) from error
        except exc.TimeoutError as error:
            raise Unavailable("The database has no connection to spare.", after=1) from error
        if due:
            for listener in self._listeners:
                listener(due)
        return results


class _Repeatable(Unavailable):
    """Nothing was changed and the same transaction may work at once: a deadlock, a connection that had gone."""


def parse_url(url: str) -> URL:
    """SQLAlchemy's URL with our driver in it; InvalidInput says what is accepted."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        parsed = make_url("unknown://")
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise InvalidInput(
        "database_url must be sqlite:///<file> or postgresql://<user>@<host>/<database>.", field="database_url"
    )


@contextmanager
def translated() -> Iterator[None]:
    """SQLAlchemy's failures of connections and servers, as Unavailable."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _told(error, committing=False) from error
    except exc.TimeoutError as error:
        raise Unavailable("The database has no connection to spare.", after=1) from error


def _told(error: exc.DBAPIError, *, committing: bool) -> Exception:
    """What a failure of the driver means to callers; a violated constraint stays as it is, for its own statement."""
    if isinstance(error, exc.IntegrityError):
        return error
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == _NO_TABLE_STATE or str(error.orig).startswith("no such table"):
        return Unavailable("The database is not at this version. Run `clickmeeting-addin db upgrade`.", after=30)
    if state in _REPEATABLE_STATES:
        return _Repeatable("The database was too busy with the same rows.")
    if error.connection_invalidated or state in _SERVER_ENDED_STATES:
        if committing:
            return OutcomeUnknown("The connection to the database broke off while saving.", after=1)
        return _Repeatable("The connection to the database broke off; nothing was changed.")
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return Unavailable(f"The database cannot be used: {_first_line(error)}", after=2)
    return error


def _first_line(error: exc.DBAPIError) -> str:
    """The driver's message without statement, values or address."""
    text = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    return text[:120]


def _begin_immediate(connection: Connection) -> None:
    """A write takes its lock at the start, where waiting for another process cannot end in a deadlock."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlite_engine(url: URL, connections: int) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing: reads stand alone, writes begin below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    return engine


def _postgresql_engine(url: URL, connections: int) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "clickmeeting-addin"},
    )


def _giving(result: Result) -> Outcome[Result]:
    return lambda: result


def _raising(error: BaseException) -> Outcome[Any]:
    def outcome() -> Any:
        raise error

    return outcome
