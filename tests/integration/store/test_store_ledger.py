"""The ledger's law: what was asked for is looked at, by one at a time, and again when it was asked for meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.store import MAILBOX, MEETING, SqlStore
from server.store.ledger import WORKER_LOST

LEASE = timedelta(seconds=30)


def test_a_subject_is_claimed_when_its_time_has_come_and_only_once(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m", clock() + timedelta(minutes=1))
    assert store.ledger.claim(10, LEASE) == []
    assert store.ledger.next_due() == clock() + timedelta(minutes=1)
    clock.advance(minutes=1)
    claimed = store.ledger.claim(10, LEASE)
    assert [(claim.kind, claim.subject_id) for claim in claimed] == [(MEETING, "m")]
    assert store.ledger.claim(10, LEASE) == [], "what is leased must not be claimed again"


def test_finishing_ends_it(store: SqlStore) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(10, LEASE)
    assert store.ledger.finish(claim)
    assert store.ledger.next_due() is None
    assert store.ledger.backlog().due == 0


def test_asked_for_during_the_work_it_is_due_again_afterwards(store: SqlStore) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(10, LEASE)
    store.ledger.ask(MEETING, "m")
    assert store.ledger.claim(10, LEASE) == [], "one at a time, even when asked for again"
    assert store.ledger.finish(claim)
    assert len(store.ledger.claim(10, LEASE)) == 1, "the change during the work must not be swallowed"


def test_the_earliest_of_several_times_counts(store: SqlStore, clock) -> None:
    now = clock()
    for minutes in (5, 2, 9):
        store.ledger.ask(MEETING, "m", now + timedelta(minutes=minutes))
    assert store.ledger.next_due() == now + timedelta(minutes=2)


def test_a_lost_worker_is_replaced_when_its_lease_ends(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m")
    [lost] = store.ledger.claim(10, LEASE)
    assert store.ledger.next_due() == clock() + LEASE
    clock.advance(seconds=30)
    [taken_over] = store.ledger.claim(10, LEASE)
    assert taken_over.attempts == 1, "a worker that died counts as a failed attempt"
    assert store.ledger.last_error(MEETING, "m") == WORKER_LOST
    assert not store.ledger.finish(lost), "who lost the lease must not finish another's work"
    assert not store.ledger.postpone(lost, LEASE, "late")
    assert not store.ledger.give_up(lost, "late")
    assert store.ledger.finish(taken_over)


def test_a_renewed_lease_is_kept(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m")
    claims = store.ledger.claim(10, LEASE)
    clock.advance(seconds=20)
    store.ledger.renew(claims, LEASE)
    clock.advance(seconds=20)
    assert store.ledger.claim(10, LEASE) == []
    assert store.ledger.finish(claims[0])


def test_a_failure_postpones_and_is_told(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(10, LEASE)
    assert store.ledger.postpone(claim, timedelta(seconds=8), "ClickMeeting did not answer.")
    assert store.ledger.claim(10, LEASE) == []
    assert store.ledger.backlog().failing == 1
    clock.advance(seconds=8)
    [again] = store.ledger.claim(10, LEASE)
    assert again.attempts == 1
    assert store.ledger.last_error(MEETING, "m") == "ClickMeeting did not answer."
    store.ledger.finish(again)
    assert store.ledger.backlog().failing == 0


def test_a_new_request_hurries_a_failure_but_not_a_throttled_one(store: SqlStore, clock) -> None:
    for subject, hold in (("failed", False), ("throttled", True)):
        store.ledger.ask(MEETING, subject)
        [claim] = store.ledger.claim(10, LEASE)
        store.ledger.postpone(claim, timedelta(minutes=5), "later", hold=hold)
    for subject in ("failed", "throttled"):
        store.ledger.ask(MEETING, subject)
    assert [claim.subject_id for claim in store.ledger.claim(10, LEASE)] == ["failed"]
    clock.advance(minutes=5)
    assert "throttled" in [claim.subject_id for claim in store.ledger.claim(10, LEASE)]


def test_what_was_given_up_rests_until_somebody_asks(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(10, LEASE)
    assert store.ledger.give_up(claim, "The key is wrong.")
    clock.advance(days=400)
    assert store.ledger.claim(10, LEASE) == []
    assert store.ledger.last_error(MEETING, "m") == "The key is wrong."
    store.ledger.ask(MEETING, "m")
    assert len(store.ledger.claim(10, LEASE)) == 1


def test_what_is_put_back_is_due_as_before(store: SqlStore) -> None:
    store.ledger.ask(MEETING, "m")
    [claim] = store.ledger.claim(10, LEASE)
    assert store.ledger.put_back(claim)
    [again] = store.ledger.claim(10, LEASE)
    assert again.attempts == 0


def test_one_subject_can_be_claimed_by_name(store: SqlStore) -> None:
    for subject in ("a", "b", "c"):
        store.ledger.ask(MEETING, subject)
    assert [claim.subject_id for claim in store.ledger.claim(5, LEASE, only=(MEETING, "b"))] == ["b"]
    assert store.ledger.claim(5, LEASE, only=(MEETING, "b")) == []
    assert store.ledger.claim(5, LEASE, only=(MAILBOX, "a")) == []


def test_claimers_at_the_same_time_never_get_the_same_subject(store: SqlStore) -> None:
    for number in range(60):
        store.ledger.ask(MEETING, f"m{number}")
    with ThreadPoolExecutor(6) as pool:
        rounds = list(pool.map(lambda _: store.ledger.claim(5, LEASE), range(30)))
    claimed = [claim.subject_id for claims in rounds for claim in claims]
    assert len(claimed) == len(set(claimed)), "a subject was claimed twice"
    assert sorted(claimed) == sorted(f"m{number}" for number in range(60))


steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask later", "claim", "finish", "postpone", "put back", "die", "advance"]),
        st.integers(0, 2),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_in_any_order_of_events_every_request_is_followed_by_a_look(store: SqlStore, clock, steps) -> None:
    for claim in store.ledger.claim(100, LEASE):
        store.ledger.finish(claim)
    held, owed = {}, set()
    for step, number in steps:
        subject = f"s{number}"
        if step == "ask":
            store.ledger.ask(MEETING, subject)
            owed.add(subject)
        elif step == "ask later":
            store.ledger.ask(MEETING, subject, clock() + timedelta(seconds=20))
            owed.add(subject)
        elif step == "claim":
            for claim in store.ledger.claim(1, LEASE):
                held[claim.subject_id] = claim
                owed.discard(claim.subject_id)
        elif step == "advance":
            clock.advance(seconds=10)
        elif subject in held:
            claim = held.pop(subject)
            if step == "finish":
                store.ledger.finish(claim)
                continue
            owed.add(subject)
            if step == "postpone":
                store.ledger.postpone(claim, timedelta(seconds=5), "failed", hold=number == 1)
            elif step == "put back":
                store.ledger.put_back(claim)
    clock.advance(minutes=2)
    looked_at = {claim.subject_id for claim in store.ledger.claim(100, LEASE)}
    assert owed <= looked_at, f"never looked at: {owed - looked_at}"
    clock.advance(minutes=2)


def test_a_stalled_worker_cannot_finish_a_row_that_went_and_came_again(store: SqlStore, clock) -> None:
    store.ledger.ask(MEETING, "m1")
    [stalled] = store.ledger.claim(10, LEASE)
    clock.advance(seconds=31)
    [second] = store.ledger.claim(10, LEASE)
    assert store.ledger.finish(second), "the row goes"
    store.ledger.ask(MEETING, "m1")
    [third] = store.ledger.claim(10, LEASE)
    assert not store.ledger.finish(stalled)
    store.ledger.ask(MEETING, "m1")
    assert store.ledger.finish(third)
    assert [due.subject_id for due in store.ledger.due(10)] == ["m1"], "what was asked meanwhile is still due"
    first_generations = {stalled.generation, third.generation}
    assert len(first_generations) == 2
