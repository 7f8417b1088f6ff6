"""Workers: everything due is looked at, failures come back when they should, and stopping is clean."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from addin.errors import AddinError, NotSignedIn, Throttled, Unavailable
from server.store import MAILBOX, MEETING, Notice, SqlStore
from server.store.ledger import Claim
from server.work import Embedded, Report, Worker
from server.work.backoff import Backoff

PATIENCE_S = 20


class Looks:
    """Records looks; `answers` are raised or called instead of succeeding, one a look."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.answers: list[Exception | Callable[[], None]] = []
        self.told: list[tuple[str, str, AddinError]] = []
        self.reports: list[Report] = []

    def look(self, kind: str, subject_id: str) -> None:
        self.seen.append((kind, subject_id))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            answer()

    def attention(self, kind: str, subject_id: str, error: AddinError) -> None:
        self.told.append((kind, subject_id, error))


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def worker(store: SqlStore, looks: Looks) -> Worker:
    return Worker(
        store, looks.look, looks.attention, backoff=Backoff(timedelta(seconds=2), timedelta(seconds=60), spread=0),
        patience=3, report=looks.reports.append,
    )  # fmt: skip


@pytest.fixture
def engine(store: SqlStore, worker: Worker, clock) -> Iterator[Embedded]:
    engine = Embedded(store, worker, clock, threads=4, sweep_seconds=60)
    engine.start()
    yield engine
    assert engine.stop(), "the workers must end within their time"


def test_a_saved_meeting_is_looked_at_without_waiting_for_a_sweep(
    store: SqlStore, engine: Embedded, looks: Looks, meeting, clock
) -> None:
    store.add(meeting, due_at=clock())
    assert engine.settled(PATIENCE_S)
    assert looks.seen == [(MEETING, meeting.id)]
    assert [report.outcome for report in looks.reports] == ["done"]


def test_a_notified_mailbox_is_looked_at(store: SqlStore, engine: Embedded, looks: Looks) -> None:
    store.notices.accept([Notice("tenant-1", "user-1", "event-1", "updated")])
    assert engine.settled(PATIENCE_S)
    assert (MAILBOX, "tenant-1/user-1") in looks.seen


def test_what_was_due_before_the_start_is_looked_at(store: SqlStore, worker: Worker, looks: Looks, clock) -> None:
    for number in range(30):
        store.ledger.ask(MEETING, f"m{number}")
    engine = Embedded(store, worker, clock, threads=3)
    engine.start()
    assert engine.settled(PATIENCE_S)
    engine.stop()
    assert Counter(looks.seen) == {(MEETING, f"m{number}"): 1 for number in range(30)}


def test_a_change_during_the_look_leads_to_a_second_one(store: SqlStore, engine: Embedded, looks: Looks) -> None:
    looks.answers = [lambda: store.ledger.ask(MEETING, "m")]
    store.ledger.ask(MEETING, "m")
    assert engine.settled(PATIENCE_S)
    assert looks.seen == [(MEETING, "m")] * 2


def test_a_subject_is_never_looked_at_by_two_at_once(store: SqlStore, engine: Embedded, looks: Looks) -> None:
    inside = threading.Semaphore(1)
    clashes = []

    def look() -> None:
        if not inside.acquire(blocking=False):
            clashes.append("two at once")
            return
        store.ledger.ask(MEETING, "m")
        inside.release()

    looks.answers = [look] * 20
    store.ledger.ask(MEETING, "m")
    assert engine.settled(PATIENCE_S)
    assert clashes == []
    assert len(looks.seen) == 21


def test_a_failure_is_repeated_after_growing_pauses(store: SqlStore, worker: Worker, looks: Looks, clock) -> None:
    looks.answers = [Unavailable("ClickMeeting did not answer.")] * 4
    store.ledger.ask(MEETING, "m")
    for pause in (2, 4, 8, 16):
        [claim] = store.ledger.claim(1, worker.lease)
        worker.work(claim)
        assert store.ledger.next_due() == clock() + timedelta(seconds=pause)
        clock.advance(seconds=pause)
    assert [str(error) for _, _, error in looks.told] == ["ClickMeeting did not answer."], "told once, at the third"
    [claim] = store.ledger.claim(1, worker.lease)
    worker.work(claim)
    assert store.ledger.next_due() is None
    assert [report.outcome for report in looks.reports] == ["later"] * 4 + ["done"]


