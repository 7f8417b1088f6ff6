"""Meetings and their history in the database; it does not know what a change means."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from addin import tally
from addin.errors import Changed, Missing
from addin.model import Meeting
from addin.ports import Clock
from server.store import documents
from server.store.database import Database, Due, Writing
from server.store.ledger import MEETING, make_due
from server.store.mailboxes import remember
from server.store.seal import Seal
from server.store.tables import history, meetings

_NOTE_LENGTH = 2000
_DIGEST_BYTES = 8  # what is found is compared in full afterwards


@dataclass(frozen=True)
class Note:
    """One line of a meeting's history: when, in plain words what, where that was heard of, and what it cost.

    `source` is one of `addin.tally.Source`, empty where that is not known; calls are those to each service.
    """

    at: datetime
    text: str
    source: str = ""
    graph_calls: int = 0
    clickmeeting_calls: int = 0

    @property
    def calls(self) -> int:
        """Calls to other services altogether."""
        return self.graph_calls + self.clickmeeting_calls


class Meetings:
    """Rows that are searched by digest, the meeting itself sealed beside them. Versions guard against lost updates."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def add(self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None) -> Meeting:
        """Keep a new meeting as version 0; Changed when its id is taken."""
        new = replace(meeting, version=0)
        row = {"id": new.id, "version": 0, "created_at": new.created_at, **self._columns(new)}
        noted = self._noted(new, note, None)

        def work(writing: Writing) -> None:
            if writing.connection.execute(select(meetings.c.id).where(meetings.c.id == new.id)).first():
                raise Changed("This meeting is there already: read it again.")
            writing.connection.execute(meetings.insert(), [row])
            remember(writing, new.owner)
            _ask(writing, new, noted, due_at)

        self._database.write(work)
        return new

    def save(
        self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None, source: str | None = None
    ) -> Meeting:
        """Version plus one, history and ledger in the same transaction; Changed when somebody saved meanwhile.

        What the note cost, and unless `source` says it where it was heard of, comes from the present tally.
        """
        saved = replace(meeting, version=meeting.version + 1)
        statement = (
            update(meetings)
            .where(meetings.c.id == meeting.id, meetings.c.version == meeting.version)
            .values(version=saved.version, **self._columns(saved))
        )
        noted = self._noted(saved, note, source)

        def work(writing: Writing) -> None:
            if writing.connection.execute(statement).rowcount == 0:
                if writing.connection.execute(select(meetings.c.id).where(meetings.c.id == meeting.id)).first():
                    raise Changed("The meeting was changed meanwhile: read it again.")
                raise _missing()
            _ask(writing, saved, noted, due_at)

        self._database.write(work)
        return saved

    def rewrite(self, writing: Writing, meeting: Meeting) -> None:
        """Within somebody's write: version plus one, while it counts as last touched when it was; Changed as above."""
        columns = self._columns(meeting)
        del columns["updated_at"]
        mine = (meetings.c.id == meeting.id, meetings.c.version == meeting.version)
        statement = update(meetings).where(*mine).values(version=meeting.version + 1, **columns)
        if writing.connection.execute(statement).rowcount == 0:
            raise Changed("The meeting was changed meanwhile: read it again.")

    def get(self, meeting_id: str) -> Meeting:
        """Missing when there is none."""
        found = self._read(select(meetings).where(meetings.c.id == meeting_id))
        if not found:
            raise _missing()
        return found[0]

    def find(
        self,
        *,
        tenant_id: str,
        key: str | None = None,
        event_id: str | None = None,
        ical_uid: str | None = None,
        room_url: str | None = None,
        owner_id: str | None = None,
    ) -> tuple[Meeting, ...]:
        """Meetings of one tenant that fit everything given, oldest first.

        Digests are bound to the tenant, so one of them alone leads to a handful of rows; the rest is compared here.
        """
        searched = {"key": key, "event": event_id, "ical": ical_uid, "room": room_url}
        given = {name: value for name, value in searched.items() if value is not None}
        statement = select(meetings)
        if given:
            name, value = next(iter(given.items()))
            digests = [digest[:_DIGEST_BYTES] for digest in self._seal.digests(value, f"{name}:{tenant_id}")]
            statement = statement.where(meetings.c[f"{name}_digest"].in_(digests))
        else:
            statement = statement.where(meetings.c.tenant_id == tenant_id)
            if owner_id is not None:
                statement = statement.where(meetings.c.owner_id == owner_id)
        found = [
            meeting
            for meeting in self._read(statement)
            if meeting.owner.tenant_id == tenant_id
            and owner_id in (None, meeting.owner.user_id)
            and all(value == _searched(meeting)[name] for name, value in given.items())
        ]
        return tuple(sorted(found, key=lambda meeting: (meeting.created_at, meeting.id)))

    def by_room(self, *, room_pin: int) -> tuple[Meeting, ...]:
        """Whose room this is, by the ID that people see."""
        return tuple(self._read(select(meetings).where(meetings.c.room_pin == room_pin)))

    def page(self, *, tenant_id: str, after: str = "", limit: int = 100) -> tuple[Meeting, ...]:
        """A tenant's meetings in order of id, for lists; `after` is the last id of the page before."""
        statement = select(meetings).where(meetings.c.tenant_id == tenant_id, meetings.c.id > after)
        return tuple(self._read(statement.order_by(meetings.c.id).limit(limit)))

    def newest(self, tenant_id: str, *, limit: int = 50, ids: Sequence[str] | None = None) -> tuple[Meeting, ...]:
        """A tenant's meetings, those made last first; with `ids` only these."""
        statement = select(meetings).where(meetings.c.tenant_id == tenant_id)
        if ids is not None:
            statement = statement.where(meetings.c.id.in_(ids))
        return tuple(self._read(statement.order_by(meetings.c.created_at.desc(), meetings.c.id).limit(limit)))

    def needing(self, tenant_id: str, *, limit: int) -> tuple[Meeting, ...]:
        """A tenant's meetings that need a person, those changed last first."""
        statement = select(meetings).where(meetings.c.tenant_id == tenant_id, meetings.c.attention != 0)
        return tuple(self._read(statement.order_by(meetings.c.updated_at.desc()).limit(limit)))

    def history(self, meeting_id: str, *, limit: int = 200) -> tuple[Note, ...]:
        """The last notes, oldest first."""
        statement = select(history).where(history.c.meeting_id == meeting_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(history.c.version.desc()).limit(limit)).all()
        return tuple(
            Note(
                row.at,
                self._seal.open(row.text, note_context(meeting_id)).decode(),
                row.source,
                row.graph_calls,
                row.calls - row.graph_calls,
            )
            for row in reversed(rows)
        )

    def needing_a_person(self) -> int:
        """How many meetings have something that only a person can settle."""
        with self._database.read() as connection:
            statement = select(func.count()).select_from(meetings).where(meetings.c.attention != 0)
            return int(connection.execute(statement).scalar_one())

    def _read(self, statement: Select[Any]) -> list[Meeting]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [self._meeting(row) for row in rows]

    def _meeting(self, row: Row[Any]) -> Meeting:
        return read(self._seal.open(row.document, document_context(row.tenant_id, row.id)), row)

    def _columns(self, meeting: Meeting) -> dict[str, Any]:
        tenant = meeting.owner.tenant_id
        room = meeting.room
        return {
            "tenant_id": tenant,
            "owner_id": meeting.owner.user_id,
            "state": meeting.state.value,
            **digests_of(meeting, self._seal),
            "room_id": room.id if room else None,
            "room_pin": room.pin if room else None,
            "updated_at": self._clock(),
            "attention": 0 if meeting.attention is None else 1,
            "document": self._seal.seal(documents.dump(meeting), document_context(tenant, meeting.id)),
        }

    def _noted(self, meeting: Meeting, note: str | None, source: str | None) -> dict[str, Any] | None:
        if note is None:
            return None
        cost = tally.take()
        text = self._seal.seal(note[:_NOTE_LENGTH].encode(), note_context(meeting.id))
        key = {"meeting_id": meeting.id, "version": meeting.version}
        calls = {"calls": cost.graph + cost.clickmeeting, "graph_calls": cost.graph}
        return {**key, "at": self._clock(), "text": text, "source": source or cost.source, **calls}


