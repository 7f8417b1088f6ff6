"""What an Outlook client does for a person, called in process by the Outlook page; the same rules as over HTTP."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sandbox.graph.appointments import Sending
from sandbox.graph.errors import GraphError
from sandbox.graph.event_input import READ_ONLY, read_event
from sandbox.graph.event_output import Reader, show_event
from sandbox.graph.extended import canonical
from sandbox.graph.identifiers import from_ews, read_id
from sandbox.graph.parts import Parts
from sandbox.graph.preferences import Preferences
from sandbox.graph.series import Entry, entries_between, find_entry
from sandbox.graph.store import Mailbox

_CUSTOM_PROPERTIES = "String {00020329-0000-0000-C000-000000000046} Name cecp-"
_Made = TypeVar("_Made")


def custom_properties_id(add_in_id: str) -> str:
    """The extended property in which Outlook keeps what an add-in's `saveAsync` of custom properties wrote."""
    return _CUSTOM_PROPERTIES + add_in_id


class ClientDoor:
    """The doors take a mailbox by user principal name, ids in REST or EWS form, and raise GraphError as HTTP answers.

    Events that are given back have their times in the mailbox's own zone.
    """

    def __init__(self, parts: Parts) -> None:
        self._client_parts = parts

    def client_save(
        self,
        mailbox_upn: str,
        event: dict[str, Any],
        *,
        event_id: str | None = None,
        send: bool,
        custom_properties: dict[str, str] | None = None,
        add_in_id: str = "",
    ) -> dict[str, Any]:
        """Save the item (`send=False`: nobody hears of it, a meeting stays a draft) or send it to all attendees.

        `event` has Graph's shape, recurrence too; read-only properties in it are left aside.
        """

        def work(mailbox: Mailbox) -> dict[str, Any]:
            sent = read_event({key: value for key, value in event.items() if key not in READ_ONLY})
            if custom_properties is not None:
                extended = sent.setdefault("singleValueExtendedProperties", {})
                extended[canonical(custom_properties_id(add_in_id))] = json.dumps(custom_properties)
            sending = Sending.ALL if send else Sending.NONE
            work = self._client_parts.appointments
            if event_id is None:
                entry = work.create(mailbox, mailbox.default_calendar().key, sent, sending)
            else:
                entry = work.change(mailbox, self._find(mailbox, event_id), sent, sending)
            return self._client_show(mailbox, entry)

        return self._do(mailbox_upn, work)

    def client_move(
        self, mailbox_upn: str, event_id: str, start: dict[str, str], end: dict[str, str], *, send: bool = True
    ) -> dict[str, Any]:
        """Drag an event, or one occurrence of a series, to new times (`{dateTime, timeZone}` each)."""
        return self.client_save(mailbox_upn, {"start": start, "end": end}, event_id=event_id, send=send)

    def client_delete(self, mailbox_upn: str, event_id: str, send_cancellation: bool = True) -> None:
        """Delete an event or one occurrence; by the organiser with cancellations unless told otherwise."""

        def work(mailbox: Mailbox) -> None:
            entry = self._find(mailbox, event_id)
            self._client_parts.appointments.remove(mailbox, entry, notify=send_cancellation)

        self._do(mailbox_upn, work)

    def client_respond(
        self,
        mailbox_upn: str,
        event_id: str,
        action: str,
        *,
        comment: str = "",
        send: bool = True,
        proposed: dict[str, Any] | None = None,
    ) -> None:
        """Answer an invitation: `accept`, `tentativelyAccept` or `decline`."""

        def work(mailbox: Mailbox) -> None:
            entry = self._find(mailbox, event_id)
            self._client_parts.responses.respond(mailbox, entry, action, comment=comment, send=send, proposed=proposed)

        self._do(mailbox_upn, work)

    def client_move_to_calendar(self, mailbox_upn: str, event_id: str, calendar_id: str) -> dict[str, Any]:
        """Move an event into another calendar of the same mailbox; its regular id changes."""

        def work(mailbox: Mailbox) -> dict[str, Any]:
            entry = self._find(mailbox, event_id)
            moved = self._client_parts.appointments.move(mailbox, entry, read_id(calendar_id).key)
            return self._client_show(mailbox, moved)

        return self._do(mailbox_upn, work)

    def client_copy(
        self, mailbox_upn: str, event_id: str, *, start: dict[str, str], end: dict[str, str]
    ) -> dict[str, Any]:
        """Copy and paste: a new event with the same text, place and extended properties, without attendees."""

        def work(mailbox: Mailbox) -> dict[str, Any]:
            source = self._find(mailbox, event_id)
            kept = {key: source.props()[key] for key in ("subject", "body", "locations", "isAllDay", "categories")}
            sent = {**kept, "start": start, "end": end, "singleValueExtendedProperties": dict(source.extended)}
            calendar = mailbox.default_calendar().key
            return self._client_show(
                mailbox, self._client_parts.appointments.create(mailbox, calendar, sent, Sending.NONE)
            )

        return self._do(mailbox_upn, work)

    def client_touch(self, mailbox_upn: str, event_id: str) -> None:
        """What Exchange does by itself now and then: the etag moves, nothing else."""

        def work(mailbox: Mailbox) -> None:
            self._client_parts.appointments.touch(mailbox, self._find(mailbox, event_id))

        self._do(mailbox_upn, work)

    def client_events(self, mailbox_upn: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """What the calendar shows between two instants: single events and occurrences, by start."""

        def work(mailbox: Mailbox) -> list[dict[str, Any]]:
            found = [entry for item in mailbox.items.values() for entry in entries_between(item, start, end)]
            found.sort(key=lambda entry: entry.span()[0])
            return [self._client_show(mailbox, entry) for entry in found]

        return self._do(mailbox_upn, work)

    def client_event(self, mailbox_upn: str, event_id: str) -> dict[str, Any]:
        """One event; beside Graph's properties `customProperties` by add-in id."""

        def work(mailbox: Mailbox) -> dict[str, Any]:
            entry = self._find(mailbox, event_id)
            return {**self._client_show(mailbox, entry), "customProperties": _custom_of(entry)}

        return self._do(mailbox_upn, work)

    def _do(self, mailbox_upn: str, work: Callable[[Mailbox], _Made]) -> _Made:
        store = self._client_parts.store
        with store.lock:
            mailbox = store.mailbox(mailbox_upn)
            if mailbox is None:
                raise GraphError(404, "ErrorInvalidUser", f"The requested user '{mailbox_upn}' is invalid.")
            return work(mailbox)

    def _find(self, mailbox: Mailbox, event_id: str) -> Entry:
        return find_entry(mailbox, read_id(from_ews(event_id)))

    def _client_show(self, mailbox: Mailbox, entry: Entry) -> dict[str, Any]:
        return show_event(self._client_parts.store, mailbox, entry, Reader(Preferences(), mailbox.user.zone))


def _custom_of(entry: Entry) -> dict[str, Any]:
    found = {}
    for key, value in entry.extended.items():
        _, is_custom, add_in_id = key.partition(" Name cecp-")
        if is_custom:
            found[add_in_id] = json.loads(value)
    return found
