"""Each check of the add-in-only manifest: a good manifest with one thing changed, found with its line and remedy."""

import copy
from pathlib import Path

import pytest
from lxml import etree
from manifest_changes import CLIENT_ID, PANE, ROOT, Change, check_xml, cut, swap

from manifest.build import XML_NAME, Built
from manifest.checking import ShippedFiles, check_bytes
from manifest.checking.pointers import associates
from manifest.icons import FOLDER

GOOD = "https://addin.contoso.example"
PLAIN = "http://addin.contoso.example"
ADD_IN_ID = "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01"

# what is changed, the rule that finds it, a word of its sentence
MUTATIONS: dict[str, tuple[Change, str, str]] = {
    "elements in the wrong order": (
        cut(r"  <Version>.*?</Version>\n(.*?\n)", "<ProviderName>P</ProviderName><Version>1.0</Version>"),
        "schema",
        "Version",
    ),
    "an unknown permission": (swap(">ReadWriteItem<", ">ReadWriteEverything<"), "schema", "ReadWriteEverything"),
    "too much permission": (swap(">ReadWriteItem<", ">ReadWriteMailbox<"), "permission", "whole mailbox"),
    "a resid that points nowhere": (swap('<Label resid="add.label"', '<Label resid="ad.label"'), "resid", "'ad.label'"),
    "a resid of the wrong kind": (swap('<Title resid="add.label"', '<Title resid="add.tip"'), "resid", "ShortString"),
    "a resource twice": (swap('bt:Image id="icon20"', 'bt:Image id="icon24"'), "resource", "'icon24'"),
    "a control twice": (swap('id="organiser.add"', 'id="organiser.pane"'), "id", "'organiser.pane'"),
    "an event twice": (
        swap('Type="OnAppointmentTimeChanged"', 'Type="OnAppointmentAttendeesChanged"'),
        "event",
        "OnAppointmentAttendeesChanged is there twice",
    ),
    "an http icon": (
        swap(f'"{GOOD}/taskpane/icons/app-64.png"', f'"{PLAIN}/taskpane/icons/app-64.png"'),
        "https",
        "http://",
    ),
    "an http page": (swap(f'"{GOOD}/taskpane/commands.html"', f'"{PLAIN}/taskpane/commands.html"'), "https", "http://"),
    "an icon that is not there": (swap("app-64.png", "app-65.png"), "missing", "app-65.png"),
    "an icon of the wrong size": (swap("app-64.png", "app-32.png"), "icon", "32 x 32 pixels instead of 64 x 64"),
    "a page that is not there": (swap("commands.html", "command.html"), "missing", "command.html"),
    "a path outside": (swap("icons/app-64.png", "icons/../app-64.png"), "missing", "app-64.png"),
    "events in another runtime": (
        cut(r"(?<=</LaunchEvents>\n)\s*<Sou[^>]*>", '<SourceLocation resid="pane.url"/>'),
        "runtime",
        "'pane.url'",
    ),
    "a function without code": (
        swap("<FunctionName>addClickMeeting<", "<FunctionName>addClickMeetin<"),
        "function",
        "addClickMeetin",
    ),
    "a handler without code": (
        swap('FunctionName="onAppointmentSend"', 'FunctionName="onSend"'),
        "function",
        "events.js",
    ),
    "an event spelt wrongly": (
        swap('Type="OnAppointmentTimeChanged"', 'Type="OnAppointmentTimeChange"'),
        "event",
        "OnAppointmentTimeChange",
    ),
    "a send that can be held": (swap('SendMode="PromptUser"', 'SendMode="Block"'), "send-mode", "Block"),
    "a send mode left to the default": (swap(' SendMode="PromptUser"', ""), "send-mode", "SoftBlock"),
    "an unknown send mode": (swap('SendMode="PromptUser"', 'SendMode="AskUser"'), "schema", "SendMode"),
    "two send events": (
        swap(
            'FunctionName="onAppointmentTimeChanged"', 'FunctionName="onAppointmentTimeChanged" SendMode="PromptUser"'
        ),
        "event",
        "more than one",
    ),
    "another host in AppDomains": (
        swap(f"<AppDomain>{GOOD}", "<AppDomain>https://old.contoso.example"),
        "host",
        "old.contoso.example",
    ),
    "a path in AppDomains": (swap(f"<AppDomain>{GOOD}", f"<AppDomain>{GOOD}/taskpane"), "app-domain", "no origin"),
    "another host in the resource": (
        swap("api://addin.contoso.example", "api://old.contoso.example"),
        "host",
        "old.contoso.example",
    ),
    "an icon on another host": (
        swap(f"{GOOD}/taskpane/icons/add-16.png", "https://cdn.contoso.example/add-16.png"),
        "host",
        "cdn.contoso.example",
    ),
    "a resource of another shape": (
        swap("api://addin.contoso.example/", "https://addin.contoso.example/"),
        "sign-in",
        "api://<host>",
    ),
    "a resource of another client": (
        swap(f"<Id>{CLIENT_ID}", "<Id>0e1d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"),
        "sign-in",
        "api://<host>",
    ),
    "a scope missing": (cut(r"\s*<Scope>profile</Scope>"), "sign-in", "profile"),
    "a placeholder id": (swap(ADD_IN_ID, "00000000-0000-0000-0000-000000000000"), "placeholder", "Id"),
    "a placeholder client id": (swap(CLIENT_ID, "00001111-aaaa-2222-bbbb-3333cccc4444", 9), "placeholder", "client id"),
    "an id with braces": (swap(ADD_IN_ID, f"{{{ADD_IN_ID}}}"), "guid", "no GUID"),
    "localhost": (swap(GOOD, "https://localhost:8443", 999), "localhost", "users cannot reach"),
    "a locale missing": (cut(r'\s*<bt:Override Locale="de-DE" Value="ClickMeeting hinzufügen"/>'), "locale", "de-DE"),
    "an empty text": (swap('Value="ClickMeeting hinzufügen"', 'Value=" "'), "locale", "empty in de-DE"),
    "a title too long in one language": (
        swap('Value="ClickMeeting hinzufügen"', f'Value="{"x" * 126}"'),
        "length",
        "de-DE has 126 characters, 125 fit",
    ),
    "a tip too long by default": (swap('DefaultValue="Adds a room', f'DefaultValue="{"x" * 250}'), "length", "en-US"),
    "no block of 1.1": (
        cut(r"<VersionOverrides xmlns=\"[^\"]*1\.1\".*?</VersionOverrides>"),
        "overrides",
        "not complete",
    ),
    "no shared folders": (
        cut(r"\s*<SupportsSharedFolders>true</SupportsSharedFolders>"),
        "shared-folders",
        "Delegates",
    ),
    "a requirement that leaves out phones": (swap('MinVersion="1.3"', 'MinVersion="1.8"'), "requirement", "phones"),
    "eight mobile icons": (cut(r'\s*<bt:Image size="48" scale="3"[^>]*/>'), "schema", "Icon"),
    "no icon for the list": (cut(r"\s*<IconUrl [^>]*>"), "head", "IconUrl"),
    "a button without a needed size": (cut(r'\s*<bt:Image size="32" resid="add32"/>'), "icon", "no icon of 32"),
    "a button only for current clients": (
        cut(r'\s*<Control xsi:type="Button" id="organiser.add">.*?</Control>'),
        "overrides",
        "differ in organiser.add",
    ),
    "no script for classic Outlook": (cut(r'\s*<Override type="javascript"[^>]*>'), "runtime", "no Override"),
    "no page for the phone's function": (
        cut(r"(?<=<MobileFormFactor>)\s*<FunctionFile [^>]*>"),
        "function",
        "no FunctionFile",
    ),
    "nothing for phones": (cut(r"\s*<MobileFormFactor>.*</MobileFormFactor>"), "surface", "phones"),
    "a block without its type": (swap(' xsi:type="VersionOverridesV1_1"', ""), "type", "xsi:type"),
    "an event that was there": (cut(r'\s*<LaunchEvent Type="OnAppointmentSend"[^>]*>'), "stale", "events"),
    "no sign-in": (cut(r"\s*<WebApplicationInfo>.*</WebApplicationInfo>"), "sign-in", "no WebApplicationInfo"),
    "pinning": (
        swap(
            '<SourceLocation resid="pane.url"/>\n',
            '<SourceLocation resid="pane.url"/><SupportsPinning>true</SupportsPinning>\n',
            2,
        ),
        "pinning",
        "appointments",
    ),
    "more than 256 KB": (swap("</OfficeApp>", f"<!--{'x' * 262144}--></OfficeApp>"), "size", "256 KB"),
    "a document type": (swap("<OfficeApp", '<!DOCTYPE OfficeApp [<!ENTITY a "b">]><OfficeApp'), "xml", "document type"),
    "a broken end": (swap("</OfficeApp>", "</OfficeAp>"), "xml", "well-formed"),
    "something else": (lambda _: "<html/>", "xml", "no Office add-in"),
}
# whose lines say nothing: they take lines away, or are about the whole
MOVING = {
    "localhost",
    "no shared folders",
    "no block of 1.1",
    "more than 256 KB",
    "eight mobile icons",
    "a button only for current clients",
    "no script for classic Outlook",
    "nothing for phones",
    "no icon for the list",
    "a block without its type",
    "an event that was there",
    "no sign-in",
    "no page for the phone's function",
    "a button without a needed size",
}


