"""Checks an add-in-only XML manifest: the XSD, and what the XSD leaves open; it opens no other file of the add-in."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from manifest import source
from manifest.addin_only import APP, BASIC, OVERRIDES_1_0, OVERRIDES_1_1, XSI
from manifest.checking import pointers
from manifest.checking.events import XML_EVENTS
from manifest.checking.findings import Report
from manifest.checking.pointers import Address, Call, Pointers
from manifest.checking.reach import Reach

LONGEST_BYTES = 256 * 1024
_SCHEMAS = Path(__file__).parent.parent / "schemas" / "addin-only-xml"
_NAMES = {"a": APP, "bt": BASIC, "v0": OVERRIDES_1_0, "v1": OVERRIDES_1_1}
_TYPE = f"{{{XSI}}}type"
# what a title may hold, in every language (facts 1.2)
_SHORT, _LONG = 125, 250
_REFERENCES = {
    "Image": "Image", "Label": "ShortString", "Title": "ShortString", "Description": "LongString",
    "SourceLocation": "Url", "FunctionFile": "Url", "Runtime": "Url", "Override": "Url",
}  # fmt: skip

Element = etree._Element


@cache
def schema() -> etree.XMLSchema:
    """The XSD set, read once; its imports lie beside it."""
    return etree.XMLSchema(etree.parse(str(_SCHEMAS / "OfficeAppManifestV1_1.xsd"), _parser()))


def check(data: bytes, reach: Reach, report: Report, *, allow_localhost: bool) -> Element | None:
    """Every finding about the manifest; its root where it could be read at all."""
    root = parse(data, report)
    if root is None:
        return None
    if len(data) > LONGEST_BYTES:
        report.error(1, "size", f"The manifest has {len(data)} bytes, more than 256 KB.", "Take out texts or icons.")
    if not schema().validate(root):
        for entry in list(schema().error_log):  # type: ignore[call-overload]
            report.error(entry.line, "schema", _plain(entry.message), "Compare the element with the schema.")
    _head(root, report)
    _blocks(root, report)
    _locales(root, report)
    pointers.check(_pointers(root, report), reach, report, allow_localhost=allow_localhost)
    return root


def parse(data: bytes, report: Report) -> Element | None:
    """The root of well-formed XML without a document type; entities are not resolved."""
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        report.error(error.lineno or 1, "xml", f"This is no well-formed XML: {error.msg}.", "Mend it at that place.")
        return None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        report.error(1, "xml", "The manifest has a document type.", "Take the <!DOCTYPE> out.")
        return None
    if root.tag != f"{{{APP}}}OfficeApp":
        report.error(_line(root), "xml", f"{root.tag} is no Office add-in.", "Name an add-in-only manifest.")
        return None
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False)


def _head(root: Element, report: Report) -> None:
    for name in ("IconUrl", "HighResolutionIconUrl", "SupportUrl"):
        if root.find(f"a:{name}", _NAMES) is None:
            report.error(_line(root), "head", f"{name} is missing.", "Add it: the admin centre shows it.")
    permission = root.find("a:Permissions", _NAMES)
    if permission is not None and (permission.text or "").strip() == "ReadWriteMailbox":
        report.error(
            _line(permission), "permission", "ReadWriteMailbox opens the whole mailbox.",
            f"{source.PERMISSION} is enough for what the add-in does.",
        )  # fmt: skip
    for element in [*root.iterfind(".//a:Set", _NAMES), *root.iterfind(".//bt:Set", _NAMES)]:
        parent = element.getparent()
        least = element.get("MinVersion") or (parent.get("DefaultMinVersion") if parent is not None else "") or ""
        if element.get("Name") == "Mailbox" and _numbers(least) > (1, 5):
            report.error(
                _line(element), "requirement", f"Mailbox {least} leaves out phones and Exchange Server.",
                f"Ask for {source.MAILBOX_SET} and look for later ones at run time.",
            )  # fmt: skip
        if element.get("Name") in ("NestedAppAuth", "IdentityAPI"):
            report.error(
                _line(element), "requirement", f"Outlook does not take {element.get('Name')} as a requirement.",
                "Ask for it at run time.",
            )  # fmt: skip


def _blocks(root: Element, report: Report) -> None:
    old, new = root.find("v0:VersionOverrides", _NAMES), root.find("v0:VersionOverrides/v1:VersionOverrides", _NAMES)
    if old is None or new is None:
        report.error(
            _line(root if old is None else old), "overrides", "VersionOverrides 1.0 with 1.1 inside is not complete.",
            "Old clients read the first, current ones the second: write both.",
        )  # fmt: skip
    for block in (old, new):
        if block is not None:
            _resources(block, report)
            _ids(block, report)
    if old is None or new is None:
        return
    _same_buttons(old, new, report)
    _complete(new, report)
    _events(new, report)
    if (new.findtext(".//v1:SupportsSharedFolders", "", _NAMES) or "").strip() != "true":
        report.error(
            _line(new), "shared-folders", "Delegates do not see the buttons in a shared calendar.",
            "Write <SupportsSharedFolders>true</SupportsSharedFolders> first in DesktopFormFactor.",
        )  # fmt: skip
    for pinning in new.iterfind(".//v1:SupportsPinning", _NAMES):
        report.warn(_line(pinning), "pinning", "Pinning does not exist for appointments.", "Take it out.")


def _same_buttons(old: Element, new: Element, report: Report) -> None:
    """Old clients get the desktop's buttons as current ones do."""
    shown = [
        [control.get("id") or "" for control in block.iterfind("{*}Hosts//{*}DesktopFormFactor//{*}Control")]
        for block in (old, new)
    ]
    if shown[0] != shown[1]:
        odd = sorted(set(shown[0]) ^ set(shown[1])) or shown[0]
        report.error(
            _line(old), "overrides", f"VersionOverrides 1.0 and 1.1 differ in {', '.join(odd)}.",
            "Give both the same buttons in the same order.",
        )  # fmt: skip


