"""Background looks go by the policy and the account of each meeting's owner, as they are at that moment."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from desk_of_fakes import NOW, OWNER, Desk, FakeRooms

from addin.composing import Numbers
from addin.following import look_at_meeting
from addin.invitation.dialin import table
from addin.model import Choices, EventLink, Mailbox, MeetingState, Participant, Timing
from addin.policy import LinkStyle, Policy
from addin.ports import Rooms
from addin.scheduling import Doors, Request, cancel, schedule

OTHER = Mailbox(OWNER.tenant_id, "another", "another@contoso.example")
WISH = Request(
    OWNER, OWNER, "Review", Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw"), Choices(),
    (Participant("paris@contoso.example"),),
)  # fmt: skip


@dataclass
class Tenancy:
    """One policy and one account for the owner, others for everybody else."""

    policies: dict[str, Policy]
    accounts: dict[str, str] = field(default_factory=dict)
    doors: dict[str, FakeRooms] = field(default_factory=lambda: {"": FakeRooms(), "a": FakeRooms(), "b": FakeRooms()})

    def policy(self, owner: Mailbox) -> Policy:
        return self.policies.get(owner.user_id, Policy())

    def account(self, owner: Mailbox) -> str:
        return self.accounts.get(owner.user_id, "")

    def rooms(self, owner: Mailbox, account: str) -> Rooms:
        return self.doors[account]

    def numbers(self, owner: Mailbox, account: str) -> Numbers:
        return table()


def doors_of(desk: Desk, tenancy: Tenancy) -> Doors:
    return replace(desk.doors, tenancy=tenancy)


def test_a_look_uses_the_grace_of_the_owners_policy() -> None:
    desk, tenancy = Desk(), Tenancy({OWNER.user_id: Policy(grace=timedelta(hours=5))})
    for owner, grace in ((OWNER, 5), (OTHER, 0.5)):
        made = schedule(replace(WISH, owner=owner, scheduler=owner), doors_of(desk, tenancy)).meeting
        gone = replace(made, state=MeetingState.GONE, gone_at=NOW, event=EventLink("gone", "uid"))
        gone = desk.store.save(gone)
        desk.now = NOW + timedelta(hours=grace) - timedelta(minutes=1)
        look_at_meeting(gone.id, doors_of(desk, tenancy))
        assert desk.store.meeting(gone.id).state is MeetingState.GONE
        desk.now = NOW + timedelta(hours=grace)
        look_at_meeting(gone.id, doors_of(desk, tenancy))
        assert desk.store.meeting(gone.id).state is MeetingState.ENDED
        desk.now = NOW


def test_a_meeting_stays_with_the_account_and_the_link_that_it_was_made_with() -> None:
    desk = Desk()
    tenancy = Tenancy({OWNER.user_id: Policy(link_style=LinkStyle.OWN)}, {OWNER.user_id: "a"})
    made = schedule(WISH, doors_of(desk, tenancy))
    assert made.meeting.account == "a"
    assert made.invitation.join_url == f"https://addin.example.com/j/{made.meeting.id}"
    assert (len(tenancy.doors["a"].live), len(tenancy.doors[""].live)) == (1, 0)

    tenancy.accounts[OWNER.user_id] = "b"
    tenancy.policies[OWNER.user_id] = Policy()
    second = schedule(WISH, doors_of(desk, tenancy))
    assert second.meeting.account == "b"
    assert second.meeting.room is not None
    assert second.invitation.join_url == second.meeting.room.url
    cancel(made.meeting.id, doors_of(desk, tenancy))
    assert (len(tenancy.doors["a"].live), len(tenancy.doors["b"].live)) == (0, 1)
