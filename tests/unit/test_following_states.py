"""Whatever users do from several clients and whatever fails in between: one sweep later everything is in step."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk_of_fakes import OWNER, Desk, FakeOffice, FakeRooms, FakeStore
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from addin.composing import compose
from addin.dates import next_end, next_occurrence
from addin.errors import OutcomeUnknown, Permanent, Retryable, Unavailable
from addin.finding import join_urls
from addin.following import look_at_event, look_at_meeting
from addin.invitation import body as invitation_body
from addin.model import (
    AccessType,
    Choices,
    Delivery,
    Event,
    Meeting,
    MeetingState,
    Participant,
    Strategy,
    Timing,
)
from addin.rooming import finished
from addin.scheduling import Request, schedule

PEOPLE = tuple(Participant(f"{name}@contoso.example", name.title()) for name in ("paris", "toronto", "warsaw"))
CHOICES = (Choices(), Choices(access=AccessType.TOKEN), Choices(access=AccessType.TOKEN, registration=True))
CLOCKS_DIFFER = timedelta(minutes=5)
TOKEN = re.compile(r"T\d+X\d{3}")


class Died(BaseException):
    """The process is gone at this point; nothing of it catches anything."""


@dataclass
class Wire:
    """Trips at one of the next boundaries of effects: before the effect or after it, by an error or by death."""

    countdown: int = 0
    deadly: bool = False
    sends_interrupted: int = 0

    def crossed(self, name: str, *, after: bool, ours: bool) -> None:
        if self.countdown == 0:
            return
        self.countdown -= 1
        if self.countdown:
            return
        if name == "send" and (self.deadly or after):
            self.sends_interrupted += 1
        if self.deadly:
            raise Died
        if not ours:
            raise OutcomeUnknown("the answer was lost") if after else Unavailable("no answer")

    def over(self, target: Any, names: tuple[str, ...], *, ours: bool = False) -> None:
        for name in names:
            setattr(target, name, self._wired(name, getattr(target, name), ours=ours))

    def _wired(self, name: str, effect: Callable[..., Any], *, ours: bool) -> Callable[..., Any]:
        def wired(*arguments: Any, **named: Any) -> Any:
            self.crossed(name, after=False, ours=ours)
            result = effect(*arguments, **named)
            self.crossed(name, after=True, ours=ours)
            return result

        return wired


@dataclass
class World:
    """The desk with a wire around every effect, and what users know of their own doings."""

    wire: Wire = field(default_factory=Wire)
    desk: Desk = field(default_factory=lambda: Desk(FakeRooms(), FakeStore(), FakeOffice()))
    deleted: dict[str, Event] = field(default_factory=dict)
    taken_out: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.wire.over(self.desk.rooms, ("create", "edit", "delete", "generate_tokens", "withdraw_tokens"))
        self.wire.over(self.desk.office, ("update", "send"))
        self.wire.over(self.desk.store, ("add", "save"), ours=True)

    def tried(self, work: Callable[[], Any]) -> bool:
        """Whether it came to its end; otherwise somebody has to do it again, as the ledger would."""
        try:
            work()
        except (Retryable, Permanent, Died):
            return False
        return True

    def future(self, hours: int) -> datetime:
        """A wall clock that lies ahead."""
        start = self.desk.now + timedelta(hours=hours + 2)
        return start.replace(minute=0, second=0, tzinfo=None)

    def sweep(self) -> None:
        """What a round over the mailbox and the ledger bring up, once each."""
        for event_id in [*self.desk.office.events, *self.deleted]:
            look_at_event(OWNER, event_id, self.desk.doors)
        for meeting_id in list(self.desk.store.meetings):
            look_at_meeting(meeting_id, self.desk.doors)

    def effects(self) -> Counter[str]:
        desk = self.desk
        quiet = {"get", "event", "written_since"}
        return Counter(name for name in (*desk.rooms.calls, *desk.office.calls) if name not in quiet)


class Following(RuleBasedStateMachine):
    """Users edit, notifications are lost, doubled and shuffled, calls fail, the process dies, time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def _is_any(self) -> bool:
        return bool(self.world.desk.office.events)

    def _pick(self, index: int) -> str:
        ids = sorted(self.world.desk.office.events)
        return ids[index % len(ids)]

    def _touch(self, index: int, told: int, **fields: Any) -> None:
        event_id = self._pick(index)
        self.world.desk.office.touch(event_id, **fields)
        self.world.notices += [event_id] * told

    @precondition(lambda self: self.world.made < 3)
    @rule(choices=st.sampled_from(CHOICES), weekly=st.booleans(), hours=st.integers(0, 200), people=st.integers(0, 3),
          told=st.integers(0, 2))  # fmt: skip
    def press_and_send(self, choices: Choices, weekly: bool, hours: int, people: int, told: int) -> None:
        world = self.world
        world.made += 1
        timing = a_timing(world.future(hours), weekly)
        wanted = Request(OWNER, OWNER, f"Review {world.made}", timing, choices, PEOPLE[:people])
        number = f"{world.made:032}"
        while not world.tried(lambda: schedule(wanted, world.desk.doors, meeting_id=number)):
            pass  # the person presses again: the same press
        meeting = world.desk.store.meetings[number]
        world.desk.office.events[f"event-{world.made}"] = sent(world.desk, meeting, f"event-{world.made}")
        world.notices += [f"event-{world.made}"] * told

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), hours=st.integers(0, 200), told=st.integers(0, 2))
    def drag(self, index: int, hours: int, told: int) -> None:
        weekly = self.world.desk.office.events[self._pick(index)].timing.recurrence is not None
        self._touch(index, told, timing=a_timing(self.world.future(hours), weekly))

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), told=st.integers(0, 2))
    def make_or_unmake_a_series(self, index: int, told: int) -> None:
        weekly = self.world.desk.office.events[self._pick(index)].timing.recurrence is None
        kind = "seriesMaster" if weekly else "singleInstance"
        self._touch(index, told, timing=a_timing(self.world.future(5), weekly), kind=kind)

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), number=st.integers(0, 99), told=st.integers(0, 2))
    def rename(self, index: int, number: int, told: int) -> None:
        self._touch(index, told, subject=f"Subject {number}")

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), people=st.sets(st.sampled_from(PEOPLE)), told=st.integers(0, 2))
    def invite(self, index: int, people: set[Participant], told: int) -> None:
        self._touch(index, told, participants=tuple(sorted(people, key=lambda person: person.address)))

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), told=st.integers(0, 2))
    def cancel_the_next_date(self, index: int, told: int) -> None:
        event = self.world.desk.office.events[self._pick(index)]
        if event.timing.recurrence is None:
            return
        coming = next_occurrence(
            event.timing, event.exceptions, event.cancelled_dates, after=self.world.desk.now + timedelta(hours=1)
        )
        assert coming is not None
        day = coming.original_start.astimezone(ZoneInfo(event.timing.zone)).date().isoformat()
        self._touch(index, told, cancelled_dates=(*event.cancelled_dates, day))

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), told=st.integers(0, 2))
    def take_the_invitation_out(self, index: int, told: int) -> None:
        event_id = self._pick(index)
        meetings = self.world.desk.store.meetings.values()
        if any(one.seen_named and one.event and one.event.event_id == event_id for one in meetings):
            self.world.taken_out.add(event_id)
        else:
            return  # what was never seen with an invitation is not known to have lost it
        self._touch(index, told, body="<p>We meet in person.</p>", location="Room Aurora")

    @precondition(_is_any)
    @rule(index=st.integers(0, 9), told=st.integers(0, 2))
    def delete(self, index: int, told: int) -> None:
        event_id = self._pick(index)
        self.world.deleted[event_id] = self.world.desk.office.events.pop(event_id)
        self.world.notices += [event_id] * told

    @precondition(lambda self: self.world.deleted)
    @rule(told=st.integers(0, 2))
    def restore(self, told: int) -> None:
        event_id, event = self.world.deleted.popitem()
        self.world.desk.office.events[event_id] = event
        self.world.notices += [event_id] * told

    @precondition(lambda self: 0 < len(self.world.desk.office.events) < 5)
    @rule(index=st.integers(0, 9), told=st.integers(0, 2))
    def copy(self, index: int, told: int) -> None:
        source = self._pick(index)
        number = f"copy-{len(self.world.desk.office.events) + len(self.world.deleted)}-of-{source}"
        if source in self.world.taken_out or number in self.world.deleted:
            return
        event = replace(self.world.desk.office.events[source], id=number, ical_uid=f"uid-{number}")
        self.world.desk.office.events[number] = event
        self.world.notices += [number] * told

    @rule(order=st.randoms(use_true_random=False), share=st.floats(0, 1))
    def deliver(self, order: Any, share: float) -> None:
        """Some of what was notified arrives, in any order; what fails is tried again by the next sweep."""
        world = self.world
        order.shuffle(world.notices)
        count = round(len(world.notices) * share)
        arriving, world.notices = world.notices[:count], world.notices[count:]
        for event_id in arriving:
            world.tried(lambda event_id=event_id: look_at_event(OWNER, event_id, world.desk.doors))

    @rule(minutes=st.sampled_from([1, 20, 45, 600, 3000, -5]))
    def pass_time(self, minutes: int) -> None:
        self.world.desk.now += timedelta(minutes=minutes)
        for meeting_id in list(self.world.desk.store.meetings):
            self.world.tried(lambda meeting_id=meeting_id: look_at_meeting(meeting_id, self.world.desk.doors))

    @rule(countdown=st.integers(1, 12), deadly=st.booleans())
    def trouble_ahead(self, countdown: int, deadly: bool) -> None:
        self.world.wire.countdown, self.world.wire.deadly = countdown, deadly

    @invariant()
    def no_token_was_mailed_twice(self) -> None:
        told = Counter(token for mail in self.world.desk.office.sent for token in set(TOKEN.findall(mail.text)))
        assert all(count == 1 for count in told.values()), f"told more than once: {told}"

    @rule()
    def sweep(self) -> None:
        world = self.world
        world.wire.countdown = 0
        world.sweep()
        check(world)
        before = world.effects()
        world.sweep()
        assert world.effects() == before, f"a second sweep still did {world.effects() - before}"

    def teardown(self) -> None:
        self.sweep()


