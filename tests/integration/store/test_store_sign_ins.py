"""A sign-in's steps wait for each other in the database: sealed, short-lived, each good for once."""

import threading
from datetime import timedelta

from sqlalchemy import select

from server.store import SqlStore
from server.store.sign_ins import Step
from server.store.tables import sign_ins

LIFE = timedelta(seconds=60)


def test_a_secret_opens_its_step_once(store: SqlStore) -> None:
    store.sign_ins.keep(Step.TRANSIT, "secret", b"data", LIFE)
    assert store.sign_ins.look(Step.TRANSIT, "secret") == b"data"
    assert store.sign_ins.take(Step.TRANSIT, "another") is None
    assert store.sign_ins.take(Step.SESSION, "secret") is None, "a code in transit is no session"
    assert store.sign_ins.take(Step.TRANSIT, "secret") == b"data"
    assert store.sign_ins.take(Step.TRANSIT, "secret") is None


def test_of_many_who_bring_the_same_secret_at_once_one_gets_in(store: SqlStore) -> None:
    store.sign_ins.keep(Step.TRANSIT, "secret", b"data", LIFE)
    found: list[bytes | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(store.sign_ins.take(Step.TRANSIT, "secret"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == sorted([b"data", *[None] * 7], key=str)


def test_what_is_over_opens_nothing_and_is_cleared_away(store: SqlStore, clock) -> None:
    store.sign_ins.keep(Step.FLOW, "early", b"data", LIFE)
    clock.advance(seconds=60)
    assert store.sign_ins.look(Step.FLOW, "early") is None
    assert store.sign_ins.take(Step.FLOW, "early") is None
    store.sign_ins.keep(Step.FLOW, "late", b"data", LIFE)
    with store.database.read() as connection:
        assert len(connection.execute(select(sign_ins.c.step)).all()) == 1


def test_sessions_that_are_over_are_tidied_away_though_nobody_signs_in_again(store: SqlStore, clock) -> None:
    store.sign_ins.keep(Step.ADMIN, "over", b"data", LIFE)
    store.sign_ins.keep(Step.SESSION, "live", b"data", LIFE * 3)
    store.idempotency.begin("tenant-1", "user-1", "key", "request", subject_id="m1")
    store.idempotency.finish("tenant-1", "user-1", "key", b"answer")
    clock.advance(seconds=60)
    assert store.tidy() == 1
    assert store.sign_ins.look(Step.SESSION, "live") == b"data"
    clock.advance(hours=24)
    assert store.tidy() == 2, "the other session, and the answer after its 24 hours"


def test_a_renewed_session_forgets_the_old_handle_and_a_stale_one_changes_nothing(store: SqlStore) -> None:
    store.sign_ins.keep(Step.SESSION, "first", b"one", LIFE)
    assert store.sign_ins.replace(Step.SESSION, "first", "second", b"two", LIFE)
    assert not store.sign_ins.replace(Step.SESSION, "first", "third", b"three", LIFE)
    handles = ("first", "second", "third")
    assert [store.sign_ins.look(Step.SESSION, one) for one in handles] == [None, b"two", None]


def test_neither_secret_nor_data_can_be_read_in_the_database(store: SqlStore) -> None:
    store.sign_ins.keep(Step.SESSION, "the-secret", b"the-refresh-token", LIFE)
    with store.database.read() as connection:
        row = connection.execute(select(sign_ins)).one()
    stored = b"".join(part for part in row if isinstance(part, bytes))
    assert b"the-secret" not in stored
    assert b"refresh" not in stored
