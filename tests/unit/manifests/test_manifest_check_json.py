"""Each check of the unified manifest and its package: a good one with one thing changed."""

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_changes import CLIENT_ID, PANE, check_package, swap

from manifest import source
from manifest.build import PACKAGE_NAME, XML_NAME, Built
from manifest.checking import ShippedFiles, check_bytes, check_files, json_lines
from manifest.package import unpack

Edit = Callable[[Any], object]


def at(*path: str | int) -> Callable[[Any], Any]:
    def find(content: Any) -> Any:
        for step in path:
            content = content[step]
        return content

    return find


def put(value: Any, *path: str | int) -> Edit:
    return lambda content: at(*path[:-1])(content).__setitem__(path[-1], value)


def drop(*path: str | int) -> Edit:
    return lambda content: at(*path[:-1])(content).pop(path[-1])


GOOD = "https://addin.contoso.example"
EXTENSION = ("extensions", 0)
CONTROL = (*EXTENSION, "ribbons", 0, "tabs", 0, "groups", 0, "controls", 0)
CODE = (*EXTENSION, "runtimes", 1, "code")
MOBILE = f"extensions[0].ribbons[{len(source.RIBBONS)}].tabs[0].customMobileRibbonGroups[0]"
SEND = (*EXTENSION, "autoRunEvents", -1, "events", 0)
PERMISSIONS = ("authorization", "permissions", "resourceSpecific")

MUTATIONS: dict[str, tuple[Edit, str, str]] = {
    "a label too long": (put("x" * 65, *CONTROL, "label"), "schema", "extensions[0].ribbons[0]"),
    "an unknown field": (put(1, "colour"), "schema", "colour"),
    "a preview version": (put("devPreview", "manifestVersion"), "schema", "devPreview"),
    "an http page": (put("http://addin.contoso.example/taskpane/commands.html", *CODE, "page"), "https", "http://"),
    "an http script": (put("http://addin.contoso.example/taskpane/events.js", *CODE, "script"), "https", "http://"),
    "a page on another host": (put("https://old.contoso.example/c.html", *CODE, "page"), "host", "old.contoso.example"),
    "another host in validDomains": (put("old.contoso.example", "validDomains", 0), "host", "validDomains"),
    "another host in the resource": (
        put(f"api://old.contoso.example/{CLIENT_ID}", "webApplicationInfo", "resource"),
        "host",
        "old.",
    ),
    "a resource of another shape": (put(f"{GOOD}/{CLIENT_ID}", "webApplicationInfo", "resource"), "sign-in", "api://"),
    "no resource": (drop("webApplicationInfo", "resource"), "sign-in", "api://"),
    "a placeholder client id": (
        put("00000000-0000-0000-0000-000000000000", "webApplicationInfo", "id"),
        "placeholder",
        "client id",
    ),
    "an icon of the wrong size": (
        put(f"{GOOD}/taskpane/icons/app-20.png", *CONTROL, "icons", 0, "url"),
        "icon",
        "20 x 20",
    ),
    "an icon that is not there": (
        put(f"{GOOD}/taskpane/icons/no.png", *CONTROL, "icons", 0, "url"),
        "missing",
        "no.png",
    ),
    "an unknown action": (put("showPain", *CONTROL, "actionId"), "action", "showPain"),
    "a control twice": (put("organiser.add", *CONTROL, "id"), "id", "organiser.add"),
    "an event spelt wrongly": (put("appointmentSend", *SEND, "type"), "event", "appointmentSend"),
    "a send that can be held": (put({"sendMode": "block"}, *SEND, "options"), "send-mode", "block"),
    "a send mode left to the default": (drop(*SEND, "options"), "send-mode", "softBlock"),
    "an event twice": (put("newAppointmentOrganizerCreated", *SEND, "type"), "event", "is there twice"),
    "events without a script": (drop(*CODE, "script"), "runtime", "onAppointmentSend"),
    "a function without code": (
        put("addMeeting", *EXTENSION, "runtimes", 1, "actions", 0, "id"),
        "function",
        "addMeeting",
    ),
    "too much permission": (put("Mailbox.ReadWrite.User", *PERMISSIONS, 0, "name"), "permission", "whole mailbox"),
    "the converter's permission": (
        put("Mailbox.AccessSharedFolders.User", *PERMISSIONS, 1, "name"),
        "permission",
        "AccessShared",
    ),
    "no permission to the item": (drop(*PERMISSIONS, 0), "permission", "open item"),
    "no shared folders": (drop(*PERMISSIONS, 1), "shared-folders", "Delegates"),
    "an application permission": (put("Application", *PERMISSIONS, 0, "type"), "permission", "Delegated"),
    "the same id as the one to hide": (put("c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01", "id"), "same-id", "hide itself"),
    "nothing hidden": (drop(*EXTENSION, "alternates"), "alternates", "two add-ins"),
    "a language not listed": (drop("localizationInfo", "additionalLanguages", 0), "locale", "fr"),
    "a language file that is not there": (
        put("languages/xx.json", "localizationInfo", "additionalLanguages", 0, "file"),
        "missing",
        "xx.json",
    ),
    "a package icon of the wrong size": (put("outline.png", "icons", "color"), "icon", "192 x 192"),
    "a package icon that is not there": (put("none.png", "icons", "color"), "missing", "none.png"),
    "no ribbon": (drop(*EXTENSION, "ribbons"), "shape", "ribbons is missing"),
    "no extension": (drop("extensions"), "shape", "extensions[0]"),
    "a tab without a place": (drop(*EXTENSION, "ribbons", 0, "tabs", 0, "builtInTabId"), "shape", "builtInTabId"),
    "a button without a needed size": (drop(*CONTROL, "icons", 1), "icon", "no icon of 32"),
    "no icons for old clients": (drop(*EXTENSION, "alternates", 0, "alternateIcons"), "icon", "alternateIcons"),
    "not for phones": (drop(*EXTENSION, "requirements", "formFactors", 1), "requirement", "mobile"),
    "no sign-in": (drop("webApplicationInfo"), "sign-in", "no webApplicationInfo"),
    "no valid domain": (drop("validDomains"), "host", "does not name"),
    "an event before its set": (
        put("1.3", *EXTENSION, "autoRunEvents", -1, "requirements", "capabilities", 0, "minVersion"),
        "requirement",
        "Mailbox 1.12",
    ),
    "an older button": (put("Old", *CONTROL, "label"), "stale", "buttons"),
    "a requirement that leaves out phones": (
        put("1.8", *EXTENSION, "requirements", "capabilities", 0, "minVersion"),
        "requirement",
        "phones",
    ),
}


