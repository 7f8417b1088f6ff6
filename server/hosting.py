"""Listens: the product on an embedded web server with its workers, until the context ends; it composes nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress.server import create_server

from addin.ports import Clock
from server import logs
from server.bootstrap import Product, build, now
from server.ops.health import health_blueprint
from server.settings import Settings
from server.store import Seal, upgrade
from server.tidying import tidied


@contextmanager
def hosted(settings: Settings, clock: Clock = now) -> Iterator[str]:
    """The address it listens on (plain http, behind a TLS proxy). OSError where the port is taken."""
    logs.configure(settings.log_level)
    upgrade(settings.database_url, seal=Seal.from_setting(settings.encryption_keys.get_secret_value()))
    product = build(settings, clock)
    try:
        with tidied(product.storage.tidy), listening(product, settings) as url:
            product.engine.start()
            yield url
    finally:
        product.close()


@contextmanager
def listening(product: Product, settings: Settings) -> Iterator[str]:
    """Only the web server, without whoever works through the ledger; the address it listens on."""
    server = create_server(
        product.app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident=None,
        clear_untrusted_proxy_headers=False,  # the application itself trusts exactly one proxy
    )
    with _running(server):
        yield f"http://{settings.host}:{server.effective_port}"


@contextmanager
def working(settings: Settings, clock: Clock = now) -> Iterator[None]:
    """A worker process beside the servers, on PostgreSQL; InvalidInput with SQLite, where the server works itself."""
    logs.configure(settings.log_level)
    upgrade(settings.database_url, seal=Seal.from_setting(settings.encryption_keys.get_secret_value()))
    product = build(settings, clock, only_work=True)
    try:
        with watched(product, settings, clock):
            product.engine.start()
            yield
    finally:
        product.close()


@contextmanager
def watched(product: Product, settings: Settings, clock: Clock) -> Iterator[str | None]:
    """Health and figures of a worker on its own port; the address, or None where none is wanted."""
    if not settings.worker_port:
        yield None
        return
    app = Flask("worker")
    app.register_blueprint(health_blueprint(product.storage, product.metrics, product.engine.is_working, clock))
    server = create_server(app, host=settings.host, port=settings.worker_port, threads=2, ident=None)
    with _running(server):
        yield f"http://{settings.host}:{server.effective_port}"


@contextmanager
def _running(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(timeout=5)
