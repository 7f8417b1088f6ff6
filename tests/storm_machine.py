"""What may happen, in any order: the rules by which hypothesis plays users, services and a dying server."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from storm import GUEST, PEOPLE, Client, Laws, Storm

from addin.dates import next_occurrence
from addin.model import AccessType, AttendeeType, Choices, Event, Occurrence, Participant, Timing

TOKENS = Choices(access=AccessType.TOKEN)
CHOICES = (Choices(), TOKENS, replace(TOKENS, room_per_date=True), Choices(access=AccessType.PASSWORD, dial_in=True))
HOUR = timedelta(hours=1)
clients = st.integers(0, 2)
which = st.integers(0, 9)
hours = st.integers(0, 200)


def a_timing(start: datetime, weekly: bool) -> Timing:
    if not weekly:
        return Timing(start, start + HOUR, "Europe/Warsaw")
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [start.strftime("%A").lower()],
                    "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": start.date().isoformat()},
    }  # fmt: skip
    return Timing(start, start + HOUR, "Europe/Warsaw", recurrence=recurrence)


class Surviving(RuleBasedStateMachine):
    """Users edit from three clients, notifications are lost, doubled and shuffled, ClickMeeting and Graph fail before
    and after the effect, the process dies between any two effects, clocks jump."""

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.storm = Storm(seed)

    def teardown(self) -> None:
        if not hasattr(self, "storm"):
            return
        try:
            self.one_sweep_later_everything_has_converged()
        finally:
            self.storm.close()

    def _is_any(self) -> bool:
        return bool(self.storm.office.events)

    def _client(self, number: int) -> Client:
        return self.storm.clients[number]

    def _ahead(self, count: int) -> datetime:
        """A wall clock that lies ahead."""
        return (self.storm.desk.now + (count + 3) * HOUR).replace(minute=0, second=0, tzinfo=None)

    def _event(self, index: int) -> Event:
        event: Event = self.storm.office.events[self.storm.pick(index)]
        return event

    @precondition(lambda self: self.storm.presses < 3)
    @rule(choices=st.sampled_from(CHOICES), weekly=st.booleans(), count=hours, people=st.integers(0, 3),
          guest=st.booleans())  # fmt: skip
    def press_and_send(self, choices: Choices, weekly: bool, count: int, people: int, guest: bool) -> None:
        invited = (*PEOPLE[:people], GUEST) if guest else PEOPLE[:people]
        self.storm.press_and_send(a_timing(self._ahead(count), weekly), choices, invited)

    @precondition(_is_any)
    @rule(index=which, client=clients, count=hours)
    def drag(self, index: int, client: int, count: int) -> None:
        event = self._event(index)
        timing = a_timing(self._ahead(count), event.timing.recurrence is not None)
        self.storm.save(event.id, self._client(client), timing=timing, exceptions=(), cancelled_dates=())

    @precondition(_is_any)
    @rule(index=which, client=clients)
    def make_or_unmake_a_series(self, index: int, client: int) -> None:
        event = self._event(index)
        weekly = event.timing.recurrence is None
        kind = "seriesMaster" if weekly else "singleInstance"
        timing = a_timing(self._ahead(5), weekly)
        self.storm.save(event.id, self._client(client), timing=timing, kind=kind, exceptions=(), cancelled_dates=())

    @precondition(_is_any)
    @rule(index=which, client=clients, number=st.integers(0, 99))
    def rename(self, index: int, client: int, number: int) -> None:
        self.storm.save(self.storm.pick(index), self._client(client), subject=f"Subject {number}")

    @precondition(_is_any)
    @rule(index=which, client=clients, people=st.sets(st.sampled_from(PEOPLE)), role=st.sampled_from(AttendeeType))
    def invite(self, index: int, client: int, people: set[Participant], role: AttendeeType) -> None:
        """Who comes, who goes, and whose part changes."""
        invited = sorted(people, key=lambda person: person.address)
        if invited and role is not AttendeeType.GUEST:
            invited[0] = replace(invited[0], attendee_type=role)
        self.storm.save(self.storm.pick(index), self._client(client), participants=tuple(invited))

    @precondition(_is_any)
    @rule(index=which, client=clients, what=st.sampled_from(["cancel", "move", "restore"]))
    def change_one_date(self, index: int, client: int, what: str) -> None:
        event = self._event(index)
        after = self.storm.desk.now + 2 * HOUR
        coming = next_occurrence(event.timing, event.exceptions, event.cancelled_dates, after=after)
        if event.timing.recurrence is None or coming is None:
            return
        fields: dict[str, Any] = {"exceptions": (), "cancelled_dates": ()}
        if what == "cancel":
            day = coming.original_start.astimezone(ZoneInfo(event.timing.zone)).date().isoformat()
            kept = tuple(one for one in event.exceptions if one.original_start != coming.original_start)
            fields = {"exceptions": kept, "cancelled_dates": tuple(sorted({*event.cancelled_dates, day}))}
        elif what == "move":
            others = tuple(one for one in event.exceptions if one.original_start != coming.original_start)
            moved = Occurrence(coming.original_start, coming.start + 2 * HOUR, coming.end + 2 * HOUR, "date", True)
            fields = {"exceptions": (*others, moved)}
        self.storm.save(event.id, self._client(client), **fields)

    @precondition(_is_any)
    @rule(index=which)
    def take_the_invitation_out(self, index: int) -> None:
        """Once it was seen with an invitation; before that nobody can know that it lost one."""
        event_id = self.storm.pick(index)
        meetings = self.storm.meetings()
        if any(one.seen_named and one.event and one.event.event_id == event_id for one in meetings):
            self.storm.save(event_id, self._client(0), body="<p>We meet in person.</p>", location="Room Aurora")
            self.storm.taken_out.add(event_id)

    @precondition(_is_any)
    @rule(index=which)
    def damage_the_block(self, index: int) -> None:
        event = self._event(index)
        self.storm.save(event.id, self._client(0), body=event.body.replace("_" * 36, ""))

    @precondition(_is_any)
    @rule(index=which)
    def delete(self, index: int) -> None:
        self.storm.leave(self.storm.pick(index))

    @precondition(lambda self: self.storm.deleted)
    @rule()
    def restore(self) -> None:
        self.storm.arrive(self.storm.deleted.popitem()[1])

    @precondition(lambda self: 0 < len(self.storm.office.events) < 5)
    @rule(index=which)
    def copy(self, index: int) -> None:
        event = self._event(index)
        number = f"copy-{len(self.storm.office.events) + len(self.storm.deleted)}-of-{event.id}"
        if event.id not in self.storm.taken_out and number not in {*self.storm.deleted, *self.storm.office.events}:
            self.storm.arrive(replace(event, id=number, ical_uid=f"uid-{number}"))

    @precondition(_is_any)
    @rule(index=which, what=st.sampled_from(["rename", "delete"]))
    def meddle_at_clickmeeting(self, index: int, what: str) -> None:
        rooms = self.storm.desk.rooms.live
        if rooms:
            number = sorted(rooms)[index % len(rooms)]
            if what == "delete":
                del rooms[number]
            else:
                rooms[number] = replace(rooms[number], name="Renamed there")

    @precondition(_is_any)
    @rule(index=which, person=st.sampled_from(PEOPLE))
    def come_through_the_page(self, index: int, person: Participant) -> None:
        meetings = self.storm.meetings()
        if meetings:
            meeting = meetings[index % len(meetings)]
            if meeting.choices.access is AccessType.TOKEN:
                self.storm.come_through_the_page(meeting, person.address)

    @rule(share=st.floats(0, 1), most=st.integers(1, 9))
    def deliver_and_work(self, share: float, most: int) -> None:
        self.storm.deliver(share)
        self.storm.work(most)

    @rule(minutes=st.sampled_from([1, 20, 45, 600, 3000, -5, -45]))
    def the_clock_jumps(self, minutes: int) -> None:
        self.storm.jump(minutes)
        self.storm.work(9)

    @rule()
    def the_service_forgets_its_round_or_subscription(self) -> None:
        if self.storm.chance.random() < 0.5:
            self.storm.office.forgotten = True
        else:
            self.storm.office.held.clear()

    @rule(
        countdown=st.integers(1, 12), service=st.sampled_from(["", "clickmeeting", "graph"]), after=st.booleans(),
        calls=st.integers(1, 4),
    )  # fmt: skip
    def trouble_ahead(self, countdown: int, service: str, after: bool, calls: int) -> None:
        trouble = self.storm.trouble
        trouble.countdown, trouble.service, trouble.after, trouble.calls = countdown, service, after, calls

    @invariant()
    def no_participant_is_ever_mailed_twice_for_one_change(self) -> None:
        if hasattr(self, "storm"):
            Laws(self.storm).no_participant_was_mailed_twice_for_one_change()

    @rule()
    def one_sweep_later_everything_has_converged(self) -> None:
        storm = self.storm
        storm.sweep()
        Laws(storm).hold()
        before = storm.effects()
        storm.look_at_everything()
        assert storm.effects() == before, f"a second look still did {storm.effects() - before}"
