"""Durable webhook accepts against a no-op endpoint on the same server, and their p99 while the worker is saturated.

python -m bench.accepts [--requests N]
"""

import argparse
import tempfile
from pathlib import Path

from bench.common.load import drive
from bench.common.measuring import by_turns, machine, tell
from bench.common.product import notifications, opened, postgres_database, served, settings_file, subscribed

MAILBOXES = 200


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


def main() -> None:
    """Both databases, where they are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    arguments = parser.parse_args()
    tell(machine())
    with tempfile.TemporaryDirectory() as folder:
        accepts_against_noop("SQLite", f"sqlite:///{folder}/bench.db", Path(folder), arguments.requests)
        with postgres_database() as url:
            if url is not None:
                accepts_against_noop("PostgreSQL", url, Path(folder), arguments.requests)


if __name__ == "__main__":
    main()
