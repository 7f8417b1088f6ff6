"""How changes are heard of: subscriptions renewed in time, refused ones made up for by polling, and said truthfully."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench_of_looks import Bench
from desk_of_fakes import OWNER

from addin.errors import NotAllowed, Refused
from addin.model import Mailbox, Meeting
from server.store.subscriptions import SubscriptionState
from server.watching import Following, following

LIFE = timedelta(minutes=4200)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    # sweeps far away, so that nothing but the renewal itself touches the subscription
    made.looker = replace(made.looker, watching=replace(made.looker.watching, sweep=timedelta(days=60)))
    yield made
    made.store.close()


def heard(bench: Bench, meeting: Meeting) -> Following:
    return following(bench.store.meeting(meeting.id), bench.store, bench.looker.watching, bench.desk.now)


def test_a_subscription_is_renewed_at_half_its_life_and_not_before(bench: Bench) -> None:
    bench.followed()
    begun = bench.desk.now
    bench.desk.now = begun + LIFE / 2 - timedelta(minutes=30)
    bench.hint("event-1")
    bench.work()
    assert bench.office.watched.renewed == 0
    bench.desk.now = begun + LIFE / 2 + timedelta(minutes=1)
    bench.work()
    assert bench.office.watched.renewed == 1
    [kept] = bench.store.subscriptions.of(OWNER.tenant_id, OWNER.user_id)
    assert kept.expires_at == bench.desk.now + LIFE
    assert bench.office.watched.made == 1, "renewed, not made anew"


def test_a_subscription_made_in_anothers_name_is_made_anew(bench: Bench) -> None:
    """As after `graph_access` was changed: Microsoft does not let us touch the former one."""
    bench.followed()
    bench.office.watched.held.clear()
    bench.office.watched.unknown = NotAllowed("made by somebody else")
    bench.desk.now += LIFE / 2 + timedelta(minutes=1)
    bench.work()
    assert bench.office.watched.made == 2
    [kept] = bench.store.subscriptions.of(OWNER.tenant_id, OWNER.user_id)
    assert kept.state is SubscriptionState.ACTIVE


def test_what_microsoft_will_not_notify_us_of_is_polled_until_it_does(bench: Bench) -> None:
    bench.office.watched.refusal = Refused("Subscription validation request failed.")
    meeting = bench.followed()
    assert heard(bench, meeting) == Following("polling", 10)
    bench.office.touch("event-1", subject="Polled")
    bench.office.rounds.changed = ["event-1"]
    bench.desk.now += timedelta(minutes=11)
    bench.work()
    assert bench.store.meeting(meeting.id).title == "Polled"
    assert bench.office.rounds.calls == ["go on"]
    bench.office.watched.refusal = None
    bench.desk.now += timedelta(minutes=11)
    bench.work()
    assert heard(bench, meeting) == Following("notifications")


def test_anothers_mailbox_is_never_subscribed_to_with_a_persons_token(bench: Bench) -> None:
    bench.office.hears = False
    meeting = bench.followed()
    assert bench.office.watched.made == 0
    assert heard(bench, meeting) == Following("polling", 10)


def test_a_calendar_closed_to_us_is_not_heard_and_tried_again_once_a_day(bench: Bench) -> None:
    meeting = bench.followed()
    assert heard(bench, meeting) == Following("notifications")
    refusal = NotAllowed("Ask your administrator.", reason="outside-scope")
    bench.office.fail["event"] = [refusal]
    bench.office.watched.held.clear()
    bench.office.watched.refusal = refusal
    bench.office.rounds.refusal = refusal
    bench.desk.now += LIFE / 2 + timedelta(minutes=1)
    for claim in bench.store.ledger.claim(10, timedelta(minutes=1)):
        with pytest.raises(NotAllowed):
            bench.looker.look(claim.kind, claim.subject_id)
        bench.store.ledger.give_up(claim, str(refusal))
    assert heard(bench, meeting) == Following("not-yet")
    due = bench.store.ledger.next_due()
    assert due is not None
    assert due >= bench.desk.now + timedelta(hours=23)


def test_before_the_first_round_a_delegates_calendar_is_polled_and_an_own_one_not_yet_heard(bench: Bench) -> None:
    meeting = bench.followed()
    elsewhere = Mailbox(OWNER.tenant_id, "another-owner")
    fresh = bench.store.add(replace(meeting, id="f" * 32, key="fresh", owner=elsewhere, version=0))
    assert heard(bench, fresh) == Following("not-yet")
    delegate = Mailbox(OWNER.tenant_id, "delegate")
    bench.store.delegates.seen(elsewhere, delegate)
    assert heard(bench, fresh) == Following("polling", 10)
    bench.store.delegates.refused(elsewhere, delegate)
    assert heard(bench, fresh) == Following("not-yet")
