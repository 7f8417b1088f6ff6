"""The doors to ClickMeeting's accounts: one for each tenant and key, each call counted and held where a tenant stands.

It decides neither whose meetings get which account nor who is stopped. Only whether a key is good is asked all the
same: a leaked key is to be replaced while everything stands.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.composing import Numbers
from addin.errors import Missing, NotAllowed, NotSignedIn
from addin.model import Room
from addin.ports import Clock, Rooms
from server.numbers import GatewayNumbers
from server.ops.figures import Figures
from server.store.accounts import Account

_KEPT = 1000
_TRIED = 5  # rooms, to prove that two keys are of one account


class Proof(StrEnum):
    """Whether another key is of the same account."""

    SAME = "same"
    FOREIGN = "foreign"
    DOUBTFUL = "doubtful"  # it opens none of the rooms, and the old key does not work any more to tell why
    NONE = "none"  # there is no room to tell it by


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

    def check_key(self, tenant_id: str, key: str) -> None:
        """E1, also where the tenant stands: raises what the door raises (NotSignedIn, a Retryable)."""
        self._open(tenant_id, "", key, stands=True).check()

    def prove(self, tenant_id: str, account: Account, key: str, known: Sequence[Room]) -> Proof:
        """Whether `key` is of this account; Stopped where the tenant stands."""
        return same_account(
            self._open(tenant_id, account.id, account.key), self._open(tenant_id, account.id, key), known
        )

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

    def _open(self, tenant_id: str, name: str, key: str, *, stands: bool = False) -> ClickMeetingRooms:
        """With `stands` also while the tenant stands."""

        def before() -> None:
            if not stands:
                self._require_going(tenant_id)
            self._figures.count(tenant_id, "clickmeeting", name)

        return ClickMeetingRooms(replace(self._settings, api_key=key), self._clock, before)


def same_account(old: Rooms, new: Rooms, known: Sequence[Room]) -> Proof:
    """Whether two keys are of one account, by E4 of the first rooms known. One room may have been deleted by hand:
    only what the old key opens and the new one does not speaks against it."""
    tried = known[:_TRIED]
    if not tried:
        return Proof.NONE
    if any(_opens(new, room) for room in tried):
        return Proof.SAME
    try:
        old.check()
    except NotSignedIn:
        return Proof.DOUBTFUL
    return Proof.FOREIGN if any(_opens(old, room) for room in tried) else Proof.NONE


def _opens(rooms: Rooms, room: Room) -> bool:
    try:
        rooms.get(room)
    except (Missing, NotAllowed):
        return False
    return True
