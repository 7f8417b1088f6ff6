"""Four calls at once in a mailbox, whatever the number of processes: workers share three places, the server has one."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from addin.model import Meeting
from server.store import MAILBOX, MEETING, Seal, SqlStore
from server.work import Worker
from server.work.places import WORKERS_PLACES, Places

pytestmark = pytest.mark.postgres
SUBJECTS = [(MAILBOX, "tenant-1/user-1"), *((MEETING, f"meeting-{number}") for number in range(4))]


@pytest.fixture
def stores(shared_postgres: str, empty_all: Callable[[str], None], seal: Seal, clock) -> Iterator[list[SqlStore]]:
    """Two, as two processes would have them: each with a connection of its own for its locks."""
    empty_all(shared_postgres)
    made = [SqlStore(shared_postgres, seal, clock) for _ in range(2)]
    yield made
    for store in made:
        store.close()


def test_looks_at_one_mailbox_share_their_places_and_who_finds_none_comes_back(
    stores: list[SqlStore], meeting: Meeting, clock
) -> None:
    for kind, subject in SUBJECTS:
        if kind == MEETING:
            stores[0].add(meeting.__class__(**{**vars(meeting), "id": subject, "key": subject}))
        stores[0].ledger.ask(kind, subject)
    elsewhere = (MAILBOX, "tenant-1/user-2")
    stores[0].ledger.ask(*elsewhere)
    all_in, go = threading.Barrier(WORKERS_PLACES + 2), threading.Event()
    looked: list[tuple[str, str]] = []

    def look(kind: str, subject: str) -> None:
        looked.append((kind, subject))
        all_in.wait(10)
        go.wait(10)

    told: list[str] = []
    workers = [Worker(store, look, lambda *found: told.append(str(found)), place=Places(store).of) for store in stores]
    claims = stores[0].ledger.claim(10, timedelta(minutes=1))
    assert len(claims) == len(SUBJECTS) + 1
    threads = [threading.Thread(target=workers[n % 2].work, args=(claim,)) for n, claim in enumerate(claims)]
    for thread in threads:
        thread.start()
    all_in.wait(10)  # as many as there are places, the other mailbox, and this test
    busy = len(SUBJECTS) - WORKERS_PLACES
    for thread in threads:
        if sum(one.is_alive() for one in threads) > WORKERS_PLACES + 1:
            thread.join(0.2)
    assert sum(one.is_alive() for one in threads) == WORKERS_PLACES + 1, "the others did not wait"
    assert elsewhere in looked
    go.set()
    for thread in threads:
        thread.join(10)
    clock.advance(seconds=2)
    again = stores[1].ledger.claim(10, timedelta(minutes=1))
    assert len(again) == busy
    assert all(claim.attempts == 0 for claim in again), "busy is no failure"
    assert told == []