def check(world: World) -> None:
    """Everything is in step with the calendar."""
    desk = world.desk
    meetings = desk.store.meetings.values()
    followed = [meeting for meeting in meetings if meeting.state is MeetingState.FOLLOWED]
    held = Counter(room.id for one in meetings for room in (one.room, *one.former_rooms) if room is not None)
    open_rooms = {number for number, room in desk.rooms.live.items() if not finished(room, desk.now + CLOCKS_DIFFER)}
    assert open_rooms <= set(held), "a room that no meeting knows of"
    assert all(count == 1 for count in held.values()), "a room that two meetings hold"
    events = Counter(one.event.event_id for one in followed if one.event is not None)
    assert all(count == 1 for count in events.values()), "an appointment that two meetings follow"
    for event in desk.office.events.values():
        if event.id in world.taken_out:
            assert "rooms.example" not in event.body or event.location != "Room Aurora", "put back against the will"
        elif next_end(event.timing, event.exceptions, event.cancelled_dates, after=desk.now) is not None:
            [meeting] = [one for one in followed if one.event is not None and one.event.event_id == event.id]
            in_step(world, meeting, event)
    uncertain = sum(invitee.delivery is Delivery.UNCERTAIN for meeting in meetings for invitee in meeting.invitees)
    assert uncertain <= world.wire.sends_interrupted


