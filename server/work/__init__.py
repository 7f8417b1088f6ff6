"""Carrying out what the ledger says is due; what a look consists of is given to it.

    worker = Worker(store, look, attention)             # look(kind, subject_id), attention(kind, subject_id, error)
    engine = engine_for_server(store, worker, clock, database_url, threads=4, sweep_seconds=60)   # `serve`
    engine = engine_for_worker(...)                     # `clickmeeting-addin worker`, PostgreSQL only
    engine.start(); ...; engine.stop()

A look that raises Retryable is repeated later (not before `after`, if that is given); one that raises Permanent is
recorded and told to `attention`; one whose process dies is repeated when its lease ends. Looks are level-triggered:
they may run again at any time, but never two of one subject at once.
"""

from server.work.choosing import engine_for_server, engine_for_worker
from server.work.embedded import Embedded
from server.work.engine import Engine
from server.work.worker import Report, Worker

__all__ = ["Embedded", "Engine", "Report", "Worker", "engine_for_server", "engine_for_worker"]
