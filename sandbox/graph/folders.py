"""Finds calendars by id, also those that others share, and shows them; it knows no events."""

import base64
from dataclasses import dataclass
from typing import Any

from sandbox.graph.access import Caller, is_delegate, require_calendar
from sandbox.graph.errors import not_found
from sandbox.graph.identifiers import Reference, make_id, read_id
from sandbox.graph.store import Calendar, Mailbox, Store


@dataclass(frozen=True)
class Folder:
    """A calendar and whose it is; `calendar` is None for all calendars of the mailbox."""

    mailbox: Mailbox
    calendar: Calendar | None


def find_folder(store: Store, caller: Caller, mailbox: Mailbox, calendar_id: str | None, *, write: bool) -> Folder:
    """The calendar that a path names, with the right to use it checked; 404 for none."""
    if calendar_id is None:
        require_calendar(caller, mailbox, write=write)
        return Folder(mailbox, None)
    read = read_id(calendar_id)
    for owner in store.mailboxes():
        calendar = owner.calendars.get(read.key)
        if read.kind != "c" or calendar is None or not read.fits(mailbox.id, "" if owner is mailbox else owner.id):
            continue
        require_calendar(caller, owner, write=write)
        return Folder(owner, calendar)
    raise not_found()


def shared_with(store: Store, mailbox: Mailbox) -> list[Mailbox]:
    """Whose default calendars stand in this person's list too."""
    return [box for box in store.mailboxes() if mailbox.user.upn in box.editors]


def calendar_id(mailbox: Mailbox, owner: Mailbox, calendar: Calendar) -> str:
    """The id of `calendar` as seen from `mailbox`: a shared one has another id there (Graph facts 1.10)."""
    return make_id(Reference("c", mailbox.id, calendar.key, "" if owner is mailbox else owner.id))


def show_permissions(mailbox: Mailbox, store: Store) -> list[dict[str, Any]]:
    """Who may do what in the default calendar: the organisation sees free and busy, delegates write."""
    people = [found for name in mailbox.editors if (found := store.mailbox(name)) is not None]
    rows: list[tuple[str, dict[str, Any], str]] = [("My Organization", {"name": "My Organization"}, "freeBusyRead")]
    rows += [
        (box.id, {"name": box.user.name, "address": box.user.upn}, "delegateWithoutPrivateEventAccess")
        for box in people
    ]
    return [
        {
            "id": base64.b64encode(key.encode()).decode(),
            "isRemovable": "address" in address,
            "isInsideOrganization": True,
            "role": role,
            "allowedRoles": ["freeBusyRead", "limitedRead", "read", "write", "delegateWithoutPrivateEventAccess",
                             "delegateWithPrivateEventAccess"],
            "emailAddress": address,
        }
        for key, address, role in rows
    ]  # fmt: skip


def show_calendar(caller: Caller, mailbox: Mailbox, owner: Mailbox, calendar: Calendar) -> dict[str, Any]:
    """A calendar as Graph answers it."""
    foreign = owner is not mailbox
    mine = caller.is_app or (caller.user is not None and caller.user.id == owner.id)
    return {
        "id": calendar_id(mailbox, owner, calendar),
        "name": owner.user.name if foreign else calendar.name,
        "color": calendar.color,
        "hexColor": "",
        "isDefaultCalendar": calendar.is_default and not foreign,
        "changeKey": calendar.key[:24],
        "canShare": mine,
        "canViewPrivateItems": mine,
        "canEdit": mine or is_delegate(caller, owner),
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": True,
        "isRemovable": not calendar.is_default,
        "owner": {"name": owner.user.name, "address": owner.user.upn},
    }
