"""Only one at a time works on a subject: across threads, stores and processes, and a dead holder frees it."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from addin.errors import Unavailable
from server.store import Seal, SqlStore, new_key

PROCESSES = multiprocessing.get_context("spawn")


def test_threads_take_turns(store: SqlStore) -> None:
    inside, most = 0, 0
    guard = threading.Lock()

    def work(_number: int) -> None:
        nonlocal inside, most
        with store.exclusive("meeting:m"):
            with guard:
                inside += 1
                most = max(most, inside)
            store.ledger.next_due()  # gives the others time to get in, if they can
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert most == 1, f"{most} threads were at the same subject at once"


def test_other_subjects_are_free_meanwhile(store: SqlStore) -> None:
    with store.exclusive("meeting:a"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(_taken, store, "meeting:b").result(), "another subject must not wait"
        assert not pool.submit(_taken, store, "meeting:a").result(), "the held subject must not be had"
    assert _taken(store, "meeting:a")


def _taken(store: SqlStore, subject: str) -> bool:
    try:
        with store.exclusive(subject, wait=0):
            return True
    except Unavailable:
        return False


def test_the_holder_may_take_it_again_and_an_error_frees_it(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive("meeting:m"), store.exclusive("meeting:m"):
        raise ZeroDivisionError
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_taken, store, "meeting:m").result()


def test_two_stores_of_one_database_exclude_each_other(store: SqlStore, database_url: str, seal: Seal, clock) -> None:
    other = SqlStore(database_url, seal, clock)
    with store.exclusive("meeting:m"), ThreadPoolExecutor(1) as pool:
        assert not pool.submit(_taken, other, "meeting:m").result()
    other.close()


def test_who_waits_gets_it_when_it_is_freed(store: SqlStore) -> None:
    entered = threading.Event()

    def waiter() -> None:
        with store.exclusive("meeting:m", wait=20):
            entered.set()

    thread = threading.Thread(target=waiter)
    with store.exclusive("meeting:m"):
        thread.start()
        assert not entered.wait(0.1)
    assert entered.wait(20), "the waiter never got the subject"
    thread.join()


def test_another_process_is_kept_out_until_the_holder_dies(store: SqlStore, database_url: str, tmp_path: Path) -> None:
    ready, ask = PROCESSES.Pipe()
    holder = PROCESSES.Process(target=_hold, args=(database_url, ask), daemon=True)
    holder.start()
    assert ready.poll(60), "the other process never got the subject"
    assert ready.recv() == "held"
    assert not _taken(store, "meeting:m"), "another process holds it"
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(20)
    with store.exclusive("meeting:m", wait=20):
        pass


def _hold(url: str, pipe: Any) -> None:
    from datetime import UTC, datetime

    store = SqlStore(url, Seal.from_setting(new_key("1")), lambda: datetime.now(UTC))
    with store.exclusive("meeting:m"):
        pipe.send("held")
        threading.Event().wait(120)


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_broken_connection_takes_what_is_held_again(
    store: SqlStore, database_url: str, postgres_server: str, seal: Seal, clock
) -> None:
    other = SqlStore(database_url, seal, clock)
    with store.exclusive("meeting:m"):
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(database_url).database],
            )
        assert _taken(store, "meeting:other"), "the store must go on with a new connection"
        with ThreadPoolExecutor(1) as pool:
            assert not pool.submit(_taken, other, "meeting:m").result(), "what was held must be held again"
    assert _taken(other, "meeting:m")
    other.close()