def _complete(block: Element, report: Report) -> None:
    """What the XSD lets go missing although something rests on it."""
    for element in [block, *block.iter("{*}ExtensionPoint", "{*}Control", "{*}Action", "{*}Host")]:
        if element.get(_TYPE) is None:
            name = etree.QName(element).localname
            report.error(_line(element), "type", f"{name} has no xsi:type.", "Write it: without it nothing is shown.")
    for factor in block.iter("{*}DesktopFormFactor", "{*}MobileFormFactor"):
        if next(factor.iter("{*}FunctionName"), None) is not None and _child(factor, "FunctionFile") is None:
            report.error(_line(factor), "function", "There is no FunctionFile for its functions.", "Add it.")
    if _child(block, "WebApplicationInfo") is None:
        report.error(
            _line(block), "sign-in", "There is no WebApplicationInfo.",
            "Office's own sign-in needs it, and the event handlers of classic Outlook know no other: add it.",
        )  # fmt: skip
    if block.find(".//v1:MobileFormFactor", _NAMES) is None:
        report.error(_line(block), "surface", "There is nothing for phones.", "Add a MobileFormFactor.")
    if block.find(".//v1:LaunchEvent", _NAMES) is not None and block.find(".//v1:Runtime/v1:Override", _NAMES) is None:
        report.error(
            _line(block), "runtime", "The Runtime has no Override with a script.",
            "Classic Outlook on Windows runs events from it alone: add it.",
        )  # fmt: skip


def _resources(block: Element, report: Report) -> None:
    """Each `resid` names a resource of this block and of the right kind; each id is there once."""
    kinds: dict[str, str] = {}
    resources = _child(block, "Resources")
    if resources is not None:
        for element in resources.iterfind("*/*"):
            name, kind = element.get("id") or "", etree.QName(element).localname
            if kind == "String":
                kind = etree.QName(element.getparent()).localname.removesuffix("s")
            if name in kinds:
                report.error(_line(element), "resource", f"The id {name!r} is there twice.", "Rename one.")
            kinds[name] = kind
    for element in _own(block):
        target = element.get("resid")
        if target is None:
            continue
        wanted = _REFERENCES.get(etree.QName(element).localname)
        if target not in kinds:
            report.error(
                _line(element), "resid", f"The resid {target!r} points nowhere.",
                "Add it to Resources of the same VersionOverrides, or mend its name.",
            )  # fmt: skip
        elif wanted and kinds[target] != wanted:
            report.error(
                _line(element), "resid", f"The resid {target!r} is a {kinds[target]}, a {wanted} is needed.",
                "Name a resource of that kind.",
            )  # fmt: skip


def _ids(block: Element, report: Report) -> None:
    """Controls and groups carry ids of their own within a form factor; ribbon buttons the three sizes of icon."""
    for button in (element for element in _own(block) if element.get(_TYPE) == "Button"):
        sizes = {image.get("size") for image in button.iterfind("{*}Icon/{*}Image")}
        missing = [size for size in ("16", "32", "80") if size not in sizes]
        if missing:
            report.error(
                _line(button), "icon", f"The button {button.get('id')!r} has no icon of {', '.join(missing)}.",
                "16, 32 and 80 pixels are needed.",
            )  # fmt: skip
    for factor in (element for element in _own(block) if etree.QName(element).localname.endswith("FormFactor")):
        seen: set[str] = set()
        for element in factor.iter("{*}Control", "{*}Group"):
            name = element.get("id") or ""
            if name in seen:
                report.error(_line(element), "id", f"The id {name!r} is there twice.", "Give each its own.")
            seen.add(name)


