"""From answers to the files of a new installation; it asks nothing and writes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from addin.invitation.catalogue import LANGUAGES
from manifest.place import WrongInput, guid, origin_of
from server.auth import certificate, consent
from server.settings import Settings, SettingsError, make
from server.setup import registration, settings_file
from server.setup.clouds import CLOUDS, Cloud
from server.store.seal import new_key

SETTINGS, STEPS = "settings.toml", "steps.md"
CREATION, COMPLETION = "entra-application.json", "entra-application-update.json"
# what may be answered later, with what stands in for it while the rest is looked at
_LATER: Mapping[str, Any] = {
    "clickmeeting_api_key": "later",
    "client_id": "ffffffff-ffff-4fff-bfff-ffffffffffff",
    "client_secret": "later",
}
_NEEDED = ("public_url", "tenants")


@dataclass(frozen=True)
class Prepared:
    """Everything that `init` knows: `values` are settings, `missing` the names that are still to be given.

    `settings` are whole, with something harmless in place of what is missing.
    """

    values: Mapping[str, Any]
    missing: tuple[str, ...]
    settings: Settings
    cloud: Cloud

    def has(self, name: str) -> bool:
        """Whether the setting is known by now."""
        return name not in self.missing


def first_key(now: datetime) -> str:
    """A fresh encryption key, named after its day."""
    return new_key(f"{now:%Y%m%d}")


def prepare(values: Mapping[str, Any], *, allow_localhost: bool = False) -> Prepared:
    """Checks every answer. WrongInput or SettingsError name the first that cannot be used, and what would do."""
    wanted = {name: value for name, value in values.items() if value not in (None, "", ())}
    for name in _NEEDED:
        if name not in wanted:
            raise WrongInput(f"{name} is not known: give --{'tenant' if name == 'tenants' else 'public-url'}.")
    wanted["public_url"] = origin_of(str(wanted["public_url"]), allow_localhost=allow_localhost)
    wanted["tenants"] = tuple(
        guid(str(tenant), "tenant id", "It stands on the overview page of Entra.") for tenant in wanted["tenants"]
    )
    if "client_id" in wanted:
        wanted["client_id"] = guid(
            str(wanted["client_id"]), "client id", "It stands on the app registration's overview page in Entra."
        )
    _language(wanted)
    _database(wanted)
    wanted.setdefault("allowed_clients", registration.OFFICE_SIGN_INS)
    missing = [name for name in _LATER if name not in wanted]
    if "client_certificate" in wanted and "client_secret" in missing:
        missing.remove("client_secret")
    fillers = {name: _LATER[name] for name in missing}
    settings = make(wanted | fillers, environment=False)
    _certificate(settings)
    return Prepared(wanted, tuple(missing), settings, _cloud(settings))


def _certificate(settings: Settings) -> None:
    try:
        if settings.client_certificate is not None:
            certificate.load(settings.client_certificate)
    except ValueError as error:
        raise WrongInput(f"{error}.") from error


def files(prepared: Prepared, now: datetime, former: str | None = None) -> dict[str, bytes]:
    """All files by name. `former` is the settings file there is, whose comments and other settings stay."""
    if former is None:
        text = settings_file.new(prepared.values, prepared.missing)
    else:
        text = settings_file.changed(settings_file.read(former, SETTINGS), prepared.values)
    made = {
        SETTINGS: text.encode(),
        STEPS: steps(prepared, now).encode(),
        CREATION: _json(registration.creation(prepared.settings)),
    }
    if prepared.has("client_id"):
        made[COMPLETION] = _json(registration.completion(prepared.settings))
    return made


def steps(prepared: Prepared, now: datetime) -> str:
    """What an admin does next, exactly, as Markdown."""
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown for the admin's own eyes, of values that were checked
    )
    template = environment.from_string(
        resources.files("server.setup").joinpath("templates", "steps.md.j2").read_text("utf-8")
    )
    settings = prepared.settings
    return template.render(
        settings=settings,
        cloud=prepared.cloud,
        known=prepared.has,
        missing=prepared.missing,
        day=f"{now:%Y-%m-%d}",
        name=registration.NAME,
        role=settings.admin_role,
        permissions=consent.permissions(settings),
        redirects=registration.redirects(settings),
        consents=[consent.consent_url(settings, tenant) for tenant in settings.tenants],
        office_clients=registration.OFFICE_CLIENTS,
        files={"settings": SETTINGS, "creation": CREATION, "completion": COMPLETION},
        is_local=settings.public_url.startswith("https://localhost"),
    )


def _language(values: Mapping[str, Any]) -> None:
    language = values.get("default_language", "en")
    if language not in LANGUAGES:
        raise WrongInput(f"There is no language {language!r}: choose one of {', '.join(LANGUAGES)}.")


def _database(values: Mapping[str, Any]) -> None:
    try:
        kind = make_url(str(values.get("database_url", "sqlite://"))).get_backend_name()
    except ArgumentError:
        kind = "?"
    if kind not in ("sqlite", "postgresql"):
        raise SettingsError(
            "database_url is no address of SQLite or PostgreSQL: "
            "write sqlite:////var/lib/name.db or postgresql+psycopg://user@host/name."
        )


def _cloud(settings: Settings) -> Cloud:
    """The one whose sign-in and Graph these settings name; the global one's pages for a stand-in."""
    hosts = (settings.login_url, settings.graph_url)
    return next((one for one in CLOUDS.values() if (one.login, f"{one.graph}/v1.0") == hosts), CLOUDS["global"])


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()
