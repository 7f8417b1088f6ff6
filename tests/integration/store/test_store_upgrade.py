"""Tables are brought forward while processes of the version before go on: nobody waits for long, nothing is lost."""

import threading
from dataclasses import replace

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from addin.model import Meeting
from server.store import Seal, SqlStore, upgrade
from server.store import schema as schemas
from server.store.database import Database

BEFORE = "0006"
"""The tables that processes at work here know; whatever is added later must let them go on."""


def bring_to(url: str, revision: str) -> None:
    database = Database(url, connections=2)
    config = Config()
    config.set_main_option("script_location", str(schemas._SCRIPTS).replace("%", "%%"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()


def columns(url: str) -> set[tuple[str, str]]:
    database = Database(url, connections=2)
    with database.engine.connect() as connection:
        found = inspect(connection)
        all_of = {(table, column["name"]) for table in found.get_table_names() for column in found.get_columns(table)}
    database.close()
    return all_of


def test_writing_goes_on_while_the_tables_are_brought_forward(
    empty_database_url: str, seal: Seal, clock, meeting: Meeting
) -> None:
    bring_to(empty_database_url, BEFORE)
    store = SqlStore(empty_database_url, seal, clock)
    kept: list[str] = []
    begun, stop = threading.Event(), threading.Event()
    failed: list[Exception] = []

    def work() -> None:
        try:
            while not stop.is_set():
                name = f"meeting-{len(kept)}"
                store.add(replace(meeting, id=name, key=name), note="Made.", due_at=clock())
                kept.append(name)
                begun.set()
        except Exception as error:
            failed.append(error)
            begun.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(20)
    assert upgrade(empty_database_url).current
    during = len(kept)
    while len(kept) < during + 3 and not failed:
        stop.wait(0.01)
    stop.set()
    worker.join()
    assert failed == []
    assert all(store.meeting(name).key == name for name in kept)
    store.close()


def test_later_migrations_take_nothing_away(empty_database_url: str) -> None:
    script = ScriptDirectory(str(schemas._SCRIPTS))
    later = [one.revision for one in script.iterate_revisions("head", BEFORE)][::-1]
    assert later, "there is at least one after those that processes at work here know"
    bring_to(empty_database_url, BEFORE)
    before = columns(empty_database_url)
    for revision in later:
        bring_to(empty_database_url, revision)
        after = columns(empty_database_url)
        assert before <= after, f"{revision} takes away {before - after}"
        before = after
