"""Counts calls and looks in this process and hands them to the store now and then; it does not know what is counted."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from addin.errors import AddinError
from addin.ports import Clock
from server.store.usage import Usage, Used, quarter

_PAUSE_S = 10.0
log = structlog.get_logger(__name__)


class Figures:
    """Safe between threads. A crash loses the last ten seconds of figures and nothing else."""

    def __init__(self, usage: Usage, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._usage = usage
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._figures: dict[tuple[str, str, str], Used] = {}
        self._flushed = monotonic()

    def count(self, tenant_id: str, service: str, subject: str, *, failed: bool = False, seconds: float = 0) -> None:
        """One call or look; `seconds` is how long it took or waited."""
        key, at = (tenant_id, service, subject), quarter(self._clock())
        ended: list[Used] = []
        with self._lock:
            before = self._figures.get(key)
            if before is not None and before.at != at:
                ended.append(before)
                before = None
            known = before or Used(tenant_id, at, service, subject, 0)
            self._figures[key] = replace(
                known,
                calls=known.calls + 1,
                failures=known.failures + failed,
                worst_ms=max(known.worst_ms, round(seconds * 1000)),
            )
            due = self._monotonic() - self._flushed >= _PAUSE_S
        if ended:
            self._keep(ended)
        if due:
            self.flush()

    def flush(self) -> None:
        """Hand over everything now."""
        with self._lock:
            figures, self._figures = list(self._figures.values()), {}
            self._flushed = self._monotonic()
        self._keep([*figures, *self._waits({one.tenant_id for one in figures})])

    def _waits(self, tenants: set[str]) -> list[Used]:
        """How long the first of what is due has been waiting, for each tenant that something was done for."""
        try:
            waits = [(tenant, self._usage.waiting(tenant)[1].total_seconds()) for tenant in tenants]
        except AddinError:
            return []
        return [Used(tenant, self._clock(), "lag", "", 1, worst_ms=round(seconds * 1000)) for tenant, seconds in waits]

    def _keep(self, figures: list[Used]) -> None:
        try:
            self._usage.add(figures)
        except AddinError as error:  # figures are no reason to stop the work that they are about
            log.warning("figures lost", reason=str(error))