def read(document: bytes, row: Row[Any]) -> Meeting:
    """The meeting of an opened document and its row."""
    return documents.load(document, meeting_id=row.id, tenant_id=row.tenant_id, version=row.version)


def document_context(tenant_id: str, meeting_id: str) -> str:
    """What a meeting's document is sealed for."""
    return f"meeting:{tenant_id}:{meeting_id}"


def note_context(meeting_id: str) -> str:
    """What the lines of a meeting's history are sealed for."""
    return f"history:{meeting_id}"


def digests_of(meeting: Meeting, seal: Seal) -> dict[str, bytes | None]:
    """The columns by which a meeting is found, each bound to the tenant."""
    tenant = meeting.owner.tenant_id
    return {
        f"{name}_digest": None if value is None else seal.digest(value, f"{name}:{tenant}")[:_DIGEST_BYTES]
        for name, value in _searched(meeting).items()
    }


def _searched(meeting: Meeting) -> dict[str, str | None]:
    return {
        "key": meeting.key,
        "event": meeting.event.event_id if meeting.event and meeting.event.event_id else None,
        "ical": meeting.event.ical_uid if meeting.event and meeting.event.ical_uid else None,
        "room": meeting.room.url if meeting.room else None,
    }


def _ask(writing: Writing, meeting: Meeting, noted: dict[str, Any] | None, due_at: datetime | None) -> None:
    if noted is not None:
        writing.connection.execute(history.insert(), [noted])
    if due_at is not None:
        make_due(writing, [Due(MEETING, meeting.id, due_at)])


def _missing() -> Missing:
    return Missing("There is no such meeting.")
