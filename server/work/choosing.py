"""Which engine a process gets, by the database's address alone; it starts none."""

from addin.errors import InvalidInput
from addin.ports import Clock
from server.store import SqlStore
from server.work.embedded import Embedded
from server.work.engine import Engine
from server.work.worker import Worker


def engine_for_server(
    store: SqlStore, worker: Worker, clock: Clock, database_url: str, *, threads: int, sweep_seconds: float
) -> Engine:
    """SQLite: the server works itself. PostgreSQL: it wakes the processes that `clickmeeting-addin worker` starts."""
    if store.database.is_sqlite:
        return Embedded(store, worker, clock, threads=threads, sweep_seconds=sweep_seconds)
    from server.work.distributed import Waker  # needs the optional packages of `scaled`
    from server.work.queue import Queue

    return Waker(store, Queue(database_url), clock, sweep_seconds=sweep_seconds)


def engine_for_worker(
    store: SqlStore, worker: Worker, clock: Clock, database_url: str, *, threads: int, sweep_seconds: float
) -> Engine:
    """For `clickmeeting-addin worker`. InvalidInput with SQLite, where the server itself works."""
    if store.database.is_sqlite:
        raise InvalidInput(
            "With SQLite the server itself does the work: run `clickmeeting-addin serve` only, "
            "or set database_url to PostgreSQL.",
            field="database_url",
        )
    from server.work.distributed import Distributed  # needs the optional packages of `scaled`

    return Distributed(store, worker, clock, database_url, threads=threads, sweep_seconds=sweep_seconds)
