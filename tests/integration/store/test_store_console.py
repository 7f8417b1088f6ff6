"""What the console keeps: accounts with sealed keys, figures of use, the switch, one person's data."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from addin.errors import InvalidInput, Missing, NotAllowed, Stopped
from addin.model import Mailbox, Meeting, MeetingState, Participant
from addin.policy import Policy
from server.ops.figures import Figures
from server.store import MAILBOX, MEETING, SqlStore
from server.store.accounts import Account, Scope
from server.store.audit import Act
from server.store.policies import KeptLayer
from server.store.tables import accounts, history
from server.store.usage import Used, quarter
from server.tenancy import Tenants

ACT = Act("tenant-1", "admin", "tried")
OWNER = Mailbox("tenant-1", "user-1", "organiser@contoso.example", "Organiser")


def account(name: str, scope: Scope, subject: str = "", key: str = "secret-key-1234") -> Account:
    return Account(name, name, scope, subject, key[-4:], key)


def tenants(store: SqlStore) -> Tenants:
    return Tenants(
        Policy(), store.policies, lambda tenant, account: account, lambda tenant, account: (),  # type: ignore[arg-type,return-value]
        accounts=store.accounts, switches=store.switches,
    )  # fmt: skip


def test_a_key_goes_in_and_is_only_opened_to_be_used(store: SqlStore) -> None:
    store.accounts.add("tenant-1", account("main", Scope.TENANT), ACT)
    with store.database.read() as connection:
        row = connection.execute(select(accounts)).one()
    assert b"secret-key" not in row.key
    assert row.hint == "1234"
    assert "secret-key" not in repr(store.accounts.get("tenant-1", "main"))
    assert store.accounts.get("tenant-1", "main").key == "secret-key-1234"
    with pytest.raises(Missing):
        store.accounts.get("tenant-2", "main")
    with pytest.raises(Missing):
        store.accounts.rotate("tenant-2", "main", "other", ACT)
    store.accounts.rotate("tenant-1", "main", "another-key-5678", ACT)
    assert store.accounts.get("tenant-1", "main").key == "another-key-5678"
    assert "key" not in "".join(entry.text for entry in store.audit.all("tenant-1")).replace("key_", "")


def test_only_one_active_account_for_the_same_meetings(store: SqlStore) -> None:
    store.accounts.add("tenant-1", account("one", Scope.TENANT), ACT)
    with pytest.raises(InvalidInput, match="retire it first"):
        store.accounts.add("tenant-1", account("two", Scope.TENANT), ACT)
    store.accounts.retire("tenant-1", "one", ACT)
    store.accounts.add("tenant-1", account("two", Scope.TENANT), ACT)
    assert [(one.id, one.retired) for one in store.accounts.all("tenant-1")] == [("two", False), ("one", True)]
    store.accounts.remove("tenant-1", "one", ACT)
    assert [one.id for one in store.accounts.all("tenant-1")] == ["two"]


def test_a_persons_account_comes_before_a_groups_and_that_before_the_tenants(store: SqlStore) -> None:
    store.policies.save("tenant-1", KeptLayer("g", 0, name="G", members=("user-1", "user-2")), ACT)
    found = tenants(store)
    chosen = []
    for name, scope, subject in (("t", Scope.TENANT, ""), ("g", Scope.GROUP, "g"), ("u", Scope.USER, OWNER.address)):
        store.accounts.add("tenant-1", account(name, scope, subject), ACT)
        found.forget("tenant-1")
        chosen.append([found.account(Mailbox("tenant-1", user, address)) for user, address in
                       (("user-1", OWNER.address), ("user-2", ""), ("user-3", ""))])  # fmt: skip
    assert chosen == [["t", "t", "t"], ["g", "g", "t"], ["u", "g", "t"]]
    assert found.account(Mailbox("tenant-2", "user-1", OWNER.address)) == ""
    store.accounts.retire("tenant-1", "u", ACT)
    found.forget("tenant-1")
    assert found.account(OWNER) == "g"
    assert found.rooms(OWNER, "u").id == "u"  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed, match="was removed"):
        found.rooms(OWNER, "nobody").check()
    with pytest.raises(NotAllowed):
        found.rooms(Mailbox("tenant-2", "x"), "u").check()


def test_the_switch_stops_a_tenant_at_once_and_lets_it_go_on(store: SqlStore, meeting: Meeting, clock) -> None:
    store.add(meeting, due_at=clock() + timedelta(days=9))
    found = tenants(store)
    found.require_going("tenant-1")
    store.switches.stop("tenant-1", "Administrator", ACT)
    found.forget("tenant-1")
    with pytest.raises(Stopped, match="administrator has stopped"):
        found.require_going("tenant-1")
    found.require_going("tenant-2")
    stop = found.stopped("tenant-1")
    assert stop is not None
    assert (stop.by, stop.at) == ("Administrator", clock())
    store.switches.go_on("tenant-1", ACT)
    found.forget("tenant-1")
    found.require_going("tenant-1")
    claims = {(claim.kind, claim.subject_id) for claim in store.ledger.claim(10, lease=timedelta(minutes=1))}
    assert claims == {(MEETING, meeting.id), (MAILBOX, "tenant-1/user-1")}


def test_after_a_stop_everything_in_step_is_due_even_where_nothing_waits_for_it(
    store: SqlStore, meeting: Meeting, clock
) -> None:
    states = (MeetingState.DRAFT, MeetingState.FOLLOWED, MeetingState.GONE, MeetingState.ENDED)
    for number, state in enumerate(states):
        store.add(replace(meeting, id=f"{number}" * 32, key=f"{number}", state=state), due_at=clock())
    store.ledger.ask(MAILBOX, "tenant-1/never-seen")
    store.ledger.ask(MAILBOX, "tenant-10/user-1", clock() + timedelta(days=1))
    store.switches.stop("tenant-1", "Administrator", ACT)
    for claim in store.ledger.claim(10, lease=timedelta(minutes=1)):
        assert (
            store.ledger.finish(claim)
            if claim.kind == MEETING
            else store.ledger.put_back(claim, pause=timedelta(hours=1))
        )
    store.switches.go_on("tenant-1", ACT)
    claims = {(claim.kind, claim.subject_id) for claim in store.ledger.claim(10, lease=timedelta(minutes=1))}
    assert claims == {
        *((MEETING, f"{number}" * 32) for number in range(3)),
        (MAILBOX, "tenant-1/user-1"),
        (MAILBOX, "tenant-1/never-seen"),
    }


def test_figures_add_up_within_their_quarter_and_stay_in_their_tenant(store: SqlStore, clock) -> None:
    moment = [0.0]
    counted = Figures(store.usage, clock, monotonic=lambda: moment[0])
    for _ in range(3):
        counted.count("tenant-1", "graph", "user-1")
    counted.count("tenant-1", "looks", "", failed=True, seconds=1.5)
    counted.count("tenant-2", "graph", "user-9")
    assert store.usage.since("tenant-1", clock()) == ()
    moment[0] = 11
    counted.count("tenant-1", "graph", "user-1")
    clock.advance(minutes=16)
    counted.count("tenant-1", "graph", "user-1")
    counted.flush()
    figures = {(one.at, one.service): one for one in store.usage.since("tenant-1", clock() - timedelta(hours=1))}
    first, second = quarter(clock() - timedelta(minutes=16)), quarter(clock())
    assert figures[first, "graph"] == Used("tenant-1", first, "graph", "user-1", 4)
    assert figures[second, "graph"].calls == 1
    assert (figures[first, "looks"].failures, figures[first, "looks"].worst_ms) == (1, 1500)
    clock.advance(days=9)
    counted.count("tenant-2", "graph", "user-9")
    counted.flush()
    assert store.usage.since("tenant-1", clock() - timedelta(days=20)) == ()


def test_waiting_and_standing_are_a_tenants_own(store: SqlStore, meeting: Meeting, clock) -> None:
    store.add(meeting, due_at=clock() - timedelta(seconds=90))
    other = replace(meeting, id="f" * 32, key="k", owner=replace(meeting.owner, tenant_id="tenant-2"))
    store.add(other, due_at=clock() - timedelta(hours=9))
    assert store.usage.waiting("tenant-1") == (1, timedelta(seconds=90))
    assert store.usage.standing("tenant-1") == {"followed": 1}
    [claim] = [one for one in store.ledger.claim(5, lease=timedelta(minutes=1)) if one.subject_id == meeting.id]
    store.ledger.postpone(claim, timedelta(minutes=1), "It did not answer.")
    assert [tuple(row) for row in store.usage.failing("tenant-1")] == [(meeting.id, 1, "It did not answer.")]
    assert store.usage.failing("tenant-3") == ()


def test_who_needs_a_person_is_found_without_opening_everything(store: SqlStore, meeting: Meeting) -> None:
    kept = store.add(meeting)
    assert store.meetings.needing("tenant-1", limit=10) == ()
    kept = store.save(replace(kept, attention="Somebody has to look."))
    assert store.meetings.needing("tenant-1", limit=10) == (kept,)
    assert store.meetings.needing("tenant-2", limit=10) == ()
    store.save(replace(kept, attention=None))
    assert store.meetings.needing("tenant-1", limit=10) == ()
    assert store.mailboxes.by_address("tenant-1", "ORGANISER@contoso.example") == OWNER
    assert store.mailboxes.by_address("tenant-2", OWNER.address) is None


def test_a_person_is_erased_from_what_is_over_and_named_where_still_followed(store: SqlStore, meeting: Meeting) -> None:
    guest, other = "guest@fabrikam.example", Participant("other@fabrikam.example", "Other")
    people = (*meeting.participants, other)
    over = store.add(replace(meeting, id="a" * 32, key="a", participants=people), note=None)
    over = store.save(
        replace(over, state=MeetingState.ENDED),
        note=f"Outlook told no guest. Tell them: Guest@Fabrikam.example, {other.address}.",
    )
    live = store.add(meeting)
    elsewhere = replace(meeting, id="b" * 32, key="b", owner=replace(OWNER, tenant_id="tenant-2"))
    elsewhere = store.add(replace(elsewhere, state=MeetingState.ENDED))

    kept = store.subjects.kept("tenant-1", guest)
    assert [one.id for one in kept.over] == [over.id]
    assert [one.id for one in kept.followed] == [live.id]
    assert "TOKEN1" not in str(kept.document)
    assert other.address not in str(kept.document)
    assert store.subjects.erase("tenant-1", guest, ACT) == 1

    left = store.meeting(over.id)
    assert left.participants == (other,)
    assert left.invitees == ()
    [note] = store.history(over.id)
    assert guest not in note.text.lower()
    assert other.address in note.text
    assert store.meeting(live.id) == live
    assert store.meeting(elsewhere.id) == elsewhere
    assert guest not in "".join(entry.text for entry in store.audit.all("tenant-1"))
    assert store.audit.verify("tenant-1").broken_at is None


def test_an_organisers_own_past_goes_altogether_with_sign_in_and_groups(store: SqlStore, meeting: Meeting) -> None:
    ended = store.save(replace(store.add(meeting), state=MeetingState.ENDED), note="Over.")
    store.caches.save("tenant-1", "user-1", b"cache")
    store.policies.remember_groups("tenant-1", "user-1", frozenset({"g"}))
    assert store.subjects.kept("tenant-1", OWNER.address).is_mailbox
    assert store.subjects.erase("tenant-1", OWNER.address, ACT) == 1
    with pytest.raises(Missing):
        store.meeting(ended.id)
    with store.database.read() as connection:
        assert connection.execute(select(history)).all() == []
    assert store.caches.load("tenant-1", "user-1") is None
    assert store.policies.groups_of("tenant-1", "user-1") == frozenset()
    assert store.mailboxes.get("tenant-1", "user-1") is None


def test_retention_forgets_an_owners_meetings_that_are_over_and_no_others(
    store: SqlStore, meeting: Meeting, clock
) -> None:
    ended = store.save(replace(store.add(meeting), state=MeetingState.ENDED), note="Over.")
    live = store.add(replace(meeting, id="b" * 32, key="b"))
    clock.advance(days=10)
    assert store.subjects.forget_older(OWNER, clock() - timedelta(days=11)) == 0
    assert store.subjects.forget_older(Mailbox("tenant-1", "user-2"), clock()) == 0
    assert store.subjects.forget_older(OWNER, clock() - timedelta(days=9)) == 1
    with pytest.raises(Missing):
        store.meeting(ended.id)
    assert store.meeting(live.id) == live
