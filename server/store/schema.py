"""Bringing a database to the present tables, and telling where it stands; it moves no data between databases."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from addin.errors import Refused
from server.store.database import Database, translated
from server.store.seal import Seal

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Status:
    """`present` is None for an empty database."""

    present: str | None
    newest: str

    @property
    def current(self) -> bool:
        """Whether the server can work with it."""
        return self.present == self.newest

    @property
    def sentence(self) -> str:
        """For a person at the command line."""
        if self.current:
            return f"The database is at version {self.present}, as it should be."
        if self.present is None:
            return "The database is empty. Run `clickmeeting-addin db upgrade`."
        return f"The database is at version {self.present}; this server needs {self.newest}: run `db upgrade`."


def upgrade(database_url: str, version: str = "head", *, seal: Seal | None = None) -> Status:
    """Run every migration that is still to come, up to a version, in a transaction; nothing to do is fine.

    `seal` marks the audit chains of a version that did not; without it they count as broken from then on.
    """
    database = Database(database_url, connections=2)
    try:
        before = _status(database)
        if before.present is not None and before.present not in _known():
            raise Refused("The database was made by a newer version of the product. Update this server.")
        if not before.current:
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
            with translated(), database.engine.begin() as connection:
                config.attributes["connection"] = connection
                config.attributes["seal"] = seal
                command.upgrade(config, version)
        return _status(database)
    finally:
        database.close()


def status(database_url: str) -> Status:
    """Where the database stands; Unavailable when it cannot be reached."""
    database = Database(database_url, connections=2)
    try:
        return _status(database)
    finally:
        database.close()


def _status(database: Database) -> Status:
    with database.read() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    newest = _scripts().get_current_head()
    assert newest is not None
    return Status(present, newest)


def _known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_SCRIPTS))
