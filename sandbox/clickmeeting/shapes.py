"""Writes rooms as the service's answers show them; it must not know requests."""

import html
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clickmeeting.account import Conference, Token
from sandbox.clickmeeting.links import Entry, EntryLinks, role_hash
from sandbox.world import World

_ACCOUNT_NUMBER = "67001"


class Shapes:
    """The shapes of one account at the addresses of the running sandbox."""

    def __init__(self, world: World, links: EntryLinks) -> None:
        self._world = world
        self._links = links

    def room_url(self, room: Conference) -> str:
        return f"{self._world.base}/rooms/{room.name_url}"

    def conference(self, room: Conference) -> dict[str, Any]:
        """The conference object; hashes differ on every read, times are absent for permanent rooms."""
        now = self._world.clock.timestamp()
        host = self._links.make(Entry(room.id, "host", "Host", "", now))
        found: dict[str, Any] = {
            "id": room.id,
            "room_type": room.room_type,
            "room_pin": room.room_pin,
            "name": html.escape(room.name).replace("&#x27;", "&#039;"),
            "name_url": room.name_url,
        }
        if room.starts_at is not None and room.ends_at is not None:
            found["starts_at"] = iso(room.starts_at, room.timezone)
            found["ends_at"] = iso(room.ends_at, room.timezone)
            found["ccc"] = datetime.fromtimestamp(room.starts_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        offset_at = now if room.starts_at is None else room.starts_at
        found |= {
            "access_type": room.access_type,
            "lobby_enabled": room.lobby_enabled,
            "lobby_description": room.lobby_description,
            "registration_enabled": int(room.registration_enabled),
            "status": "active" if room.is_active(now) else "inactive",
            "timezone": room.timezone,
            "timezone_offset": _offset(offset_at, room.timezone),
            "paid_enabled": 0,
            "automated_enabled": 0,
            "created_at": iso(room.created_at, room.timezone),
            "updated_at": iso(room.updated_at, room.timezone),
            "type": 0 if room.room_type == "meeting" else 1,
            "permanent_room": room.permanent_room,
            "access_role_hashes": {role: role_hash(host, role, now) for role in ("listener", "presenter", "host")},
            "room_url": self.room_url(room),
            "phone_presenter_pin": room.phone_presenter_pin,
            "phone_listener_pin": room.phone_listener_pin,
            "embed_room_url": f"{self._world.base}/rooms/embed_conference.html"
            f"?r=1{len(_ACCOUNT_NUMBER)}{_ACCOUNT_NUMBER}{room.id}",
            "widgets_hash": room.widgets_hash,
            "recorder_list": [],
            "settings": self._settings(room),
            "autologin_hashes": {"host": host},
            "autologin_hash": host,
        }
        return found

    def _settings(self, room: Conference) -> dict[str, Any]:
        hidden = "phonegateway_enabled" if self._world.faults.switch("clickmeeting.hide_phonegateway") else None
        return {name: value for name, value in room.settings.items() if name != hidden}

    def token(self, token: Token, room: Conference) -> dict[str, Any]:
        """One token of a list; an unused one has no date."""
        return {
            "token": token.token,
            "sent_to_email": token.sent_to_email,
            "first_use_date": None if token.first_use is None else iso(token.first_use, room.timezone),
        }

    def seen(self, room: Conference) -> dict[str, Any]:
        """A room for `GET /control/rooms`: everything but hashes and passwords, names as they were sent."""
        kept = ("access_role_hashes", "autologin_hashes", "autologin_hash")
        shown = {name: value for name, value in self.conference(room).items() if name not in kept}
        shown |= {"name": room.name, "settings": room.settings, "has_password": bool(room.password)}
        shown["tokens"] = [self.token(token, room) for token in room.tokens]
        shown["registrations"] = [registration.email for registration in room.registrations]
        shown["visits"] = [
            {"nickname": visit.nickname, "email": visit.email, "role": visit.role, "start": iso(visit.start, "UTC")}
            for session in room.sessions
            for visit in session.visits
        ]
        return shown


def iso(moment: int, zone: str) -> str:
    """ISO 8601 with the zone's offset, to the second."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat(timespec="seconds")


def _offset(moment: int, zone: str) -> int:
    offset = datetime.fromtimestamp(moment, ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
