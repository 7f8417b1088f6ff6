"""Health, readiness and metrics over HTTP; it looks, but mends nothing."""

from collections.abc import Callable

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from addin.errors import AddinError
from addin.ports import Clock
from server.ops.metrics import Metrics
from server.store import SqlStore


def health_blueprint(storage: SqlStore, metrics: Metrics, working: Callable[[], bool], clock: Clock) -> Blueprint:
    """`/healthz` (the process answers), `/readyz` (database and workers too), `/metrics`."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def healthy() -> ResponseReturnValue:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @pages.get("/readyz")
    def ready() -> ResponseReturnValue:
        try:
            storage.ledger.next_due()
        except AddinError:
            return _not_ready("the database does not answer")
        if not working():
            return _not_ready("the workers have stopped")
        return Response("ready\n", content_type="text/plain; charset=utf-8")

    @pages.get("/metrics")
    def figures() -> ResponseReturnValue:
        backlog = storage.ledger.backlog()
        metrics.due.set(backlog.due)
        metrics.at_work.set(backlog.leased)
        metrics.failing.set(backlog.failing)
        metrics.attention.set(storage.meetings.needing_a_person())
        metrics.unanswered.set(storage.subscriptions.unanswered())
        metrics.lag.set((clock() - backlog.oldest).total_seconds() if backlog.oldest else 0)
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def _not_ready(reason: str) -> Response:
    return Response(reason + "\n", status=503, content_type="text/plain; charset=utf-8")
