"""Carrying out what the ledger says is due; what a look consists of is given to it.

    worker = Worker(store, look, attention)             # look(kind, subject_id), attention(kind, subject_id, error)
    engine = Embedded(store, worker, threads=4)         # or Distributed(...): the same `Engine`
    engine.start(); ...; engine.stop()

A look that raises Retryable is repeated later (not before `after`, if that is given); one that raises Permanent is
recorded and told to `attention`; one whose process dies is repeated when its lease ends. Looks are level-triggered:
they may run again at any time, but never two of one subject at once.
"""

from server.work.embedded import Embedded
from server.work.engine import Engine
from server.work.worker import Report, Worker

__all__ = ["Embedded", "Engine", "Report", "Worker"]
