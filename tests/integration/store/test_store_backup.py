"""A backup is of one moment while the server goes on writing, and restores into either kind of database."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from addin.errors import Refused
from addin.model import Meeting
from server.store import SqlStore, upgrade
from server.store.moving import backup, copy
from server.store.seal import Seal


def test_a_backup_taken_while_somebody_writes_is_whole_and_restores(
    database_url: str, store: SqlStore, meeting: Meeting, seal: Seal, clock, tmp_path: Path
) -> None:
    for number in range(30):
        store.add(replace(meeting, id=f"before-{number}", key=f"before-{number}"), note="Made.")
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            name = f"while-{len(written)}"
            store.add(replace(meeting, id=name, key=name), note="Made meanwhile.", due_at=clock())
            written.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = backup(database_url, tmp_path / "kept.db")
    finally:
        stop.set()
        writer.join()
    assert counts["meetings"] >= 30
    assert counts["meetings"] == counts["history"], "each meeting came with its note, in one transaction"
    assert (tmp_path / "kept.db").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("kept")) == ["kept.db"]

    restored_url = f"sqlite:///{tmp_path}/restored.db"
    assert copy(f"sqlite:///{tmp_path}/kept.db", restored_url) == counts
    restored = SqlStore(restored_url, seal, clock)
    for number in range(30):
        assert restored.meeting(f"before-{number}") == store.meeting(f"before-{number}")
    restored.close()


@pytest.mark.postgres
def test_a_backup_restores_into_postgresql(
    store: SqlStore, database_url: str, meeting: Meeting, seal: Seal, clock, tmp_path: Path, empty_postgres
) -> None:
    store.add(meeting, note="Made.")
    backup(database_url, tmp_path / "kept.db")
    target = empty_postgres()
    copy(f"sqlite:///{tmp_path}/kept.db", target)
    restored = SqlStore(target, seal, clock)
    assert restored.meeting(meeting.id) == meeting
    restored.close()


def test_an_earlier_backup_is_never_written_over(database_url: str, store: SqlStore, tmp_path: Path) -> None:
    (tmp_path / "kept.db").write_text("yesterday's")
    with pytest.raises(Refused, match="already there"):
        backup(database_url, tmp_path / "kept.db")
    assert (tmp_path / "kept.db").read_text() == "yesterday's"


def test_a_backup_that_fails_leaves_no_half_file(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/old.db")
    with pytest.raises(Refused, match="db upgrade"):
        backup(f"sqlite:///{tmp_path}/empty.db", tmp_path / "kept.db")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("kept")]
