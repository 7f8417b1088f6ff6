"""The stand-in alone, called without sockets, at a fixed moment."""

from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.clickmeeting.service import ClickMeetingService
from sandbox.people import CLICKMEETING_KEY
from sandbox.world import World

NOW = datetime(2026, 11, 23, 9, 12, 30, tzinfo=UTC)


class Standin:
    """The service with a caller's hand (`api`) and a visitor's (`page`)."""

    def __init__(self) -> None:
        self.world = World.make()
        self.world.base = "https://localhost:9"
        self.world.clock.put(NOW)
        self.service = ClickMeetingService(self.world)
        apps = self.service.wsgi()
        self._api = Client(apps["/clickmeeting"])
        self._pages = Client(apps["/rooms"])

    def call(
        self, method: str, path: str, data: Any = None, key: str | None = CLICKMEETING_KEY, **more: Any
    ) -> TestResponse:
        headers = {"X-Api-Key": key} if key is not None else {}
        return self._api.open(f"/v1/{path}", method=method, data=data, headers=headers, **more)

    def switch(self, **values: Any) -> None:
        self.world.faults.set_switches({f"clickmeeting.{name}": value for name, value in values.items()})

    def room(self, **changes: Any) -> dict[str, Any]:
        """A room as the create answer shows it."""
        plain = {"name": "Quarterly review", "room_type": "meeting", "permanent_room": "0", "access_type": "1"}
        answer = self.call("POST", "conferences", plain | changes)
        assert answer.status_code == 201, answer.text
        room: dict[str, Any] = answer.get_json()["room"]
        return room

    def page(self, path: str, form: dict[str, str] | None = None) -> TestResponse:
        return self._pages.open(path, method="GET" if form is None else "POST", data=form)


@pytest.fixture
def standin() -> Standin:
    return Standin()
