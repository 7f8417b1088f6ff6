"""Carries meetings to attendees: copies in their calendars and mail, by who gets what; it parses no requests."""

import copy
import uuid
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sandbox.graph import rewriting
from sandbox.graph.event_input import DEFAULTS
from sandbox.graph.identifiers import make_id
from sandbox.graph.series import Entry, utc_text
from sandbox.graph.store import Change, Item, Mailbox, Store, new_change_key
from sandbox.world import Mail, Outbox

Changed = Callable[[Mailbox, str, Entry], None]
_OWN = ("categories", "isReminderOn", "reminderMinutesBeforeStart", "showAs")
CANCELLED = "Canceled: "


def address_of(person: dict[str, Any]) -> str:
    """A recipient's address in small letters."""
    address: str = person["emailAddress"]["address"]
    return address.lower()


class Invitations:
    """The organiser's side of meeting messages (Graph facts 1.8). Called with the store's lock held."""

    def __init__(self, store: Store, outbox: Outbox, changed: Changed) -> None:
        self._store = store
        self._outbox = outbox
        self._changed = changed

    def announce(self, entry: Entry, before: Iterable[str], *, everyone: bool) -> None:
        """Tell the attendees of `entry` what is new.

        Those who are not in `before` get an invitation, those who are no longer attendees a cancellation; the others
        an update if `everyone`, and with a series one more for each of its exceptions.
        """
        item = entry.item
        known = set(before)
        people = {address_of(person): person for person in self._people(entry)}
        for address, person in people.items():
            if address not in known:
                self._deliver(entry, person, "invitation", whole=True)
            elif everyone:
                self._deliver(entry, person, "update")
                for day in sorted(item.exceptions) if entry.day is None else ():
                    self._deliver(Entry(item, date.fromisoformat(day)), person, "update")
        for address in sorted(known - set(people)):
            self._withdraw(entry, address, "")
        if entry.day is None:
            item.invited = sorted(people)
            item.draft = False

    def hand_on(self, entry: Entry, person: dict[str, Any]) -> None:
        """A copy for who was not invited by the organiser; whoever forwarded it wrote the mail."""
        box = self._store.mailbox(address_of(person))
        if box is not None and box.user.upn.lower() != entry.item.organiser.lower() and find_copy(box, entry) is None:
            self._put_copy(box, entry, person, whole=True)

    def withdraw_all(self, entry: Entry, comment: str) -> None:
        """Cancellations to everybody who was invited to `entry`."""
        invited = entry.item.invited if entry.day is None else [address_of(person) for person in self._people(entry)]
        for address in invited if entry.item.invited else ():
            self._withdraw(entry, address, comment)

    def _people(self, entry: Entry) -> list[dict[str, Any]]:
        organiser = entry.item.organiser.lower()
        return [person for person in entry.props().get("attendees", []) if address_of(person) != organiser]

    def _deliver(self, entry: Entry, person: dict[str, Any], kind: str, *, whole: bool = False) -> None:
        box = self._store.mailbox(address_of(person))
        if box is not None:
            self._put_copy(box, entry, person, whole=whole)
        self._mail(entry, address_of(person), person["type"], kind, "")

    def _withdraw(self, entry: Entry, address: str, comment: str) -> None:
        box = self._store.mailbox(address)
        held = find_copy(box, entry) if box is not None else None
        if box is not None and held is not None:
            self._mark_cancelled(box, held)
        kind = next((person["type"] for person in self._people(entry) if address_of(person) == address), "required")
        self._mail(entry, address, kind, "cancellation", comment)

    def _put_copy(self, box: Mailbox, entry: Entry, person: dict[str, Any], *, whole: bool) -> None:
        held = find_copy(box, entry)
        if held is None:
            held = self._new_copy(box, entry)
            self._fill(box, held, entry, person, whole=True)
            self._changed(box, "created", held)
        else:
            self._fill(box, held, entry, person, whole=whole)
            self._changed(box, "updated", held)

    def _new_copy(self, box: Mailbox, entry: Entry) -> Entry:
        source, now = entry.item, self._store.now()
        item = Item(
            key=uuid.uuid4().hex,
            mailbox=box.id,
            calendar=box.default_calendar().key,
            uid=source.uid,
            organiser=source.organiser,
            props={**DEFAULTS, "showAs": "tentative"},
            created=now,
            modified=now,
            change_key=new_change_key(),
            is_organiser=False,
            only_day=entry.day.isoformat() if entry.day else None,
        )
        box.items[item.key] = item
        return Entry(item)

    def _fill(self, box: Mailbox, held: Entry, entry: Entry, person: dict[str, Any], *, whole: bool) -> None:
        item, source, now = held.item, entry.item, self._store.now()
        shared = {key: value for key, value in copy.deepcopy(entry.props()).items() if key not in _OWN}
        if shared.get("hideAttendees"):
            shared["attendees"] = [each for each in shared["attendees"] if address_of(each) == address_of(person)]
        same_tenant = self._store.mailbox(source.organiser) in self._mates(box)
        extended = dict(entry.extended) if same_tenant else {}
        if held.day is not None:
            own = {key: value for key, value in shared.items() if key != "recurrence"}
            item.exceptions[held.day.isoformat()] = Change(own, extended, {}, new_change_key(), now, now)
        else:
            moved = any(item.props.get(name) != shared.get(name) for name in ("start", "end", "isAllDay", "recurrence"))
            item.props = {**item.props, **shared}
            item.extended.update(extended)
            if moved or whole:
                self._take_exceptions(item, entry)
                item.epoch += 1
                item.response = {}
        item.is_cancelled = False
        item.change_key, item.modified = new_change_key(), now

    def _mates(self, box: Mailbox) -> list[Mailbox]:
        return [other for other in self._store.mailboxes() if other.tenant.id == box.tenant.id]

    def _take_exceptions(self, item: Item, entry: Entry) -> None:
        source = entry.item
        item.exceptions, item.cancelled = {}, []
        if entry.day is None and source.is_master:
            item.cancelled = list(source.cancelled)
            item.exceptions = copy.deepcopy(source.exceptions)

    def _mark_cancelled(self, box: Mailbox, held: Entry) -> None:
        item, now = held.item, self._store.now()
        props = {**held.props(), "isCancelled": True, "showAs": "free"}
        if not props["subject"].startswith(CANCELLED):
            props["subject"] = CANCELLED + props["subject"]
        if held.day is not None:
            own = {key: value for key, value in props.items() if key != "recurrence"}
            item.exceptions[held.day.isoformat()] = Change(own, dict(held.extended), {}, new_change_key(), now, now)
        else:
            item.props, item.is_cancelled = props, True
        item.change_key, item.modified = new_change_key(), now
        self._changed(box, "updated", held)

    def _mail(self, entry: Entry, address: str, attendee_type: str, kind: str, comment: str) -> None:
        props = entry.props()
        start, end = entry.span()
        body = props["body"]["content"]
        html = rewriting.before_body(body, comment) if comment else body
        prefix = CANCELLED if kind == "cancellation" and not props["subject"].startswith(CANCELLED) else ""
        self._outbox.add(
            Mail(
                mailbox=address,
                source="graph",
                kind=kind,
                sender=entry.item.organiser,
                subject=prefix + props["subject"],
                html=html,
                text=rewriting.to_text(html),
                details={
                    "event": make_id(entry.reference()),
                    "uid": entry.item.uid,
                    "attendee_type": attendee_type,
                    "start": utc_text(start),
                    "end": utc_text(end),
                    "location": (props.get("locations") or [{}])[0].get("displayName") or "",
                    "series": entry.kind == "seriesMaster",
                    **({"comment": comment} if comment else {}),
                },
            )
        )


def find_copy(box: Mailbox, entry: Entry) -> Entry | None:
    """The attendee's copy of an organiser's entry: the whole, the same occurrence, or a copy of that one alone."""
    for item in box.items.values():
        if item.uid != entry.item.uid or item.is_organiser:
            continue
        if entry.day is None and item.only_day is None:
            return Entry(item)
        if entry.day is not None and item.only_day == entry.day.isoformat():
            return Entry(item)
        if entry.day is not None and item.only_day is None and item.is_master:
            return Entry(item, entry.day)
    return None


def find_original(store: Store, item: Item) -> tuple[Mailbox, Item] | None:
    """The organiser's own item for an attendee's copy, if it still is there."""
    box = store.mailbox(item.organiser)
    if box is None:
        return None
    found = next((each for each in box.items.values() if each.uid == item.uid and each.is_organiser), None)
    return (box, found) if found else None