def in_step(world: World, meeting: Meeting, event: Event) -> None:
    desk = world.desk
    assert meeting.attention is None
    assert meeting.room is not None
    room = desk.rooms.live[meeting.room.id]
    assert room.name == event.subject
    if meeting.strategy is not Strategy.PERMANENT:
        date = next_occurrence(event.timing, event.exceptions, event.cancelled_dates, after=desk.now)
        assert date is not None
        assert (room.starts_at, room.ends_at) == (date.start, date.end)
    assert (meeting.strategy is Strategy.SINGLE) == (event.timing.recurrence is None)
    assert join_urls(meeting, desk.doors)[0] in event.body, "the appointment leads elsewhere"
    for other in desk.store.meetings.values():
        if other.id != meeting.id and other.room is not None:
            assert other.room.url not in event.body + event.location, "the appointment leads into another's room"
    if meeting.choices.access is AccessType.TOKEN and not meeting.token_in_body:
        told = {one.address for one in meeting.invitees if one.delivery in (Delivery.SENT, Delivery.UNCERTAIN)}
        assert {person.address for person in event.participants} <= told, "somebody was not told"


def a_timing(start: datetime, weekly: bool) -> Timing:
    if not weekly:
        return Timing(start, start + timedelta(hours=1), "Europe/Warsaw")
    day = start.strftime("%A").lower()
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day], "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": start.date().isoformat()},
    }
    return Timing(start, start + timedelta(hours=1), "Europe/Warsaw", recurrence=recurrence)


def sent(desk: Desk, meeting: Meeting, number: str) -> Event:
    composed = compose(meeting, desk.doors.numbers(), desk.policy, desk.doors.links)
    text = invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url)
    return Event(
        id=number, etag="1", ical_uid=f"uid-{number}", subject=meeting.title, timing=meeting.timing,
        participants=meeting.participants, organizer_address=OWNER.address, body=text, location=composed.location,
        pane_properties={"clickmeeting": meeting.key},
        kind="seriesMaster" if meeting.timing.recurrence else "singleInstance",
    )  # fmt: skip


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
