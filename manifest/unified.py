"""Writes the unified JSON manifest with its language files; it decides nothing that `source` does not say.

Shape and limits are those of Outlook add-in facts 1.3 and of the schema named in `SCHEMA`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from manifest import source
from manifest.place import Place
from manifest.source import Command, Surface

SCHEMA_VERSION = "1.25"
_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}"
SCHEMA = f"{_SCHEMAS}/MicrosoftTeams.schema.json"
LANGUAGE_SCHEMA = f"{_SCHEMAS}/MicrosoftTeams.Localization.schema.json"

# What the add-in-only manifest says with one word (facts 1.3; the names are those of Microsoft's documentation).
PERMISSIONS = {
    "Restricted": "MailboxItem.Restricted.User",
    "ReadItem": "MailboxItem.Read.User",
    "ReadWriteItem": "MailboxItem.ReadWrite.User",
    "ReadWriteMailbox": "Mailbox.ReadWrite.User",
}
SHARED_FOLDERS = "Mailbox.SharedFolder"
_PANE_RUNTIME, _COMMAND_RUNTIME = "pane", "commands"
_MAIL = {"capabilities": [{"name": "Mailbox", "minVersion": source.MAILBOX_SET}]}


def write(place: Place) -> dict[str, bytes]:
    """`manifest.json` and the language files by their names in the package; the same bytes for the same place."""
    manifest = _manifest(place)
    files = {"manifest.json": _bytes(manifest)}
    keys = dict(_localisable(manifest))
    for language in source.LOCALES:
        told = {"$schema": LANGUAGE_SCHEMA} | {path: source.texts(language)[key] for path, key in keys.items()}
        files[language_file(language)] = _bytes(told)
    return files


def language_file(language: str) -> str:
    """The name of a language's file in the package."""
    return f"languages/{language}.json"


def _manifest(place: Place) -> dict[str, Any]:
    english = source.texts("en")
    about = place.url(source.ABOUT_PAGE)
    return {
        "$schema": SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "version": source.version(),
        "id": place.unified_id,
        "developer": {
            "name": source.PROVIDER,
            "websiteUrl": about,
            "privacyUrl": f"{about}#privacy",
            "termsOfUseUrl": f"{about}#terms",
        },
        "name": {"short": english["name"], "full": english["name"]},
        "description": {"short": english["summary"], "full": english["description"]},
        "localizationInfo": {
            "defaultLanguageTag": source.DEFAULT_LOCALE.lower(),
            "additionalLanguages": [
                {"languageTag": language, "file": language_file(language)} for language in source.LOCALES
            ],
        },
        "icons": {"color": source.PACKAGE_COLOR, "outline": source.PACKAGE_OUTLINE},
        "accentColor": source.ACCENT,
        "validDomains": [place.host],
        "webApplicationInfo": {"id": place.client_id, "resource": place.resource},
        "authorization": {
            "permissions": {
                "resourceSpecific": [
                    {"name": PERMISSIONS[source.PERMISSION], "type": "Delegated"},
                    {"name": SHARED_FOLDERS, "type": "Delegated"},
                ]
            }
        },
        "extensions": [_extension(place)],
    }


def _extension(place: Place) -> dict[str, Any]:
    return {
        "requirements": {**_MAIL, "scopes": ["mail"], "formFactors": ["desktop", "mobile"]},
        "runtimes": [
            {
                "id": _PANE_RUNTIME,
                "type": "general",
                "code": {"page": place.url(source.PANE_PAGE)},
                "lifetime": "short",
                "actions": [{"id": "showPane", "type": "openPage", "view": "pane", "pinnable": False}],
            },
            {
                "id": _COMMAND_RUNTIME,
                "type": "general",
                "code": {"page": place.url(source.COMMANDS_PAGE), "script": place.url(source.EVENTS_SCRIPT)},
                "lifetime": "short",
                "actions": [{"id": name, "type": "executeFunction"} for name in _functions()],
            },
        ],
        "ribbons": [
            *(_ribbon(surface, place) for surface in source.RIBBONS),
            _mobile_ribbon(place),
        ],
        "autoRunEvents": [_auto_run(since) for since in dict.fromkeys(one.since for one in source.LAUNCH_EVENTS)],
        "alternates": [
            {
                "hide": {"customOfficeAddin": {"officeAddinId": place.add_in_id}},
                "alternateIcons": {
                    "icon": {"size": 64, "url": place.icon(source.LIST_ICON)},
                    # the schema knows no 128: this one is the same size on a screen with twice the pixels
                    "highResolutionIcon": {"size": 64, "url": place.icon(source.LIST_ICON_LARGE)},
                },
            }
        ],
    }


