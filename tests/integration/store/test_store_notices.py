"""The webhook's way in, subscriptions, answers, caches and mailboxes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from addin.model import Mailbox
from server.store import MAILBOX, Notice, SqlStore
from server.store.idempotency import Begun, Standing
from server.store.subscriptions import Subscription, SubscriptionState

LEASE = timedelta(seconds=30)


def notice(event_id: str = "event-1", user_id: str = "user-1", change: str = "updated") -> Notice:
    return Notice("tenant-1", user_id, event_id, change)


def test_what_was_accepted_is_seen_and_its_mailbox_due(store: SqlStore) -> None:
    store.notices.accept([notice("event-1"), notice("event-2"), notice("event-9", user_id="user-2")])
    assert {one.event_id for one in store.notices.seen("tenant-1", "user-1")} == {"event-1", "event-2"}
    claimed = store.ledger.claim(10, LEASE)
    assert {(claim.kind, claim.subject_id) for claim in claimed} == {
        (MAILBOX, "tenant-1/user-1"),
        (MAILBOX, "tenant-1/user-2"),
    }


def test_a_burst_collapses_to_one_hint_and_one_look(store: SqlStore) -> None:
    for _ in range(5):
        store.notices.accept([notice(), notice()])
    assert len(store.notices.seen("tenant-1", "user-1")) == 1
    assert len(store.ledger.claim(10, LEASE)) == 1


def test_a_hint_told_again_during_the_look_survives_settling(store: SqlStore) -> None:
    store.notices.accept([notice("event-1"), notice("event-2")])
    looked_at = store.notices.seen("tenant-1", "user-1")
    store.notices.accept([notice("event-1")])
    store.notices.settle("tenant-1", "user-1", looked_at)
    assert [one.event_id for one in store.notices.seen("tenant-1", "user-1")] == ["event-1"]


def test_sixteen_at_once_lose_nothing(store: SqlStore) -> None:
    def accept(number: int) -> None:
        store.notices.accept(
            [notice(f"event-{number}"), notice("shared"), notice(f"event-{number}", f"user-{number % 7}")]
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(accept, range(200)))
    seen = {one.event_id for one in store.notices.seen("tenant-1", "user-1")}
    assert {f"event-{number}" for number in range(200)} | {"shared"} <= seen
    assert sum(len(store.notices.seen("tenant-1", f"user-{number}")) for number in range(7) if number != 1) == len(
        [number for number in range(200) if number % 7 != 1]
    )


@pytest.mark.parametrize("event_id", ["x" * 513, "nul\x00", "line\nbreak"])
def test_an_event_id_that_cannot_be_one_means_the_whole_mailbox(store: SqlStore, event_id: str) -> None:
    store.notices.accept([notice(event_id)])
    assert [one.event_id for one in store.notices.seen("tenant-1", "user-1")] == [""]
    assert len(store.ledger.claim(10, LEASE)) == 1


@pytest.fixture
def subscription(clock) -> Subscription:
    return Subscription("sub-1", "tenant-1", "user-1", "proof", "me/events", clock() + timedelta(days=2))


def test_a_subscription_is_known_until_it_is_forgotten(store: SqlStore, subscription: Subscription) -> None:
    assert store.subscriptions.known(["sub-1"]) == {}
    store.subscriptions.keep(subscription)
    assert store.subscriptions.known(["sub-1", "sub-2"]) == {"sub-1": subscription}
    store.subscriptions.forget("sub-1")
    assert store.subscriptions.known(["sub-1"]) == {}, "what is remembered must not outlive its removal"


def test_a_subscription_that_another_process_removed_is_unlearnt_within_a_minute(
    database_url: str, store: SqlStore, subscription: Subscription, seal, clock
) -> None:
    store.subscriptions.keep(subscription)
    store.subscriptions.known(["sub-1"])
    other = SqlStore(database_url, seal, clock)
    other.subscriptions.forget("sub-1")
    other.close()
    clock.advance(seconds=61)
    assert store.subscriptions.known(["sub-1"]) == {}


def test_renewal_and_removal_change_what_is_expiring(store: SqlStore, subscription: Subscription, clock) -> None:
    store.subscriptions.keep(subscription)
    soon = clock() + timedelta(days=3)
    assert store.subscriptions.expiring(soon, 10) == (subscription,)
    store.subscriptions.renewed("sub-1", clock() + timedelta(days=6))
    assert store.subscriptions.expiring(soon, 10) == ()
    store.subscriptions.removed("sub-1")
    assert store.subscriptions.expiring(clock() + timedelta(days=9), 10) == ()
    [removed] = store.subscriptions.of("tenant-1", "user-1")
    assert removed == replace(subscription, expires_at=clock() + timedelta(days=6), state=SubscriptionState.REMOVED)


def test_a_subscription_taken_away_is_one_write_with_its_hint(store: SqlStore, subscription: Subscription) -> None:
    store.subscriptions.keep(subscription)
    commits: list[str] = []
    event.listen(store.database._writer, "commit", lambda _: commits.append("commit"))
    store.notices.accept([Notice("tenant-1", "user-1", "", "subscriptionRemoved", removed="sub-1")])
    assert [one.state for one in store.subscriptions.of("tenant-1", "user-1")] == [SubscriptionState.REMOVED]
    assert [one.event_id for one in store.notices.seen("tenant-1", "user-1")] == [""]
    assert len(commits) == 1


def test_hints_are_seen_in_the_order_in_which_they_wait(store: SqlStore, clock) -> None:
    for number in (9, 3, 7, 1):
        store.notices.accept([notice(f"event-{number}")])
        clock.advance(seconds=1)
    store.notices.accept([notice("event-9")])
    assert [one.event_id for one in store.notices.seen("tenant-1", "user-1", limit=3)] == [
        "event-9",
        "event-3",
        "event-7",
    ]


def begin(store: SqlStore, request: str = "body", key: str = "key", subject: str = "m1", user: str = "user-1") -> Begun:
    return store.idempotency.begin("tenant-1", user, key, request, subject_id=subject)


def test_a_key_has_one_effect_and_one_answer(store: SqlStore) -> None:
    assert begin(store) == Begun(Standing.NEW, "m1")
    assert begin(store, subject="m2") == Begun(Standing.RUNNING, "m1")
    assert begin(store, request="another body").standing is Standing.RUNNING, "what is being made counts first"
    store.idempotency.finish("tenant-1", "user-1", "key", b"the answer")
    assert begin(store, subject="m3") == Begun(Standing.DONE, "m1", b"the answer")
    assert begin(store, request="another body").standing is Standing.OTHER
    assert begin(store, user="user-2").standing is Standing.NEW, "keys belong to one person"


def test_an_interrupted_attempt_is_taken_up_with_its_own_id(store: SqlStore, clock) -> None:
    begin(store, subject="m1")
    clock.advance(minutes=4)
    assert begin(store, subject="m2") == Begun(Standing.INTERRUPTED, "m1")
    assert begin(store, subject="m3").standing is Standing.RUNNING, "one at a time takes it up"


def test_a_forgotten_or_expired_key_may_be_used_again(store: SqlStore, clock) -> None:
    begin(store)
    store.idempotency.forget("tenant-1", "user-1", "key")
    assert begin(store, request="another").standing is Standing.NEW
    store.idempotency.finish("tenant-1", "user-1", "key", b"answer")
    clock.advance(hours=25)
    assert begin(store, request="third", subject="m3") == Begun(Standing.NEW, "m3")


def test_old_answers_are_tidied_away_and_live_ones_stay(store: SqlStore, clock) -> None:
    begin(store, key="done")
    store.idempotency.finish("tenant-1", "user-1", "done", b"answer")
    clock.advance(hours=23)
    begin(store, key="running")
    assert store.idempotency.tidy() == 0
    clock.advance(hours=2)
    assert store.idempotency.tidy() == 1
    assert begin(store, key="running").standing is Standing.INTERRUPTED


def test_of_many_presses_at_once_exactly_one_goes_on(store: SqlStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        standings = [begun.standing for begun in pool.map(lambda n: begin(store, subject=f"m{n}"), range(8))]
    assert standings.count(Standing.NEW) == 1, standings
    assert standings.count(Standing.RUNNING) == 7, standings


def test_a_token_cache_belongs_to_one_person_of_one_tenant(store: SqlStore) -> None:
    store.caches.save("tenant-1", "user-1", b"one")
    store.caches.save("tenant-1", "user-1", b"two")
    assert store.caches.load("tenant-1", "user-1") == b"two"
    assert store.caches.load("tenant-1", "user-2") is None
    assert store.caches.load("tenant-2", "user-1") is None
    store.caches.delete("tenant-1", "user-1")
    store.caches.delete("tenant-1", "user-1")
    assert store.caches.load("tenant-1", "user-1") is None


def test_a_mailbox_with_a_meeting_is_swept_until_a_round_was_complete(store: SqlStore, meeting, clock) -> None:
    store.add(meeting)
    store.mailboxes.remember(Mailbox("tenant-1", "user-1"))
    [known] = store.mailboxes.not_read_since(clock(), 10)
    assert known.mailbox == meeting.owner, "an empty address or name must not overwrite a known one"
    store.mailboxes.round_done("tenant-1", "user-1", at=clock(), delta_link="https://graph.example/delta?token=1")
    assert store.mailboxes.not_read_since(clock(), 10) == ()
    read = store.mailboxes.get("tenant-1", "user-1")
    assert read is not None
    assert (read.last_round, read.delta_link) == (clock(), "https://graph.example/delta?token=1")
    assert store.mailboxes.get("tenant-2", "user-1") is None
