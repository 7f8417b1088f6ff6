"""The doors to ClickMeeting's accounts: one for each tenant and key, each call counted and held where a tenant stands.

It decides neither whose meetings get which account nor who is stopped.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.composing import Numbers
from addin.model import Meeting
from addin.ports import Clock, Rooms
from server.numbers import GatewayNumbers
from server.ops.figures import Figures
from server.store.accounts import Account

_KEPT = 1000


class AccountDoors:
    """One for the process, safe between threads. `settings` holds the account of the settings."""

    def __init__(
        self, settings: ClickMeetingSettings, clock: Clock, figures: Figures, require_going: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._figures = figures
        self._require_going = require_going
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, str], tuple[Rooms, GatewayNumbers]] = {}

    def rooms(self, tenant_id: str, account: Account | None) -> Rooms:
        """The rooms of an account, of the settings' where none is given."""
        return self._doors(tenant_id, account)[0]

    def numbers(self, tenant_id: str, account: Account | None) -> Numbers:
        """Its dial-in list."""
        return self._doors(tenant_id, account)[1]()

    def check_key(self, tenant_id: str, key: str, meeting: Meeting | None) -> None:
        """E1, and for a meeting E4 of its room: raises what the door raises (NotSignedIn, Missing, a Retryable)."""
        rooms = self._open(tenant_id, "", key)
        rooms.check()
        if meeting is not None and meeting.room is not None:
            rooms.get(meeting.room)

    def _doors(self, tenant_id: str, account: Account | None) -> tuple[Rooms, GatewayNumbers]:
        name, key = (account.id, account.key) if account else ("", self._settings.api_key)
        place = (tenant_id, name, hashlib.sha256(key.encode()).hexdigest())
        with self._lock:
            found = self._made.get(place)
            if found is None:
                rooms = self._open(tenant_id, name, key)
                found = self._made[place] = (rooms, GatewayNumbers(rooms, self._clock))
                while len(self._made) > _KEPT:
                    self._made.pop(next(iter(self._made)))
            return found

    def _open(self, tenant_id: str, name: str, key: str) -> ClickMeetingRooms:
        def before() -> None:
            self._require_going(tenant_id)
            self._figures.count(tenant_id, "clickmeeting", name)

        return ClickMeetingRooms(replace(self._settings, api_key=key), self._clock, before)
