"""Workers of their own over PostgreSQL: woken by other processes, never two at one subject, clean at the end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from addin.errors import InvalidInput, Unavailable
from server.store import MEETING, Notice, SqlStore
from server.work import Worker
from server.work.backoff import Backoff
from server.work.distributed import Distributed, Waker
from server.work.queue import SCHEMA, Queue

PATIENCE_S = 30
pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


class Looks:
    """Counts looks and tells when enough of them were seen."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.seen: Counter[str] = Counter()
        self.answer: Callable[[str], None] = lambda subject: None

    def look(self, _kind: str, subject_id: str) -> None:
        with self._changed:
            self.seen[subject_id] += 1
            self._changed.notify_all()
        self.answer(subject_id)

    def reach(self, number: int, patience_s: float = PATIENCE_S) -> bool:
        """Wait until there were that many looks."""
        with self._changed:
            return self._changed.wait_for(lambda: self.seen.total() >= number, patience_s)


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def make_engine(store: SqlStore, looks: Looks, database_url: str, clock) -> Iterator[Callable[[], Distributed]]:
    engines = []

    def make() -> Distributed:
        worker = Worker(
            store, looks.look, lambda *_: None, lease=timedelta(seconds=20),
            backoff=Backoff(timedelta(seconds=2), spread=0),
        )  # fmt: skip
        engines.append(Distributed(store, worker, clock, database_url, threads=3, sweep_seconds=0.2))
        engines[-1].start()
        return engines[-1]

    yield make
    ended = [engine.stop(PATIENCE_S) for engine in engines]
    assert all(ended), "the workers must end within their time"


@pytest.fixture
def web(database_url: str, seal, clock) -> Iterator[SqlStore]:
    """A process that only wakes others, as the web server does."""
    store = SqlStore(database_url, seal, clock)
    waker = Waker(store, Queue(database_url), clock, sweep_seconds=600)
    waker.start()
    yield store
    assert waker.stop()
    store.close()


def test_what_another_process_commits_is_looked_at(web: SqlStore, make_engine, looks: Looks, meeting, clock) -> None:
    make_engine()
    web.add(meeting, due_at=clock())
    web.notices.accept([Notice("tenant-1", "user-1", "event-1", "updated")])
    assert looks.reach(2), f"only {looks.seen} were looked at"
    assert looks.seen == {meeting.id: 1, "tenant-1/user-1": 1}


def test_two_workers_share_the_work_and_nothing_is_done_twice(
    web: SqlStore, store: SqlStore, make_engine, looks: Looks
) -> None:
    make_engine(), make_engine()
    for number in range(40):
        web.ledger.ask(MEETING, f"m{number}")
    assert looks.reach(40)
    assert looks.seen == {f"m{number}": 1 for number in range(40)}


def test_a_lost_wake_up_is_late_and_not_lost(store: SqlStore, make_engine, looks: Looks) -> None:
    for number in range(5):
        store.ledger.ask(MEETING, f"m{number}")  # nobody was there to be woken
    make_engine()
    assert looks.reach(5)


def test_a_change_during_the_look_leads_to_a_second_one(web: SqlStore, make_engine, looks: Looks) -> None:
    make_engine()
    looks.answer = lambda subject: web.ledger.ask(MEETING, subject) if looks.seen[subject] == 1 else None
    web.ledger.ask(MEETING, "m")
    assert looks.reach(2)


def test_a_failure_comes_back_when_its_pause_is_over(web: SqlStore, make_engine, looks: Looks, clock) -> None:
    def fail(_subject: str) -> None:
        raise Unavailable("not now")

    make_engine()
    looks.answer = fail
    web.ledger.ask(MEETING, "m")
    assert looks.reach(1)
    looks.answer = lambda subject: None
    for _ in range(300):
        clock.advance(seconds=1)
        if looks.reach(2, patience_s=0.1):
            break
    assert looks.seen["m"] == 2


def test_connections_cut_do_not_end_the_worker(
    web: SqlStore, make_engine, looks: Looks, postgres_server: str, database_url: str
) -> None:
    make_engine()
    web.ledger.ask(MEETING, "before")
    assert looks.reach(1)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [make_url(database_url).database],
        )
    for number in range(20):
        web.ledger.ask(MEETING, f"after-{number}")
    assert looks.reach(21)
    assert set(looks.seen) == {"before", *(f"after-{number}" for number in range(20))}


def test_done_wake_ups_leave_nothing_behind(web: SqlStore, make_engine, looks: Looks, database_url: str) -> None:
    jobs = f"{SCHEMA}.procrastinate_jobs"
    with psycopg.connect(database_url, autocommit=True) as connection:
        engine = make_engine()
        [[before]] = connection.execute(f"SELECT coalesce(max(id), 0) FROM {jobs}").fetchall()  # noqa: S608
        for number in range(10):
            web.ledger.ask(MEETING, f"m{number}")
        assert looks.reach(10)
        assert engine.is_working()
        assert engine.stop(PATIENCE_S)
        assert not engine.is_working()
        left = f"SELECT status::text FROM {jobs} WHERE id > %s AND status <> 'todo'"  # noqa: S608
        assert connection.execute(left, [before]).fetchall() == []


def test_sqlite_is_refused_plainly(database_url: str) -> None:
    with pytest.raises(InvalidInput, match="need PostgreSQL"):
        Queue("sqlite:///file.db")
