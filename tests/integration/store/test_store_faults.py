"""A full disk, a lost connection, a broken neighbour: what was acknowledged is kept, what was refused left no trace."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from cutting import CuttingProxy
from sqlalchemy import make_url

from addin.errors import Changed, Missing, OutcomeUnknown, Unavailable
from server.store import MEETING, Notice, SqlStore
from server.store.database import Writing

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def limit_pages(store: SqlStore, spare: int) -> None:
    """Let the SQLite file grow by `spare` pages and no more, as a full disk would."""

    def limit(writing: Writing) -> None:
        pages = writing.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        writing.connection.exec_driver_sql(f"PRAGMA max_page_count={pages + spare}").all()

    store.database.write(limit)


@only_sqlite
def test_a_full_disk_refuses_new_work_and_loses_none(store: SqlStore, meeting, clock) -> None:
    limit_pages(store, 8)
    kept = []

    def keep_on_adding() -> None:
        for number in range(1000):
            store.add(replace(meeting, id=f"m{number}"), due_at=clock())
            kept.append(f"m{number}")

    def keep_on_notifying() -> None:
        for number in range(5000):
            store.notices.accept([Notice("tenant-1", "user-1", f"event-{number}" * 20, "updated")])

    with pytest.raises(Unavailable, match="full"):
        keep_on_adding()
    assert 0 < len(kept) < 1000
    refused = f"m{len(kept)}"
    assert [store.meeting(meeting_id).id for meeting_id in kept] == kept
    with pytest.raises(Missing):
        store.meeting(refused)
    with pytest.raises(Unavailable, match="full"):
        keep_on_notifying()
    limit_pages(store, 1000)
    store.add(replace(meeting, id=refused), due_at=clock())
    due = {due.subject_id for due in store.ledger.due(2000) if due.kind == MEETING}
    assert due == {*kept, refused}, "every kept meeting is due, and nothing of the refused ones before"


@only_sqlite
def test_one_caller_pays_for_its_own_failure_only(store: SqlStore, meeting, clock) -> None:
    """Sixteen write together; those with an outdated version fail, the others of the same commit do not."""
    store.add(meeting)
    outdated = meeting
    store.save(meeting)
    together = threading.Barrier(16)

    def write(number: int) -> str:
        together.wait()
        try:
            if number % 2:
                store.save(outdated, note="from an old copy")
            else:
                store.add(replace(meeting, id=f"m{number}"))
        except Changed:
            return "changed"
        return "kept"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(write, range(16)))
    assert outcomes == ["kept", "changed"] * 8
    assert [store.meeting(f"m{number}").id for number in range(0, 16, 2)] == [
        f"m{number}" for number in range(0, 16, 2)
    ]


@contextmanager
def terminating(server: str, database_url: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """The server itself ends every connection of the database."""
    database = make_url(database_url).database
    with psycopg.connect(server, autocommit=True) as cutter:
        question = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        yield database_url, lambda: cutter.execute(question, [database])


@contextmanager
def proxied(_server: str, database_url: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """The network resets every connection: an answer may be lost although the server has done what was asked."""
    url = make_url(database_url)
    with CuttingProxy(url.host or "127.0.0.1", url.port or 5432) as proxy:
        yield url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), proxy.cut
        assert proxy.cuts > 10, "connections must have been open when they were cut"


@pytest.mark.postgres
@only_postgres
@pytest.mark.parametrize("way", [terminating, proxied])
def test_connections_cut_under_load_lose_nothing_that_was_acknowledged(
    way: Callable[..., Any], store: SqlStore, database_url: str, postgres_server: str, seal, meeting, clock
) -> None:
    kept: list[str] = []
    doubtful: list[str] = []
    with way(postgres_server, database_url) as (url, cut):
        loaded = SqlStore(url, seal, clock)

        def write(number: int) -> None:
            name = f"m{number}"
            if number % 10 == 9:
                cut()
            try:
                with loaded.exclusive(f"meeting:{name}"):
                    loaded.add(replace(meeting, id=name), due_at=clock())
                loaded.notices.accept([Notice("tenant-1", "user-1", name, "updated")])
                kept.append(name)
            except (Unavailable, OutcomeUnknown, Changed):
                doubtful.append(name)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(300)))
        loaded.close()
    assert len(kept) + len(doubtful) == 300
    assert len(kept) > 100, "most of the work should get through by connecting again"
    assert [store.meeting(name).id for name in kept] == kept
    hinted = {sighting.event_id for sighting in store.notices.seen("tenant-1", "user-1")}
    assert set(kept) <= hinted
    assert {claim.subject_id for claim in store.ledger.claim(1000, timedelta(seconds=30))} >= set(kept)
