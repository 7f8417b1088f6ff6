"""A product to measure: settings that lead nowhere outside, a database, a server; it measures nothing itself."""

import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bench.common.load import post
from server.bootstrap import now
from server.store import Seal, SqlStore, new_key, upgrade
from server.store.subscriptions import Subscription

TENANT = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01"
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
ROOT = Path(__file__).resolve().parents[2]
KEY = new_key("bench")


def settings_file(folder: Path, database_url: str, **more: object) -> Path:
    """Settings of a product whose services are not there: what is measured here never asks them."""
    values = {
        "public_url": "https://addin.example",
        "port": 0,
        "database_url": database_url,
        "encryption_keys": KEY,
        "clickmeeting_url": "https://127.0.0.1:9",
        "graph_url": "https://127.0.0.1:9",
        "login_url": "https://127.0.0.1:9",
        "clickmeeting_api_key": "none",
        "client_id": str(uuid.uuid4()),
        "client_secret": "none",
        "tenants": [TENANT],
        "log_level": "ERROR",
    }
    path = folder / "settings.toml"
    path.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in (values | more).items()), "utf-8")
    return path


def opened(database_url: str) -> SqlStore:
    """The store of such a product."""
    upgrade(database_url)
    return SqlStore(database_url, Seal.from_setting(KEY), now)


@contextmanager
def postgres_database() -> Iterator[str | None]:
    """An empty PostgreSQL database that goes afterwards; None where there is no server."""
    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        yield None
        return
    name = f"clickmeeting_bench_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str

    def cpu_seconds(self) -> float:
        """What its process has used so far."""
        with urllib.request.urlopen(f"{self.address}/cpu", timeout=60) as answer:  # noqa: S310 (our own address)
            return float(answer.read())


@contextmanager
def served(settings: Path, *, work: bool = False) -> Iterator[Served]:
    """`bench/common/serving.py` until the context ends."""
    command = [sys.executable, "-m", "bench.common.serving", str(settings), *(["--work"] if work else [])]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "the server did not start"
        try:
            yield Served(address)
        finally:
            process.communicate(timeout=60)


def subscribed(store: SqlStore, mailboxes: int) -> list[Subscription]:
    """A subscription for each of so many mailboxes."""
    ends = now() + timedelta(days=2)
    made = [
        Subscription(str(uuid.uuid4()), TENANT, str(uuid.uuid4()), uuid.uuid4().hex * 2, "me/events", ends)
        for _ in range(mailboxes)
    ]
    for one in made:
        store.subscriptions.keep(one)
    return made


def notification(subscription: Subscription) -> bytes:
    """One change notification as Graph posts it (facts 3.3), about an event that nobody has heard of."""
    event_id = f"AAMkAGUzY2Q5{uuid.uuid4().hex}{uuid.uuid4().hex}{uuid.uuid4().hex}AAA="
    resource = f"Users/{subscription.user_id}/Events/{event_id}"
    item = {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": subscription.expires_at.isoformat(),
        "changeType": "updated",
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": f'W/"{uuid.uuid4().hex[:24]}"',
            "id": event_id,
        },
        "clientState": subscription.client_state,
        "tenantId": TENANT,
    }
    return json.dumps({"value": [item]}).encode()


def notifications(address: str, path: str, subscriptions: list[Subscription], number: int) -> list[bytes]:
    """So many requests with one notification each, spread over the mailboxes."""
    return [post(address, path, notification(subscriptions[one % len(subscriptions)])) for one in range(number)]
