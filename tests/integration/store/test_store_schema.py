"""Migrations lead to the tables that the code uses, and everything can be moved to another database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from addin.errors import InvalidInput, Refused, Unavailable
from addin.model import Mailbox, Meeting
from server.store import MEETING, Notice, Seal, SqlStore, status, tables, upgrade
from server.store.accounts import Account, Scope
from server.store.audit import Act
from server.store.database import Database, Writing
from server.store.moving import copy
from server.store.policies import KeptLayer
from server.store.sign_ins import Step
from server.store.subscriptions import Subscription
from server.store.tables import metadata
from server.store.usage import Used


def test_an_empty_database_is_brought_to_the_present_and_stays_there(empty_database_url: str) -> None:
    before = status(empty_database_url)
    assert (before.present, before.current) == (None, False)
    assert "db upgrade" in before.sentence
    first = upgrade(empty_database_url)
    assert first.current
    assert upgrade(empty_database_url) == first == status(empty_database_url)


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == [], "a table was changed without a migration"


def test_meetings_of_before_are_found_after_their_digests_were_shortened(
    empty_database_url: str, seal: Seal, clock, meeting: Meeting
) -> None:
    upgrade(empty_database_url, "0004")
    store = SqlStore(empty_database_url, seal, clock)
    searched = {"key": "secret-key", "event": "event-1", "ical": "ical-1", "room": meeting.room.url}
    long = {f"{name}_digest": seal.digest(value, f"{name}:tenant-1") for name, value in searched.items()}
    row = {**store.meetings._columns(meeting), "id": meeting.id, "version": 0, "created_at": clock(), **long}

    def keep(writing: Writing) -> None:
        then = {column["name"] for column in inspect(writing.connection).get_columns("meetings")}
        given = {name: value for name, value in row.items() if name in then}
        writing.connection.execute(tables.meetings.insert().values(given))

    store.database.write(keep)
    store.close()
    assert upgrade(empty_database_url).current
    store = SqlStore(empty_database_url, seal, clock)
    for by in ({"key": "secret-key"}, {"event_id": "event-1"}, {"ical_uid": "ical-1"}, {"room_url": meeting.room.url}):
        assert store.find(tenant_id="tenant-1", **by) == (meeting,), by
    store.close()


def test_a_database_of_a_newer_version_is_refused(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    database = Database(empty_database_url)
    database.write(lambda writing: writing.connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(Refused, match="newer version"):
        upgrade(empty_database_url)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_address_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(InvalidInput, match="database_url must be"):
        upgrade(url)


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such/folder/x.db", "postgresql://postgres@127.0.0.1:1/postgres"):
        with pytest.raises(Unavailable):
            status(url)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, seal: Seal, clock) -> None:
    with pytest.raises(InvalidInput, match="make that folder"):
        SqlStore(f"sqlite:///{tmp_path}/none/x.db", seal, clock)


def test_a_store_over_old_tables_says_what_to_run(empty_database_url: str, seal: Seal, clock) -> None:
    store = SqlStore(empty_database_url, seal, clock)
    with pytest.raises(Unavailable, match="db upgrade"):
        store.ledger.next_due()
    with pytest.raises(Unavailable, match="db upgrade"):
        store.notices.accept([Notice("tenant-1", "user-1", "event-1", "updated")])
    store.close()


def fill(store: SqlStore, meeting: Meeting, clock) -> None:
    for number in range(25):
        added = store.add(replace(meeting, id=f"Meeting-{number}", key=f"key-{number}"), due_at=clock())
        store.save(added, note=f"Note {number} – żółw", due_at=clock() + timedelta(days=number))
    store.notices.accept([Notice("tenant-1", "user-1", f"event-{number}", "updated") for number in range(12)])
    store.subscriptions.keep(Subscription("sub", "tenant-1", "user-1", "proof", "me/events", clock()))
    store.sign_ins.keep(Step.SESSION, "handle", b"tokens", timedelta(hours=1))
    store.idempotency.begin("tenant-1", "user-1", "key", "request", subject_id="m")
    store.idempotency.finish("tenant-1", "user-1", "key", b"answer")
    store.caches.save("tenant-1", "user-1", b"\x00\xffcache")
    store.mailboxes.round_done("tenant-1", "user-1", at=clock(), delta_link="link")
    store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5}), Act("tenant-1", "admin", "saved"))
    store.accounts.add("tenant-1", Account("a", "A", Scope.TENANT, "", "", "key"), Act("tenant-1", "admin", "added"))
    store.usage.add([Used("tenant-1", clock(), "graph", "user-1", 3)])
    store.policies.remember_groups("tenant-1", "user-1", frozenset({"group-1"}))
    store.delegates.seen(Mailbox("tenant-1", "user-1"), Mailbox("tenant-1", "user-2", "two@example.com", "Two"))


@pytest.mark.postgres
@pytest.mark.parametrize("direction", ["to PostgreSQL", "to SQLite"])
def test_everything_moves_to_the_other_kind_of_database(
    direction: str, tmp_path: Path, empty_postgres: Callable[[], str], seal: Seal, clock, meeting: Meeting
) -> None:
    urls = [f"sqlite:///{tmp_path}/one.db", empty_postgres()]
    source_url, target_url = urls if direction == "to PostgreSQL" else reversed(urls)
    upgrade(source_url)
    source = SqlStore(source_url, seal, clock)
    fill(source, meeting, clock)
    counts = copy(source_url, target_url, batch=7)
    assert counts == {
        "meetings": 25, "history": 25, "ledger": 26, "sightings": 12, "subscriptions": 1, "mailboxes": 1,
        "idempotency": 1, "token_caches": 1, "sign_ins": 1, "delegates": 1,
        "tenants": 1, "policy_versions": 1, "memberships": 1, "audit": 2, "audit_heads": 1,
        "accounts": 1, "usage": 1,
    }  # fmt: skip
    target = SqlStore(target_url, seal, clock)
    for number in range(25):
        assert target.meeting(f"Meeting-{number}") == source.meeting(f"Meeting-{number}")
        assert target.history(f"Meeting-{number}") == source.history(f"Meeting-{number}")
        assert len(target.find(tenant_id="tenant-1", key=f"key-{number}")) == 1
    assert target.policies.present("tenant-1") == source.policies.present("tenant-1")
    assert target.audit.verify("tenant-1") == source.audit.verify("tenant-1")
    assert target.ledger.next_due() == source.ledger.next_due()
    assert set(target.notices.seen("tenant-1", "user-1")) == set(source.notices.seen("tenant-1", "user-1"))
    assert target.subscriptions.known(["sub"]) == source.subscriptions.known(["sub"])
    assert target.mailboxes.get("tenant-1", "user-1") == source.mailboxes.get("tenant-1", "user-1")
    assert target.caches.load("tenant-1", "user-1") == b"\x00\xffcache"
    assert len(target.ledger.claim(100, timedelta(seconds=30), only=(MEETING, "Meeting-3"))) == 1
    source.close()
    target.close()


def test_a_target_with_rows_in_it_is_left_alone(
    database_url: str, store: SqlStore, meeting: Meeting, tmp_path: Path
) -> None:
    source_url = f"sqlite:///{tmp_path}/source.db"
    upgrade(source_url)
    store.add(meeting)
    with pytest.raises(Refused, match="not empty"):
        copy(source_url, database_url)
    assert store.meeting(meeting.id) == meeting


def test_a_source_without_the_present_tables_is_refused(tmp_path: Path, empty_database_url: str) -> None:
    with pytest.raises(Refused, match="db upgrade"):
        copy(f"sqlite:///{tmp_path}/empty.db", empty_database_url)
