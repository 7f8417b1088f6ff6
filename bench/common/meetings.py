"""Meetings as they are after some months of use, made up but of the lengths that the services give; it stores none."""

import base64
import os
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from addin.model import (
    AccessType,
    Choices,
    EventLink,
    Kind,
    Mailbox,
    Meeting,
    MeetingState,
    Participant,
    Room,
    Strategy,
    Timing,
)

NAMES = (
    "Maria Lindqvist",
    "Jan Kowalski",
    "Aoife Byrne",
    "Chidi Okafor",
    "Lucía Fernández",
    "Kenji Mori",
    "Zoë Peters",
)
TITLES = ("Quarterly review", "Weekly planning", "Interview", "Product demonstration", "Training for new colleagues")
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "noEnd", "startDate": "2027-01-12", "recurrenceTimeZone": "Central European Standard Time"},
}


def made_up(number: int, *, tenant: str, mailboxes: int = 10_000, seed: int = 1) -> Iterator[Meeting]:
    """So many meetings: a third are weekly series, each has three participants; ids are random, lengths real."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, hides nothing
    owners = [
        Mailbox(tenant, str(uuid.uuid4()), f"person{one}@contoso.example", chance.choice(NAMES))
        for one in range(mailboxes)
    ]
    for one in range(number):
        yield meeting_of(one, owners[one % mailboxes], chance)


def meeting_of(number: int, owner: Mailbox, chance: random.Random) -> Meeting:
    """One followed meeting."""
    start = datetime(2027, 1, 12, 8) + timedelta(days=chance.randrange(90), minutes=30 * chance.randrange(20))
    title = f"{chance.choice(TITLES)} {number}"
    weekly = number % 3 == 0
    timing = Timing(
        start, start + timedelta(hours=1), "Europe/Warsaw", recurrence=WEEKLY if weekly else None,
        zone_name="Central European Standard Time",
    )  # fmt: skip
    people = tuple(
        Participant(f"{name.split()[0].lower()}.{number % 97}@fabrikam.example", name)
        for name in chance.sample(NAMES, 3)
    )
    url_name = base64.urlsafe_b64encode(os.urandom(15)).decode()
    room = Room(
        10_000_000 + number, 100_000_000 + chance.randrange(800_000_000), title,
        f"https://contoso.clickmeeting.com/{url_name}", Kind.MEETING, AccessType.OPEN, weekly, True,
        starts_at=None if weekly else start.replace(tzinfo=UTC),
        ends_at=None if weekly else (start + timedelta(hours=1)).replace(tzinfo=UTC),
        zone="Europe/Warsaw", url_name=url_name,
    )  # fmt: skip
    return Meeting(
        id=uuid.uuid4().hex,
        key=base64.urlsafe_b64encode(os.urandom(24)).decode(),
        owner=owner,
        scheduler=owner,
        title=title,
        timing=timing,
        choices=Choices(),
        strategy=Strategy.PERMANENT if weekly else Strategy.SINGLE,
        state=MeetingState.FOLLOWED,
        created_at=datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**12)),
        participants=people,
        room=room,
        event=EventLink(_event_id(), _ical_uid(), f'W/"{base64.b64encode(os.urandom(16)).decode()}"'),
        seen_named=True,
    )


def _event_id() -> str:
    """152 characters: the mailbox's part is the same in all, here half of it (Graph facts 1.1)."""
    return "AAMkAGUzY2Q5" + base64.b64encode(os.urandom(105)).decode()


def _ical_uid() -> str:
    return (
        "040000008200E00074C5B7101A82E008" + "00000000" + os.urandom(8).hex().upper() + "0" * 24 + os.urandom(16).hex()
    )
