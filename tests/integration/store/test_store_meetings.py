"""Meetings in the database: what is saved comes back, nobody's change is lost, and secrets are not readable in it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from addin.errors import Changed, Missing
from addin.model import EventLink, Mailbox, Meeting
from addin.tally import Source, called, counting
from server.store import MEETING, Seal, SqlStore, new_key
from server.store.seal import Unreadable


def test_a_meeting_comes_back_as_it_was_added(store: SqlStore, meeting: Meeting) -> None:
    assert store.add(meeting) == meeting
    assert store.meeting(meeting.id) == meeting


def test_an_id_is_taken_only_once(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    with pytest.raises(Changed):
        store.add(replace(meeting, title="Another"))
    assert store.meeting(meeting.id).title == "Planning", "the first meeting must stay as it was"


def test_what_is_not_there_is_missing(store: SqlStore, meeting: Meeting) -> None:
    with pytest.raises(Missing):
        store.meeting("nothing")
    with pytest.raises(Missing):
        store.save(meeting)


def test_saving_counts_versions_and_refuses_an_outdated_one(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    saved = store.save(replace(meeting, title="Renamed"))
    assert saved.version == 1
    with pytest.raises(Changed):
        store.save(replace(meeting, title="From an old copy"), note="lost", due_at=meeting.created_at)
    assert store.meeting(meeting.id) == saved
    assert store.history(meeting.id) == (), "a refused save must leave no history"
    assert store.ledger.next_due() is None, "a refused save must make nothing due"


def test_of_savers_at_the_same_time_exactly_one_wins_each_version(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    together = threading.Barrier(8)

    def save(number: int) -> bool:
        together.wait()
        try:
            store.save(replace(meeting, title=f"Title {number}"), note=f"by {number}")
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(save, range(8)))
    assert won.count(True) == 1, f"one of eight savers must win, won: {won}"
    winner = won.index(True)
    assert store.meeting(meeting.id).title == f"Title {winner}"
    assert [note.text for note in store.history(meeting.id)] == [f"by {winner}"]


def test_a_save_writes_history_and_ledger_in_the_same_transaction(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting, note="Scheduled.")
    with counting(Source.NOTIFICATION):
        for service in ("graph", "clickmeeting", "graph"):
            called(service)
        saved = store.save(meeting, note="Moved to Tuesday.", due_at=meeting.created_at)
        saved = store.save(saved, note="Put back.", source=Source.CLICKMEETING)
    notes = store.history(saved.id)
    assert [(note.text, note.source, note.graph_calls, note.clickmeeting_calls) for note in notes] == [
        ("Scheduled.", "", 0, 0),
        ("Moved to Tuesday.", "notification", 2, 1),
        ("Put back.", "clickmeeting", 0, 0),
    ]
    assert [(due.kind, due.subject_id) for due in store.ledger.due(10)] == [(MEETING, meeting.id)]


@pytest.mark.parametrize(
    "given",
    [
        {"key": "secret-key"},
        {"event_id": "event-1"},
        {"ical_uid": "ical-1"},
        {"room_url": "https://contoso.clickmeeting.example/x"},
        {"owner_id": "user-1"},
        {"event_id": "event-1", "owner_id": "user-1", "key": "secret-key"},
    ],
)
def test_a_meeting_is_found_by_what_identifies_it(store: SqlStore, meeting: Meeting, given: dict[str, str]) -> None:
    store.add(meeting)
    assert store.find(tenant_id="tenant-1", **given) == (meeting,)


@pytest.mark.parametrize(
    "given",
    [
        {"tenant_id": "tenant-2", "key": "secret-key"},
        {"tenant_id": "tenant-1", "event_id": "event-1", "owner_id": "user-2"},
        {"tenant_id": "tenant-1", "event_id": "event-1", "key": "another key"},
        {"tenant_id": "tenant-1", "room_url": "event-1"},
    ],
)
def test_a_meeting_is_not_found_where_anything_given_differs(
    store: SqlStore, meeting: Meeting, given: dict[str, str]
) -> None:
    store.add(meeting)
    assert store.find(**given) == ()


def test_a_meeting_is_found_under_its_new_event_and_no_longer_under_the_old(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    saved = store.save(replace(meeting, event=EventLink("event-2", "ical-1")))
    assert store.find(tenant_id="tenant-1", event_id="event-2") == (saved,)
    assert store.find(tenant_id="tenant-1", event_id="event-1") == ()


def test_a_room_leads_to_its_meeting(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    assert store.meetings.by_room(room_pin=123456789) == (meeting,)
    assert store.meetings.by_room(room_pin=42) == ()


def test_pages_hold_each_meeting_of_the_tenant_once(store: SqlStore, meeting: Meeting) -> None:
    for number in range(7):
        store.add(replace(meeting, id=f"meeting-{number}"))
    store.add(replace(meeting, id="foreign", owner=Mailbox("tenant-2", "user-1")))
    seen, after = [], ""
    while page := store.meetings.page(tenant_id="tenant-1", after=after, limit=3):
        seen += [one.id for one in page]
        after = page[-1].id
    assert seen == [f"meeting-{number}" for number in range(7)]


def test_no_secret_stands_readable_in_the_database(
    store: SqlStore, meeting: Meeting, database_url: str, tmp_path: Path
) -> None:
    store.add(replace(meeting, title="Confidential" * 30), note="Confidential note")
    store.close()
    if database_url.startswith("sqlite"):
        stored = b"".join(file.read_bytes() for file in tmp_path.glob("store.db*"))
    else:
        with psycopg.connect(database_url) as connection:
            tables = ["meetings", "history", "ledger", "mailboxes"]
            stored = b"".join(_rows(connection, table) for table in tables)
    assert meeting.id.encode() in stored, "the search below must have something to search in"
    for secret in (b"secret-key", b"a password", b"TOKEN1", b"Confidential"):
        assert secret not in stored, f"{secret!r} is readable in the database"


def _rows(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> bytes:
    rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
    return b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def test_a_document_moved_to_another_row_does_not_open(store: SqlStore, meeting: Meeting) -> None:
    store.add(meeting)
    store.add(replace(meeting, id="victim"))
    swap = "UPDATE meetings SET document = (SELECT document FROM meetings WHERE id = :from_id) WHERE id = 'victim'"
    store.database.write(lambda writing: writing.connection.execute(text(swap), {"from_id": meeting.id}).rowcount)
    with pytest.raises(Unreadable):
        store.meeting("victim")


def test_meetings_are_found_while_keys_are_being_exchanged(
    database_url: str, meeting: Meeting, clock: Callable
) -> None:
    old, new = new_key("1"), new_key("2")
    before = SqlStore(database_url, Seal.from_setting(old), clock)
    before.add(meeting)
    after = SqlStore(database_url, Seal.from_setting(f"{new},{old}"), clock)
    assert after.find(tenant_id="tenant-1", key="secret-key") == (meeting,)
    saved = after.save(meeting)
    only_new = SqlStore(database_url, Seal.from_setting(new), clock)
    assert only_new.find(tenant_id="tenant-1", key="secret-key") == (saved,), "a save seals with the newest key"
    for store in (before, after, only_new):
        store.close()


def test_the_test_database_is_of_the_kind_it_says(database_url: str, store: SqlStore) -> None:
    assert store.database.engine.dialect.name == make_url(database_url).get_backend_name()
