"""The product's client in front of the stand-in, over TLS sockets, without pauses between repeated questions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import stamina

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.model import AccessType, Kind, Room, RoomSpec
from sandbox.desk import Desk
from sandbox.people import CLICKMEETING_KEY


@dataclass
class Account:
    """An account at the running stand-in: the client under test, and the outside's handle on the service."""

    desk: Desk
    rooms: ClickMeetingRooms
    settings: ClickMeetingSettings

    @property
    def now(self) -> datetime:
        return self.desk.world.clock.now()

    @property
    def start(self) -> datetime:
        """Tomorrow, on a full minute."""
        return (self.now + timedelta(days=1)).replace(second=0, microsecond=0)

    def with_settings(self, **changes: Any) -> ClickMeetingRooms:
        return ClickMeetingRooms(replace(self.settings, **changes), self.desk.world.clock.now)

    def control(self, path: str, data: dict[str, Any]) -> None:
        answer = requests.post(
            f"{self.desk.world.base}/control/{path}", json=data, verify=str(self.desk.world.ca_file), timeout=10
        )
        assert answer.status_code == 200, answer.text

    def switch(self, **values: Any) -> None:
        self.control("faults", {"switches": {f"clickmeeting.{name}": value for name, value in values.items()}})

    def fault(self, **rule: Any) -> None:
        self.control("faults", {"faults": [{"service": "clickmeeting"} | rule]})

    def pass_time(self, delta: timedelta) -> None:
        self.control("clock", {"advance_s": delta.total_seconds()})

    def seen(self) -> list[dict[str, Any]]:
        """The rooms as the service has them, whatever the client says."""
        answer = requests.get(f"{self.desk.world.base}/control/rooms", verify=str(self.desk.world.ca_file), timeout=10)
        rooms: list[dict[str, Any]] = answer.json()
        return rooms

    def visit(self, url: str, **form: str) -> requests.Response:
        """Open a room's address as a browser would; with a form, send it."""
        method = "POST" if form else "GET"
        return requests.request(method, url, data=form or None, verify=str(self.desk.world.ca_file), timeout=10)

    def spec(self, **changes: Any) -> RoomSpec:
        """A scheduled, open meeting tomorrow in Paris."""
        plain = RoomSpec(
            name="Quarterly review",
            kind=Kind.MEETING,
            access=AccessType.OPEN,
            permanent=False,
            url_name="m" + "a1" * 11 + "b",
            zone="Europe/Paris",
            starts_at=self.start,
            duration=timedelta(minutes=45),
        )
        return replace(plain, **changes)

    def create(self, **changes: Any) -> Room:
        return self.rooms.create(self.spec(**changes), not_before=self.now)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def account(desk: Desk) -> Account:
    world = desk.world
    settings = ClickMeetingSettings(f"{world.base}/clickmeeting/v1", CLICKMEETING_KEY, str(world.ca_file))
    return Account(desk, ClickMeetingRooms(settings, world.clock.now), settings)


@pytest.fixture
def counted(desk: Desk) -> Callable[[], int]:
    """How many calls the service got since the last question."""
    counts = desk.world.capture.counts

    def since() -> int:
        calls = counts.get("clickmeeting", 0)
        counts["clickmeeting"] = 0
        return calls

    return since
