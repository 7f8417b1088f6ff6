"""Wake-up calls between processes through Procrastinate's tables; it does not know what is due, nor who looks.

The tables hold nothing but wake-ups, and the ledger's sweep makes up for each that is lost. So they stand in a schema
of PostgreSQL that is named after Procrastinate's version: another version begins with empty tables of its own, and
old and new servers run side by side during an update.
"""

from importlib.metadata import version

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg import sql
from psycopg.conninfo import make_conninfo

from addin.errors import InvalidInput, Unavailable
from server.store.database import parse_url

TASK = "look"
NAME = "work"
SCHEMA = "wakeups_" + version("procrastinate").replace(".", "_")


class Queue:
    """Putting wake-ups in. Each subject waits there at most once."""

    def __init__(self, database_url: str) -> None:
        self.address = _address(database_url)
        self._app = App(connector=SyncPsycopgConnector(conninfo=self.address, min_size=1, max_size=2, timeout=10))

    def open(self) -> None:
        """Make the tables if this version has none yet, and connect."""
        try:
            self._make_tables()
            self._app.open()
        except (psycopg.Error, ConnectorException) as error:
            raise Unavailable("The database cannot be reached.", after=2) from error

    def close(self) -> None:
        """Disconnect."""
        self._app.close()

    def push(self, kind: str, subject_id: str) -> None:
        """Wake some worker for this subject; one wake-up that waits already is enough."""
        key = f"{kind}:{subject_id}"
        try:
            self._app.configure_task(TASK, queue=NAME, queueing_lock=key).defer(kind=kind, subject_id=subject_id)
        except AlreadyEnqueued:
            return
        except (psycopg.Error, ConnectorException) as error:
            raise Unavailable("The database cannot be reached.", after=2) from error

    def app_for_workers(self) -> App:
        """Procrastinate's own application, to register the task at and to run."""
        return App(connector=PsycopgConnector(conninfo=self.address, min_size=1, max_size=4, timeout=10))

    def _make_tables(self) -> None:
        name = sql.Identifier(SCHEMA)
        with psycopg.connect(self.address) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SCHEMA])
            if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SCHEMA]).fetchone():
                return
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            connection.execute(self._app.schema_manager.get_schema().encode())


def _address(database_url: str) -> str:
    url = parse_url(database_url)
    if url.get_backend_name() != "postgresql":
        raise InvalidInput("Workers of their own need PostgreSQL: set database_url.", field="database_url")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(plain, options=f"-c search_path={SCHEMA}", connect_timeout=10)
