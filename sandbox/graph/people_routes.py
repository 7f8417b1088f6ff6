"""People over HTTP: me, users, mailbox settings, time zones, calendars, rooms; it changes no events."""

import uuid
from typing import Any

from flask import Response, request

from sandbox.graph import edm
from sandbox.graph.access import require_calendar
from sandbox.graph.door import Door, object_payload, reply, root_url, visit
from sandbox.graph.errors import GraphError, access_denied, bad_request, invalid
from sandbox.graph.event_routes import ROOTS
from sandbox.graph.folders import find_folder, shared_with, show_calendar, show_permissions
from sandbox.graph.parts import Parts
from sandbox.graph.query import pick, selected
from sandbox.graph.store import Calendar, Mailbox
from sandbox.graph.zones import find_zone, supported_iana, supported_windows

_USER = (
    "id", "displayName", "givenName", "surname", "userPrincipalName", "mail", "jobTitle", "mobilePhone",
    "officeLocation", "preferredLanguage", "businessPhones", "country", "usageLocation", "accountEnabled", "userType",
)  # fmt: skip
_BY_DEFAULT = set(_USER[:11])
_CALENDAR = edm.record({"name": edm.text, "color": edm.text, "hexColor": edm.optional_text}, "microsoft.graph.calendar")


class PeopleRoutes:
    """The views; each runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        door.mount(["/me", "/users/<who>"], "GET", self.user)
        door.mount("/users", "GET", self.users)
        door.mount([f"{root}/mailboxSettings" for root in ROOTS], "GET", self.settings)
        door.mount([f"{root}/mailboxSettings/<name>" for root in ROOTS], "GET", self.setting)
        zones = [f"{root}/outlook/supportedTimeZones" for root in ROOTS]
        door.mount(zones, "GET", self.zones)
        door.mount([f"{rule}(TimeZoneStandard=microsoft.graph.timeZoneStandard'<standard>')" for rule in zones], "GET",
                   self.zones)  # fmt: skip
        door.mount([f"{root}/calendars" for root in ROOTS], "GET", self.calendars)
        door.mount([f"{root}/calendars" for root in ROOTS], "POST", self.add_calendar)
        one = [f"{root}{tail}" for root in ROOTS for tail in ("/calendar", "/calendars/<calendar_id>")]
        door.mount(one, "GET", self.calendar)
        door.mount([f"{root}/calendar/calendarPermissions" for root in ROOTS], "GET", self.permissions)
        door.mount([rule for rule in one if "calendar_id" in rule], "PATCH", self.change_calendar)
        door.mount([rule for rule in one if "calendar_id" in rule], "DELETE", self.remove_calendar)
        door.mount("/places/microsoft.graph.room", "GET", self.rooms)

    def user(self) -> Response:
        caller, box = visit().caller, visit().target
        mine = caller.user is not None and caller.user.id == box.id
        everyone = {"User.Read.All", "User.ReadBasic.All", "Directory.Read.All"}
        caller.require(everyone | {"User.Read"} if mine else everyone)
        names = selected(request.args, _USER, "microsoft.graph.user") or _BY_DEFAULT
        return reply({"@odata.context": f"{root_url()}/$metadata#users/$entity", **pick(_show_user(box), names)})

    def users(self) -> Response:
        visit().caller.require({"User.Read.All", "User.ReadBasic.All", "Directory.Read.All"})
        names = selected(request.args, _USER, "microsoft.graph.user") or _BY_DEFAULT
        found = [box for box in self._store.mailboxes() if box.tenant.id == visit().caller.tenant]
        return reply({"value": [pick(_show_user(box), names) for box in found]})

    def settings(self) -> Response:
        answer = {"@odata.context": f"{root_url()}/$metadata#users('{visit().target.id}')/mailboxSettings"}
        return reply({**answer, **self._settings()})

    def setting(self, name: str) -> Response:
        found = self._settings()
        if name not in found:
            raise bad_request(f"Resource not found for the segment '{name}'.")
        value = found[name]
        return reply(value if isinstance(value, dict) else {"value": value})

    def _settings(self) -> dict[str, Any]:
        caller, box = visit().caller, visit().target
        caller.require({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
        if caller.user is not None and caller.user.id != box.id:
            raise access_denied()
        return _show_settings(box)

    def zones(self, standard: str = "windows") -> Response:
        visit().caller.require({"User.Read", "User.ReadBasic.All", "User.Read.All", "MailboxSettings.Read"})
        if standard.lower() not in ("windows", "iana"):
            raise bad_request(f"Requested value '{standard}' was not found.")
        iana = standard.lower() == "iana"
        return reply({"value": supported_iana() if iana else supported_windows(self._parts.world.clock.now())})

    def calendars(self) -> Response:
        caller, box = visit().caller, visit().target
        require_calendar(caller, box, write=False)
        found = [show_calendar(caller, box, box, calendar) for calendar in box.calendars.values()]
        if caller.user is not None and caller.granted & {"Calendars.Read.Shared", "Calendars.ReadWrite.Shared"}:
            found += [show_calendar(caller, box, owner, owner.default_calendar())
                      for owner in shared_with(self._store, box)]  # fmt: skip
        return reply({"@odata.context": f"{root_url()}/$metadata#users('{box.id}')/calendars", "value": found})

    def calendar(self, calendar_id: str | None = None) -> Response:
        caller, box = visit().caller, visit().target
        folder = find_folder(self._store, caller, box, calendar_id, write=False)
        return reply(show_calendar(caller, box, folder.mailbox, folder.calendar or box.default_calendar()))

    def permissions(self) -> Response:
        caller, box = visit().caller, visit().target
        require_calendar(caller, box, write=False)
        context = f"{root_url()}/$metadata#users('{box.id}')/calendar/calendarPermissions"
        return reply({"@odata.context": context, "value": show_permissions(box, self._store)})

    def add_calendar(self) -> Response:
        caller, box = visit().caller, visit().target
        require_calendar(caller, box, write=True)
        sent = _CALENDAR(object_payload(), "calendar")
        if not sent.get("name"):
            raise invalid("A calendar needs a name.")
        if any(calendar.name == sent["name"] for calendar in box.calendars.values()):
            raise GraphError(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        calendar = Calendar(uuid.uuid4().hex, sent["name"], color=sent.get("color", "auto"))
        box.calendars[calendar.key] = calendar
        return reply(show_calendar(caller, box, box, calendar), 201)

    def change_calendar(self, calendar_id: str) -> Response:
        caller, box = visit().caller, visit().target
        folder = find_folder(self._store, caller, box, calendar_id, write=True)
        assert folder.calendar is not None
        sent = _CALENDAR(object_payload(), "calendar")
        folder.calendar.name = sent.get("name", folder.calendar.name)
        folder.calendar.color = sent.get("color", folder.calendar.color)
        return reply(show_calendar(caller, box, folder.mailbox, folder.calendar))

    def remove_calendar(self, calendar_id: str) -> Response:
        caller, box = visit().caller, visit().target
        folder = find_folder(self._store, caller, box, calendar_id, write=True)
        assert folder.calendar is not None
        if folder.calendar.is_default or folder.mailbox is not box:
            raise GraphError(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
        del box.calendars[folder.calendar.key]
        box.items = {key: item for key, item in box.items.items() if item.calendar != folder.calendar.key}
        return reply(None, 204)

    def rooms(self) -> Response:
        visit().caller.require({"Place.Read.All", "Place.ReadWrite.All"})
        found = [box for box in self._store.mailboxes() if box.user.is_room and box.tenant.id == visit().caller.tenant]
        return reply({"value": [_show_room(box) for box in found]})


def _show_user(box: Mailbox) -> dict[str, Any]:
    user = box.user
    return {
        "id": user.id,
        "displayName": user.name,
        "givenName": user.name.split(" ")[0],
        "surname": None,
        "userPrincipalName": user.upn,
        "mail": user.upn,
        "jobTitle": None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": user.language,
        "businessPhones": [],
        "country": user.country,
        "usageLocation": user.country,
        "accountEnabled": True,
        "userType": "Member",
    }


def _show_settings(box: Mailbox) -> dict[str, Any]:
    find_zone(box.user.zone)
    return {
        "archiveFolder": None,
        "timeZone": box.user.zone,
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": "room" if box.user.is_room else "user",
        "automaticRepliesSetting": {"status": "disabled", "externalAudience": "none"},
        "language": {"locale": box.user.language, "displayName": box.user.language},
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": box.user.zone},
        },
    }


def _show_room(box: Mailbox) -> dict[str, Any]:
    return {
        "id": box.user.id,
        "displayName": box.user.name,
        "emailAddress": box.user.upn,
        "nickname": box.user.name,
        "capacity": 12,
        "bookingType": "standard",
        "isWheelChairAccessible": True,
    }