def files_with(made: Built, content: Any) -> dict[str, bytes]:
    return unpack(made.package) | {"manifest.json": json.dumps(content, indent=1, ensure_ascii=False).encode()}


def test_a_good_package_has_no_findings_alone_or_beside_the_other(made: Built) -> None:
    assert check_package(unpack(made.package)) == []
    assert check_bytes(made.files, ShippedFiles(PANE)) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_for_the_worse_is_found(made: Built, content: dict[str, Any], name: str) -> None:
    edit, rule, told = MUTATIONS[name]
    changed = copy.deepcopy(content)
    edit(changed)
    found = check_package(files_with(made, changed))
    right = [finding for finding in found if finding.rule == rule and told in finding.text]
    assert right, "\n".join(map(str, found))
    assert right[0].remedy
    assert right[0].file == f"{PACKAGE_NAME}!manifest.json"


@pytest.mark.parametrize(("edit", "rule", "told"), [
    (put("x" * 31, "name.short"), "length", "31 characters, 30 fit"),
    (drop("name.short"), "locale", "name.short is missing"),
    (put("Text", "extensions[0].ribbons[7].tabs[0].groups[0].label"), "locale", "belongs to nothing"),
    (put("x" * 33, f"{MOBILE}.controls[0].label"), "schema", "controls[0].label"),
])  # fmt: skip
def test_a_fault_in_one_language_is_found_in_its_file(made: Built, edit: Edit, rule: str, told: str) -> None:
    files = unpack(made.package)
    told_in = json.loads(files["languages/pl.json"])
    edit(told_in)
    files["languages/pl.json"] = json.dumps(told_in, indent=1).encode()
    found = check_package(files)
    right = [finding for finding in found if finding.rule == rule and told in finding.text]
    assert right, "\n".join(map(str, found))
    assert right[0].file == f"{PACKAGE_NAME}!languages/pl.json"


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, inner in steps:
        yield (*path, step)
        yield from every_path(inner, (*path, step))


