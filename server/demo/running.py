"""Starts sandbox and server together, as two hosts that know each other by address only; it tells nothing."""

import base64
import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.desk import Desk, Options
from sandbox.people import ADD_IN_ID, FOREIGN, OFFICE
from server.hosting import hosted
from server.settings import Settings, make


@dataclass(frozen=True)
class Running:
    """Both are up. `description` is what the sandbox's ready file holds, the server's address included."""

    description: dict[str, Any]
    settings: Settings
    desk: Desk


@contextmanager
def running(
    *,
    port: int = 0,
    capture: Path | None = None,
    ready_file: Path | None = None,
    folder: Path | None = None,
    **settings_more: Any,
) -> Iterator[Running]:
    """Sandbox and server until the context ends; OSError names a port that is taken or a folder that cannot be used.

    `settings_more` are settings of the product that shall differ from those that `settings_for` finds.
    """
    with (
        tempfile.TemporaryDirectory(prefix="clickmeeting-demo-") as scratch,
        Desk(Options(port=port, capture=capture)) as desk,
    ):
        settings = settings_for(desk.description(), folder or Path(scratch), **settings_more)
        with hosted(settings) as url:
            desk.world.server_url = url
            description = desk.description()
            if ready_file is not None:
                ready_file.write_text(json.dumps(description, indent=2), "utf-8")
            yield Running(description, settings, desk)


def settings_for(description: dict[str, Any], folder: Path, **more: Any) -> Settings:
    """Ordinary settings of the product that point at the sandbox; nothing else is special about it."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    own = {
        "port": 0,
        "database_url": f"sqlite:///{folder / 'clickmeeting-addin.db'}",
        "encryption_keys": f"demo:{key}",
    }
    return make(sandbox_values(description) | own | more, environment=False)


def sandbox_values(description: dict[str, Any]) -> dict[str, Any]:
    """What the sandbox decides: every address, id and key of it, by the names of the settings."""
    base = description["base"]
    client = description["tenants"][0]["clients"][0]
    return {
        "public_url": base,
        "clickmeeting_url": description["clickmeeting"]["url"],
        "room_addresses": (f"{base.removeprefix('https://')}/rooms",),
        "clickmeeting_api_key": description["clickmeeting"]["api_key"],
        "client_id": client["id"],
        "client_secret": client["secret"],
        "tenants": tuple(tenant["id"] for tenant in description["tenants"]),
        "allowed_clients": (OFFICE.id, FOREIGN.id),
        "login_url": f"{base}/entra",
        "graph_url": description["graph"]["url"],
        "read_directory": True,
        "ca_file": description["ca_file"],
        "add_in_id": ADD_IN_ID,
        "office_js_url": f"{base}/outlook/office/office.js",
    }
