"""Checks the parameters of create and edit and puts them into a room; it must not know HTTP or answers' shapes."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sandbox.clickmeeting.account import DEFAULT_SETTINGS, Account, Conference
from sandbox.clickmeeting.answers import Refusal, invalid
from sandbox.clickmeeting.parameters import Parameters
from sandbox.clickmeeting.reference import skin_ids
from sandbox.faults import Faults

_SHARED = {
    "name", "room_type", "permanent_room", "access_type", "password", "starts_at", "duration", "timezone",
    "lobby_enabled", "lobby_description", "skin_id", "registration", "description", "settings",
}  # fmt: skip
CREATE_FIELDS = _SHARED | {"custom_room_url_name"}
EDIT_FIELDS = _SHARED | {"status"}
SETTINGS = {*DEFAULT_SETTINGS, "thank_you_page_url", "encryption_enabled"}
_LONGEST_TEXT = 255
_SHORTEST_MINUTES = 5
_DEFAULT_MINUTES = 180
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}
_PLAN_SETTINGS = {"phonegateway_enabled": "phonegateway", "recorder_autostart_enabled": "recording"}
TOKEN_ACCESS = 3
_PASSWORD_ACCESS = 2


@dataclass(frozen=True)
class Rules:
    """What a change is judged by: the present (seconds since the epoch), the account and the switches."""

    now: int
    account: Account
    faults: Faults


def create_room(parameters: Parameters, rules: Rules) -> Conference:
    """A checked room that is part of the account afterwards; Refusal otherwise, with nothing changed."""
    for name in ("name", "room_type", "permanent_room", "access_type"):
        if name not in parameters:
            raise invalid(name, f"The parameter {name} is required.")
    room = rules.account.new(rules.now, rules.faults.switch("clickmeeting.account_zone"))
    room.permanent_room = boolean(parameters, "permanent_room")
    _apply(room, parameters, rules)
    if not room.permanent_room:
        _schedule(room, parameters, rules, default_start=rules.now // 60 * 60)
    custom = parameters.get("custom_room_url_name")
    room.name_url = _custom(custom, rules.account) if custom else rules.account.free_url_name(room.name)
    rules.account.rooms[room.id] = room
    return room


def edit_room(room: Conference, parameters: Parameters, rules: Rules) -> Conference:
    """The room with the changes, in the account; Refusal otherwise, with nothing changed (R7, R8, R41)."""
    if room.finished(rules.now):
        raise invalid("status", "This event is over and cannot be edited.")
    timed = "starts_at" in parameters or "duration" in parameters
    if timed and "permanent_room" not in parameters:
        raise invalid("permanent_room", "permanent_room is required when starts_at or duration changes.")
    if "permanent_room" in parameters and boolean(parameters, "permanent_room") != room.permanent_room:
        raise invalid("permanent_room", "The room's kind cannot be changed. Please contact our support.")
    changed = replace(room, settings=dict(room.settings))
    _apply(changed, parameters, rules)
    if "status" in parameters:
        changed.active = choice(parameters, "status", ("active", "inactive")) == "active"
    if timed and not room.permanent_room:
        _schedule(changed, parameters, rules, default_start=None)
    changed.updated_at = rules.now
    rules.account.rooms[room.id] = changed
    return changed


def _apply(room: Conference, parameters: Parameters, rules: Rules) -> None:
    if "name" in parameters:
        room.name = text(parameters, "name", shortest=1)
    if "room_type" in parameters:
        room.room_type = choice(parameters, "room_type", ("meeting", "webinar"))
    if "timezone" in parameters:
        room.timezone = choice(parameters, "timezone", available_timezones())
    if "lobby_enabled" in parameters:
        room.lobby_enabled = boolean(parameters, "lobby_enabled")
    for name in ("lobby_description", "description"):
        if name in parameters:
            setattr(room, name, text(parameters, name))
    if "skin_id" in parameters:
        room.skin_id = choice(parameters, "skin_id", skin_ids())
    _apply_access(room, parameters, rules)
    _apply_registration(room, parameters)
    _apply_settings(room, parameters, rules)


def _apply_access(room: Conference, parameters: Parameters, rules: Rules) -> None:
    if "access_type" in parameters:
        wanted = int(choice(parameters, "access_type", ("1", "2", "3")))
        if wanted != TOKEN_ACCESS or plan_allows(rules.faults, "tokens"):
            room.access_type = wanted
    if parameters.get("password"):
        room.password = text(parameters, "password", longest=64)
    elif "password" in parameters and room.access_type == _PASSWORD_ACCESS:
        raise invalid("password", "The password must not be empty.")
    if room.access_type == _PASSWORD_ACCESS and not room.password:
        raise invalid("password", "A password is required for this access type.")


def _apply_registration(room: Conference, parameters: Parameters) -> None:
    registration = nested(parameters, "registration")
    if "enabled" in registration:
        room.registration_enabled = boolean(registration, "enabled", "registration[enabled]")
    if "template" in registration:
        room.registration_template = int(choice(registration, "template", ("1", "2", "3")))


def _apply_settings(room: Conference, parameters: Parameters, rules: Rules) -> None:
    for name, value in nested(parameters, "settings").items():
        if name == "thank_you_page_url":
            if value and not re.match(r"https?://[^\s/]+", str(value)):
                raise invalid("settings[thank_you_page_url]", "This is not a valid address.")
            room.settings[name] = str(value)
        elif name in SETTINGS:
            wanted = boolean({name: value}, name, f"settings[{name}]")
            feature = _PLAN_SETTINGS.get(name)
            if not wanted or feature is None or plan_allows(rules.faults, feature):
                room.settings[name] = wanted


def _schedule(room: Conference, parameters: Parameters, rules: Rules, default_start: int | None) -> None:
    before = room.starts_at
    if parameters.get("starts_at"):
        room.starts_at = read_start(parameters["starts_at"], room.timezone)
    elif before is None:
        room.starts_at = default_start
    if parameters.get("duration"):
        room.duration = _duration(parameters["duration"], rules.faults) * 60
    elif room.duration is None:
        room.duration = _DEFAULT_MINUTES * 60
    assert room.starts_at is not None
    if room.starts_at != before and room.starts_at < rules.now // 60 * 60:
        raise invalid("starts_at", "The event cannot start in the past.")
    require_slot(room.starts_at, room.starts_at + room.duration, rules, but=room.id)


def require_slot(start: int, end: int, rules: Rules, but: int) -> None:
    """R40: Refusal where the account has no free session in that time."""
    most = rules.faults.switch("clickmeeting.parallel_sessions")
    if most is not None and rules.account.overlapping(start, end, rules.now, but) >= most:
        raise invalid("starts_at", "This time slot is already booked.")


def read_start(value: Any, zone: str) -> int:
    """ISO 8601 with offset, or a wall clock in `zone`; seconds are cut."""
    try:
        moment = datetime.fromisoformat(str(value))
        if len(str(value)) < len("2026-12-03T10:00"):
            raise ValueError("a date alone")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return int(moment.astimezone(UTC).timestamp()) // 60 * 60
    except (ValueError, OverflowError) as error:
        raise invalid("starts_at", "This is not a valid date and time.") from error


def _duration(value: Any, faults: Faults) -> int:
    found = re.fullmatch(r"(\d{1,3}):([0-5]\d)", str(value)) or re.fullmatch(r"(\d{1,3})()", str(value))
    if found is None:
        raise invalid("duration", "The duration must be given as h:mm.")
    minutes = int(found.group(1)) * 60 + int(found.group(2) or 0)
    longest = faults.switch("clickmeeting.longest_minutes")
    if not _SHORTEST_MINUTES <= minutes <= longest:
        raise invalid("duration", f"The duration must be from 0:05 to {longest // 60}:{longest % 60:02}.")
    return minutes


def _custom(value: Any, account: Account) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", value):
        raise invalid("custom_room_url_name", "The address may have letters, digits, hyphens and underscores only.")
    if account.url_name_taken(value):
        raise invalid("custom_room_url_name", "This address is already taken.")
    return value


def plan_allows(faults: Faults, feature: str) -> bool:
    """U23: True where the plan has it, False where asking is silently ignored, Refusal 403 otherwise."""
    if feature not in faults.switch("clickmeeting.plan_without"):
        return True
    if faults.switch("clickmeeting.plan_answer") == "ignore":
        return False
    raise Refusal(403, [(feature, "This feature is not available in your plan.")])


def unknown_fields(parameters: Parameters, known: set[str]) -> list[str]:
    """Parameters of create or edit that no source names; `known` is CREATE_FIELDS or EDIT_FIELDS."""
    found = [name for name in parameters if name not in known]
    found += [f"settings[{name}]" for name in nested(parameters, "settings") if name not in SETTINGS]
    found += [
        f"registration[{name}]" for name in nested(parameters, "registration") if name not in ("enabled", "template")
    ]
    return found


def nested(parameters: Parameters, name: str) -> Parameters:
    """The dictionary under `name`, empty when absent."""
    value = parameters.get(name, {})
    if not isinstance(value, dict):
        raise invalid(name, f"The parameter {name} must be an array.")
    return value


def text(parameters: Parameters, name: str, *, shortest: int = 0, longest: int = _LONGEST_TEXT) -> str:
    """A text within its lengths, white space around it cut."""
    value = parameters[name]
    if not isinstance(value, str) or not shortest <= len(value.strip()) <= longest:
        raise invalid(name, f"The parameter {name} must have {shortest} to {longest} characters.")
    return value.strip()


def choice(parameters: Parameters, name: str, allowed: Any) -> str:
    """One of the allowed words."""
    value = parameters[name]
    if not isinstance(value, str) or value not in allowed:
        raise invalid(name, f"The value of {name} is not allowed.")
    return value


def boolean(parameters: Parameters, name: str, shown: str | None = None) -> bool:
    """1, 0, true or false."""
    value = parameters[name]
    if not isinstance(value, str) or value.lower() not in _BOOLEANS:
        raise invalid(shown or name, f"The value of {shown or name} must be 1 or 0.")
    return _BOOLEANS[value.lower()]
