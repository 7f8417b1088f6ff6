"""People come, leave, decline and press while processes die between any two effects: whose token is whose holds."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from desk_of_fakes import OWNER, Desk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from addin.composing import compose
from addin.delivering import invite_by_hand, own_token
from addin.errors import AddinError, OutcomeUnknown, Unavailable
from addin.following import look_at_meeting
from addin.invitation import body as invitation_body
from addin.model import AccessType, Choices, Delivery, Event, Meeting, Message, Participant, Room, Timing, TokenDelivery
from addin.policy import InvitationSender, Policy
from addin.scheduling import Request, change, schedule

PEOPLE = [Participant(f"{name}@contoso.example", name) for name in ("paris", "toronto", "warsaw")]
SINGLE = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
WEEKLY = replace(SINGLE, recurrence={
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "noEnd", "startDate": "2026-12-01"},
})  # fmt: skip


class Died(BaseException):
    """The process ends here."""


class Delivering(RuleBasedStateMachine):
    """One meeting with token access. `owners` knows whose every token is that was ever kept for somebody."""

    @initialize(
        sender=st.sampled_from(InvitationSender), sole=st.booleans(), listed=st.booleans(), series=st.booleans(),
        first=st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1),
    )  # fmt: skip
    def begin(self, sender: InvitationSender, sole: bool, listed: bool, series: bool, first: list[Participant]) -> None:
        self.desk = Desk(policy=Policy(invitation_sender=sender, single_token_in_body=sole))
        self.owners: dict[str, str] = {}
        self.lives: int | None = None
        self._count_effects()
        delivery = TokenDelivery.BODY if listed else TokenDelivery.PERSONAL
        choices = Choices(access=AccessType.TOKEN, token_delivery=delivery)
        self.request = Request(OWNER, OWNER, "Review", WEEKLY if series else SINGLE, choices, tuple(first))
        self.id = schedule(self.request, self.desk.doors).meeting.id
        composed = compose(self.meeting, (), self.desk.policy, self.desk.doors.links)
        where = {"content_type": "html", "join_url": composed.join_url}
        self.desk.office.events["event-1"] = Event(
            id="event-1", etag="1", ical_uid="uid-1", subject="Review", timing=self.request.timing,
            participants=tuple(first), organizer_address=OWNER.address, location=composed.location,
            body=invitation_body.put("<p>Dear all</p>", composed.html, **where),
            pane_properties={"clickmeeting": self.meeting.key}, kind="seriesMaster" if series else "singleInstance",
        )  # fmt: skip

    @property
    def meeting(self) -> Meeting:
        return self.desk.store.meetings[self.id]

    @property
    def event(self) -> Event:
        return self.desk.office.events["event-1"]

    def _count_effects(self) -> None:
        """Each call that changes something costs one life; at none the process dies before it."""
        desk = self.desk

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def counting(*given: Any, **named: Any) -> Any:
                if self.lives is not None:
                    self.lives -= 1
                    if self.lives < 0:
                        raise Died
                return call(*given, **named)

            return counting

        for port, names in (
            (desk.rooms, ("generate_tokens", "withdraw_tokens", "invite")),
            (desk.office, ("update", "send")),
            (desk.store, ("save",)),
        ):
            for name in names:
                setattr(port, name, counted(getattr(port, name)))

    def _try(self, step: Callable[[], object], lives: int | None) -> None:
        self.lives = lives
        try:
            step()
        except (Died, AddinError):
            pass  # whatever it was, the next look makes it good
        finally:
            self.lives = None
            self.owners |= {one.token: one.address for one in self.meeting.invitees if one.token}

    lives = st.one_of(st.none(), st.integers(0, 12))

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_comes(self, person: Participant) -> None:
        others = tuple(one for one in self.event.participants if one.address != person.address)
        self.desk.office.touch("event-1", participants=(*others, person))

    @rule(person=st.sampled_from(PEOPLE))
    @precondition(lambda self: len(self.event.participants) > 1)
    def somebody_leaves(self, person: Participant) -> None:
        left = tuple(one for one in self.event.participants if one.address != person.address)
        self.desk.office.touch("event-1", participants=left)

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_declines(self, person: Participant) -> None:
        answers = tuple(
            replace(one, declined=True) if one.address == person.address else one for one in self.event.participants
        )
        self.desk.office.touch("event-1", participants=answers)

    @rule(lives=lives)
    def look(self, lives: int | None) -> None:
        self._try(lambda: look_at_meeting(self.id, self.desk.doors), lives)

    @rule(error=st.sampled_from([OutcomeUnknown("lost"), Unavailable("away")]), effect=st.booleans())
    def a_message_goes_wrong(self, error: AddinError, effect: bool) -> None:
        send = self.desk.office.send

        def failing(message: Message) -> None:
            self.desk.office.send = send  # type: ignore[method-assign]
            if effect and isinstance(error, OutcomeUnknown):
                send(message)
            raise error

        self.desk.office.send = failing  # type: ignore[method-assign]

    @rule(delivery=st.sampled_from(TokenDelivery), lives=lives)
    def the_pane_changes_the_delivery(self, delivery: TokenDelivery, lives: int | None) -> None:
        choices = replace(self.meeting.choices, token_delivery=delivery)
        request = replace(self.request, choices=choices, participants=self.meeting.participants)
        self._try(lambda: change(self.id, request, self.desk.doors), lives)

    @rule(by=st.sampled_from(InvitationSender), lives=lives)
    def the_organiser_presses(self, by: InvitationSender, lives: int | None) -> None:
        self._try(lambda: invite_by_hand(self.id, None, by, self.desk.office, self.desk.doors), lives)

    @rule(person=st.sampled_from(PEOPLE), lives=lives)
    def a_participant_presses(self, person: Participant, lives: int | None) -> None:
        self._try(lambda: own_token(self.meeting, person.address, self.desk.doors), lives)

    @rule()
    @precondition(lambda self: self.meeting.renewal_due is not None)
    def a_date_ends(self) -> None:
        assert self.meeting.renewal_due is not None
        self.desk.now = max(self.desk.now, self.meeting.renewal_due) + timedelta(seconds=1)

    @invariant()
    def nobody_was_ever_mailed_another_ones_token(self) -> None:
        for message in self.desk.office.sent:
            text = message.html + message.text
            read = {owner for token, owner in self.owners.items() if token in text}
            assert read <= {message.to_address}, f"{message.to_address} was mailed a token of {read}"

    @invariant()
    def nobody_was_mailed_the_same_token_twice(self) -> None:
        told = Counter(token for message in self.desk.office.sent for token in self.owners if token in message.text)
        assert all(times == 1 for times in told.values()), told

    def teardown(self) -> None:
        """Left alone for two looks, everything is as it should be."""
        if not hasattr(self, "id"):
            return
        for _ in range(3):
            self._try(lambda: look_at_meeting(self.id, self.desk.doors), None)
        meeting, room = self.meeting, self.meeting.room
        assert room is not None
        held = {one.address: one.token for one in meeting.invitees if one.token}
        invited = {one.address for one in self.event.participants}
        assert set(held) <= invited, "who left holds nothing"
        live = set(self.desk.rooms.issued.get(room.id, []))
        assert set(held.values()) <= live, "what somebody holds admits"
        self._only_holders_are_admitted(live, held)
        self._the_block_shows_what_it_may(live, held, meeting, room)
        if self.desk.policy.invitation_sender is InvitationSender.GRAPH:
            came = {one.address for one in self.event.participants if not one.declined}
            elsewhere = {one.address for one in meeting.invitees if one.unread}  # ClickMeeting was asked by hand
            assert came <= set(held) | elsewhere, "whoever comes holds a token"
        assert Delivery.INTENDED not in {one.delivery for one in meeting.invitees}

    def _only_holders_are_admitted(self, live: set[str], held: dict[str, str]) -> None:
        read = {token for message in self.desk.office.sent for token in self.owners if token in message.text}
        told = {token for _, token in self.desk.rooms.told if token}
        for token in (read | told) & live:
            owner = self.owners.get(token) or next(who for who, one in self.desk.rooms.told if one == token)
            assert owner in held or owner in {one.address for one in self.event.participants}, f"{owner} left"

    def _the_block_shows_what_it_may(self, live: set[str], held: dict[str, str], meeting: Meeting, room: Room) -> None:
        shown = {token for token in live | set(self.owners) if token in self.event.body}
        if meeting.choices.token_delivery is TokenDelivery.BODY:
            assert shown == set(held.values()), "everybody's, and no token of before"
        elif shown & live:
            assert len(held) == len(shown) == 1, "one reader, one token"
            assert shown == set(held.values())
        else:
            assert not shown, "a token of before still stands in the block"


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(
    max_examples=60, stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
