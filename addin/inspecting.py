"""What differs between a meeting and the world right now, told without changing anything."""

from dataclasses import dataclass
from typing import get_args

from addin.actions import Action, EditRoom, Remember, ReplaceRoom
from addin.applying import is_damaged
from addin.errors import Missing
from addin.finding import join_urls, leading
from addin.model import Event, Meeting, Room
from addin.reconcile import Leads, plan
from addin.scheduling import Doors

ACTIONS = tuple(kind.__name__ for kind in get_args(Action))
"""The names that `Step.action` may have."""


@dataclass(frozen=True)
class Step:
    """One thing that the next look would do: the action's name, and what it is about in plain words."""

    action: str
    about: str = ""


@dataclass(frozen=True)
class Inspection:
    """`event` and `room` as they are now, None where they are gone; `unsent` where there never was an event.

    No steps: everything is in step.
    """

    event: Event | None
    room: Room | None
    unsent: bool
    steps: tuple[Step, ...]


def inspect(meeting: Meeting, doors: Doors) -> Inspection:
    """Reads event and room and makes the plan that the next look would carry out. Raises what the doors raise."""
    room = _room(meeting, doors)
    if meeting.event is None:
        return Inspection(None, room, unsent=True, steps=())
    try:
        event: Event | None = doors.office(meeting.owner).calendar.event(meeting.event.event_id)
    except Missing:
        event = None
    leads = None if event is None else leading(event, join_urls(meeting, doors))
    damaged = event is not None and leads is Leads.HERE and is_damaged(meeting, event, doors)
    actions = plan(meeting, event, room, doors.clock(), doors.policy, leads=leads, damaged=damaged)
    return Inspection(event, room, unsent=False, steps=tuple(_step(action) for action in actions))


def _room(meeting: Meeting, doors: Doors) -> Room | None:
    if meeting.room is None:
        return None
    try:
        return doors.rooms.get(meeting.room)
    except Missing:
        return None


def _step(action: Action) -> Step:
    name = type(action).__name__
    if isinstance(action, Remember):
        return Step(name, " ".join(action.notes) or ", ".join(sorted(action.fields)))
    if isinstance(action, EditRoom | ReplaceRoom):
        return Step(name, action.why)
    addresses = getattr(action, "addresses", ()) or tuple(one.address for one in getattr(action, "people", ()))
    return Step(name, ", ".join(addresses))
