"""Four calls at once in a mailbox, whatever the number of processes; looks take at most three of them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from addin.graph.door import GraphConnection, GraphDoor
from addin.graph.settings import GraphSettings
from addin.model import Meeting
from server.bootstrap import build
from server.settings import make
from server.store import MAILBOX, MEETING, Seal, SqlStore, new_key
from server.work import Worker
from server.work.places import CALLS_PLACES, LOOKS_PLACES, Places

pytestmark = pytest.mark.postgres
TENANT = "9d4f2063-2b3c-4d5e-9f60-6b7c8d9e0f12"
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
    all_in, go = threading.Barrier(LOOKS_PLACES + 2), threading.Event()
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
    busy = len(SUBJECTS) - LOOKS_PLACES
    for thread in threads:
        if sum(one.is_alive() for one in threads) > LOOKS_PLACES + 1:
            thread.join(0.2)
    assert sum(one.is_alive() for one in threads) == LOOKS_PLACES + 1, "the others did not wait"
    assert elsewhere in looked
    go.set()
    for thread in threads:
        thread.join(10)
    clock.advance(seconds=2)
    again = stores[1].ledger.claim(10, timedelta(minutes=1))
    assert len(again) == busy
    assert all(claim.attempts == 0 for claim in again), "busy is no failure"
    assert told == []


def test_two_servers_and_a_worker_make_four_calls_at_once_together(
    shared_postgres: str, empty_all: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the shipped composition has them, each with ways of its own to Graph and to the database."""
    empty_all(shared_postgres)
    ways: list[GraphConnection] = []

    guard, four_inside, go = threading.Lock(), threading.Event(), threading.Event()
    running, most = [0], [0]

    def slow(_: Request) -> Response:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == CALLS_PLACES:
                four_inside.set()
        go.wait(10)
        with guard:
            running[0] -= 1
        return Response("{}", content_type="application/json")

    with HTTPServer(threaded=True) as graph, ExitStack() as built:

        def way(settings: GraphSettings, *parts: Any) -> GraphConnection:
            ways.append(GraphConnection(replace(settings, graph_url=graph.url_for("/v1.0")), *parts))
            return ways[-1]

        monkeypatch.setattr("server.bootstrap.GraphConnection", way)
        graph.expect_request("/v1.0/me").respond_with_handler(slow)
        settings = make(
            {
                "database_url": shared_postgres, "encryption_keys": new_key("test"), "client_id": "c",
                "client_secret": "s", "tenants": (TENANT,), "public_url": "https://addin.contoso.example",
                "clickmeeting_api_key": "key",
            },
            environment=False,
        )  # fmt: skip
        for only_work in (False, False, True):
            built.callback(build(settings, only_work=only_work).storage.close)
        calls = [GraphDoor(one, f"{TENANT}/user-1", lambda **_: "token").get for one in ways * 4]
        with ThreadPoolExecutor(len(calls)) as people:
            asked = [people.submit(call, "/me") for call in calls]
            assert four_inside.wait(10), "four calls get in"
            wait(asked, timeout=0.3)  # time enough for a fifth to get in, if nothing kept it
            go.set()
            assert all(one.result(30) == {} for one in asked), "all are served in the end"
    assert len(ways) == 3
    assert most[0] == CALLS_PLACES