def test_whatever_is_left_out_or_null_a_check_ends_with_findings_or_none(made: Built, content: dict[str, Any]) -> None:
    for path in list(every_path(content))[::29]:
        for edit in (drop(*path), put(None, *path)):
            changed = copy.deepcopy(content)
            edit(changed)
            assert all(finding.line >= 1 for finding in check_package(files_with(made, changed))), path


def test_the_line_is_that_of_the_value(made: Built, content: dict[str, Any]) -> None:
    changed = copy.deepcopy(content)
    changed["extensions"][0]["autoRunEvents"][-1]["events"][0]["type"] = "appointmentSend"
    files = files_with(made, changed)
    [finding] = [one for one in check_package(files) if one.rule == "event"]
    lines = files["manifest.json"].decode().splitlines()
    assert "appointmentSend" in "".join(lines[finding.line - 1 : finding.line + 2])


@pytest.mark.parametrize(("change", "told"), [
    ((">ReadWriteItem<", ">ReadItem<"), "permission"),
    ((">1.0.0.0<", ">1.0.1.0<"), "version"),
    (('FunctionName="onAppointmentSend"', 'FunctionName="onAppointmentTimeChanged"'), "events"),
    (("ClickMeeting hinzufügen", "Anderes"), "buttons"),
    (("c5a2a1f4-7b1c", "c5a2a1f4-7b1d"), "does not hide"),
])  # fmt: skip
def test_two_manifests_that_differ_are_told_apart(made: Built, change: tuple[str, str], told: str) -> None:
    xml = swap(*change, 99)(made.xml.decode()).encode()
    found = check_bytes({XML_NAME: xml, PACKAGE_NAME: made.package}, ShippedFiles(PANE))
    assert any(told in finding.text for finding in found), "\n".join(map(str, found))


def test_both_with_one_id_are_refused(made: Built, content: dict[str, Any]) -> None:
    xml = made.xml.replace(b"c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01", content["id"].encode())
    found = check_bytes({XML_NAME: xml, PACKAGE_NAME: made.package}, ShippedFiles(PANE))
    assert "same-id" in {finding.rule for finding in found}


@pytest.mark.parametrize(("data", "told"), [
    (b"no zip at all", "cannot be opened"),
    (b"PK\x03\x04 and then nothing", "cannot be opened"),
])  # fmt: skip
def test_what_is_no_package_is_said_to_be_none(data: bytes, told: str) -> None:
    [finding] = check_bytes({PACKAGE_NAME: data}, ShippedFiles(PANE))
    assert told in finding.text


def test_a_packed_folder_a_way_out_and_a_flood_are_refused(made: Built) -> None:
    files = unpack(made.package)
    assert "no manifest.json" in check_package({f"folder/{name}": data for name, data in files.items()})[0].text
    assert any("leads out" in one.text for one in check_package(files | {"../../etc/passwd": b""}))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("manifest.json", b" " * (8 * 1024 * 1024))
    assert "far more" in check_bytes({PACKAGE_NAME: buffer.getvalue()}, ShippedFiles(PANE))[0].text


@pytest.mark.parametrize(("text", "told"), [
    (b'{"a": 1,\n "b": }', ":2: This is no JSON"),
    (b'{"a": 1,\n\n "a": 2}', "is there twice"),
    (b"[1]", "no JSON object"),
    (b'{"a": "\xff"}', "not UTF-8"),
])  # fmt: skip
def test_broken_json_is_told_with_its_line(made: Built, text: bytes, told: str) -> None:
    found = check_package(unpack(made.package) | {"manifest.json": text})
    assert any(told in str(finding) for finding in found), "\n".join(map(str, found))


def test_an_unpacked_manifest_is_checked_with_the_files_beside_it(made: Built, tmp_path: Path) -> None:
    for name, data in unpack(made.package).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert check_files([tmp_path / "manifest.json"], ShippedFiles(PANE)) == []
    (tmp_path / "languages" / "fr.json").unlink()
    [finding] = check_files([tmp_path / "manifest.json"], ShippedFiles(PANE))
    assert "languages/fr.json" in finding.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
)


@settings(max_examples=50, deadline=None)
@given(JSON, st.sampled_from([None, 0, 1, 3]))
def test_lines_are_those_of_the_text_and_values_those_of_json(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    read, lines = json_lines.read(text)
    assert read == value
    assert lines[()] == 1
    assert max(lines.values()) <= text.count("\n") + 1
