"""What can be done with an event besides changing it: cancel, answer, forward, extensions, attachments; over HTTP."""

from typing import Any

from flask import Response

from sandbox.graph import edm
from sandbox.graph.attachments import read_attachment
from sandbox.graph.door import Door, object_payload, reply, visit
from sandbox.graph.errors import GraphError, bad_request, not_found
from sandbox.graph.event_routes import EVENTS, EventRoutes
from sandbox.graph.extended import bare_extension_name, check_extension, show_extension
from sandbox.graph.invitations import address_of
from sandbox.graph.message_input import read_recipients
from sandbox.graph.parts import Parts
from sandbox.graph.series import Entry
from sandbox.world import Mail

_SLOT = edm.record({"start": edm.moment, "end": edm.moment}, "microsoft.graph.timeSlot")


class ActionRoutes:
    """The views; each runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts, events: EventRoutes) -> None:
        self._parts = parts
        self._locate = events.locate
        for action in ("accept", "tentativelyAccept", "decline"):
            door.mount([f"{rule}/{action}" for rule in EVENTS], "POST", self._answering(action))
        door.mount([f"{rule}/cancel" for rule in EVENTS], "POST", self.cancel)
        door.mount([f"{rule}/forward" for rule in EVENTS], "POST", self.forward)
        door.mount([f"{rule}/dismissReminder" for rule in EVENTS], "POST", self.dismiss)
        door.mount([f"{rule}/extensions" for rule in EVENTS], "GET", self.list_extensions)
        door.mount([f"{rule}/extensions" for rule in EVENTS], "POST", self.add_extension)
        named = [f"{rule}/extensions/<name>" for rule in EVENTS]
        door.mount(named, "GET", self.read_extension)
        door.mount(named, "PATCH", self.change_extension)
        door.mount(named, "DELETE", self.remove_extension)
        door.mount([f"{rule}/attachments" for rule in EVENTS], "GET", self.list_attachments)
        door.mount([f"{rule}/attachments" for rule in EVENTS], "POST", self.add_attachment)
        one = [f"{rule}/attachments/<attachment_id>" for rule in EVENTS]
        door.mount(one, "GET", self.read_attachment)
        door.mount(one, "DELETE", self.remove_attachment)

    def cancel(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        sent = _parameters({"comment": edm.optional_text})
        self._parts.appointments.cancel(mailbox, entry, sent.get("comment") or "")
        return reply(None, 202)

    def _answering(self, action: str) -> Any:
        allowed: dict[str, edm.Check] = {"comment": edm.optional_text, "sendResponse": edm.nullable(edm.boolean)}
        if action != "accept":
            allowed["proposedNewTime"] = edm.nullable(_SLOT)

        def answer(event_id: str, calendar_id: str | None = None) -> Response:
            mailbox, entry = self._locate(event_id, calendar_id, write=True)
            sent = _parameters(allowed)
            self._parts.responses.respond(
                mailbox,
                entry,
                action,
                comment=sent.get("comment") or "",
                send=sent.get("sendResponse") is not False,
                proposed=sent.get("proposedNewTime"),
            )
            return reply(None, 202)

        return answer

    def forward(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        data = {key.lower(): value for key, value in object_payload().items()}
        people = read_recipients(data.get("torecipients"), "ToRecipients")
        if not people:
            raise bad_request("The parameter 'ToRecipients' is needed.")
        for person in people:
            self._parts.world.outbox.add(
                Mail(
                    mailbox=address_of(person),
                    source="graph",
                    kind="invitation",
                    sender=visit().target.user.upn,
                    subject=f"FW: {entry.props()['subject']}",
                    html=entry.props()["body"]["content"],
                    text=str(data.get("comment") or ""),
                    details={"uid": entry.item.uid, "attendee_type": "required", "forwarded": True},
                )
            )
            self._parts.appointments.forward(mailbox, entry, person, listed=self._parts.switch("forward_lists"))
        return reply(None, 202)

    def dismiss(self, event_id: str, calendar_id: str | None = None) -> Response:
        self._locate(event_id, calendar_id, write=True)
        return reply(None, 202)

    def list_extensions(self, event_id: str, calendar_id: str | None = None) -> Response:
        _, entry = self._locate(event_id, calendar_id, write=False)
        return reply({"value": [show_extension(name, own) for name, own in entry.extensions.items()]})

    def add_extension(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        name, own = check_extension(object_payload())
        entry.extensions[name] = own
        self._parts.appointments.touch(mailbox, entry)
        return reply(show_extension(name, own), 201)

    def read_extension(self, event_id: str, name: str, calendar_id: str | None = None) -> Response:
        _, entry = self._locate(event_id, calendar_id, write=False)
        bare = _held_name(entry, name)
        return reply(show_extension(bare, entry.extensions[bare]))

    def change_extension(self, event_id: str, name: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        bare = _held_name(entry, name)
        _, own = check_extension({"extensionName": bare, **object_payload()})
        entry.extensions[bare] = own  # all properties again: what is left out is gone
        self._parts.appointments.touch(mailbox, entry)
        return reply(show_extension(bare, own))

    def remove_extension(self, event_id: str, name: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        del entry.extensions[_held_name(entry, name)]
        self._parts.appointments.touch(mailbox, entry)
        return reply(None, 204)

    def list_attachments(self, event_id: str, calendar_id: str | None = None) -> Response:
        _, entry = self._locate(event_id, calendar_id, write=False)
        return reply({"value": entry.item.attachments})

    def add_attachment(self, event_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        found = read_attachment(object_payload())
        entry.item.attachments.append(found)
        self._parts.appointments.touch(mailbox, entry)
        return reply(found, 201)

    def read_attachment(self, event_id: str, attachment_id: str, calendar_id: str | None = None) -> Response:
        _, entry = self._locate(event_id, calendar_id, write=False)
        return reply(_held_attachment(entry, attachment_id))

    def remove_attachment(self, event_id: str, attachment_id: str, calendar_id: str | None = None) -> Response:
        mailbox, entry = self._locate(event_id, calendar_id, write=True)
        entry.item.attachments.remove(_held_attachment(entry, attachment_id))
        self._parts.appointments.touch(mailbox, entry)
        return reply(None, 204)


def _parameters(allowed: dict[str, edm.Check]) -> dict[str, Any]:
    """The parameters of an action, in any letter case as the service takes them; 400 for one it does not have."""
    spelled = {name.lower(): name for name in allowed}
    found = {}
    for key, value in object_payload().items():
        if "@odata." in key:
            continue
        if key.lower() not in spelled:
            raise bad_request(f"The parameter '{key}' does not exist on this action.")
        found[spelled[key.lower()]] = allowed[spelled[key.lower()]](value, key)
    return found


def _held_name(entry: Entry, name: str) -> str:
    bare = bare_extension_name(name)
    if bare not in entry.extensions:
        raise GraphError(404, "ErrorItemNotFound", "The specified extension was not found.")
    return bare


def _held_attachment(entry: Entry, attachment_id: str) -> dict[str, Any]:
    found = next((each for each in entry.item.attachments if each["id"] == attachment_id), None)
    if found is None:
        raise not_found()
    return found
