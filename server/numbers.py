"""The dial-in list as ClickMeeting has it now, kept for half a day; the built-in table while it cannot be asked."""

import threading
from datetime import datetime, timedelta

import structlog

from addin.composing import Numbers
from addin.errors import AddinError
from addin.invitation import dialin
from addin.ports import Clock, Rooms

_LIFE = timedelta(hours=12)
_PAUSE = timedelta(minutes=5)
log = structlog.get_logger(__name__)


class GatewayNumbers:
    """Callable; safe between threads. Gateways belong to the account, not to a room (section 4)."""

    def __init__(self, rooms: Rooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers: Numbers = dialin.table()
        self._ask_at: datetime | None = None

    def __call__(self) -> Numbers:
        with self._lock:
            now = self._clock()
            if self._ask_at is None or now >= self._ask_at:
                self._ask_at = now + self._ask()
            return self._numbers

    def _ask(self) -> timedelta:
        """Ask, and say how long not to ask again."""
        try:
            gateways = self._rooms.gateways()
        except AddinError as error:
            log.warning("gateways not read", reason=str(error))
            return _PAUSE
        found = dialin.numbers_from_gateways(
            [{"code": one.country, "location": one.location, "value": one.number} for one in gateways]
        )
        if found:
            self._numbers = found
        return _LIFE
