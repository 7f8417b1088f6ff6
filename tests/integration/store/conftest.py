"""A store over each kind of database, under a clock that tests set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from addin.model import (
    AccessType,
    Choices,
    EventLink,
    Invitee,
    Kind,
    Mailbox,
    Meeting,
    MeetingState,
    Participant,
    Room,
    Strategy,
    Timing,
)
from server.store import Seal, SqlStore, new_key


class SetClock:
    """The present, as the test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def seal() -> Seal:
    return Seal.from_setting(new_key("test"))


@pytest.fixture
def store(database_url: str, seal: Seal, clock: SetClock) -> Iterator[SqlStore]:
    store = SqlStore(database_url, seal, clock)
    yield store
    store.close()


@pytest.fixture
def meeting() -> Meeting:
    """A meeting with everything in it."""
    organiser = Mailbox("tenant-1", "user-1", "organiser@contoso.example", "Organiser")
    room = Room(
        42, 123456789, "Planning", "https://contoso.clickmeeting.example/x", Kind.MEETING, AccessType.TOKEN, False, True
    )
    return Meeting(
        id="0123456789abcdef0123456789abcdef",
        key="secret-key",
        owner=organiser,
        scheduler=organiser,
        title="Planning",
        timing=Timing(datetime(2026, 3, 3, 10, 0), datetime(2026, 3, 3, 11, 0), "Europe/Warsaw"),
        choices=Choices(access=AccessType.TOKEN, password="a password"),
        strategy=Strategy.SINGLE,
        state=MeetingState.FOLLOWED,
        created_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        participants=(Participant("guest@fabrikam.example", "Guest"),),
        invitees=(Invitee("guest@fabrikam.example", "Guest", "TOKEN1"),),
        room=room,
        event=EventLink("event-1", "ical-1", "etag-1"),
    )
