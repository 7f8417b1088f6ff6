"""Checks of what lies on this machine: settings file, database, keys, the built pane; it asks no network."""

import shutil
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from server import template
from server.doctor.findings import Finding, failed, passed, warned
from server.pane import PANE_FOLDER
from server.settings import Settings
from server.store.resealing import readable
from server.store.schema import status
from server.store.seal import Seal

_LITTLE_SPACE = 1 << 30
_PLACEHOLDER = uuid.UUID(int=0)
_PANE_FILES = ("taskpane.html", "commands.html", "events.js", "taskpane.css")


def settings_file(settings: Settings, file: Path | None) -> Iterator[Finding]:
    """Whether the settings that were read are those of a real installation, and who may read them."""
    name = "settings"
    if file is not None and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warned(
            name,
            f"Others on this machine may read {file}, which holds secrets.",
            f"Run `chmod 600 {file}` as its owner.",
        )
    for field, value in (("client_id", settings.client_id), *(("tenants", one) for one in settings.tenants)):
        if not _is_real_id(value):
            yield failed(name, f"{field} holds {value!r}, which is no id of Microsoft Entra.", _REAL_ID[field])
            return
    if settings.clickmeeting_api_key.get_secret_value() in ("", "REPLACE"):
        yield failed(
            name, "clickmeeting_api_key is not filled in.", "Copy the key from ClickMeeting: account settings, API."
        )
        return
    host = urlsplit(settings.public_url).hostname
    if host in ("localhost", "127.0.0.1") and settings.ca_file is None:  # with an authority of its own it is a trial
        yield failed(
            name, "public_url is an address of this machine, which nobody else reaches.", "Set the public one."
        )
        return
    yield passed(name, f"The settings are complete; the add-in is at {settings.public_url}.")


_REAL_ID = {
    "client_id": "Copy the application (client) id of the app registration.",
    "tenants": "Copy the directory (tenant) id of each tenant that may sign in.",
}


def _is_real_id(value: str) -> bool:
    try:
        return uuid.UUID(value) != _PLACEHOLDER
    except ValueError:
        return False


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it answers and is at this version."""
    found = status(settings.database_url)
    if found.current:
        yield passed("database", found.sentence)
    else:
        yield failed("database", found.sentence, "Run `clickmeeting-addin db upgrade`, then start the server again.")


def space(settings: Settings) -> Iterator[Finding]:
    """Room on the disk of a SQLite file; another server's disk is not ours to look at."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    folder = Path(url.database).resolve().parent
    free = shutil.disk_usage(folder).free
    told = f"{free / (1 << 30):.1f} GiB are free where the database lies."
    if free < _LITTLE_SPACE:
        yield warned("disk", told, "Make room: where the disk is full, new meetings are refused.")
    else:
        yield passed("disk", told)


def keys(settings: Settings) -> Iterator[Finding]:
    """Whether `encryption_keys` open what is stored, and whether old ones are still needed."""
    text = settings.encryption_keys.get_secret_value()
    rest, newest = readable(settings.database_url, Seal.from_setting(text))
    count = len([pair for pair in text.split(",") if pair.strip()])
    if rest:
        yield failed(
            "keys", f"{rest} stored rows open with none of the {count} encryption keys.",
            "Put the key that they were sealed with back into encryption_keys.",
        )  # fmt: skip
    elif not newest:
        yield warned("keys", "Something stored is still under an older key.", "Run `clickmeeting-addin rotate-keys`.")
    else:
        yield passed("keys", "Everything stored opens, and is under the newest key.")


def pane_files() -> Iterator[Finding]:
    """Whether the pane was built."""
    missing = [name for name in _PANE_FILES if not (PANE_FOLDER / name).is_file()]
    if missing:
        yield failed(
            "pane", f"The built pane lacks {', '.join(missing)}.", "Run `make setup`, or install a complete package."
        )
    else:
        yield passed("pane", "The pane is built.")


def invitation_template(settings: Settings) -> Iterator[Finding]:
    """Whether the organisation's own header, footer and logo can be used."""
    if settings.invitation_template is None:
        return
    branding, _ = template.load(settings.invitation_template)
    if branding.problem:
        yield failed("template", branding.problem, "Mend the file that invitation_template names.")
    else:
        yield passed("template", "The invitation template can be used.")
