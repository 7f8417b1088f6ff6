"""What a manifest says, whichever way it is written: read back from XML or JSON, compared, and told as one number.

It is read with no help from the writers or the source, so that it can prove both of them. `python -m manifest.meaning`
prints the fingerprint that `history.json` keeps beside the version.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

Texts = tuple[tuple[str, str], ...]  # language, text; sorted

_XML = {"v": "http://schemas.microsoft.com/office/mailappversionoverrides/1.1"}
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SURFACES = {
    "meetingDetailsOrganizer": "AppointmentOrganizerCommandSurface",
    "meetingDetailsAttendee": "AppointmentAttendeeCommandSurface",
    "onlineMeetingDetailsOrganizer": "MobileOnlineMeetingCommandSurface",
}
_PERMISSIONS = {
    "MailboxItem.Restricted.User": "Restricted",
    "MailboxItem.Read.User": "ReadItem",
    "MailboxItem.ReadWrite.User": "ReadWriteItem",
    "Mailbox.ReadWrite.User": "ReadWriteMailbox",
}
_SEND_MODES = {"promptUser": "PromptUser", "softBlock": "SoftBlock", "block": "Block", None: None}
_NEW, _OPENED = "OnNewAppointmentOrganizer", "OnAppointmentOrganizer"
_EVENTS = {
    "newAppointmentOrganizerCreated": _NEW,
    "appointmentOrganizerOpened": _OPENED,
    "appointmentSending": "OnAppointmentSend",
}


@dataclass(frozen=True, order=True)
class Button:
    """One button on one surface; `function` is empty where it opens `page`. Icons are (pixels, path)."""

    surface: str
    name: str
    function: str
    page: str
    labels: Texts
    tips: Texts
    icons: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Meaning:
    """Everything that an admin consents to and a person sees. Addresses are paths on `host`."""

    host: str
    version: str
    permission: str
    shared_folders: bool
    mailbox_set: str
    languages: tuple[str, ...]
    names: Texts
    descriptions: Texts
    groups: tuple[tuple[str, Texts], ...]
    buttons: tuple[Button, ...]
    events: tuple[tuple[str, str, str | None], ...]
    event_page: str
    event_script: str
    sign_in: tuple[str, str]

    def fingerprint(self) -> str:
        """SHA-256 of all but the version and where it was built for."""
        told = asdict(self) | {"version": "", "host": "", "sign_in": bool(self.sign_in[0])}
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def differences(one: Meaning, other: Meaning) -> list[str]:
    """The parts in which two manifests differ, in words. The unified one takes fewer sizes of a ribbon icon."""
    found = []
    for field in fields(Meaning):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name == "buttons":
            left, right = [_without_icons(left), _without_icons(right)]
        if left != right:
            found.append(f"{field.name.replace('_', ' ')}: {_first_difference(left, right)}")
    pairs = zip(one.buttons, other.buttons, strict=False)
    for here, there in pairs:
        more, fewer = sorted((set(here.icons), set(there.icons)), key=len, reverse=True)
        if not fewer <= more:
            found.append(f"icons of {here.name}: {sorted(fewer - more)}")
    return found


def _without_icons(buttons: tuple[Button, ...]) -> list[tuple[Any, ...]]:
    return [(one.surface, one.name, one.function, one.page, one.labels, one.tips) for one in buttons]


def _first_difference(left: Any, right: Any) -> str:
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and left and right:
        missing = [item for item in left if item not in right] + [item for item in right if item not in left]
        if missing:
            return _short(missing[0])
    return f"{_short(left)} and {_short(right)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}..."


def from_xml(root: etree._Element) -> Meaning:
    """Of a valid add-in-only manifest. What its 1.1 block says counts, as every current client reads it."""
    block = root.find(".//v:VersionOverrides", _XML)
    assert block is not None
    told = _XmlResources(block)
    events = [
        (event.get("Type") or "", event.get("FunctionName") or "", event.get("SendMode"))
        for event in block.iterfind(".//v:LaunchEvent", _XML)
    ]
    runtime, script = block.find(".//v:Runtime", _XML), block.find(".//v:Runtime/v:Override", _XML)
    info = block.find("v:WebApplicationInfo", _XML)
    names = _overridden(_only(root, "{*}DisplayName"))
    sets = block.find("v:Requirements/{*}Sets", _XML)
    return Meaning(
        host=urlsplit(_only(root, "{*}FormSettings//{*}SourceLocation").get("DefaultValue") or "").netloc,
        version=".".join((root.findtext("{*}Version") or "").split(".")[:3]),
        permission=root.findtext("{*}Permissions") or "",
        shared_folders=(block.findtext(".//v:SupportsSharedFolders", "", _XML)) == "true",
        mailbox_set=sets.get("DefaultMinVersion") or "" if sets is not None else "",
        languages=tuple(sorted(dict(names))),
        names=names,
        descriptions=_overridden(_only(root, "{*}Description")),
        groups=tuple(sorted(_xml_groups(block, told))),
        buttons=tuple(sorted(_xml_button(control, told) for control in block.iterfind(".//v:Control", _XML))),
        events=tuple(sorted(events)),
        event_page=told.path(runtime),
        event_script=told.path(script),
        sign_in=(info.findtext("{*}Id") or "", info.findtext("{*}Resource") or "") if info is not None else ("", ""),
    )


class _XmlResources:
    """The resources of a block by id."""

    def __init__(self, block: etree._Element) -> None:
        self._by_id = {element.get("id"): element for element in block.iterfind("{*}Resources/*/*")}

    def texts(self, element: etree._Element | None) -> Texts:
        """What a referring element says in each language."""
        return _overridden(self._by_id[element.get("resid")]) if element is not None else ()

    def path(self, element: etree._Element | None) -> str:
        """The path of the address that an element refers to."""
        return urlsplit(self._by_id[element.get("resid")].get("DefaultValue") or "").path if element is not None else ""


def _xml_groups(block: etree._Element, told: _XmlResources) -> list[tuple[str, Texts]]:
    return [
        (_surface_of(group), told.texts(group.find("v:Label", _XML))) for group in block.iterfind(".//v:Group", _XML)
    ]


def _xml_button(control: etree._Element, told: _XmlResources) -> Button:
    icons = [
        (int(image.get("size") or 0) * int(image.get("scale") or 1), told.path(image))
        for image in control.iterfind("{*}Icon/{*}Image")
    ]
    return Button(
        surface=_surface_of(control),
        name=control.get("id") or "",
        function=control.findtext(".//v:FunctionName", "", _XML),
        page=told.path(control.find("v:Action/v:SourceLocation", _XML)),
        labels=told.texts(control.find("v:Label", _XML)),
        tips=told.texts(control.find("v:Supertip/v:Description", _XML)),
        icons=tuple(sorted(icons)),
    )


def _surface_of(element: etree._Element) -> str:
    return next(
        parent.get(_XSI_TYPE) or "" for parent in element.iterancestors() if parent.tag.endswith("ExtensionPoint")
    )


def _only(parent: etree._Element, path: str) -> etree._Element:
    found = parent.find(path)
    assert found is not None, path
    return found


def _overridden(element: etree._Element) -> Texts:
    """The default text as English, and of several locales of a language the first."""
    told = {"en": element.get("DefaultValue") or ""}
    for override in element.iterfind("{*}Override"):
        told.setdefault((override.get("Locale") or "").partition("-")[0], override.get("Value") or "")
    return tuple(sorted(told.items()))


def from_json(content: Mapping[str, Any], languages: Mapping[str, Mapping[str, str]]) -> Meaning:
    """Of a valid unified manifest; `languages` are the contents of its language files by tag."""
    extension = content["extensions"][0]
    told = _JsonTexts(content, languages)
    actions = _json_actions(extension)
    events = [
        (_event_name(event["type"]), event["actionId"], _SEND_MODES[event.get("options", {}).get("sendMode")])
        for one in extension.get("autoRunEvents", [])
        for event in one["events"]
    ]
    scripted: Mapping[str, str] = next((one["code"] for one in extension["runtimes"] if "script" in one["code"]), {})
    asked = {one["name"] for one in content.get("authorization", {}).get("permissions", {}).get("resourceSpecific", [])}
    groups, buttons = _json_surfaces(extension, told, actions)
    info = content.get("webApplicationInfo", {})
    return Meaning(
        host=urlsplit(extension["runtimes"][0]["code"]["page"]).netloc,
        version=content["version"],
        permission=next((word for name, word in _PERMISSIONS.items() if name in asked), ""),
        shared_folders="Mailbox.SharedFolder" in asked,
        mailbox_set=next(
            (
                one.get("minVersion", "")
                for one in extension["requirements"]["capabilities"]
                if one["name"] == "Mailbox"
            ),
            "",
        ),
        languages=tuple(sorted({"en", *(tag.partition("-")[0] for tag in languages)})),
        names=told("name.short"),
        descriptions=told("description.full"),
        groups=tuple(sorted(groups)),
        buttons=tuple(sorted(buttons)),
        events=tuple(sorted(events)),
        event_page=urlsplit(scripted.get("page", "")).path,
        event_script=urlsplit(scripted.get("script", "")).path,
        sign_in=(info.get("id", ""), info.get("resource", "")),
    )


class _JsonTexts:
    """The text at a path in every language."""

    def __init__(self, content: Mapping[str, Any], languages: Mapping[str, Mapping[str, str]]) -> None:
        self._content = content
        self._languages = languages

    def __call__(self, path: str) -> Texts:
        value: Any = self._content
        for part in path.replace("[", ".[").split("."):
            value = value[int(part[1:-1])] if part.startswith("[") else value[part]
        told = {tag.partition("-")[0]: texts.get(path, "") for tag, texts in self._languages.items()}
        return tuple(sorted((told | {"en": value}).items()))


def _json_actions(extension: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """For each action the function it calls and the page it opens, one of them empty."""
    return {
        action["id"]: (action["id"], "")
        if action["type"] == "executeFunction"
        else ("", urlsplit(runtime["code"]["page"]).path)
        for runtime in extension["runtimes"]
        for action in runtime.get("actions", [])
    }


def _json_surfaces(
    extension: Mapping[str, Any], told: _JsonTexts, actions: Mapping[str, tuple[str, str]]
) -> tuple[list[tuple[str, Texts]], list[Button]]:
    groups, buttons = [], []
    for number, ribbon in enumerate(extension["ribbons"]):
        surface = _SURFACES.get(ribbon["contexts"][0], ribbon["contexts"][0])
        for kind in ("groups", "customMobileRibbonGroups"):
            for place, group in enumerate(ribbon["tabs"][0].get(kind, [])):
                path = f"extensions[0].ribbons[{number}].tabs[0].{kind}[{place}]"
                if kind == "groups":  # the add-in-only manifest has no group on phones
                    groups.append((surface, told(f"{path}.label")))
                for index, control in enumerate(group["controls"]):
                    here = f"{path}.controls[{index}]"
                    function, page = actions[control["actionId"]]
                    icons = [(one["size"] * one.get("scale", 1), urlsplit(one["url"]).path) for one in control["icons"]]
                    tips = told(f"{here}.supertip.description") if "supertip" in control else ()
                    labels = told(f"{here}.label")
                    buttons.append(Button(surface, control["id"], function, page, labels, tips, tuple(sorted(icons))))
    return groups, buttons


def _event_name(unified: str) -> str:
    """`appointmentTimeChanged` is `OnAppointmentTimeChanged`; three are told otherwise."""
    return _EVENTS.get(unified, f"On{unified[:1].upper()}{unified[1:]}")


def _main() -> None:
    """The fingerprint of what would be built now."""
    from manifest.build import built, fingerprint
    from manifest.place import place

    print(fingerprint(built(place("https://addin.example.com", "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"))))  # noqa: T201


if __name__ == "__main__":
    _main()
