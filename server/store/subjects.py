"""One person's data within a tenant: finding all of it, and erasing it; it does not know who asks.

Meetings that are still followed are told from the calendar: whoever is taken off there is forgotten here as well, so
they are named and left alone. Everything that is over is erased.
"""

import dataclasses
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from addin.model import Mailbox, Meeting, MeetingState
from addin.ports import Clock
from server.store.audit import Act, record
from server.store.database import Database, Writing
from server.store.mailboxes import Mailboxes
from server.store.meetings import Meetings, note_context
from server.store.seal import Seal
from server.store.tables import (
    delegates,
    history,
    ledger,
    mailboxes,
    meetings,
    memberships,
    subscriptions,
    token_caches,
)

ERASED = "(erased)"


@dataclass(frozen=True)
class Kept:
    """`over` and `followed` are meetings that name the person; `document` is everything, for a file."""

    over: tuple[Meeting, ...]
    followed: tuple[Meeting, ...]
    is_mailbox: bool
    document: dict[str, Any]


class Subjects:
    """Reads a tenant's meetings one by one: what is sealed cannot be searched."""

    def __init__(
        self, database: Database, seal: Seal, clock: Clock, kept_meetings: Meetings, kept_mailboxes: Mailboxes
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._meetings = kept_meetings
        self._mailboxes = kept_mailboxes

    def mark(self, tenant_id: str, address: str) -> str:
        """What stands for the person in the audit log: it proves which address it was and tells it to nobody."""
        return self._seal.digest(address, f"person:{tenant_id}").hex()

    def kept(self, tenant_id: str, address: str) -> Kept:
        """Everything of one address."""
        found = [one for one in self._meetings.find(tenant_id=tenant_id) if _names(one, address)]
        over = tuple(one for one in found if one.state is MeetingState.ENDED)
        mailbox = self._mailboxes.by_address(tenant_id, address)
        document = {
            "address": address,
            "mailbox": dataclasses.asdict(mailbox) if mailbox else None,
            "meetings": [_told(one, address) for one in found],
        }
        return Kept(over, tuple(one for one in found if one not in over), mailbox is not None, document)

    def erase(self, tenant_id: str, address: str, act: Act) -> int:
        """How many meetings lost the person. An organiser's own past meetings go as a whole, sign-in and groups too."""
        kept = self.kept(tenant_id, address)
        mailbox = self._mailboxes.by_address(tenant_id, address)
        going = [one for one in kept.over if one.owner.address.lower() == address]
        staying = [one for one in kept.over if one not in going]
        for meeting in staying:
            self._meetings.save(_without(meeting, address))
        notes = [row for one in staying for row in self._notes(one.id, address)]
        leaves = mailbox is not None and not kept.followed

        def work(writing: Writing) -> None:
            remove(writing, [one.id for one in going])
            for key, text in notes:
                writing.connection.execute(update(history).where(*key).values(text=text))
            if mailbox is not None and leaves:
                for table in (mailboxes, memberships, token_caches, subscriptions):
                    mine = (table.c.tenant_id == tenant_id, table.c.user_id == mailbox.user_id)
                    writing.connection.execute(delete(table).where(*mine))
                writing.connection.execute(
                    delete(delegates).where(delegates.c.tenant_id == tenant_id, delegates.c.user_id == mailbox.user_id)
                )
            record(writing, act, self._clock(), self._seal)

        self._database.write(work)
        return len(kept.over)

    def forget_older(self, owner: Mailbox, before: datetime, limit: int = 500) -> int:
        """Retention: an owner's meetings that are over and were last touched before then go with their history.

        Not those that wait for a person: their room is listed nowhere else.
        """
        old = select(meetings.c.id).where(
            meetings.c.tenant_id == owner.tenant_id,
            meetings.c.owner_id == owner.user_id,
            meetings.c.state == MeetingState.ENDED.value,
            meetings.c.attention == 0,
            meetings.c.updated_at < before,
        )

        def work(writing: Writing) -> int:
            ids = [row.id for row in writing.connection.execute(old.limit(limit)).all()]
            remove(writing, ids)
            return len(ids)

        return self._database.write(work)

    def _notes(self, meeting_id: str, address: str) -> list[tuple[Any, bytes]]:
        """Lines of the history that name the person, without the name."""
        with self._database.read() as connection:
            rows = connection.execute(select(history).where(history.c.meeting_id == meeting_id)).all()
        found = []
        for row in rows:
            text = self._seal.open(row.text, note_context(meeting_id)).decode()
            if address in text.lower():
                plain = _erased_from(text, address)
                key = (history.c.meeting_id == meeting_id, history.c.version == row.version)
                found.append((key, self._seal.seal(plain.encode(), note_context(meeting_id))))
        return found


def remove(writing: Writing, ids: list[str]) -> None:
    """Meetings altogether: row, history, ledger."""
    if not ids:
        return
    writing.connection.execute(delete(history).where(history.c.meeting_id.in_(ids)))
    writing.connection.execute(delete(ledger).where(ledger.c.kind == "meeting", ledger.c.subject_id.in_(ids)))
    writing.connection.execute(delete(meetings).where(meetings.c.id.in_(ids)))


def _names(meeting: Meeting, address: str) -> bool:
    people = [one.address for one in meeting.participants] + [one.address for one in meeting.invitees]
    return address in people or address in (meeting.owner.address.lower(), meeting.scheduler.address.lower())


def _without(meeting: Meeting, address: str) -> Meeting:
    scheduler = meeting.scheduler
    if scheduler.address.lower() == address:
        scheduler = replace(scheduler, address=ERASED, name=ERASED)
    return replace(
        meeting,
        participants=tuple(one for one in meeting.participants if one.address != address),
        invitees=tuple(one for one in meeting.invitees if one.address != address),
        scheduler=scheduler,
    )


def _erased_from(text: str, address: str) -> str:
    at = text.lower().find(address)
    while at >= 0:
        text = text[:at] + ERASED + text[at + len(address) :]
        at = text.lower().find(address)
    return text


def _told(meeting: Meeting, address: str) -> dict[str, Any]:
    """What the person may have: the meeting, the part in it, and what was sent; no token and nobody else's data."""
    participant = next((one for one in meeting.participants if one.address == address), None)
    invitee = next((one for one in meeting.invitees if one.address == address), None)
    return {
        "id": meeting.id,
        "title": meeting.title,
        "start": meeting.timing.start.isoformat(),
        "time_zone": meeting.timing.zone,
        "state": meeting.state.value,
        "organiser": meeting.owner.address.lower() == address,
        "scheduler": meeting.scheduler.address.lower() == address,
        "participant": dataclasses.asdict(participant) if participant else None,
        "personal_invitation": invitee.delivery.value if invitee else None,
        "has_token": bool(invitee and invitee.token),
    }
