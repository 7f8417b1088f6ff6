"""Workers in processes of their own, on as many machines as wanted; it knows neither looks nor the ledger's keeping."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from addin.errors import AddinError
from addin.ports import Clock
from server.store import SqlStore
from server.store.database import Due
from server.store.ledger import Claim
from server.work.queue import NAME, TASK, Queue
from server.work.worker import Worker

log = structlog.get_logger(__name__)

_SWEPT_AT_ONCE = 500
_STALLED_AFTER_S = 60


class Waker:
    """The engine of a process that does not look itself (a web server): what it commits wakes workers elsewhere."""

    def __init__(self, store: SqlStore, queue: Queue, clock: Clock, *, sweep_seconds: float = 5) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._changed = threading.Condition()
        self._pending: dict[tuple[str, str], None] = {}
        self._woken = True
        self._stopping = False
        self._thread = threading.Thread(target=self._push, name="work-waker", daemon=True)

    def start(self) -> None:
        """Begin to pass wake-ups on; Unavailable where the database cannot be reached."""
        self._queue.open()
        self._store.database.listen(self._became_due)
        self._thread.start()

    def wake(self) -> None:
        """Sweep now."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def is_working(self) -> bool:
        """Whether wake-ups are passed on."""
        return self._thread.is_alive()

    def stop(self, timeout: float = 10) -> bool:
        """What was not passed on is found by the sweep of whoever goes on."""
        self._store.database.ignore(self._became_due)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout)
        self._queue.close()
        return not self._thread.is_alive()

    def _became_due(self, due: Sequence[Due]) -> None:
        """In the thread that committed, so nothing here may take long."""
        now = self._clock()
        with self._changed:
            self._pending.update({(one.kind, one.subject_id): None for one in due if one.at <= now})
            self._changed.notify_all()

    def _push(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._woken or self._pending, pause)
                if self._stopping:
                    return
                subjects, self._pending = list(self._pending), {}
                sweeps, self._woken = self._woken or not subjects, False
            try:
                for kind, subject_id in subjects:
                    self._queue.push(kind, subject_id)
                if sweeps:
                    self._sweep()
                pause = self._until_next()
            except AddinError as error:  # the database is away: the sweep makes up for what was not passed on
                log.warning("no queue", reason=str(error))
                pause = self._sweep_seconds

    def _sweep(self) -> None:
        for due in self._store.ledger.due(_SWEPT_AT_ONCE):
            self._queue.push(due.kind, due.subject_id)

    def _until_next(self) -> float:
        """Seconds to the next sweep: sooner when something becomes due before, but never without a pause."""
        next_due = self._store.ledger.next_due()
        if next_due is None:
            return self._sweep_seconds
        left = (next_due - self._clock()).total_seconds()
        return min(self._sweep_seconds, left) if left > 0 else self._sweep_seconds


class Distributed:
    """The engine of a worker process: `threads` subjects at a time, woken by every process of the database."""

    def __init__(
        self,
        store: SqlStore,
        worker: Worker,
        clock: Clock,
        database_url: str,
        *,
        threads: int = 4,
        sweep_seconds: float = 5,
    ) -> None:
        self._worker = worker
        self._threads = threads
        self._queue = Queue(database_url)
        self._waker = Waker(store, self._queue, clock, sweep_seconds=min(sweep_seconds, worker.lease.total_seconds()))
        self._running: set[Claim] = set()
        self._guard = threading.Lock()
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="work-queue", daemon=True)

    def start(self) -> None:
        """Begin; Unavailable where the database cannot be reached."""
        self._waker.start()
        self._thread.start()
        self._ready.wait()

    def wake(self) -> None:
        """Sweep now."""
        self._waker.wake()

    def is_working(self) -> bool:
        """Whether wake-ups are taken and passed on."""
        return self._thread.is_alive() and self._waker.is_working()

    def stop(self, timeout: float = 10) -> bool:
        """Take no more wake-ups and wait for what is at work; False when some still is after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(max(0.0, deadline - time.monotonic()))
        waker_ended = self._waker.stop(max(0.1, deadline - time.monotonic()))
        return waker_ended and not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(self._threads + 2, thread_name_prefix="work"))
        self._ready.set()
        while not self._stopping.is_set():
            try:
                await self._serve(self._stopping)
            except (ConnectorException, OSError) as error:  # the database is away: come back when it is
                log.warning("no queue", reason=type(error).__name__)
                await _either(self._stopping, 1)

    async def _serve(self, stopping: asyncio.Event) -> None:
        """Work until told to stop; an error of the connection ends it and is the caller's to wait out."""
        app = self._queue.app_for_workers()
        app.task(name=TASK, queue=NAME)(self._look)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[NAME],
                    concurrency=self._threads,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=self._worker.lease.total_seconds(),
                )
            )
            keeping = asyncio.create_task(self._keep(app))
            told = asyncio.create_task(stopping.wait())
            try:
                await asyncio.wait([working, keeping, told], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (working, keeping, told):
                    task.cancel()
                ended = await asyncio.gather(working, keeping, told, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome

    async def _keep(self, app: App) -> None:
        """Hold the leases of long looks, and clear away the wake-ups that died workers left at work."""
        cleared = time.monotonic()
        while True:
            await asyncio.sleep(self._worker.lease.total_seconds() / 3)
            with self._guard:
                running = list(self._running)
            try:
                await asyncio.to_thread(self._worker.ledger.renew, running, self._worker.lease)
            except AddinError as error:  # a lease that cannot be held runs out, and somebody else takes over
                log.warning("lease not renewed", reason=str(error))
            if time.monotonic() - cleared > _STALLED_AFTER_S:
                cleared = time.monotonic()
                for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S):
                    await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)

    def _look(self, kind: str, subject_id: str) -> None:
        """A wake-up. Where somebody else has the lease, or the work is done, there is nothing to claim."""
        for claim in self._worker.ledger.claim(1, self._worker.lease, only=(kind, subject_id)):
            with self._guard:
                self._running.add(claim)
            try:
                self._worker.work(claim)
            finally:
                with self._guard:
                    self._running.discard(claim)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or that long."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
