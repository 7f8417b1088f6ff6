"""Attendees' answers: accept, tentative, decline, and rooms that answer by themselves; it parses no requests."""

import copy
from typing import Any

from sandbox.graph.errors import GraphError
from sandbox.graph.identifiers import make_id
from sandbox.graph.invitations import Changed, address_of, find_copy, find_original
from sandbox.graph.series import Entry
from sandbox.graph.store import Change, Mailbox, Store, new_change_key
from sandbox.world import Mail, Outbox

_ANSWERS = {"accept": "accepted", "tentativelyAccept": "tentativelyAccepted", "decline": "declined"}
_SUBJECTS = {"accept": "Accepted", "tentativelyAccept": "Tentative", "decline": "Declined"}


class Responses:
    """Changes the attendee's copy and what the organiser sees of it (Graph facts 1.8). Needs the store's lock."""

    def __init__(self, store: Store, outbox: Outbox, changed: Changed) -> None:
        self._store = store
        self._outbox = outbox
        self._changed = changed

    def respond(
        self,
        mailbox: Mailbox,
        entry: Entry,
        action: str,
        *,
        comment: str = "",
        send: bool = True,
        proposed: dict[str, Any] | None = None,
    ) -> None:
        """`action` is accept, tentativelyAccept or decline; a declined meeting leaves the attendee's calendar."""
        item = entry.item
        if item.is_organiser:
            raise GraphError(
                400, "ErrorInvalidRequest", "You can't respond to this meeting because you're the meeting organizer."
            )
        if proposed and (action == "accept" or not entry.props().get("allowNewTimeProposals", True)):
            raise GraphError(400, "ErrorInvalidRequest", "A new time cannot be proposed for this meeting.")
        answer = {"response": _ANSWERS[action], "time": self._store.now()}
        if action == "decline":
            self._leave(mailbox, entry)
        else:
            self._keep(mailbox, entry, answer)
        if send:
            self._tell_organiser(mailbox, entry, action, answer, comment, proposed)

    def _leave(self, mailbox: Mailbox, entry: Entry) -> None:
        if entry.day is None:
            del mailbox.items[entry.item.key]
        else:
            entry.item.exceptions.pop(entry.day.isoformat(), None)
            entry.item.cancelled.append(entry.day.isoformat())
            entry.item.change_key = new_change_key()
        self._changed(mailbox, "deleted", entry)

    def _keep(self, mailbox: Mailbox, entry: Entry, answer: dict[str, str]) -> None:
        item, now = entry.item, self._store.now()
        shown = "busy" if answer["response"] == "accepted" else "tentative"
        if entry.day is None:
            item.response = answer
            item.props["showAs"] = shown
        else:
            own = _own_change(entry, now)
            own.props.update(response=answer, showAs=shown)
        item.change_key, item.modified = new_change_key(), now
        self._changed(mailbox, "updated", entry)

    def _tell_organiser(
        self,
        mailbox: Mailbox,
        entry: Entry,
        action: str,
        answer: dict[str, str],
        comment: str,
        proposed: dict[str, Any] | None,
    ) -> None:
        original = find_original(self._store, entry.item)
        if original is not None:
            self._note(original[0], Entry(original[1], entry.day), mailbox.user.upn, answer, proposed)
        subject = entry.props()["subject"]
        self._outbox.add(
            Mail(
                mailbox=entry.item.organiser,
                source="graph",
                kind="response",
                sender=mailbox.user.upn,
                subject=f"{_SUBJECTS[action]}: {subject}",
                text=comment,
                details={
                    "event": make_id(Entry(original[1], entry.day).reference()) if original else "",
                    "response": answer["response"],
                    "uid": entry.item.uid,
                },
            )
        )

    def _note(
        self,
        box: Mailbox,
        entry: Entry,
        address: str,
        answer: dict[str, str],
        proposed: dict[str, Any] | None,
    ) -> None:
        """The organiser's list of attendees shows the answer, and the etag moves."""
        now = self._store.now()
        if entry.day is None:
            people = entry.item.props["attendees"]
        else:
            change = _own_change(entry, now)
            change.props.setdefault("attendees", copy.deepcopy(entry.item.props["attendees"]))
            people = change.props["attendees"]
        for person in people:
            if address_of(person) == address.lower():
                person["status"] = dict(answer)
                if proposed:
                    person["proposedNewTime"] = proposed
        entry.item.change_key, entry.item.modified = new_change_key(), now
        self._changed(box, "updated", entry)

    def answer_for_rooms(self, entry: Entry) -> None:
        """Rooms accept what they are invited to."""
        for person in entry.props().get("attendees", []):
            box = self._store.mailbox(address_of(person))
            held = find_copy(box, entry) if box is not None and box.user.is_room else None
            if box is not None and held is not None and held.item.response.get("response") != "accepted":
                self.respond(box, held, "accept")


def _own_change(entry: Entry, now: str) -> Change:
    """What an occurrence has for its own, made where it has nothing yet."""
    assert entry.day is not None
    change = entry.change
    if change is None:
        change = Change({}, copy.deepcopy(entry.item.extended), {}, new_change_key(), now, now)
        entry.item.exceptions[entry.day.isoformat()] = change
    change.change_key, change.modified = new_change_key(), now
    return change