def test_retry_after_is_obeyed_whoever_asks(store: SqlStore, engine: Embedded, looks: Looks, clock) -> None:
    looks.answers = [Throttled("Too many requests.", after=90)]
    store.ledger.ask(MEETING, "m")
    assert engine.settled(PATIENCE_S)
    store.ledger.ask(MEETING, "m")
    assert engine.settled(PATIENCE_S)
    assert len(looks.seen) == 1, "asked again before the pause was over"
    clock.advance(seconds=90)
    engine.wake()
    assert engine.settled(PATIENCE_S)
    assert len(looks.seen) == 2


def test_what_fails_for_good_is_recorded_and_told_once(store: SqlStore, engine: Embedded, looks: Looks, clock) -> None:
    looks.answers = [NotSignedIn("Sign in again.")]
    store.ledger.ask(MEETING, "m")
    assert engine.settled(PATIENCE_S)
    clock.advance(days=30)
    engine.wake()
    assert engine.settled(PATIENCE_S)
    assert len(looks.seen) == 1
    assert [(kind, subject, type(error)) for kind, subject, error in looks.told] == [(MEETING, "m", NotSignedIn)]
    assert store.ledger.last_error(MEETING, "m") == "Sign in again."


def test_a_fault_in_the_look_does_not_end_the_subject(store: SqlStore, worker: Worker, looks: Looks, clock) -> None:
    looks.answers = [KeyError("a bug")]
    store.ledger.ask(MEETING, "m")
    worker.work(store.ledger.claim(1, worker.lease)[0])
    assert "KeyError" in (store.ledger.last_error(MEETING, "m") or "")
    clock.advance(seconds=2)
    worker.work(store.ledger.claim(1, worker.lease)[0])
    assert store.ledger.next_due() is None


def test_a_subject_that_somebody_holds_waits_without_counting_as_failed(
    store: SqlStore, worker: Worker, looks: Looks, clock
) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(1, worker.lease)
    thread = threading.Thread(target=worker.work, args=[claim])
    with store.exclusive("meeting:m"):
        thread.start()
        thread.join(PATIENCE_S)
    assert looks.seen == []
    assert looks.reports[0].outcome == "busy"
    clock.advance(seconds=5)
    assert [again.attempts for again in store.ledger.claim(1, worker.lease)] == [0]


def test_a_long_look_keeps_its_lease(store: SqlStore, looks: Looks, clock, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(store, looks.look, looks.attention, lease=timedelta(seconds=0.06), report=looks.reports.append)
    renewed = threading.Event()
    renew = worker.ledger.renew

    def renew_and_tell(claims: list[Claim], lease: timedelta) -> None:
        renew(claims, lease)
        if claims:
            renewed.set()

    monkeypatch.setattr(worker.ledger, "renew", renew_and_tell)
    kept: list[bool] = []
    looks.answers = [lambda: kept.append(renewed.wait(PATIENCE_S))]
    engine = Embedded(store, worker, clock, threads=1, sweep_seconds=60)
    store.ledger.ask(MEETING, "m")
    engine.start()
    assert engine.settled(PATIENCE_S)
    assert engine.stop()
    assert kept == [True], "the lease of a long look was never renewed"
    assert [report.outcome for report in looks.reports] == ["done"]


def test_stopping_waits_for_what_is_at_work_and_begins_nothing_new(
    store: SqlStore, worker: Worker, looks: Looks, clock
) -> None:
    begun, release = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        release.wait(PATIENCE_S)

    looks.answers = [slow]
    engine = Embedded(store, worker, clock, threads=1)
    engine.start()
    store.ledger.ask(MEETING, "slow")
    assert begun.wait(PATIENCE_S)
    assert engine.is_working()
    assert not engine.stop(timeout=0.05), "a look at work must be told"
    store.ledger.ask(MEETING, "later")
    release.set()
    assert engine.stop(timeout=PATIENCE_S)
    assert not engine.is_working()
    assert looks.seen == [(MEETING, "slow")]
    assert [due.subject_id for due in store.ledger.due(10)] == ["later"], "what was not begun stays due"


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(timedelta(seconds=1), timedelta(seconds=10), spread=0)
    assert [backoff.pause(failures).total_seconds() for failures in (0, 1, 2, 3, 4, 1000)] == [1, 2, 4, 8, 10, 10]
    spread = [Backoff().pause(3).total_seconds() for _ in range(50)]
    assert all(12.8 <= pause <= 16 for pause in spread)
    assert len(set(spread)) > 1
