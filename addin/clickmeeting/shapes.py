"""Writes rooms as the API's parameters and reads them from its answers; it must not know how they travel."""

import html
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from addin.errors import InvalidInput
from addin.model import AccessType, Kind, Room, RoomChange, RoomSpec

_ACCESS = {AccessType.OPEN: 1, AccessType.PASSWORD: 2, AccessType.TOKEN: 3}
_ACCESS_OF = {str(number): access for access, number in _ACCESS.items()}
_LONGEST_TEXT = 255  # the official plugin's form caps name and lobby text here (2.1)
_MINUTE = timedelta(minutes=1)


def create_parameters(spec: RoomSpec) -> dict[str, Any]:
    """E5. InvalidInput where a scheduled room has no start, or a password room no password.

    A meeting from a calendar is nobody else's business, so it is kept off the account's public page, which would show
    it by default (2.1). The gateway is told either way, as a missing key in an answer says nothing (R24, 2.2).
    """
    found: dict[str, Any] = {
        "name": _text(spec.name, "name", required=True),
        "room_type": spec.kind.value,
        "permanent_room": spec.permanent,
        "access_type": _ACCESS[spec.access],
        "custom_room_url_name": spec.url_name,
        "timezone": spec.zone,
        "registration": {"enabled": spec.registration},
        "settings": {"show_on_personal_page": False, "phonegateway_enabled": spec.dial_in},
        "lobby_enabled": bool(spec.lobby_message),
    }
    if spec.lobby_message:
        found["lobby_description"] = _text(spec.lobby_message, "lobby_message")
    if spec.access is AccessType.PASSWORD:
        found["password"] = _password(spec.password)
    if not spec.permanent:
        if spec.starts_at is None or spec.duration is None:
            raise InvalidInput("A scheduled room needs a start and a duration.", field="starts_at")
        found["starts_at"] = _start(spec.starts_at, spec.zone)
        found["duration"] = _duration(spec.duration)
    return found


def edit_parameters(change: RoomChange) -> dict[str, Any]:
    """E6, only what changes. The present permanence goes along with times, which the API asks for (R8, 2.1)."""
    found: dict[str, Any] = {}
    if change.name is not None:
        found["name"] = _text(change.name, "name", required=True)
    if change.kind is not None:
        found["room_type"] = change.kind.value
    if change.access is not None:
        found["access_type"] = _ACCESS[change.access]
    if change.password is not None or change.access is AccessType.PASSWORD:
        found["password"] = _password(change.password)
    if change.dial_in is not None:
        found["settings"] = {"phonegateway_enabled": change.dial_in}
    if change.lobby_message is not None:
        found["lobby_enabled"] = bool(change.lobby_message)
        found["lobby_description"] = _text(change.lobby_message, "lobby_message")
    return found | _timing(change)


def _timing(change: RoomChange) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if change.zone is not None:
        found["timezone"] = change.zone
    if not change.permanent and change.starts_at is not None:
        found["starts_at"] = _start(change.starts_at, change.zone)
    if not change.permanent and change.duration is not None:
        found["duration"] = _duration(change.duration)
    return {"permanent_room": change.permanent} | found if found else {}


def _start(moment: datetime, zone: str | None) -> str:
    if moment.tzinfo is None:
        raise InvalidInput("The start needs a time zone.", field="starts_at")
    return (moment.astimezone(ZoneInfo(zone)) if zone else moment).isoformat(timespec="seconds")


def _duration(duration: timedelta) -> str:
    """`h:mm`, part minutes rounded up so that nobody is cut off."""
    minutes = -(-duration // _MINUTE)
    if minutes <= 0:
        raise InvalidInput("The end must be after the start.", field="duration")
    return f"{minutes // 60}:{minutes % 60:02}"


def _text(text: str, field: str, *, required: bool = False) -> str:
    text = "".join(letter if letter.isprintable() or letter == "\n" else " " * letter.isspace() for letter in text)
    text = " ".join(text.split()) if field == "name" else text.strip()
    if required and not text:
        raise InvalidInput("The room needs a name.", field=field)
    if len(text) > _LONGEST_TEXT:
        raise InvalidInput(f"ClickMeeting takes at most {_LONGEST_TEXT} characters here.", field=field)
    return text


def _password(password: str | None) -> str:
    if not password:
        raise InvalidInput("A room with password access needs a password.", field="password")
    return password


def same_name(sent: str, room: Room) -> bool:
    """Whether `room` has the name that was sent."""
    return _text(sent, "name") == room.name


def read_room(data: object) -> Room | None:
    """A room from `{"room": ...}`, `{"conference": ...}` or the bare object; None where it cannot be one.

    Hashes are not taken over: they are secrets and differ on every read (2.2).
    """
    if isinstance(data, Mapping):
        data = next((data[name] for name in ("room", "conference") if isinstance(data.get(name), Mapping)), data)
    if not isinstance(data, Mapping):
        return None
    number, pin, url = _integer(data.get("id")), _integer(data.get("room_pin")), data.get("room_url")
    if number is None or not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return None
    settings = data.get("settings")
    return Room(
        id=number,
        pin=pin or 0,
        name=html.unescape(str(data.get("name") or "")),
        url=url,
        kind=Kind.WEBINAR if data.get("room_type") == "webinar" else Kind.MEETING,
        access=_ACCESS_OF.get(str(data.get("access_type")), AccessType.OPEN),
        permanent=_boolean(data.get("permanent_room")) or False,
        active=data.get("status") != "inactive",
        starts_at=_moment(data.get("starts_at")),
        ends_at=_moment(data.get("ends_at")),
        zone=data["timezone"] if isinstance(data.get("timezone"), str) else None,
        listener_pin=_integer(data.get("phone_listener_pin")),
        presenter_pin=_integer(data.get("phone_presenter_pin")),
        dial_in=_boolean(settings.get("phonegateway_enabled")) if isinstance(settings, Mapping) else None,
        created_at=_moment(data.get("created_at")),
        url_name=str(data.get("name_url") or ""),
    )


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _boolean(value: object) -> bool | None:
    known = {"1": True, "true": True, "0": False, "false": False}
    return known.get(str(value).lower()) if isinstance(value, str | int) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
