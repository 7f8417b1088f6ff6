"""Holds the account's rooms, tokens, registrations and sessions as data; it must not know HTTP."""

import re
import secrets
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any

HOUR = 3600
_SIX_MONTHS = 183 * 24 * HOUR
_TOKEN_LETTERS = "346789CDEFGHKPQRTWXY"  # noqa: S105 - the alphabet that real tokens show, without look-alikes
_SESSION_GAP = 2 * HOUR
DEFAULT_SETTINGS: dict[str, Any] = {
    "show_on_personal_page": True,
    "thank_you_emails_enabled": True,
    "connection_tester_enabled": False,
    "phonegateway_enabled": False,  # R24
    "recorder_autostart_enabled": False,
    "room_invite_button_enabled": True,
    "social_media_sharing_enabled": False,
    "connection_status_enabled": True,
}
_LATIN = str.maketrans("абвгдеёзийклмнопрстуфыэłøđ", "abvgdeeziyklmnoprstufyelod") | str.maketrans(
    {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
    | {"ß": "ss", "æ": "ae"}
)


@dataclass
class Token:
    """One admission (R39). Times are whole seconds since the epoch."""

    token: str
    sent_to_email: str | None = None
    first_use: int | None = None


@dataclass
class Registration:
    """One person who registered for a room."""

    id: int
    fields: dict[str, str]
    email: str
    r: str
    registered: int
    session_id: int | None = None


@dataclass
class Visit:
    """One entry of one person into a room."""

    id: int
    nickname: str
    email: str
    role: str
    start: int


@dataclass
class Session:
    """A time in which people were in a room (R21)."""

    id: int
    start: int
    end: int
    visits: list[Visit] = field(default_factory=list)


@dataclass
class Conference:
    """A room. Times are whole seconds since the epoch; `starts_at` and `duration` are None for permanent rooms."""

    id: int
    room_pin: int
    phone_listener_pin: int
    phone_presenter_pin: int
    widgets_hash: str
    created_at: int
    updated_at: int
    timezone: str
    name: str = ""
    name_url: str = ""
    room_type: str = "meeting"
    permanent_room: bool = False
    access_type: int = 1
    password: str = ""
    starts_at: int | None = None
    duration: int | None = None
    lobby_enabled: bool = False
    lobby_description: str = ""
    description: str = ""
    registration_enabled: bool = False
    registration_template: int = 1
    skin_id: str = "1"
    active: bool = True
    settings: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    tokens: list[Token] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    @property
    def ends_at(self) -> int | None:
        """The planned end; None for permanent rooms."""
        return None if self.starts_at is None or self.duration is None else self.starts_at + self.duration

    def finished(self, now: int) -> bool:
        """A scheduled room whose time is over (R41); a permanent one never is (R19)."""
        return self.ends_at is not None and now >= self.ends_at

    def is_active(self, now: int) -> bool:
        """What `status` says at `now`."""
        return self.active and not self.finished(now)

    def listed(self, now: int) -> bool:
        """R38: not listed when inactive for more than six months."""
        since = self.ends_at if self.finished(now) else None if self.active else self.updated_at
        return since is None or now - since <= _SIX_MONTHS

    def token(self, text: str) -> Token | None:
        """The token as typed by a person."""
        return next((token for token in self.tokens if token.token == text.strip().upper()), None)

    def enter(self, now: int, nickname: str, email: str, role: str) -> None:
        """Note a visit; it belongs to the session under way, or begins one."""
        session = self.sessions[-1] if self.sessions else None
        if session is None or not self._goes_on(session, now):
            session = Session(_unique(9), now, now)
            self.sessions.append(session)
        session.visits.append(Visit(_unique(9), nickname, email, role, now))
        session.end = max(session.end, now)

    def _goes_on(self, session: Session, now: int) -> bool:
        """After a long silence another session begins, but within its time a scheduled room has one only."""
        planned = self.starts_at is not None and session.end >= self.starts_at
        return planned or now - session.end <= _SESSION_GAP


class Account:
    """All rooms of the one account. Whoever calls holds `lock` of the service."""

    def __init__(self) -> None:
        self.rooms: dict[int, Conference] = {}
        self._next_id = 0
        self.reset()

    def reset(self) -> None:
        """Back to an account without rooms."""
        self.rooms.clear()
        self._next_id = 10_400_000 + secrets.randbelow(90_000)

    def new(self, now: int, timezone: str) -> Conference:
        """A room with its numbers, not yet part of the account."""
        self._next_id += 1 + secrets.randbelow(7)
        taken = {room.room_pin for room in self.rooms.values()}
        pin = next(pin for pin in iter(lambda: _unique(9), None) if pin not in taken)
        return Conference(self._next_id, pin, _unique(9), _unique(9), secrets.token_hex(3), now, now, timezone=timezone)

    def by_address(self, text: str) -> Conference | None:
        """The room that `/rooms/{text}` opens: by its name in the URL, else by room PIN."""
        named = next((room for room in self.rooms.values() if room.name_url == text), None)
        return named or next((room for room in self.rooms.values() if str(room.room_pin) == text), None)

    def url_name_taken(self, name_url: str) -> bool:
        return any(room.name_url.lower() == name_url.lower() for room in self.rooms.values())

    def free_url_name(self, name: str) -> str:
        """A slug of `name`, with a number behind it where it is taken."""
        base = slug(name)
        found, number = base, 1
        while self.url_name_taken(found):
            number += 1
            found = f"{base}_{number}"
        return found

    def overlapping(self, start: int, end: int, now: int, but: int) -> int:
        """How many scheduled rooms, other than the one with id `but`, share time with start to end (R40)."""
        return sum(
            room.starts_at is not None and room.starts_at < end and start < (room.ends_at or 0) and room.is_active(now)
            for room in self.rooms.values()
            if room.id != but
        )

    def new_tokens(self, room: Conference, how_many: int) -> list[Token]:
        """That many unused tokens, unlike all others of the room."""
        known = {token.token for token in room.tokens}
        made: list[Token] = []
        while len(made) < how_many:
            text = "".join(secrets.choice(_TOKEN_LETTERS) for _ in range(6))
            if text not in known:
                known.add(text)
                made.append(Token(text))
        room.tokens.extend(made)
        return made

    def dump(self) -> Any:
        return {"next_id": self._next_id, "rooms": [asdict(room) for room in self.rooms.values()]}

    def load(self, state: Any) -> None:
        self._next_id = state["next_id"]
        self.rooms = {data["id"]: _load_room(data) for data in state["rooms"]}


def _load_room(data: dict[str, Any]) -> Conference:
    room = Conference(**data)
    room.tokens = [Token(**item) for item in data["tokens"]]
    room.registrations = [Registration(**item) for item in data["registrations"]]
    room.sessions = [
        Session(**(item | {"visits": [Visit(**visit) for visit in item["visits"]]})) for item in data["sessions"]
    ]
    return room


def slug(name: str) -> str:
    """Lower case ASCII letters, digits and underscores of `name`; Cyrillic is transliterated."""
    text = unicodedata.normalize("NFKD", name.lower().translate(_LATIN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:80] or "event"


def _unique(digits: int) -> int:
    least = int("1".ljust(digits, "0"))
    return least + secrets.randbelow(9 * least)


def new_number() -> int:
    """A fresh 9-digit number for registrations and the like."""
    return _unique(9)
