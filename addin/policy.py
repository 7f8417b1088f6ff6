"""What an organisation allows and prefers, as plain values; it knows neither where they are kept nor who set them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from addin.invitation import catalogue
from addin.invitation.branding import PLAIN, Branding
from addin.model import AccessType, Choices, Kind, TokenDelivery


class PersonalInvitations(StrEnum):
    """When a participant gets a mail of the own besides Outlook's invitation."""

    WHEN_PERSONAL = "when-personal"  # an own token is to be told
    ALWAYS = "always"
    NEVER = "never"


class InvitationSender(StrEnum):
    """Who sends the personal invitation."""

    GRAPH = "graph"  # a mail of ours from the organiser's mailbox
    CLICKMEETING = "clickmeeting"  # E15: ClickMeeting makes the token and tells it (R2)


class LinkStyle(StrEnum):
    """Which address the shared invitation prints."""

    ROOM = "room"  # the room's own: joining does not depend on us
    OWN = "own"  # ours, which leads to the room of the moment


@dataclass(frozen=True)
class Policy:
    """Limits and defaults; every number has a reason in the facts files or is the organisation's own wish.

    `kinds`, `access_types`, `token_deliveries` and `languages` are what may be chosen; `defaults` stand where nobody
    chose; `locks` names choices that nobody may change (as the API names them) with the reason told to people.
    """

    kinds: tuple[Kind, ...] = tuple(Kind)
    access_types: tuple[AccessType, ...] = tuple(AccessType)
    token_deliveries: tuple[TokenDelivery, ...] = tuple(TokenDelivery)
    languages: tuple[str, ...] = catalogue.LANGUAGES
    dial_in_allowed: bool = True
    defaults: Choices = field(default_factory=Choices)
    locks: Mapping[str, str] = field(default_factory=dict)
    link_style: LinkStyle = LinkStyle.ROOM
    retention: timedelta | None = None  # how long what is over is remembered; None: for ever
    personal_invitations: PersonalInvitations = PersonalInvitations.WHEN_PERSONAL
    invitation_sender: InvitationSender = InvitationSender.GRAPH
    single_token_in_body: bool = True
    longest_scheduled: timedelta = timedelta(hours=6)  # U6: what stands longer gets a permanent room
    max_participants: int = 500  # Graph facts 6
    grace: timedelta = timedelta(minutes=30)
    second_look: timedelta = timedelta(seconds=15)  # an event just saved may answer 404 for a moment (facts 3.3)
    draft_checks: tuple[timedelta, ...] = (
        timedelta(seconds=15),
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=4),
    )
    draft_bound: timedelta = timedelta(days=7)  # an appointment that was not sent by then is looked for once more
    followed_after_end: timedelta = timedelta(days=7)  # an appointment that is over may still be moved on
    check: timedelta = timedelta(days=1)  # how often event and room are compared, whatever was notified
    tell_organiser: bool = True  # by mail, once, that a meeting needs a person
    numbers_in_body: int = 4
    add_by_default: bool = False  # every new appointment gets a room by itself, where Outlook tells us of it
    branding: Branding = PLAIN
    former_lines: tuple[str, ...] = ()  # of earlier templates: blocks in sent invitations may still hold them

    @property
    def known_lines(self) -> tuple[str, ...]:
        """Every line of the organisation's own that may stand in a block of ours."""
        return (*self.branding.known_lines(), *self.former_lines)