def test_a_good_manifest_has_no_findings(made: Built) -> None:
    assert [str(finding) for finding in check_xml(made.xml)] == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_for_the_worse_is_found(made: Built, name: str) -> None:
    change, rule, told = MUTATIONS[name]
    before = made.xml.decode()
    after = change(before)
    found = check_xml(after.encode())
    [*right] = [finding for finding in found if finding.rule == rule and told in finding.text]
    assert right, "\n".join(map(str, found))
    finding = right[0]
    assert finding.remedy
    assert str(finding).startswith(f"{XML_NAME}:{finding.line}: ")
    if name not in MOVING:
        lines = after.splitlines()
        changed = [at for at, pair in enumerate(zip(before.splitlines(), lines, strict=False), 1) if pair[0] != pair[1]]
        near = min(abs(finding.line - at) for at in changed) <= 5
        assert near or "resid" in lines[finding.line - 1], "what is pointed to is told where it is used"


def test_whatever_is_left_out_a_check_ends_with_findings_or_none(made: Built) -> None:
    root = etree.fromstring(made.xml)
    for number, element in enumerate(root.iter()):
        if number % 41 == 1:
            without = copy.deepcopy(root)
            gone = list(without.iter())[number]
            parent = gone.getparent()
            assert parent is not None
            parent.remove(gone)
            for finding in check_xml(etree.tostring(without)):
                assert finding.line >= 1, element.tag


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"<", b"<a", b"<?xml version='1.0' encoding='nothing'?><a/>"])
def test_what_is_no_manifest_is_one_finding(data: bytes) -> None:
    [finding] = check_xml(data)
    assert finding.rule == "xml"


