"""Starts and stops the whole sandbox: ports, certificate, services, state file; it knows no service's inside."""

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from sandbox.certificate import make_certificate
from sandbox.control import create_control
from sandbox.forward import Forwarder
from sandbox.people import CLICKMEETING_KEY, CLIENTS, TENANTS
from sandbox.services import make_services
from sandbox.web import Dispatcher, Observed
from sandbox.world import World

_THREADS = 40
OFFICE_JS = Path(__file__).resolve().parent.parent / "taskpane" / "node_modules" / "@microsoft" / "office-js" / "dist"


@dataclass(frozen=True)
class Options:
    """What the command line may say. Port 0 means any free one."""

    port: int = 0
    http_port: int = 0
    ca_file: Path | None = None
    capture: Path | None = None
    ready_file: Path | None = None
    state: Path | None = None
    server_url: str | None = None
    office_js: Path = OFFICE_JS


class Desk:
    """A running sandbox; use it as a context. OSError where a port is taken or a file cannot be written."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._servers: list[wsgi.Server] = []
        self._threads: list[threading.Thread] = []
        self._folder = tempfile.TemporaryDirectory(prefix="clickmeeting-sandbox-")
        self.world = World.make(options.capture)
        self.world.server_url = options.server_url
        self.world.office_js = options.office_js

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        files = make_certificate(Path(self._folder.name), self._options.ca_file)
        self.world.ca_file = files.ca_file
        tls = BuiltinSSLAdapter(str(files.chain_file), str(files.key_file))
        for port, adapter in ((self._options.port, tls), (self._options.http_port, None)):
            server = wsgi.Server(
                ("127.0.0.1", port), _late(lambda: self._app), numthreads=_THREADS, request_queue_size=128
            )
            server.ssl_adapter = adapter
            server.error_log = _unheard  # type: ignore[method-assign]
            server.prepare()
            self._servers.append(server)
        self.world.base = f"https://localhost:{self._servers[0].bind_addr[1]}"
        self.world.http_base = f"http://127.0.0.1:{self._servers[1].bind_addr[1]}"
        self._app = self._compose()
        self._load()
        for server in self._servers:
            thread = threading.Thread(target=server.serve, name="sandbox-http", daemon=True)
            thread.start()
            self._threads.append(thread)
        if self._options.ready_file:
            _write_atomically(self._options.ready_file, json.dumps(self.description(), indent=2))

    def _compose(self) -> Dispatcher:
        mounts: dict[str, Any] = {"/control": create_control(self.world)}
        for service in make_services(self.world):
            self.world.services[service.name] = service
            for prefix, app in service.wsgi().items():
                mounts[prefix] = Observed(service.name, app, self.world)
        return Dispatcher(mounts, Forwarder(self.world))

    def description(self) -> dict[str, Any]:
        """What `--ready-file` holds: every address, id and key that a client needs."""
        base = self.world.base
        found: dict[str, Any] = {
            "base": base,
            "http_base": self.world.http_base,
            "ca_file": str(self.world.ca_file),
            "clickmeeting": {"url": f"{base}/clickmeeting/v1", "api_key": CLICKMEETING_KEY},
            "graph": {"url": f"{base}/graph/v1.0"},
            "control": f"{base}/control",
            "tenants": [
                {
                    "id": tenant.id,
                    "clients": [{"id": client.id, "secret": client.secret} for client in CLIENTS if client.secret],
                    "users": [
                        {"id": user.id, "upn": user.upn, "role": user.role, "password": user.password}
                        for user in tenant.users
                    ],
                }
                for tenant in TENANTS
            ],
        }
        if self.world.server_url:
            found["server"] = {"url": self.world.server_url}
        return found

    def _load(self) -> None:
        path = self._options.state
        if path is None or not path.exists():
            return
        state = json.loads(path.read_text("utf-8"))
        self.world.outbox.replace(state.get("outbox", []))
        for name, service in self.world.services.items():
            if name in state:
                service.load(state[name])

    def save(self) -> None:
        """Write the state file, where one was asked for."""
        if self._options.state is None:
            return
        state = {name: service.dump() for name, service in self.world.services.items()}
        state["outbox"] = self.world.outbox.mails()
        _write_atomically(self._options.state, json.dumps(state))

    def close(self) -> None:
        """Stop serving, save, and let every thread end."""
        self.world.closing.set()
        for service in self.world.services.values():
            service.close()
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._threads:
            self.save()
        self.world.capture.close()
        with contextlib.suppress(OSError):
            self._folder.cleanup()


def _unheard(*_: object, **__: object) -> None:
    """A browser's dropped connection is no news."""


def _late(app: Callable[[], Any]) -> Callable[..., Any]:
    """The server wants an application before the ports, and so the addresses in it, are known."""
    return lambda environ, start_response: app()(environ, start_response)


def _write_atomically(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    os.replace(part, path)
