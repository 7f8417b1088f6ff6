"""Lets go of what is over, again and again while a process runs; what that is, the store knows."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from addin.errors import AddinError

_PAUSE_S = 900.0
log = structlog.get_logger(__name__)


@contextmanager
def tidied(tidy: Callable[[], object], *, pause_s: float = _PAUSE_S) -> Iterator[None]:
    """`tidy` at once, then every `pause_s` seconds in a thread of its own; a database that is away is waited for."""
    ended = threading.Event()

    def again() -> None:
        while not ended.is_set():
            try:
                tidy()
            except AddinError as error:
                log.warning("not tidied", reason=str(error))
            except Exception as error:  # a fault once must not end it for as long as the process runs
                log.error("unexpected", kind=type(error).__name__, exc_info=error)
            ended.wait(pause_s)

    thread = threading.Thread(target=again, name="tidying", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)
