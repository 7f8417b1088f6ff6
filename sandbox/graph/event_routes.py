"""Events over HTTP: create, read, change, delete, lists and instances; the rules of calendars are elsewhere."""

from typing import Any

from flask import Response, request

from sandbox.graph.appointments import Sending
from sandbox.graph.attachments import read_attachments
from sandbox.graph.door import Door, link, object_payload, reply, root_url, visit
from sandbox.graph.errors import GraphError
from sandbox.graph.event_input import read_event
from sandbox.graph.event_output import EXTRA, PROPERTIES, Reader, cancelled_occurrences, show_event
from sandbox.graph.extended import show_extension
from sandbox.graph.folders import Folder, find_folder
from sandbox.graph.identifiers import read_id
from sandbox.graph.parts import Parts
from sandbox.graph.query import (
    Expansion,
    check_options,
    expansions,
    extended_wanted,
    page_of,
    pick,
    read_window,
    selected,
)
from sandbox.graph.series import Entry, entries_between, exceptions_of, find_entry
from sandbox.graph.store import Mailbox

ROOTS = ["/me", "/users/<who>"]
COLLECTIONS = [f"{root}{tail}" for root in ROOTS for tail in ("/events", "/calendar/events",
                                                               "/calendars/<calendar_id>/events")]  # fmt: skip
EVENTS = [f"{rule}/<event_id>" for rule in COLLECTIONS]
VIEWS = [f"{root}{tail}/calendarView" for root in ROOTS for tail in ("", "/calendar", "/calendars/<calendar_id>")]
_EXPANDABLE = (
    "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions", "exceptionOccurrences",
    "attachments", "calendar",
)  # fmt: skip
_FILTERABLE = frozenset(PROPERTIES)
_PROPERTY_NAMES = (*PROPERTIES, *EXTRA)


