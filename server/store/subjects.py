"""One person's data within a tenant: finding all of it, and erasing it; it does not know who asks.

Meetings that are still followed are told from the calendar: whoever is taken off there is forgotten here as well, so
they are named and left alone. Everything that is over is erased.
"""

import dataclasses
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, update

from addin.errors import Changed
from addin.model import Mailbox, Meeting, MeetingState
from addin.ports import Clock
from server.store.accounts import Scope
from server.store.audit import Act, record
from server.store.database import Database, Writing
from server.store.erasing import ERASED, Subject, mentions, without
from server.store.ledger import MAILBOX
from server.store.mailboxes import Mailboxes, subject_id
from server.store.meetings import Meetings, note_context
from server.store.policies import KeptLayer, Policies, policy_context, raise_revision
from server.store.policies import dump as dump_layer
from server.store.seal import Seal
from server.store.tables import (
    accounts,
    delegates,
    history,
    idempotency,
    ledger,
    mailboxes,
    meetings,
    memberships,
    policy_versions,
    sightings,
    subscriptions,
    token_caches,
    usage,
)

_ATTEMPTS = 5


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
        self,
        database: Database,
        seal: Seal,
        clock: Clock,
        kept_meetings: Meetings,
        kept_mailboxes: Mailboxes,
        kept_policies: Policies,
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._meetings = kept_meetings
        self._mailboxes = kept_mailboxes
        self._policies = kept_policies

    def mark(self, tenant_id: str, address: str) -> str:
        """What stands for the person in the audit log: it proves which address it was and tells it to nobody."""
        return self._seal.digest(address, f"person:{tenant_id}").hex()

    def kept(self, tenant_id: str, address: str) -> Kept:
        """Everything of one address."""
        mailbox = self._mailboxes.by_address(tenant_id, address)
        subject = Subject(address, mailbox.user_id if mailbox else "", (mailbox.name,) if mailbox else ())
        told = self._told_in_history(tenant_id, subject.by_address)
        found = [one for one in self._meetings.find(tenant_id=tenant_id) if one.id in told or mentions(one, subject)]
        over = tuple(one for one in found if one.state is MeetingState.ENDED)
        document = {
            "address": address,
            "mailbox": dataclasses.asdict(mailbox) if mailbox else None,
            "meetings": [_told(one, address) for one in found],
            **self._elsewhere(tenant_id, subject),
        }
        return Kept(over, tuple(one for one in found if one not in over), mailbox is not None, document)

    def erase(self, tenant_id: str, address: str, act: Act) -> int:
        """How many meetings lost the person. An organiser's own past meetings go as a whole, sign-in and groups too.

        All of it and its entry in the audit log are one transaction; begun again where a meeting is saved meanwhile.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._erase(tenant_id, address, act)
            except Changed:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _erase(self, tenant_id: str, address: str, act: Act) -> int:
        kept = self.kept(tenant_id, address)
        mailbox = self._mailboxes.by_address(tenant_id, address)
        user_id = mailbox.user_id if mailbox else ""
        going = [one for one in kept.over if one.owner.address.lower() == address or user_id == one.owner.user_id != ""]
        staying = [one for one in kept.over if one not in going]
        names = {name for one in (*kept.over, *kept.followed) for name in Subject(address, user_id).names_in(one)}
        subject = Subject(address, user_id, tuple(names | ({mailbox.name} if mailbox else set())))
        rewritten = [without(one, subject) for one in staying]
        notes = [row for one in staying for row in self._notes(one.id, subject)]

        def work(writing: Writing) -> None:
            remove(writing, [one.id for one in going])
            for meeting in rewritten:
                self._meetings.rewrite(writing, meeting)
            for key, text in notes:
                writing.connection.execute(update(history).where(*key).values(text=text))
            if not kept.followed:
                self._leave(writing, tenant_id, subject)
            record(writing, act, self._clock(), self._seal)

        self._database.write(work)
        return len(kept.over)

    def _leave(self, writing: Writing, tenant_id: str, subject: Subject) -> None:
        """Everything beside meetings. An account of the person alone keeps its key, retired, until it is removed."""
        connection = writing.connection
        raise_revision(writing, tenant_id)
        if subject.user_id:
            for table in (mailboxes, memberships, token_caches, subscriptions, sightings, idempotency):
                mine = (table.c.tenant_id == tenant_id, table.c.user_id == subject.user_id)
                connection.execute(delete(table).where(*mine))
            due = (ledger.c.kind == MAILBOX, ledger.c.subject_id == subject_id(Mailbox(tenant_id, subject.user_id)))
            connection.execute(delete(ledger).where(*due))
        connection.execute(delete(delegates).where(*_delegates_of(tenant_id, subject)))
        connection.execute(delete(usage).where(*_subjects_of(usage, tenant_id, subject)))
        own = (*_subjects_of(accounts, tenant_id, subject), accounts.c.scope == Scope.USER.value)
        connection.execute(update(accounts).where(*own).values(subject=ERASED, name=ERASED, retired=1))
        for layer in self._policies.all(tenant_id):
            cleaned = _layer_without(layer, subject)
            if cleaned != layer:
                sealed = self._seal.seal(dump_layer(cleaned), policy_context(tenant_id, layer.id, layer.version))
                key = (policy_versions.c.layer_id == layer.id, policy_versions.c.version == layer.version)
                row = (policy_versions.c.tenant_id == tenant_id, *key)
                connection.execute(update(policy_versions).where(*row).values(document=sealed))

    def _elsewhere(self, tenant_id: str, subject: Subject) -> dict[str, Any]:
        """What is kept beside meetings, by the name of the place."""
        with self._database.read() as connection:
            mine = _subjects_of(accounts, tenant_id, subject)
            owned = [row.name for row in connection.execute(select(accounts.c.name).where(*mine)).all()]
            figures = select(func.count()).select_from(usage).where(*_subjects_of(usage, tenant_id, subject))
            used = int(connection.execute(figures).scalar_one())
            rows = connection.execute(select(delegates).where(*_delegates_of(tenant_id, subject))).all()
        layers = [one for one in self._policies.all(tenant_id) if _layer_without(one, subject) != one]
        return {
            "accounts": owned,
            "figures": used,
            "delegations": [{"owner": row.owner_id, "delegate": row.user_id} for row in rows],
            "policies": [f"{one.name or one.id}, version {one.version}" for one in layers],
        }

    def _told_in_history(self, tenant_id: str, subject: Subject) -> set[str]:
        """Meetings that are over and tell of the person in their history, perhaps there alone."""
        over = (meetings.c.tenant_id == tenant_id, meetings.c.state == MeetingState.ENDED.value)
        statement = select(history.c.meeting_id, history.c.text).join(meetings, meetings.c.id == history.c.meeting_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.where(*over)).all()
        opened = ((row.meeting_id, self._seal.open(row.text, note_context(row.meeting_id)).decode()) for row in rows)
        return {meeting_id for meeting_id, text in opened if subject.erased_from(text) != text}

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

    def _notes(self, meeting_id: str, subject: Subject) -> list[tuple[Any, bytes]]:
        """Lines of the history that tell of the person, without address and names."""
        with self._database.read() as connection:
            rows = connection.execute(select(history).where(history.c.meeting_id == meeting_id)).all()
        found = []
        for row in rows:
            text = self._seal.open(row.text, note_context(meeting_id)).decode()
            plain = subject.erased_from(text)
            if plain != text:
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


def _subjects_of(table: Table, tenant_id: str, subject: Subject) -> tuple[ColumnElement[bool], ...]:
    """Rows whose subject is the person, by address or object id."""
    known = [subject.address, subject.user_id] if subject.user_id else [subject.address]
    return table.c.tenant_id == tenant_id, func.lower(table.c.subject).in_([one.lower() for one in known])


def _delegates_of(tenant_id: str, subject: Subject) -> tuple[ColumnElement[bool], ...]:
    """Rows of the person on either side."""
    sides = [func.lower(delegates.c.address) == subject.address]
    if subject.user_id:
        sides += [delegates.c.user_id == subject.user_id, delegates.c.owner_id == subject.user_id]
    return delegates.c.tenant_id == tenant_id, or_(*sides)


def _layer_without(layer: KeptLayer, subject: Subject) -> KeptLayer:
    known = {subject.address, subject.user_id.lower()}
    members = tuple(one for one in layer.members if one.lower() not in known)
    return replace(layer, members=members, who=subject.erased_from(layer.who), why=subject.erased_from(layer.why))


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
