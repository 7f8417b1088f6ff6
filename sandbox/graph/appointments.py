"""What may happen to events: created, changed, deleted, cancelled, answered, moved; it knows no HTTP."""

import copy
import struct
import uuid
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.graph import online_meeting, rewriting
from sandbox.graph.errors import GraphError, invalid, not_found
from sandbox.graph.event_input import DEFAULTS, check_whole
from sandbox.graph.invitations import Changed, Invitations, address_of, find_original
from sandbox.graph.recurrence_input import padded
from sandbox.graph.series import Entry, check_boundaries, days_of, instant
from sandbox.graph.store import Change, Item, Mailbox, Store, new_change_key
from sandbox.graph.zones import to_wall

_MAILED = {"subject", "body", "start", "end", "isAllDay", "locations", "recurrence", "isOnlineMeeting", "hideAttendees"}
_BESIDE = (
    "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions", "attachments", "transactionId",
)  # fmt: skip


class Sending(StrEnum):
    """Whether attendees hear of a change: by Graph's own rules, all of them, or nobody (saved as a draft)."""

    BY_RULES = "by rules"
    ALL = "all"
    NONE = "none"


class Appointments:
    """The rules of Exchange's calendar. Called with the store's lock held; GraphError where something is refused."""

    def __init__(
        self, store: Store, invitations: Invitations, changed: Changed, after_sending: Callable[[Entry], None]
    ) -> None:
        self._store = store
        self._invitations = invitations
        self._changed = changed
        self._after_sending = after_sending

    def create(self, mailbox: Mailbox, calendar: str, sent: dict[str, Any], sending: Sending) -> Entry:
        """A new event in `calendar`; the same `transactionId` again gives the event that it made (Graph facts 1.7)."""
        known = self._made_before(mailbox, sent)
        if known is not None:
            return Entry(known)
        props = {**copy.deepcopy(DEFAULTS), **_stored(self._named(sent), None)}
        check_whole(props)
        props = online_meeting.settle(props, None)
        now = self._store.now()
        item = Item(
            key=uuid.uuid4().hex,
            mailbox=mailbox.id,
            calendar=calendar,
            uid=_new_uid(self._store.clock.now()),
            organiser=mailbox.user.upn,
            props=props,
            created=now,
            modified=now,
            change_key=new_change_key(),
            transaction=sent.get("transactionId"),
            extended=_extended(sent),
            extensions=dict(sent.get("extensions", {})),
            attachments=list(sent.get("attachments", [])),
        )
        mailbox.items[item.key] = item
        entry = Entry(item)
        item.draft = sending is Sending.NONE and bool(props["attendees"])
        self._changed(mailbox, "created", entry)
        if sending is not Sending.NONE and props["attendees"]:
            self._announce(entry, [], everyone=True)
        return entry

    def _made_before(self, mailbox: Mailbox, sent: dict[str, Any]) -> Item | None:
        transaction = sent.get("transactionId")
        if not transaction:
            return None
        for item in mailbox.items.values():
            if item.transaction != transaction:
                continue
            if any(sent.get(name, item.props[name]) != item.props[name] for name in ("subject", "start", "end")):
                raise GraphError(
                    409, "ErrorDuplicateTransactionId", "Your request can't be completed. The transaction id was used."
                )
            return item
        return None

    def change(self, mailbox: Mailbox, entry: Entry, sent: dict[str, Any], sending: Sending) -> Entry:
        """Change what was sent and leave the rest; an occurrence becomes an exception."""
        if "transactionId" in sent and sent["transactionId"] != entry.item.transaction:
            raise GraphError(400, "ErrorInvalidProperty", "The transactionId cannot be changed after creation.")
        if entry.item.only_day is not None and sent.get("recurrence"):
            raise invalid("Recurrence cannot be set on an occurrence.")
        known = [address_of(person) for person in entry.props().get("attendees", [])]
        if entry.day is None:
            self._change_item(entry.item, sent)
            known = list(entry.item.invited)
        else:
            self._change_occurrence(entry, sent)
        self._touch(entry)
        if not entry.item.is_organiser:
            self._changed(mailbox, "updated", entry)
            return entry
        item = entry.item
        if sending is Sending.NONE:
            item.draft = bool(item.props["attendees"]) or bool(item.invited)
        self._changed(mailbox, "updated", entry)
        if sending is Sending.ALL:
            self._announce(entry, known, everyone=True)
        elif sending is Sending.BY_RULES and (_MAILED | {"attendees"}) & set(sent):
            self._announce(entry, known, everyone=bool(_MAILED & set(sent)))
        return entry

    def _named(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Attendees whom the directory knows go by the name that stands there."""
        for person in sent.get("attendees", []):
            box = self._store.mailbox(person["emailAddress"]["address"])
            if box is not None and person["emailAddress"]["name"] == person["emailAddress"]["address"]:
                person["emailAddress"]["name"] = box.user.name
        return sent

    def _announce(self, entry: Entry, before: list[str], *, everyone: bool) -> None:
        self._invitations.announce(entry, before, everyone=everyone)
        self._after_sending(entry)

    def _change_item(self, item: Item, sent: dict[str, Any]) -> None:
        props = {**item.props, **_stored(self._named(sent), item.props)}
        if "start" in sent and props["recurrence"] and "recurrence" not in sent:
            props["recurrence"] = _moved_range(props)
        check_whole(props)
        if not item.is_organiser and "recurrence" in sent and sent["recurrence"]:
            raise GraphError(403, "ErrorAccessDenied", "Only the organizer can change the recurrence of a meeting.")
        props = online_meeting.settle(props, item.props)
        moved = _when(props) != _when(item.props)
        if moved:
            item.exceptions.clear()
            item.cancelled.clear()
            item.epoch += 1
        item.props = _forget_answers(props) if moved else props
        item.extended.update(_extended(sent))
        item.extensions.update(sent.get("extensions", {}))

    def _change_occurrence(self, entry: Entry, sent: dict[str, Any]) -> None:
        assert entry.day is not None
        if sent.get("recurrence"):
            raise invalid("Recurrence cannot be set on an occurrence.")
        before = entry.props()
        stored = {name: value for name, value in _stored(self._named(sent), before).items() if name != "recurrence"}
        props = {**before, **stored}
        check_whole(props)
        if "start" in stored and instant(stored["start"]) != instant(before["start"]):
            check_boundaries(entry, stored["start"])
        if any(instant(props[name]) != instant(before[name]) for name in ("start", "end")):
            stored["attendees"] = _forget_answers(props)["attendees"]
        change, now = entry.change, self._store.now()
        if change is None:
            change = Change({}, copy.deepcopy(entry.item.extended), {}, new_change_key(), now, now)
            entry.item.exceptions[entry.day.isoformat()] = change
        change.props.update(stored)
        change.extended.update(_extended(sent))
        change.extensions.update(sent.get("extensions", {}))

    def remove(self, mailbox: Mailbox, entry: Entry, comment: str = "", *, notify: bool = True) -> None:
        """DELETE: by the organiser with cancellations to all who were invited, by an attendee without a word."""
        if entry.item.is_organiser and notify:
            self._invitations.withdraw_all(entry, comment)
        if entry.day is None:
            del mailbox.items[entry.item.key]
        else:
            entry.item.exceptions.pop(entry.day.isoformat(), None)
            entry.item.cancelled.append(entry.day.isoformat())
            self._touch(Entry(entry.item))
            if next(days_of(entry.item), None) is None:
                del mailbox.items[entry.item.key]
                entry = Entry(entry.item)
            else:
                self._changed(mailbox, "updated", Entry(entry.item))
        self._changed(mailbox, "deleted", entry)

    def cancel(self, mailbox: Mailbox, entry: Entry, comment: str) -> None:
        """The organiser's `cancel`; 400 for an attendee."""
        if not entry.item.is_organiser:
            raise GraphError(400, "ErrorInvalidRequest", "You need to be an organizer to cancel a meeting.")
        self.remove(mailbox, entry, comment)

    def move(self, mailbox: Mailbox, entry: Entry, calendar: str) -> Entry:
        """Into another calendar of the same mailbox: the regular id changes, the immutable one stays."""
        if calendar not in mailbox.calendars or entry.day is not None:
            raise not_found()
        self._changed(mailbox, "deleted", entry)
        entry.item.calendar = calendar
        self._touch(entry)
        self._changed(mailbox, "created", entry)
        return entry

    def forward(self, mailbox: Mailbox, entry: Entry, receiver: dict[str, Any], *, listed: bool) -> None:
        """Somebody hands the meeting on: the receiver gets a copy; the organiser's item lists them, where `listed`."""
        found = (mailbox, entry.item) if entry.item.is_organiser else find_original(self._store, entry.item)
        if found is None:
            return
        box, item = found
        address = receiver["emailAddress"]
        person = {"type": "optional", "emailAddress": {"name": address["address"], **address}}
        self._invitations.hand_on(Entry(item, entry.day), person)
        known = {address_of(each) for each in item.props["attendees"]}
        if listed and entry.day is None and address_of(person) not in known | {item.organiser.lower()}:
            item.props["attendees"] = [*item.props["attendees"], person]
            item.invited = sorted({*item.invited, address_of(person)})
            self.touch(box, Entry(item))

    def touch(self, mailbox: Mailbox, entry: Entry) -> None:
        """What Exchange does by itself now and then: a new change key, and nothing that anyone sees."""
        self._touch(entry)
        self._changed(mailbox, "updated", entry)

    def _touch(self, entry: Entry) -> None:
        now = self._store.now()
        entry.item.change_key, entry.item.modified = new_change_key(), now
        # exceptions are stored inside their master and move with it
        touched = entry.item.exceptions.values() if entry.day is None else [entry.change]
        for change in touched:
            if change is not None:
                change.change_key, change.modified = new_change_key(), now


def _stored(sent: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """The properties as they are kept: HTML rewritten, answers of attendees carried over."""
    found = {name: copy.deepcopy(value) for name, value in sent.items() if name not in _BESIDE}
    if "body" in found:
        found["body"] = _stored_body(found["body"])
    if "attendees" in found and before is not None:
        former = {address_of(person): person for person in before.get("attendees", [])}
        for person in found["attendees"]:
            for name in ("status", "proposedNewTime"):
                if name in former.get(address_of(person), {}):
                    person[name] = former[address_of(person)][name]
    return found


def _stored_body(body: dict[str, Any]) -> dict[str, str]:
    content = body.get("content") or ""
    if body.get("contentType", "text") == "text" and content:
        return {"contentType": "html", "content": rewriting.from_text(content)}
    return {"contentType": "html", "content": rewriting.exchange(content) if content.strip() else ""}


def _extended(sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent.get("singleValueExtendedProperties", {}), **sent.get("multiValueExtendedProperties", {})}


def _when(props: dict[str, Any]) -> tuple[Any, ...]:
    recurrence = props["recurrence"]
    return (
        instant(props["start"]),
        instant(props["end"]),
        props["isAllDay"],
        padded(recurrence) if recurrence else None,
    )


def _moved_range(props: dict[str, Any]) -> dict[str, Any]:
    """The series begins on the day of its new start."""
    recurrence: dict[str, Any] = copy.deepcopy(props["recurrence"])
    limits = recurrence["range"]
    limits["startDate"] = to_wall(instant(props["start"]), limits["recurrenceTimeZone"]).date().isoformat()
    return recurrence


def _forget_answers(props: dict[str, Any]) -> dict[str, Any]:
    """A new time asks everybody again."""
    people = [
        {key: value for key, value in person.items() if key not in ("status", "proposedNewTime")}
        for person in props["attendees"]
    ]
    return {**props, "attendees": people}


def _new_uid(now: datetime) -> str:
    """A GlobalObjectId in hexadecimal, as iCalUId shows it: signature, no date, creation time, and a random end."""
    signature = "040000008200E00074C5B7101A82E008"
    ticks = int((now.timestamp() + 11_644_473_600) * 10_000_000)
    made = struct.pack("<Q", ticks).hex().upper()
    return f"{signature}00000000{made}000000000000000010000000{uuid.uuid4().hex.upper()}"
