"""The settings file as text: a new one with a word about each part, or an old one with its comments kept."""

from collections.abc import Iterable, Mapping
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from server.settings import Settings, SettingsError

_HEAD = (
    "Settings of ClickMeeting for Outlook, written by `clickmeeting-addin init`; docs/settings.md explains all of them."
)
_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Where people and Microsoft reach the server, behind your TLS proxy.", ("public_url", "host", "port")),
    (
        "What is remembered. SQLite needs nothing else; PostgreSQL: postgresql+psycopg://user@host/name",
        ("database_url",),
    ),
    (
        "Keep a copy of these keys apart from the database: without them nothing stored can be read.",
        ("encryption_keys",),
    ),
    ("ClickMeeting: account settings, API.", ("clickmeeting_url", "clickmeeting_api_key", "room_addresses")),
    (
        "Microsoft Entra: the app registration, and the tenants that may sign in.",
        ("client_id", "client_secret", "client_certificate", "tenants", "allowed_clients", "graph_access"),
    ),
    ("Microsoft's hosts.", ("login_url", "graph_url", "graph_scope_prefix", "office_js_url", "frame_ancestors")),
)
_LATER = "clickmeeting-addin init --update sets it"


def new(values: Mapping[str, Any], missing: Iterable[str]) -> str:
    """A file with these settings; the missing ones stand in it as comments that say how to set them."""
    absent, written = set(missing), set()
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEAD))
    for title, names in _PARTS:
        here = [name for name in names if name in values or name in absent]
        if here:
            document.add(tomlkit.nl())
            document.add(tomlkit.comment(title))
        for name in here:
            _put(document, name, values)
        written.update(here)
    rest = [name for name in Settings.model_fields if name in values and name not in written]
    if rest:
        document.add(tomlkit.nl())
        document.add(tomlkit.comment("Other settings."))
        for name in rest:
            _put(document, name, values)
    return tomlkit.dumps(document)


def read(text: str, name: str) -> TOMLDocument:
    """A file as it is, for `changed`. SettingsError where it is no TOML."""
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError(f"{name} is no TOML file: {error}") from error


def changed(document: TOMLDocument, values: Mapping[str, Any]) -> str:
    """The file with these settings put in place of what it said, everything else as it was."""
    text = tomlkit.dumps(document)
    for name, value in values.items():
        if name in document and _plain(document[name]) == _plain(value):
            continue
        later = f"# {name} = ...  # {_LATER}\n"
        if later in text and name not in document:
            line = tomlkit.dumps({name: _plain(value)})
            text = text.replace(later, line)
            document = tomlkit.parse(text)
        else:
            document[name] = _plain(value)
            text = tomlkit.dumps(document)
    return text


def _put(document: TOMLDocument, name: str, values: Mapping[str, Any]) -> None:
    if name in values:
        document.add(name, tomlkit.item(_plain(values[name])))
    else:
        document.add(tomlkit.comment(f"{name} = ...  # {_LATER}"))


def _plain(value: Any) -> Any:
    """As TOML knows it."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int | float | list) else str(value)
