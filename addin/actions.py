"""What a plan can ask to be done, as plain values; it decides and does nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from addin.model import Occurrence, Participant, RoomChange, Strategy, Timing


@dataclass(frozen=True)
class EditRoom:
    """PUT only what differs (E6)."""

    change: RoomChange
    why: str


@dataclass(frozen=True)
class ReplaceRoom:
    """A new room takes over: R8 forbids the switch, R41 the revival, or the old one is gone.

    `date` is the date that a room of a rolling series is for.
    """

    strategy: Strategy
    title: str
    timing: Timing
    why: str
    date: Occurrence | None = None


@dataclass(frozen=True)
class DeleteRoom:
    """The event is gone and its grace period over (principle 8)."""

    why: str


@dataclass(frozen=True)
class DeleteFormer:
    """The rooms that were replaced outlived their grace period; finished ones are kept for their statistics."""


@dataclass(frozen=True)
class DropIntended:
    """A room that was to take over is not wanted any more: what was made of it goes, nobody has its address."""


@dataclass(frozen=True)
class WithdrawTokens:
    """Tokens of people who left, or that stood where others can now read them (E13).

    `abandoned`: also what an interrupted order made and nobody needs any more.
    """

    addresses: tuple[str, ...]
    abandoned: bool = False


@dataclass(frozen=True)
class IssueTokens:
    """An own token for each of these people (R1)."""

    people: tuple[Participant, ...]


@dataclass(frozen=True)
class RewriteInvitation:
    """The link or the token in the shared block changed: one PATCH of the body."""

    why: str


@dataclass(frozen=True)
class Link:
    """Write our key onto the event, so that it is found again whatever happens to its body."""


@dataclass(frozen=True)
class DoubtDeliveries:
    """A send was intended and its end is unknown: it reads uncertain and waits for a person."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Invite:
    """A personal invitation to each of these addresses, at most once."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Remember:
    """What is now so, to be kept once everything before it is done. `found_there` is told of ClickMeeting's side."""

    fields: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())
    found_there: tuple[str, ...] = field(default=())


Action = (
    EditRoom | ReplaceRoom | DeleteRoom | DeleteFormer | DropIntended | WithdrawTokens | IssueTokens
    | RewriteInvitation | Link | DoubtDeliveries | Invite | Remember
)  # fmt: skip
