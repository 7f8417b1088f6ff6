"""Checks a unified manifest with its language files: the JSON schemas, and what they leave open; it opens no zip."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

from manifest import source
from manifest.checking import json_lines, pointers
from manifest.checking.events import UNIFIED_EVENTS
from manifest.checking.findings import Report
from manifest.checking.json_document import Document, auto_run, controls, extension, parse
from manifest.checking.pointers import Address, Call, Pointers
from manifest.checking.reach import Reach
from manifest.icons import png_size
from manifest.unified import PERMISSIONS, SHARED_FOLDERS

_SCHEMAS = Path(__file__).parent.parent / "schemas" / "unified-json"
_VERSIONS = tuple(sorted(folder.name.removeprefix("v") for folder in _SCHEMAS.iterdir()))
_KNOWN_PERMISSIONS = {*PERMISSIONS.values(), SHARED_FOLDERS, "Mailbox.AppendOnSend.User"}
_RIBBON_ICONS = {(16, 1), (32, 1), (80, 1)}
_MOBILE_ICONS = {(size, scale) for size in (25, 32, 48) for scale in (1, 2, 3)}
# the schema of language files says so too, beside a $ref, where draft-04 ignores it
_LONGEST = {"name.short": 30, "name.full": 100, "description.short": 80, "description.full": 4000}


@cache
def schema(version: str, name: str = "MicrosoftTeams.schema.json") -> Draft4Validator:
    """The validator of a schema version; draft-04, as the files say."""
    return Draft4Validator(json.loads((_SCHEMAS / f"v{version}" / name).read_text("utf-8")))


def check(
    data: bytes, files: Mapping[str, bytes], reach: Reach, report: Report, *, allow_localhost: bool
) -> Document | None:
    """Every finding about the manifest and the `files` beside it; the document where its shape is that of one."""
    document = parse(data, report)
    if document is None or not _schema(document) or not _shape(document):
        return None  # the rules below need the shape that was promised
    _identity(document)
    _permissions(document)
    _actions(document)
    _events(document)
    _requirements(document)
    _icons(document, files)
    _languages(document, files)
    pointers.check(_pointers(document), reach, report, allow_localhost=allow_localhost)
    return document


def _schema(document: Document) -> bool:
    version = str(document.content.get("manifestVersion"))
    if version not in _VERSIONS:
        document.error(
            ("manifestVersion",), "schema", f"The manifest version {version!r} has no schema here.",
            f"Use one of {', '.join(_VERSIONS)}; a preview is not for production.",
        )  # fmt: skip
        return False
    return _validate(document, schema(version))


def _shape(document: Document) -> bool:
    """What every add-in for Outlook has although the schema, which is for more than that, does not ask for it."""
    content, add_in = document.content, extension(document)
    needed: list[tuple[json_lines.Path, object]] = [
        (("extensions", 0), add_in),
        (("extensions", 0, "runtimes"), add_in.get("runtimes")),
        (("extensions", 0, "ribbons"), add_in.get("ribbons")),
        (("extensions", 0, "requirements", "capabilities"), add_in.get("requirements", {}).get("capabilities")),
        (("localizationInfo", "additionalLanguages"), content.get("localizationInfo", {}).get("additionalLanguages")),
    ]
    for number, ribbon in enumerate(add_in.get("ribbons", [])):
        path: json_lines.Path = ("extensions", 0, "ribbons", number)
        needed += [((*path, "contexts"), ribbon.get("contexts")), ((*path, "tabs"), ribbon["tabs"])]
        for place, tab in enumerate(ribbon["tabs"]):
            needed.append(((*path, "tabs", place, "builtInTabId"), tab.get("builtInTabId") or tab.get("id")))
    missing = [path for path, value in needed if not value]
    for path in missing:
        document.error(
            path, "shape", f"{_dotted(path)} is missing or empty.", "Outlook shows nothing without it: add it."
        )
    return not missing


def _dotted(path: json_lines.Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _validate(document: Document, validator: Draft4Validator) -> bool:
    is_good = True
    for error in validator.iter_errors(document.content):
        is_good = False
        path = tuple(error.absolute_path)
        where = _dotted(path)
        told = error.message if len(error.message) < 300 else f"{error.message[:300]}..."
        document.error(path, "schema", f"{where or 'The manifest'}: {told}.", "Compare it with the schema.")
    return is_good


def _identity(document: Document) -> None:
    content = document.content
    for number, alternate in enumerate(extension(document).get("alternates", [])):
        hidden = alternate.get("hide", {}).get("customOfficeAddin", {}).get("officeAddinId", "")
        if hidden.lower() == content["id"].lower():
            document.error(
                ("extensions", 0, "alternates", number), "same-id", "The manifest would hide itself.",
                "Give the unified manifest an id of its own.",
            )  # fmt: skip
    hides = [one for one in extension(document).get("alternates", []) if one.get("hide", {}).keys() & _HIDDEN]
    if not hides:
        document.error(
            ("extensions", 0), "alternates", "Nothing hides the add-in-only manifest: people would see two add-ins.",
            "Add alternates with hide.customOfficeAddin and the XML manifest's Id.",
        )  # fmt: skip


_HIDDEN = {"customOfficeAddin", "storeOfficeAddin"}


def _permissions(document: Document) -> None:
    asked = document.content.get("authorization", {}).get("permissions", {}).get("resourceSpecific", [])
    for number, one in enumerate(asked):
        path = ("authorization", "permissions", "resourceSpecific", number)
        if one["name"] not in _KNOWN_PERMISSIONS:
            document.error(
                path, "permission", f"Outlook knows no permission {one['name']!r}.",
                f"Use one of {', '.join(sorted(_KNOWN_PERMISSIONS))}.",
            )  # fmt: skip
        elif one["name"] == PERMISSIONS["ReadWriteMailbox"]:
            document.error(
                path, "permission", f"{one['name']} opens the whole mailbox.",
                f"{PERMISSIONS[source.PERMISSION]} is enough for what the add-in does.",
            )  # fmt: skip
        elif one["type"] != "Delegated":
            document.error(path, "permission", f"{one['name']} must be Delegated.", "Change its type.")
    names = {one["name"] for one in asked}
    if not names & set(PERMISSIONS.values()):
        document.error(
            ("authorization",), "permission", "There is no permission to the open item.",
            f"Add {PERMISSIONS[source.PERMISSION]}.",
        )  # fmt: skip
    if SHARED_FOLDERS not in names:
        document.error(
            ("authorization",), "shared-folders", "Delegates do not see the buttons in a shared calendar.",
            f"Add the permission {SHARED_FOLDERS}.",
        )  # fmt: skip


def _actions(document: Document) -> None:
    """What buttons and events start is an action of some runtime; ids of controls are there once."""
    known = {
        action["id"] for runtime in extension(document).get("runtimes", []) for action in runtime.get("actions", [])
    }
    seen: set[str] = set()
    for path, control in controls(document):
        if control.get("actionId") not in known:
            document.error(
                path, "action", f"The action {control.get('actionId')!r} is in no runtime.",
                "Add it to a runtime's actions, or mend its name.",
            )  # fmt: skip
        if control["id"] in seen:
            document.error(path, "id", f"The id {control['id']!r} is there twice.", "Give each its own.")
        seen.add(control["id"])


def _events(document: Document) -> None:
    scripted = {
        action["id"]
        for runtime in extension(document).get("runtimes", [])
        if runtime["code"].get("script")
        for action in runtime.get("actions", [])
    }
    seen: set[str] = set()
    for path, event in auto_run(document):
        if event["type"] in seen:
            document.error(path, "event", f"{event['type']} is there twice.", "Keep one.")
        seen.add(event["type"])
        if event["type"] not in UNIFIED_EVENTS:
            document.error(path, "event", f"Outlook knows no event {event['type']!r}.", "Mend its spelling.")
        if event["actionId"] not in scripted:
            document.error(
                path, "runtime", f"The action {event['actionId']!r} is in no runtime with a script.",
                "Classic Outlook on Windows runs events from code.script alone: name it there.",
            )  # fmt: skip
        mode = event.get("options", {}).get("sendMode")
        if mode in ("block", "softBlock") or (event["type"] == "appointmentSending" and mode is None):
            told = mode or "(softBlock, when none is given)"
            document.error(
                path, "send-mode", f"{event['type']} with sendMode {told} can hold a send.",
                "Use promptUser: an outage of ours must never stop an invitation.",
            )  # fmt: skip


def _requirements(document: Document) -> None:
    """The least Mailbox set, for mail, on desktop and phone; and for events the set that brought each."""
    asked = extension(document)["requirements"]
    path: json_lines.Path = ("extensions", 0, "requirements")
    least = _mailbox(asked)
    if not least or least > (1, 5):
        document.error(
            (*path, "capabilities"), "requirement", "The requirements leave out phones, or name no Mailbox set.",
            f"Ask for Mailbox {source.MAILBOX_SET} and look for later ones at run time.",
        )  # fmt: skip
    for name, wanted in (("scopes", {"mail"}), ("formFactors", {"desktop", "mobile"})):
        missing = sorted(wanted - set(asked.get(name, [])))
        if missing:
            document.error(path, "requirement", f"{name} lacks {', '.join(missing)}.", "Add it.")
    for number, one in enumerate(extension(document).get("autoRunEvents", [])):
        for event in one["events"]:
            since = UNIFIED_EVENTS.get(event["type"])
            if since and _mailbox(one.get("requirements", {})) < since:
                document.error(
                    ("extensions", 0, "autoRunEvents", number), "requirement",
                    f"{event['type']} came with Mailbox {since[0]}.{since[1]}, which its group does not ask for.",
                    "Put it into a group with that requirement.",
                )  # fmt: skip


def _mailbox(requirements: Mapping[str, Any]) -> tuple[int, ...]:
    """The least Mailbox set asked for; empty for none."""
    for one in requirements.get("capabilities", []):
        if one["name"] == "Mailbox":
            return tuple(int(part) for part in one.get("minVersion", "").split(".") if part.isdigit())
    return ()


def _icons(document: Document, files: Mapping[str, bytes]) -> None:
    for path, control in controls(document):
        given = {(icon["size"], icon.get("scale", 1)) for icon in control["icons"]}
        wanted = _MOBILE_ICONS if control["type"] == "mobileButton" else _RIBBON_ICONS
        if not wanted <= given:
            told = ", ".join(f"{size}" if scale == 1 else f"{size} x {scale}" for size, scale in sorted(wanted - given))
            document.error(path, "icon", f"{control['id']} has no icon of {told} pixels.", "Add it.")
    if not any("alternateIcons" in one for one in extension(document).get("alternates", [])):
        document.error(
            ("extensions", 0, "alternates"),
            "icon",
            "There are no alternateIcons.",
            "Old clients show no other: add them.",
        )
    for name, pixels in (("color", 192), ("outline", 32), ("color32x32", 32)):
        file = document.content["icons"].get(name)
        if file is None:
            continue
        if file not in files:
            document.error(("icons", name), "missing", f"The icon {file} is not in the package.", "Add it.")
        elif png_size(files[file]) != (pixels, pixels):
            size = png_size(files[file])
            told = f"has {size[0]} x {size[1]} pixels" if size else "is no whole PNG"
            document.error(
                ("icons", name), "icon", f"The icon {file} {told}, {pixels} x {pixels} are needed.",
                "Draw it in that size.",
            )  # fmt: skip


def _languages(document: Document, files: Mapping[str, bytes]) -> None:
    """Each language file is there, fits its schema, and has every text."""
    info = document.content.get("localizationInfo", {})
    listed = info.get("additionalLanguages", [])
    missing = set(source.LOCALES) - {one["languageTag"].lower().split("-")[0] for one in listed}
    if missing:
        document.error(
            ("localizationInfo",), "locale", f"There is no language file for {', '.join(sorted(missing))}.",
            "List one for each language of the add-in.",
        )  # fmt: skip
    wanted = set(localisable(document.content))
    for number, one in enumerate(listed):
        if one["file"] not in files:
            document.error(
                ("localizationInfo", "additionalLanguages", number), "missing",
                f"The language file {one['file']} is not in the package.", "Add it.",
            )  # fmt: skip
            continue
        part = Report(_beside(document.report.file, one["file"]))
        _language(files[one["file"]], wanted, str(document.content["manifestVersion"]), part)
        document.report.take(part)


def _beside(file: str, name: str) -> str:
    """How a file beside the manifest is called in findings: `package.zip!name`, or a path."""
    package, mark, _ = file.partition("!")
    return f"{package}!{name}" if mark else str(Path(file).parent / name)


def _language(data: bytes, wanted: set[str], version: str, report: Report) -> None:
    told = parse(data, report)
    if told is None:
        return
    _validate(told, schema(version, "MicrosoftTeams.Localization.schema.json"))
    for path, longest in _LONGEST.items():
        value = told.content.get(path, "")
        if isinstance(value, str) and len(value) > longest:
            told.error(
                (path,), "length", f"The text {path} has {len(value)} characters, {longest} fit.",
                "Shorten it in that language.",
            )  # fmt: skip
    texts = set(told.content) - {"$schema"}
    for path in sorted(wanted - texts):
        told.error((), "locale", f"The text {path} is missing in this language.", "Add it.")
    for path in sorted(texts - wanted):
        told.error((path,), "locale", f"The text {path} belongs to nothing in the manifest.", "Mend the path.")


def localisable(content: Mapping[str, Any]) -> Iterator[str]:
    """The paths of all texts that people read."""
    yield from ("name.short", "name.full", "description.short", "description.full")
    for path, value in _texts(content.get("extensions", []), "extensions"):
        if path.endswith((".label", ".supertip.title", ".supertip.description")) and isinstance(value, str):
            yield path


def _texts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{path}.{name}")
    else:
        yield path, value


def _pointers(document: Document) -> Pointers:
    content, runtimes = document.content, extension(document).get("runtimes", [])
    host = runtimes[0]["code"]["page"].partition("://")[2].partition("/")[0] if runtimes else ""
    found = Pointers(host=host, guids=[(document.line("id"), content["id"], "manifest's id")])
    for name in ("websiteUrl", "privacyUrl", "termsOfUseUrl"):
        url = content["developer"][name].partition("#")[0]
        found.addresses.append(Address(document.line("developer", name), url, is_elsewhere=True))
    if not content.get("validDomains"):
        document.error(("validDomains",), "host", "validDomains does not name the host.", f"Add {host}.")
    for number, domain in enumerate(content.get("validDomains", [])):
        found.named_hosts.append((document.line("validDomains", number), domain, "validDomains"))
    _sign_in(document, found)
    for number, runtime in enumerate(runtimes):
        _runtime(document, number, runtime, found)
    for path, control in controls(document):
        for place, icon in enumerate(control["icons"]):
            pixels = int(icon["size"]) * int(icon.get("scale", 1))
            found.addresses.append(Address(document.line(*path, "icons", place), icon["url"], pixels))
    for number, alternate in enumerate(extension(document).get("alternates", [])):
        icons = alternate.get("alternateIcons", {})
        for name, pixels in (("icon", 64), ("highResolutionIcon", 128)):
            if name in icons:
                line = document.line("extensions", 0, "alternates", number, "alternateIcons", name)
                found.addresses.append(Address(line, icons[name]["url"], pixels))
    return found


def _runtime(document: Document, number: int, runtime: Mapping[str, Any], found: Pointers) -> None:
    code, path = runtime["code"], ("extensions", 0, "runtimes", number)
    found.addresses.append(Address(document.line(*path, "code", "page"), code["page"]))
    if "script" in code:
        found.addresses.append(Address(document.line(*path, "code", "script"), code["script"], is_script=True))
    events = {event["actionId"] for _, event in auto_run(document)}
    for place, action in enumerate(runtime.get("actions", [])):
        if action["type"] == "executeFunction":
            homes = (code["page"], code["script"]) if action["id"] in events and "script" in code else (code["page"],)
            found.calls.append(Call(document.line(*path, "actions", place), action["id"], homes))


def _sign_in(document: Document, found: Pointers) -> None:
    info = document.content.get("webApplicationInfo")
    if info is None:
        document.error(
            ("webApplicationInfo",), "sign-in", "There is no webApplicationInfo.",
            "Office's own sign-in needs it, and the event handlers of classic Outlook know no other: add it.",
        )  # fmt: skip
        return
    found.guids.append((document.line("webApplicationInfo", "id"), info["id"], "client id in webApplicationInfo"))
    resource = str(info.get("resource", ""))
    host, _, last = resource.removeprefix("api://").rpartition("/")
    if not resource.startswith("api://") or last != info["id"]:
        document.error(
            ("webApplicationInfo",), "sign-in", f"The resource {resource!r} is not api://<host>/{info['id']}.",
            "Office's sign-in takes no other shape.",
        )  # fmt: skip
    else:
        found.named_hosts.append(
            (document.line("webApplicationInfo", "resource"), host, "webApplicationInfo's resource")
        )