def _functions() -> list[str]:
    named = [command.function for command in source.COMMANDS if command.function]
    return list(dict.fromkeys([*named, *(one.function for one in source.LAUNCH_EVENTS)]))


def _ribbon(surface: Surface, place: Place) -> dict[str, Any]:
    english = source.texts("en")
    group = {
        "id": f"{surface.key}.group",
        "label": english["group"],
        "controls": [_button(command, place) for command in source.COMMANDS if command.surface is surface],
    }
    return {
        "requirements": {**_MAIL, "scopes": ["mail"], "formFactors": ["desktop"]},
        "contexts": [surface.context],
        "tabs": [{"builtInTabId": "TabDefault", "groups": [group]}],
    }


def _button(command: Command, place: Place) -> dict[str, Any]:
    english = source.texts("en")
    return {
        "id": f"{command.surface.key}.{command.key}",
        "type": "button",
        "label": english[f"{command.key}.label"],
        "supertip": {"title": english[f"{command.key}.label"], "description": english[f"{command.key}.tip"]},
        "icons": [
            {"size": size, "url": place.icon(source.icon_file(command.glyph, size))}
            for size in source.UNIFIED_RIBBON_SIZES
        ],
        "actionId": command.function or "showPane",
    }


def _mobile_ribbon(place: Place) -> dict[str, Any]:
    english = source.texts("en")
    controls = [
        {
            "id": f"{command.surface.key}.{command.key}",
            "type": "mobileButton",
            "label": english[f"{command.key}.label"],
            "icons": [
                {"size": size, "scale": scale, "url": place.icon(source.icon_file(command.glyph, size, scale))}
                for size in source.MOBILE_SIZES
                for scale in source.MOBILE_SCALES
            ],
            "actionId": command.function,
        }
        for command in source.COMMANDS
        if command.surface is source.MOBILE
    ]
    group = {"id": "mobile.group", "label": english["group"], "controls": controls}
    return {
        "requirements": {**_MAIL, "scopes": ["mail"], "formFactors": ["mobile"]},
        "contexts": [source.MOBILE.context],
        "tabs": [{"builtInTabId": "TabDefault", "customMobileRibbonGroups": [group]}],
    }


def _auto_run(since: str) -> dict[str, Any]:
    """The events of one requirement set; a client without that set has only them missing."""
    events: list[dict[str, Any]] = []
    for one in source.LAUNCH_EVENTS:
        if one.since == since:
            event: dict[str, Any] = {"type": one.unified_event, "actionId": one.function}
            if one.send_mode:
                event["options"] = {"sendMode": one.send_mode[0].lower() + one.send_mode[1:]}
            events.append(event)
    return {
        "requirements": {"capabilities": [{"name": "Mailbox", "minVersion": since}], "scopes": ["mail"]},
        "events": events,
    }


def _localisable(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Path of every text that has a translation, with the text's name in `source`."""
    yield from (("name.short", "name"), ("name.full", "name"))
    yield from (("description.short", "summary"), ("description.full", "description"))
    for number, ribbon in enumerate(manifest["extensions"][0]["ribbons"]):
        is_mobile = "customMobileRibbonGroups" in ribbon["tabs"][0]
        groups = "customMobileRibbonGroups" if is_mobile else "groups"
        group = f"extensions[0].ribbons[{number}].tabs[0].{groups}[0]"
        yield f"{group}.label", "group"
        for place, control in enumerate(ribbon["tabs"][0][groups][0]["controls"]):
            key = control["id"].partition(".")[2]
            yield f"{group}.controls[{place}].label", f"{key}.label"
            if not is_mobile:
                yield f"{group}.controls[{place}].supertip.title", f"{key}.label"
                yield f"{group}.controls[{place}].supertip.description", f"{key}.tip"


def _bytes(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
