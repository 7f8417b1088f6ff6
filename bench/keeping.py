"""What a meeting costs to keep: one change among a thousand and among a million, memory and disk for 100,000.

    python -m bench.keeping [--few N] [--many N] [--tracked N] [--postgres]

A change here is all that the server does to its database for one notification of a known event: keep it, claim the
mailbox, find its meetings, save one with a line of history, settle, finish, and ask what is due next.
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from addin.model import Meeting
from bench.common.measuring import by_turns, machine, resident_bytes, tell
from bench.common.meetings import made_up
from bench.common.product import KEY, ROOT, TENANT, opened, postgres_database
from server.bootstrap import now
from server.store import MAILBOX, MEETING, Notice, Seal, SqlStore
from server.store.column_types import microseconds
from server.store.mailboxes import remember, subject_id
from server.store.tables import ledger, meetings

REAL = 400
WORKED_WITH = 100
CHANGES = 10
LEASE = timedelta(seconds=60)


COPIES = """
INSERT INTO meetings (id, tenant_id, owner_id, state, key_digest, event_digest, ical_digest, room_digest, room_id,
 room_pin, version, created_at, updated_at, document)
SELECT {id}, m.tenant_id, {owner}, m.state, {digest}, {digest}, {digest}, {digest}, n.i, n.i, m.version, m.created_at,
 m.updated_at, m.document
FROM {numbers} JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, meetings.* FROM meetings) AS m
 ON m.place = n.i % {real}
