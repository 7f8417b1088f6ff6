"""Durable webhook accepts against a no-op endpoint on the same server, and their p99 while the worker is saturated.

python -m bench.accepts [--requests N]
"""

import argparse
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bench.common.load import drive
from bench.common.measuring import by_turns, machine, percentile, tell
from bench.common.product import TENANT, notifications, opened, postgres_database, served, settings_file, subscribed
from server.bootstrap import now
from server.store import MAILBOX, SqlStore
from server.store.database import Due, Writing
from server.store.ledger import make_due
from server.store.tables import mailboxes

MAILBOXES = 200
BACKLOG = 10_000


def accepts_against_noop(kind: str, database_url: str, folder: Path, requests: int) -> None:
    """Requests a second and CPU a request of both sides."""
    store = opened(database_url)
    subscriptions = subscribed(store, MAILBOXES)
    store.close()
    with served(settings_file(folder, database_url)) as server:
        used: dict[str, list[float]] = {"/noop": [], "/hooks/graph": []}

        def side(path: str) -> float:
            load = notifications(server.address, path, subscriptions, requests)
            before = server.cpu_seconds()
            loaded = drive(server.address, load)
            used[path].append((server.cpu_seconds() - before) / requests)
            return loaded.per_second

        for path in used:
            side(path)
            used[path].clear()
        rates = by_turns({path: lambda path=path: side(path) for path in used})
    cpu = {path: sorted(values)[len(values) // 2] * 1e6 for path, values in used.items()}
    tell(
        f"{kind}: {rates['/hooks/graph']:.0f} durable accepts/s against {rates['/noop']:.0f} no-ops/s: ratio "
        f"{rates['/hooks/graph'] / rates['/noop']:.2f} (goal >= 0.6); CPU {cpu['/hooks/graph']:.0f} against "
        f"{cpu['/noop']:.0f} µs: ratio {cpu['/noop'] / cpu['/hooks/graph']:.2f}"
    )


def p99_under_work(kind: str, database_url: str, folder: Path, requests: int) -> None:
    """The p99 of accepts with nobody at work, and with workers who cannot keep up; on PostgreSQL in a process apart."""
    store = opened(database_url)
    subscriptions = subscribed(store, MAILBOXES)
    settings = settings_file(folder, database_url)
    found = {}
    for way in ("idle", "saturated"):
        at_work = way == "saturated"
        if at_work:
            _make_work(store)
        apart = worker(settings) if at_work and not store.database.is_sqlite else nullcontext()
        with apart, served(settings, work=at_work) as server:
            load = notifications(server.address, "/hooks/graph", subscriptions, requests)
            drive(server.address, load[: requests // 5], clients=4)
            found[way] = percentile(drive(server.address, load, clients=4).each, 0.99)
            left = store.ledger.backlog().due
    assert left > 0, "the workers were not saturated: raise BACKLOG"
    store.close()
    tell(
        f"{kind}: p99 of an accept {found['idle'] * 1e3:.0f} ms idle, {found['saturated'] * 1e3:.0f} ms with workers "
        f"saturated ({left} due mailboxes left): ratio {found['saturated'] / found['idle']:.2f} "
        "(goal < 300 ms embedded; ratio <= 2 apart)"
    )


def _make_work(store: SqlStore) -> None:
    """Mailboxes that are due and have nothing live: their looks ask nobody outside, so workers never wait."""
    users = [str(uuid.uuid4()) for _ in range(BACKLOG)]
    known = {"tenant_id": TENANT, "address": "", "name": "", "last_round": now()}

    def work(writing: Writing) -> None:
        writing.connection.execute(mailboxes.insert(), [known | {"user_id": user} for user in users])
        make_due(writing, [Due(MAILBOX, f"{TENANT}/{user}", now()) for user in users])

    store.database.write(work)


@contextmanager
def worker(settings: Path) -> Iterator[None]:
    """`clickmeeting-addin worker` until the context ends."""
    command = [str(Path(sys.executable).with_name("clickmeeting-addin")), "worker", "--settings", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("Working" in line for line in process.stderr)
        try:
            yield
        finally:
            process.kill()


def main() -> None:
    """Both databases, where they are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    arguments = parser.parse_args()
    tell(machine())
    with tempfile.TemporaryDirectory() as folder:
        accepts_against_noop("SQLite", f"sqlite:///{folder}/bench.db", Path(folder), arguments.requests)
        p99_under_work("SQLite, embedded", f"sqlite:///{folder}/p99.db", Path(folder), arguments.requests // 3)
        with postgres_database() as url:
            if url is not None:
                accepts_against_noop("PostgreSQL", url, Path(folder), arguments.requests)
                p99_under_work("PostgreSQL", url, Path(folder), arguments.requests // 3)


if __name__ == "__main__":
    main()