def _events(block: Element, report: Report) -> None:
    runtimes = {element.get("resid") for element in block.iterfind(".//v1:Runtime", _NAMES)}
    for point in block.iterfind(".//v1:ExtensionPoint", _NAMES):
        if point.get(_TYPE) != "LaunchEvent":
            continue
        for place in point.iterfind("v1:SourceLocation", _NAMES):
            if place.get("resid") not in runtimes:
                report.error(
                    _line(place), "runtime", f"The SourceLocation {place.get('resid')!r} is no Runtime's.",
                    "Both must name the same resource, else no event runs.",
                )  # fmt: skip
        seen: set[str | None] = set()
        for event in point.iterfind(".//v1:LaunchEvent", _NAMES):
            _event(event, report)
            if event.get("Type") in seen:
                report.error(_line(event), "event", f"{event.get('Type')} is there twice.", "Keep one.")
            seen.add(event.get("Type"))
        sends = [event for event in point.iterfind(".//v1:LaunchEvent", _NAMES) if event.get("SendMode")]
        if len(sends) > 1:
            report.error(_line(sends[1]), "event", "There is more than one send event.", "Keep one.")


def _event(event: Element, report: Report) -> None:
    name, mode = event.get("Type") or "", event.get("SendMode")
    if name not in XML_EVENTS:
        report.error(_line(event), "event", f"Outlook knows no event {name!r}.", "Mend its spelling, letter by letter.")
    if mode in ("Block", "SoftBlock") or (name == "OnAppointmentSend" and mode is None):
        told = mode or "(SoftBlock, when none is given)"
        report.error(
            _line(event), "send-mode", f"{name} with SendMode {told} can hold a send.",
            "Use PromptUser: an outage of ours must never stop an invitation.",
        )  # fmt: skip


def _locales(root: Element, report: Report) -> None:
    """Every text has the same locales, and each of them its own length."""
    told = [
        *root.iterfind("a:DisplayName", _NAMES),
        *root.iterfind("a:Description", _NAMES),
        *root.iter(f"{{{BASIC}}}String"),
    ]
    needed = {locale for locales in source.LOCALES.values() for locale in locales}
    needed |= {override.get("Locale") or "" for element in told for override in element if _is_override(override)}
    default = (root.findtext("a:DefaultLocale", "", _NAMES) or "").strip()
    for element in told:
        what = element.get("id") or etree.QName(element).localname
        is_short = what == "DisplayName" or etree.QName(element.getparent()).localname == "ShortStrings"
        longest = _SHORT if is_short else _LONG
        values = {default: element.get("DefaultValue") or ""}
        values |= {one.get("Locale") or "": one.get("Value") or "" for one in element if _is_override(one)}
        missing = sorted(needed - set(values))
        if missing:
            report.error(
                _line(element), "locale", f"The text {what!r} is missing in {', '.join(missing)}.",
                "Add an Override for each of these locales.",
            )  # fmt: skip
        for locale, value in values.items():
            if len(value) > longest:
                report.error(
                    _line(element), "length",
                    f"The text {what!r} in {locale} has {len(value)} characters, {longest} fit.",
                    "Shorten it in that language.",
                )  # fmt: skip
            elif not value.strip():
                report.error(_line(element), "locale", f"The text {what!r} is empty in {locale}.", "Write it.")


def _pointers(root: Element, report: Report) -> Pointers:
    found = Pointers(host=_host(root))
    for path, pixels in (("a:IconUrl", 64), ("a:HighResolutionIconUrl", 128)):
        for element in root.iterfind(path, _NAMES):
            found.addresses += [Address(_line(element), url, pixels) for url in _values(element)]
    for element in root.iterfind("a:SupportUrl", _NAMES):
        found.addresses += [Address(_line(element), url, is_elsewhere=True) for url in _values(element)]
    for element in root.iterfind("a:FormSettings//a:SourceLocation", _NAMES):
        found.addresses += [Address(_line(element), url) for url in _values(element)]
    for element in root.iterfind("a:AppDomains/a:AppDomain", _NAMES):
        _domain(element, found, report)
    ids = root.find("a:Id", _NAMES)
    if ids is not None:
        found.guids.append((_line(ids), (ids.text or "").strip(), "add-in's Id"))
    for block in root.iter(f"{{{OVERRIDES_1_0}}}VersionOverrides", f"{{{OVERRIDES_1_1}}}VersionOverrides"):
        _block_pointers(block, found)
        _sign_in(block, found, report)
    return found


