"""A worker process that dies at a chosen effect boundary, and the outside world that survives it."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.managers import BaseManager
from typing import Any

from desk_of_fakes import FakeOffice, FakeRooms

from addin.following import look_at_meeting
from addin.invitation.dialin import table
from addin.links import Links
from addin.model import AccessType, Choices, Event, Mailbox, Participant, Timing
from addin.policy import Policy
from addin.scheduling import Doors, Request, schedule
from server.store import MAILBOX, MEETING, Seal, SqlStore
from server.work import Embedded, Engine, Worker
from server.work.backoff import Backoff

OWNER = Mailbox("tenant", "organiser-id", "organiser@contoso.example", "Organiser")
GUESTS = tuple(Participant(f"guest{number}@fabrikam.example", f"Guest {number}") for number in range(2))
LATE_GUEST = Participant("late@fabrikam.example", "Late guest")
START = datetime(2027, 3, 3, 10)
MOVED = timedelta(hours=1)
LEASE = timedelta(seconds=0.5)
BETWEEN = {"create", "edit", "delete", "generate_tokens", "withdraw_tokens", "update", "send", "add", "save"}
"""Calls with an effect: the process may die before and after each."""

Point = tuple[str, int]
"""A boundary: `before` or `after` which call, and the how manieth of that name. Two processes at work pass the same
ones in another order each time: a number in the order of the whole would now and then never be reached."""


class World:
    """ClickMeeting, the calendar and the mails, in a process of their own; one call at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._parts: dict[str, Any] = {"rooms": FakeRooms(), "office": FakeOffice()}
        self._crossed: list[Point] = []
        self._times: Counter[str] = Counter()
        self._over = False

    def call(self, part: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        with self._guard:
            return getattr(self._parts[part], name)(*arguments, **named)

    def send_appointment(self, event: Event) -> None:
        """The organiser sends; once."""
        with self._guard:
            self._parts["office"].events.setdefault(event.id, event)

    def cross(self, name: str) -> "Point":
        """Counts effect boundaries over all processes. Here, as what a dying process holds cannot block it."""
        with self._guard:
            self._times[name] += 1
            self._crossed.append((name, self._times[name]))
            return self._crossed[-1]

    def crossed(self) -> "list[Point]":
        """Every boundary in the order in which it was passed."""
        with self._guard:
            return self._crossed

    def end(self) -> None:
        """Helpers may go home."""
        self._over = True

    def is_over(self) -> bool:
        return self._over

    def seen(self, part: str) -> Any:
        """The present state of `rooms` or `office`, as a copy."""
        with self._guard:
            return self._parts[part]


class Worlds(BaseManager):
    """Serves worlds to other processes."""


Worlds.register("World", World, exposed=("call", "send_appointment", "cross", "crossed", "end", "is_over", "seen"))


class Boundaries:
    """Counts effect boundaries, over all processes together; whoever crosses the chosen one gets SIGKILL."""

    def __init__(self, world: Any, die_at: Point | None) -> None:
        self._world = world
        self._die_at = die_at

    def cross(self, name: str) -> None:
        if self._world.cross(name) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def crossing(*arguments: Any, **named: Any) -> Any:
            self.cross(f"before {name}")
            result = call(*arguments, **named)
            self.cross(f"after {name}")
            return result

        return crossing


class Part:
    """One part of the world as this process calls it."""

    def __init__(self, world: Any, name: str, boundaries: Boundaries) -> None:
        self._world, self._name, self._boundaries = world, name, boundaries

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            listed = tuple(list(one) if hasattr(one, "__next__") else one for one in arguments)
            return self._world.call(self._name, name, listed, named)

        return self._boundaries.around(name, call) if name in BETWEEN else call


class Office(Part):
    """A mailbox: everything of it is one part of the world."""

    @property
    def calendar(self) -> "Office":
        return self

    mail = directory = subscriptions = calendar


class DyingStore(SqlStore):
    """The real store, with a boundary before and after each commit of a meeting."""

    def die_at(self, boundaries: Boundaries) -> None:
        self.add = boundaries.around("add", super().add)  # type: ignore[method-assign]
        self.save = boundaries.around("save", super().save)  # type: ignore[method-assign]


def appointment(meeting_id: str) -> str:
    """The event id of a meeting's appointment."""
    return f"event-{meeting_id}"


def request() -> Request:
    """What the organiser presses for."""
    timing = Timing(START, START + timedelta(hours=1), "Europe/Warsaw")
    return Request(OWNER, OWNER, "Planning", timing, Choices(access=AccessType.TOKEN), GUESTS)


@dataclass(frozen=True)
class Script:
    """What one server process does. `later_s` is how far its clock is ahead; a helper works until it is told to end."""

    database_url: str
    key: str
    meetings: int
    die_at: Point | None = None
    later_s: float = 0
    helper: bool = False
    distributed: bool = False


def run(script: Script, world: Any) -> None:
    """Press for every meeting (unless it is a helper), then work until the ledger is empty."""
    boundaries = Boundaries(world, script.die_at)

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=script.later_s)

    store = DyingStore(script.database_url, Seal.from_setting(script.key), clock)
    store.die_at(boundaries)
    doors = Doors(
        rooms=Part(world, "rooms", boundaries),  # type: ignore[arg-type]
        store=store,
        clock=clock,
        office=lambda _mailbox: Office(world, "office", boundaries),  # type: ignore[arg-type,return-value]
        numbers=table,
        policy=Policy(draft_checks=(timedelta(0), timedelta(seconds=0.2))),
        links=Links("https://addin.example", bytes(32)),
    )
    worker = Worker(
        store, lambda kind, subject: _look(kind, subject, doors), lambda *_: None, lease=LEASE,
        backoff=Backoff(timedelta(seconds=0.05), timedelta(seconds=0.2)),
    )  # fmt: skip
    engine: Engine
    if script.distributed:
        from server.work.distributed import Distributed  # needs PostgreSQL's driver

        engine = Distributed(store, worker, clock, script.database_url, threads=2, sweep_seconds=0.1)
    else:
        engine = Embedded(store, worker, clock, threads=2, sweep_seconds=0.1)
    engine.start()
    pause = threading.Event()
    for number in range(0 if script.helper else script.meetings):
        _press(f"m{number}", doors, world)
    while store.ledger.next_due() is not None or (script.helper and not world.is_over()):
        pause.wait(0.05)
    engine.stop()
    store.close()


def _press(meeting_id: str, doors: Doors, world: Any) -> None:
    """Schedule as the API does for one Idempotency-Key, then send an appointment that says something else already."""
    with doors.store.exclusive(f"meeting:{meeting_id}"):
        done = schedule(request(), doors, meeting_id=meeting_id)
    timing = replace(request().timing, start=START + MOVED, end=START + MOVED + timedelta(hours=1))
    event = Event(
        id=appointment(meeting_id), etag="1", ical_uid=f"ical-{meeting_id}", subject="Planning", timing=timing,
        participants=(*GUESTS, LATE_GUEST), organizer_address=OWNER.address, body=done.invitation.html,
        pane_properties={"clickmeeting": done.meeting.key},
    )  # fmt: skip
    world.send_appointment(event)
    doors.store.ledger.ask(MEETING, meeting_id)  # type: ignore[attr-defined]


def _look(kind: str, subject: str, doors: Doors) -> None:
    assert kind in (MEETING, MAILBOX)
    look_at_meeting(subject, doors)