def test_a_foreign_manifest_fits_the_schema_and_is_told_what_it_lacks_for_us() -> None:
    sample = ROOT / "manifest" / "schemas" / "examples" / "mail-appointment-sample.xml"
    rules = {finding.rule for finding in check_xml(sample.read_bytes())}
    assert "schema" not in rules
    assert rules >= {"missing", "locale", "host", "pinning"}


def test_several_findings_come_at_once_in_the_order_of_their_lines(made: Built) -> None:
    text = made.xml.decode()
    for name in ("too much permission", "an event spelt wrongly", "a locale missing", "a resid that points nowhere"):
        text = MUTATIONS[name][0](text)
    found = check_xml(text.encode())
    assert {finding.rule for finding in found} >= {"permission", "event", "locale", "resid"}
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)


def test_localhost_passes_where_it_is_allowed(made: Built) -> None:
    text = made.xml.decode().replace("addin.contoso.example", "localhost:8443")
    assert check_xml(text.encode(), allow_localhost=True) == []


def test_a_made_up_client_id_is_only_a_warning(made: Built) -> None:
    text = made.xml.decode().replace(CLIENT_ID, "11111111-2222-3333-4444-555555555555")
    [finding] = check_xml(text.encode())
    assert finding.is_warning


def test_a_broken_icon_file_is_found(made: Built, tmp_path: Path) -> None:
    for file in FOLDER.glob("*.png"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    whole = (tmp_path / "add-32.png").read_bytes()
    (tmp_path / "add-32.png").write_bytes(whole[:-20])
    [finding] = check_bytes({XML_NAME: made.xml}, ShippedFiles(PANE, tmp_path))
    assert (finding.rule, "add-32.png" in finding.text) == ("icon", True)


@pytest.mark.parametrize(("code", "is_there"), [
    (b'Office.actions.associate("f",g)', True),
    (b"Office.actions.associate( 'f' , g)", True),
    (b'for(let n of["e","f"])Office.actions.associate(n,g)', True),
    (b'for (const name of ["f"]) {\n  Office.actions.associate(name, g);\n}', True),
    (b'Office.actions.associate("ff",g)', False),
    (b'for(let n of["e"])Office.actions.associate(n,g);say("f")', False),
    (b'say("f")', False),
    (b"const c={e:a,f:b};for(let[n,g]of Object.entries(c))Office.actions.associate(n,g)", True),
    (b"const c = { e, f };\nfor (const [n, g] of Object.entries(c)) {\n  Office.actions.associate(n, g);\n}", True),
    (b"const c={e:f};for(let[n,g]of Object.entries(c))Office.actions.associate(n,g)", False),
    (b"const d={f:f},c={e:a};for(let[n,g]of Object.entries(c))Office.actions.associate(n,g)", False),
])  # fmt: skip
def test_only_an_association_counts_as_one(code: bytes, is_there: bool) -> None:
    assert associates(code, "f") is is_there
