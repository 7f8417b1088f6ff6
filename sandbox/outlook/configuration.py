"""Puts together what a page of the Outlook stand-in must know; it reads the world and changes nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.outlook.offsets import offset_ranges, windows_zones
from sandbox.people import ADD_IN_ID, TENANTS, User
from sandbox.world import World

ADD_IN_NAME = "ClickMeeting"
# buttons that call a function of the function file, as the add-in's manifest lists them
COMMANDS = ({"function": "addClickMeeting", "label": "Add ClickMeeting"},)
# the same in the form in which attendees read
READ_COMMANDS = (
    {"function": "joinClickMeeting", "label": "Join"},
    {"function": "showNumbers", "label": "Numbers"},
)
# handlers that Outlook starts by itself, as the add-in's manifest lists them
LAUNCH_EVENTS = (
    "onNewAppointment",
    "onAppointmentSend",
    "onAppointmentTimeChanged",
    "onAppointmentRecurrenceChanged",
    "onAppointmentAttendeesChanged",
)
_CATEGORIES = (
    {"displayName": "Blue category", "color": "Preset7"},
    {"displayName": "Green category", "color": "Preset4"},
    {"displayName": "Red category", "color": "Preset0"},
)
_HALF_HOUR = timedelta(minutes=30)


def page_configuration(
    world: World,
    user: User,
    owner: User,
    state: dict[str, Any] | None,
    settings: dict[str, Any],
    asked: Mapping[str, str],
) -> dict[str, Any]:
    """The JSON that stands in the page. `asked` is the address's query: `set`, `level`, `start`, `end`, `body`."""
    now = world.clock.now()
    return {
        "upn": user.upn,
        "name": user.name,
        "owner": owner.upn if owner.upn != user.upn else None,
        "language": user.language,
        "zone": user.zone,
        "iana": windows_zones()[user.zone],
        "zones": windows_zones(),
        "timeZoneOffsets": offset_ranges(user.zone, now),
        "people": people_shown(),
        "categories": list(_CATEGORIES),
        "now": round(now.timestamp() * 1000),
        "addInId": ADD_IN_ID,
        "addInName": ADD_IN_NAME,
        "commands": list(COMMANDS),
        "readCommands": list(READ_COMMANDS),
        "launchEvents": list(LAUNCH_EVENTS),
        "paneUrl": f"{world.base}/taskpane/taskpane.html",
        "commandsUrl": f"{world.base}/taskpane/commands.html",
        "requirementSet": asked.get("set") or world.faults.switch("outlook.requirement_set"),
        "permissionLevel": int(asked.get("level") or world.faults.switch("outlook.permission_level")),
        "tokenError": world.faults.switch("outlook.token_error"),
        "officeFaults": world.faults.switch("outlook.office_faults"),
        "roamingSettings": settings,
        "opensPane": "pane" in asked,
        "state": state or _new_state(world, owner, asked),
    }


def people_shown() -> list[dict[str, Any]]:
    """Everybody, as the pages know people."""
    return [{"upn": one.upn, "name": one.name, "isRoom": one.is_room} for tenant in TENANTS for one in tenant.users]


def initials(name: str) -> str:
    """The letters in a person's circle: of the first and the last word."""
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def tone(address: str) -> int:
    """One of eight colours, always the same for the same address; `faces.js` computes it alike."""
    return sum(address.lower().encode()) % 8


def _new_state(world: World, owner: User, asked: Mapping[str, str]) -> dict[str, Any]:
    """A new appointment: the next half hour, or the slot that was pressed in the calendar."""
    half = _HALF_HOUR.total_seconds()
    start = int(asked["start"]) if asked.get("start", "").isdigit() else None
    if start is None:
        start = round((world.clock.now().timestamp() // half + 1) * half * 1000)
    end = int(asked["end"]) if asked.get("end", "").isdigit() else start + round(half * 1000)
    return {
        "id": None,
        "seriesId": None,
        "isOrganizer": True,
        "isSent": False,
        "subject": "",
        "location": "",
        "locations": [],
        "required": [],
        "optional": [],
        "organizer": {"address": owner.upn, "name": owner.name},
        "start": start,
        "end": max(start, end),
        "zone": owner.zone,
        "isAllDay": False,
        "recurrence": None,
        "sensitivity": "normal",
        "categories": [],
        "customProperties": {},
        "body": "",
        "bodyType": asked.get("body") or world.faults.switch("outlook.body_type"),
    }
