"""What the stand-ins share: clock, faults, capture, outbox, addresses; it knows no service's data."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.capture import Capture, Secrets
from sandbox.clock import SettableClock
from sandbox.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Service(Protocol):
    """One stand-in. `wsgi` maps each path prefix (`/graph`) to an application that sees the rest of the path."""

    name: str

    def wsgi(self) -> "dict[str, WSGIApplication]": ...

    def reset(self) -> None:
        """Forget everything that was made since the start."""

    def dump(self) -> Any:
        """The state as JSON, for `--state`."""

    def load(self, state: Any) -> None:
        """Take up what `dump` gave."""

    def close(self) -> None:
        """Stop own threads."""


@dataclass
class Mail:
    """A message as its receiver would find it. `source` is `graph` or `clickmeeting`, `kind` says what it is for."""

    mailbox: str
    source: str
    kind: str
    sender: str
    subject: str
    html: str = ""
    text: str = ""
    time: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Outbox:
    """All mail that the services would have sent, in order."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._mails: list[Mail] = []
        self._listeners: list[Callable[[Mail], None]] = []

    def add(self, mail: Mail) -> None:
        mail.time = mail.time or self._clock.now().isoformat()
        mail.mailbox = mail.mailbox.lower()
        with self._lock:
            self._mails.append(mail)
        for listener in self._listeners:
            listener(mail)

    def on_mail(self, listener: Callable[[Mail], None]) -> None:
        """`listener` hears of each mail, so that Graph can put it into the receiver's inbox."""
        self._listeners.append(listener)

    def mails(self, mailbox: str | None = None) -> list[dict[str, Any]]:
        with self._lock:
            return [vars(mail) for mail in self._mails if mailbox is None or mail.mailbox == mailbox.lower()]

    def replace(self, mails: Iterable[dict[str, Any]]) -> None:
        with self._lock:
            self._mails = [Mail(**mail) for mail in mails]


@dataclass
class World:
    """Handed to every service when it is made. The addresses are filled in once the ports are known."""

    clock: SettableClock
    faults: Faults
    secrets: Secrets
    capture: Capture
    outbox: Outbox
    closing: threading.Event
    base: str = ""
    http_base: str = ""
    server_url: str | None = None
    ca_file: Path | None = None
    office_js: Path | None = None
    services: dict[str, Service] = field(default_factory=dict)

    @classmethod
    def make(cls, capture_file: Path | None = None) -> "World":
        clock = SettableClock()
        secrets = Secrets()
        return cls(
            clock=clock,
            faults=Faults(),
            secrets=secrets,
            capture=Capture(capture_file, clock, secrets),
            outbox=Outbox(clock),
            closing=threading.Event(),
        )