"""
DUE = """
INSERT INTO ledger (kind, subject_id, due_at, attempts, generation)
SELECT 'meeting', id, {now} + {hour} * (1 + abs({random}) % 24) + abs({random}) % 1000000, 0, 0 FROM meetings
WHERE room_id = room_pin
"""
SQLITE = {
    "id": "printf('%08x%024x', n.i, 0)",
    "owner": "printf('%08x-0000-4000-8000-000000000000', n.i / 10)",
    "digest": "randomblob(8)",
    "numbers": "(WITH RECURSIVE c(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM c WHERE i < {last}) "
    "SELECT i FROM c) AS n",
    "random": "random()",
}
POSTGRESQL = {
    "id": "lpad(to_hex(n.i), 8, '0') || repeat('0', 24)",
    "owner": "lpad(to_hex(n.i / 10), 8, '0') || '-0000-4000-8000-000000000000'",
    "digest": "substr(decode(md5(random()::text || n.i), 'hex'), 1, 8)",
    "numbers": "generate_series({first}, {last}) AS n(i)",
    "random": "(random() * 1000000000)::bigint",
}


def fill(store: SqlStore, number: int) -> list[Meeting]:
    """So many meetings with their ledger rows, ten a mailbox; returns some that are real.

    The others are copies under ids and digests of their own, which is all that a search meets. The database makes them.
    """
    count = min(REAL, number)
    real = list(made_up(count, tenant=TENANT, mailboxes=count // 10 or 1))
    _add_all(store, real)
    words = SQLITE if store.database.is_sqlite else POSTGRESQL
    words = words | {"numbers": words["numbers"].format(first=count, last=number - 1)}
    indexes = [*meetings.indexes, *ledger.indexes]

    def work(writing: Any) -> None:
        for index in indexes:
            index.drop(writing.connection)
        writing.connection.exec_driver_sql(COPIES.format(real=count, **words).replace("%", writing_percent))
        writing.connection.exec_driver_sql(DUE.format(now=microseconds(now()), hour=3_600_000_000, **words))
        for index in indexes:
            index.create(writing.connection)

    writing_percent = "%" if store.database.is_sqlite else "%%"
    if number > count:
        store.database.write(work)
    if not store.database.is_sqlite:
        with store.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return real


def _due(meeting_id: str) -> dict[str, Any]:
    at = now() + timedelta(hours=random.uniform(1, 24))  # noqa: S311 - spreads, hides nothing
    return {"kind": MEETING, "subject_id": meeting_id, "due_at": at, "attempts": 0, "generation": 0}


def change(store: SqlStore, meeting: Meeting) -> None:
    """Everything that one notification does to the database."""
    assert meeting.event is not None
    owner, event_id = meeting.owner, meeting.event.event_id
    store.notices.accept([Notice(owner.tenant_id, owner.user_id, event_id, "updated")])
    [claim] = store.ledger.claim(1, LEASE)
    assert (claim.kind, claim.subject_id) == (MAILBOX, subject_id(owner))
    store.find(tenant_id=owner.tenant_id, owner_id=owner.user_id)
    hints = store.notices.seen(owner.tenant_id, owner.user_id)
    [found] = store.find(tenant_id=owner.tenant_id, event_id=event_id)
    store.save(found, note="Moved to another time.", due_at=now() + timedelta(days=1))
    store.notices.settle(owner.tenant_id, owner.user_id, hints)
    store.ledger.finish(claim)
    store.ledger.next_due()
    store.ledger.backlog()


def cost_of_a_change(kind: str, stores: dict[str, SqlStore], filled: dict[str, list[Meeting]]) -> None:
    """The same change by turns in both databases."""
    walls: dict[str, list[float]] = {name: [] for name in stores}
    at = {name: itertools.cycle(filled[name]) for name in stores}

    def side(name: str) -> float:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(CHANGES):
            change(stores[name], next(at[name]))
        walls[name].append((time.perf_counter() - wall) / CHANGES)
        return (time.process_time() - cpu) / CHANGES

    for name in stores:
        side(name)
        walls[name].clear()
    cpu = by_turns({name: lambda name=name: side(name) for name in stores})
    wall = {name: sorted(values)[len(values) // 2] for name, values in walls.items()}
    few, many = stores
    tell(
        f"{kind}: one change among {few} meetings {wall[few] * 1e3:.2f} ms ({cpu[few] * 1e3:.2f} ms CPU), among {many} "
        f"{wall[many] * 1e3:.2f} ms ({cpu[many] * 1e3:.2f} ms CPU): ratio {wall[many] / wall[few]:.2f}, CPU "
        f"{cpu[many] / cpu[few]:.2f} (goal <= 1.5)"
    )


def few_against_many(kind: str, few_url: str, many_url: str, few: int, many: int) -> None:
    """Fill both, then measure."""
    stores, filled = {}, {}
    for number, url in ((few, few_url), (many, many_url)):
        began = time.perf_counter()
        stores[f"{number:,}"] = opened(url)
        filled[f"{number:,}"] = fill(stores[f"{number:,}"], number)
        tell(f"{kind}: {number:,} meetings filled in {time.perf_counter() - began:.0f} s")
    cost_of_a_change(kind, stores, filled)
    for store in stores.values():
        store.close()


def disk_and_memory(folder: Path, number: int) -> None:
    """Real meetings, each with its ledger row; then what a process holds that works among them."""
    urls = {size: f"sqlite:///{folder}/tracked{size}.db" for size in (WORKED_WITH, number)}
    samples = {}
    for size, url in urls.items():
        store = opened(url)
        for batch in _batches(made_up(size, tenant=TENANT, mailboxes=size // 10), WORKED_WITH):
            _add_all(store, batch)
        samples[size] = [one.id for one in batch]
        store.close()
    disk = sum(path.stat().st_size for path in folder.glob(f"tracked{number}.db*"))
    grown = (_apart(urls[number], samples[number]) - _apart(urls[WORKED_WITH], samples[WORKED_WITH])) / 2**20
    tell(
        f"SQLite: {disk / number:.0f} bytes on disk for each of {number:,} tracked meetings, with its ledger row "
        f"(goal <= 1024); a process that works among them holds {grown:.1f} MiB more than among {WORKED_WITH:,} "
        "(goal <= 5)"
    )


def _apart(url: str, ids: list[str]) -> int:
    """Bytes in RAM of a process of its own after it changed these meetings."""
    command = [sys.executable, "-m", "bench.keeping", "--work-in", url]
    done = subprocess.run(
        command, input="\n".join([KEY, *ids]), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    return int(done.stdout)


def work_in(url: str) -> None:
    """The key and the ids of meetings come on the standard input."""
    key, *ids = sys.stdin.read().split()
    store = SqlStore(url, Seal.from_setting(key), now)
    for one in ids[:WORKED_WITH]:
        change(store, store.meeting(one))
    tell(str(resident_bytes()))
    store.close()


def _batches(found: Iterable[Meeting], size: int) -> Iterator[list[Meeting]]:
    rest = iter(found)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def _add_all(store: SqlStore, batch: list[Meeting]) -> None:
    rows = [{"id": one.id, "version": 0, "created_at": one.created_at, **store.meetings._columns(one)} for one in batch]

    def work(writing: Any) -> None:
        writing.connection.execute(meetings.insert(), rows)
        writing.connection.execute(ledger.insert(), [_due(one.id) for one in batch])
        for owner in {one.owner for one in batch}:
            remember(writing, owner)

    store.database.write(work)


def main() -> None:
    """SQLite always; PostgreSQL where asked for and there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--tracked", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--work-in", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work_in:
        work_in(arguments.work_in)
        return
    tell(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        disk_and_memory(folder, arguments.tracked)
        few_against_many(
            "SQLite", f"sqlite:///{folder}/few.db", f"sqlite:///{folder}/many.db", arguments.few, arguments.many
        )
    if arguments.postgres:
        with postgres_database() as few, postgres_database() as many:
            if few is not None and many is not None:
                few_against_many("PostgreSQL", few, many, arguments.few, arguments.many)


if __name__ == "__main__":
    main()