def _domain(element: Element, found: Pointers, report: Report) -> None:
    text = (element.text or "").strip()
    scheme, _, host = text.partition("://")
    if scheme != "https" or not host or any(mark in host for mark in "/*?#@ "):
        report.error(
            _line(element), "app-domain", f"The AppDomain {text!r} is no origin.",
            "Write https://host without path, slash at the end or wildcard.",
        )  # fmt: skip
    else:
        found.named_hosts.append((_line(element), host, "AppDomains"))


def _block_pointers(block: Element, found: Pointers) -> None:
    values: dict[str, list[str]] = {}
    resources = _child(block, "Resources")
    if resources is not None:
        values = {element.get("id") or "": list(_values(element)) for element in resources.iterfind("*/*")}
    for element in _own(block):
        name, kind = element.get("resid"), etree.QName(element).localname
        urls = values.get(name or "", [])
        if kind == "Image" and name:
            pixels = int(element.get("size") or 0) * int(element.get("scale") or 1)
            found.addresses += [Address(_line(element), url, pixels) for url in urls]
        elif name and kind in ("SourceLocation", "FunctionFile", "Runtime", "Override"):
            is_script = kind == "Override"
            found.addresses += [Address(_line(element), url, is_script=is_script) for url in urls]
    for factor in (element for element in _own(block) if etree.QName(element).localname.endswith("FormFactor")):
        page = _child(factor, "FunctionFile")
        homes = values.get(page.get("resid") or "", []) if page is not None else []
        for function in factor.iter("{*}FunctionName"):
            found.calls.append(Call(_line(function), (function.text or "").strip(), tuple(homes)))
    runtime = {element.get("resid") or "" for element in block.iter("{*}Runtime")}
    scripts = {
        element.get("resid") or "" for element in block.iter("{*}Override") if element.get("type") == "javascript"
    }
    homes = [url for name in sorted(runtime | scripts) for url in values.get(name, [])]
    for event in block.iterfind(".//v1:LaunchEvent", _NAMES):
        found.calls.append(Call(_line(event), event.get("FunctionName") or "", tuple(homes)))


def _sign_in(block: Element, found: Pointers, report: Report) -> None:
    """WebApplicationInfo: id, `api://host/id`, and the scopes openid and profile."""
    info = _child(block, "WebApplicationInfo")
    if info is None:
        return
    client, resource = info.findtext("{*}Id", "").strip(), info.findtext("{*}Resource", "").strip()
    found.guids.append((_line(info), client, "client id in WebApplicationInfo"))
    host, _, last = resource.removeprefix("api://").rpartition("/")
    if not resource.startswith("api://") or last != client:
        report.error(
            _line(info), "sign-in", f"The Resource {resource!r} is not api://<host>/{client}.",
            "Office's sign-in takes no other shape.",
        )  # fmt: skip
    else:
        found.named_hosts.append((_line(info), host, "WebApplicationInfo's Resource"))
    scopes = {(scope.text or "").strip() for scope in info.iter("{*}Scope")}
    if not scopes >= {"openid", "profile"}:
        report.error(_line(info), "sign-in", "The Scopes openid and profile are not both there.", "Add them.")


def _host(root: Element) -> str:
    """Host and port of the pane's page."""
    for element in root.iterfind("a:FormSettings//a:SourceLocation", _NAMES):
        return (element.get("DefaultValue") or "").partition("://")[2].partition("/")[0]
    return ""


def _own(block: Element) -> Iterator[Element]:
    """The elements of a block without those of the block inside it."""
    inner = f"{{{OVERRIDES_1_1}}}VersionOverrides"
    waiting = list(block)
    while waiting:
        element = waiting.pop(0)
        if isinstance(element.tag, str) and element.tag != inner:
            yield element
            waiting[:0] = list(element)


def _child(parent: Element, name: str) -> Element | None:
    return parent.find(f"{{{etree.QName(parent).namespace}}}{name}")


def _values(element: Element) -> Iterator[str]:
    yield element.get("DefaultValue") or ""
    yield from (override.get("Value") or "" for override in element if _is_override(override))


def _is_override(element: Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname == "Override"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _line(element: Element) -> int:
    line: Any = element.sourceline
    return line or 1


def _plain(message: str) -> str:
    """lxml's sentence without the namespaces, which no reader of the manifest sees."""
    for address in (OVERRIDES_1_1, OVERRIDES_1_0, APP, BASIC):
        message = message.replace(f"{{{address}}}", "")
    return message.rstrip()