class EventRoutes:
    """The views; each runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        door.mount(COLLECTIONS, "GET", self.list_events)
        door.mount(COLLECTIONS, "POST", self.create)
        door.mount(EVENTS, "GET", self.read)
        door.mount(EVENTS, "PATCH", self.change)
        door.mount(EVENTS, "DELETE", self.remove)
        door.mount([f"{rule}/instances" for rule in EVENTS], "GET", self.instances)
        door.mount(VIEWS, "GET", self.view)

    def list_events(self, calendar_id: str | None = None) -> Response:
        folder = self._folder(calendar_id, write=False)
        entries = [Entry(item) for item in folder.mailbox.items.values() if _inside(folder, item.calendar)]
        return self._listed(folder.mailbox, entries)

    def view(self, calendar_id: str | None = None) -> Response:
        folder = self._folder(calendar_id, write=False)
        start, end = read_window(request.args)
        # /calendarView is the default calendar's; only /events reaches over all of them
        calendar = folder.calendar or folder.mailbox.default_calendar()
        found = [
            entry
            for item in folder.mailbox.items.values()
            if item.calendar == calendar.key
            for entry in entries_between(item, start, end)
        ]
        return self._listed(folder.mailbox, sorted(found, key=lambda entry: entry.span()[0]))

    def instances(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self.locate(event_id, calendar_id, write=False)
        start, end = read_window(request.args)
        if entry.kind != "seriesMaster":
            raise GraphError(400, "ErrorInvalidRequest", "Instances can be expanded for a series master only.")
        return self._listed(mailbox, entries_between(entry.item, start, end))

    def create(self, calendar_id: str | None = None) -> Response:
        folder = self._folder(calendar_id, write=True)
        sent = self._read_sent()
        calendar = folder.calendar or folder.mailbox.default_calendar()
        entry = self._parts.appointments.create(folder.mailbox, calendar.key, sent, Sending.BY_RULES)
        reader = self._reader(folder.mailbox, visit().preferences.timezone)
        answer = self._single(folder.mailbox, entry, reader)
        response = reply(answer, 201)
        response.headers["Location"] = f"{root_url()}/users/{folder.mailbox.id}/events/{answer['id']}"
        response.headers["ETag"] = entry.etag
        self._touch_afterwards(folder.mailbox, entry)
        return response

    def read(self, event_id: str, calendar_id: str | None = None) -> Response:
        check_options(request.args)
        mailbox, entry = self.locate(event_id, calendar_id, write=False)
        response = reply(self._single(mailbox, entry, self._reader(mailbox, visit().zone)))
        response.headers["ETag"] = entry.etag
        return response

    def change(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self.locate(event_id, calendar_id, write=True)
        self._check_match(mailbox, entry)
        entry = self._parts.appointments.change(mailbox, entry, self._read_sent(), Sending.BY_RULES)
        response = reply(self._single(mailbox, entry, self._reader(mailbox, visit().zone)))
        response.headers["ETag"] = entry.etag
        self._touch_afterwards(mailbox, entry)
        return response

    def remove(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self.locate(event_id, calendar_id, write=True)
        self._check_match(mailbox, entry)
        self._parts.appointments.remove(mailbox, entry)
        return reply(None, 204)

    def locate(self, event_id: str, calendar_id: str | None, *, write: bool) -> tuple[Mailbox, Entry]:
        """The mailbox and the entry that a path names, with the right to use it checked."""
        folder = self._folder(calendar_id, write=write)
        entry = find_entry(folder.mailbox, read_id(event_id))
        if not _inside(folder, entry.item.calendar):
            raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return folder.mailbox, entry

    def _folder(self, calendar_id: str | None, *, write: bool) -> Folder:
        folder = find_folder(self._store, visit().caller, visit().target, calendar_id, write=write)
        if folder.calendar is None and "/calendar/" in request.path:
            return Folder(folder.mailbox, folder.mailbox.default_calendar())
        return folder

    def _read_sent(self) -> dict[str, Any]:
        sent = read_event(object_payload())
        if "attachments" in sent:
            sent["attachments"] = read_attachments(sent["attachments"])
        return sent

    def _reader(self, mailbox: Mailbox, zone: str | None) -> Reader:
        caller = visit().caller
        own = caller.is_app or (caller.user is not None and caller.user.id == mailbox.id)
        return Reader(visit().preferences, zone, hides_private=not own)

    def _check_match(self, mailbox: Mailbox, entry: Entry) -> None:
        """412 for a stale If-Match, and where Exchange itself came in between (Graph facts 1.9)."""
        wanted = request.headers.get("If-Match", "*").strip()
        left = int(self._parts.switch("spontaneous_412"))
        if left > 0:
            self._parts.world.faults.set_switches({"graph.spontaneous_412": left - 1})
            self._parts.appointments.touch(mailbox, entry)
            wanted = ""
        if wanted not in ("*", entry.etag):
            raise GraphError(
                412, "ErrorIrresolvableConflict", "The send or update operation could not be performed because the "
                "change key passed in the request does not match the current change key for the item.",
            )  # fmt: skip

    def _touch_afterwards(self, mailbox: Mailbox, entry: Entry) -> None:
        """Exchange often goes over an item once more: what was answered is then already stale."""
        if self._parts.switch("touch_after_write"):
            self._parts.appointments.touch(mailbox, entry)

    def _listed(self, mailbox: Mailbox, entries: list[Entry]) -> Response:
        check_options(request.args)
        names = selected(request.args, _PROPERTY_NAMES)
        wanted = expansions(request.args, _EXPANDABLE)
        by_row: dict[int, Entry] = {}
        rows: list[dict[str, Any]] = []
        for entry in entries:
            # filters and orders see UTC whatever zone the answer is in
            row = show_event(self._store, mailbox, entry, self._reader(mailbox, "UTC"))
            row["@extended"] = [{"id": key, "value": value} for key, value in entry.extended.items()]
            by_row[id(row)] = entry
            rows.append(row)
        page = page_of(rows, request.args, visit().preferences, _FILTERABLE)
        reader = self._reader(mailbox, visit().zone)
        answer: dict[str, Any] = {"@odata.context": f"{root_url()}/$metadata#users('{mailbox.id}')/events"}
        if page.count is not None:
            answer["@odata.count"] = page.count
        answer["value"] = [self._shown(mailbox, by_row[id(row)], reader, names, wanted) for row in page.rows]
        if page.next_skip is not None:
            answer["@odata.nextLink"] = link(skip=page.next_skip)
        return reply(answer)

    def _single(self, mailbox: Mailbox, entry: Entry, reader: Reader) -> dict[str, Any]:
        names = selected(request.args, _PROPERTY_NAMES)
        wanted = expansions(request.args, _EXPANDABLE)
        return {
            "@odata.context": f"{root_url()}/$metadata#users('{mailbox.id}')/events/$entity",
            **self._shown(mailbox, entry, reader, names, wanted),
        }

    def _shown(
        self, mailbox: Mailbox, entry: Entry, reader: Reader, names: set[str], wanted: list[Expansion]
    ) -> dict[str, Any]:
        answer = pick(show_event(self._store, mailbox, entry, reader), names)
        if "cancelledOccurrences" in names and entry.kind == "seriesMaster":
            answer["cancelledOccurrences"] = cancelled_occurrences(entry)
        for expansion in wanted:
            found = self._expanded(mailbox, entry, reader, expansion)
            if found is not None:
                answer[expansion.name] = found
        return answer

    def _expanded(self, mailbox: Mailbox, entry: Entry, reader: Reader, expansion: Expansion) -> Any:
        name = expansion.name
        if name.endswith("ExtendedProperties"):
            ids = extended_wanted(expansion)
            several = name.startswith("multi")
            found = [
                {"id": key, "value": value}
                for key, value in entry.extended.items()
                if key in ids and isinstance(value, list) == several
            ]
            return found or None
        if name == "extensions":
            own = entry.extensions.items()
            return [
                show_extension(key, value)
                for key, value in own
                if not expansion.names or any(wanted.endswith(key) for wanted in expansion.names)
            ]
        if name == "exceptionOccurrences":
            if entry.kind != "seriesMaster":
                return None
            return [show_event(self._store, mailbox, each, reader) for each in exceptions_of(entry.item)]
        if name == "attachments":
            return list(entry.item.attachments)
        return None


def _inside(folder: Folder, calendar: str) -> bool:
    return folder.calendar is None or folder.calendar.key == calendar
