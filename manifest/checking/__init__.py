"""Checks manifests: one file, both together, or what a server hands out; it writes and mends nothing.

`Finding` is what comes back; errors among them mean that the manifest must not be deployed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from manifest import addin_only, meaning, unified
from manifest.checking import json_rules, xml_rules
from manifest.checking.findings import Finding, Report
from manifest.checking.reach import Answer, Reach, Server, ShippedFiles, read
from manifest.meaning import Meaning
from manifest.package import NoPackage, unpack
from manifest.place import Place, is_guid, origin_of

__all__ = ["Answer", "Finding", "Reach", "Server", "ShippedFiles", "check_bytes", "check_files", "check_url"]

# findings after which a manifest cannot be read for what it says
_SHAPELESS = {"schema", "overrides", "resid", "missing", "json", "action", "type", "shape", "surface", "head"}
SERVED = ("/manifest.xml", "/manifest.zip")


@dataclass(frozen=True)
class _Checked:
    """One manifest after its check. `meaning` is None where it could not be read or has errors of shape."""

    report: Report
    is_unified: bool
    identity: str = ""
    hides: tuple[str, ...] = ()
    meaning: Meaning | None = None


def check_files(files: list[Path], reach: Reach, *, allow_localhost: bool = False) -> list[Finding]:
    """Every finding of the files: `.xml`, `.zip` or an unpacked `manifest.json`. WrongInput for an unreadable one."""
    named: list[tuple[str, bytes, Path | None]] = []
    for file in files:
        named.append((str(file), read(file), file.parent))
    return _check(named, reach, allow_localhost=allow_localhost)


def check_bytes(named: Mapping[str, bytes], reach: Reach, *, allow_localhost: bool = False) -> list[Finding]:
    """The same for manifests that are no files (yet)."""
    return _check([(name, data, None) for name, data in named.items()], reach, allow_localhost=allow_localhost)


def check_url(url: str, server: Reach, *, allow_localhost: bool = False) -> list[Finding]:
    """Manifests as a server hands them out, with their icons, pages, scripts and headers.

    `url` is a manifest, or an origin whose own two manifests are looked at. WrongInput for an address that cannot be.
    """
    origin = url.partition("://")[2].partition("/")
    origin_of(f"{url.partition('://')[0]}://{origin[0]}", allow_localhost=allow_localhost)
    addresses = [url] if origin[2] else [url.rstrip("/") + path for path in SERVED]
    named: list[tuple[str, bytes, Path | None]] = []
    found: list[Finding] = []
    for address in addresses:
        answer = server(address)
        if answer.status == 200:
            named.append((address, answer.body, None))
        else:
            why = f"the answer is {answer.status}" if answer.status else answer.body.decode()
            found.append(
                Finding(address, 1, "missing", f"The manifest is not there: {why}.", "Mend the address or the server.")
            )
    return sorted(found + _check(named, server, allow_localhost=allow_localhost))


def _check(named: list[tuple[str, bytes, Path | None]], reach: Reach, *, allow_localhost: bool) -> list[Finding]:
    checked = [_one(name, data, folder, reach, allow_localhost=allow_localhost) for name, data, folder in named]
    _together(checked)
    return sorted(finding for one in checked for finding in one.report)


def _one(name: str, data: bytes, folder: Path | None, reach: Reach, *, allow_localhost: bool) -> _Checked:
    if data[:4] == b"PK\x03\x04" or name.endswith(".zip"):
        return _package(name, data, reach, allow_localhost=allow_localhost)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        report = Report(name)
        files = _Folder(folder) if folder is not None else {}
        return _unified(data, files, reach, report, allow_localhost=allow_localhost)
    report = Report(name)
    root = xml_rules.check(data, reach, report, allow_localhost=allow_localhost)
    if root is None:
        return _Checked(report, False)
    identity = (root.findtext("{*}Id") or "").strip().lower()
    said = _meant(report, lambda: meaning.from_xml(root))
    _stale(report, said, identity, lambda where: meaning.from_xml(etree.fromstring(addin_only.write(where))))
    return _Checked(report, False, identity, (), said)


def _package(name: str, data: bytes, reach: Reach, *, allow_localhost: bool) -> _Checked:
    try:
        files = unpack(data)
    except NoPackage as error:
        report = Report(name)
        report.error(1, "package", f"This is no package: {error}.", "Build it again.")
        return _Checked(report, True)
    report = Report(f"{name}!manifest.json")
    if "manifest.json" not in files:
        report.error(
            1, "package", "There is no manifest.json at the package's root.", "Pack the files, not their folder."
        )
        return _Checked(report, True)
    for file in files:
        if file.startswith("/") or ".." in file.split("/") or "\\" in file:
            report.error(1, "package", f"The file name {file!r} leads out of the package.", "Rename it.")
    return _unified(files["manifest.json"], files, reach, report, allow_localhost=allow_localhost)


def _unified(
    data: bytes, files: Mapping[str, bytes], reach: Reach, report: Report, *, allow_localhost: bool
) -> _Checked:
    document = json_rules.check(data, files, reach, report, allow_localhost=allow_localhost)
    if document is None:
        return _Checked(report, True)
    content = document.content
    hides = tuple(
        str(one.get("hide", {}).get("customOfficeAddin", {}).get("officeAddinId", "")).lower()
        for one in content["extensions"][0].get("alternates", [])
    )
    said = _meant(report, lambda: _said(content, files))
    if len(hides) == 1:
        _stale(report, said, hides[0], _unified_of)
    return _Checked(report, True, content["id"].lower(), hides, said)


def _said(content: Mapping[str, Any], files: Mapping[str, bytes]) -> Meaning:
    languages = {
        one["languageTag"]: json.loads(files[one["file"]]) for one in content["localizationInfo"]["additionalLanguages"]
    }
    return meaning.from_json(content, languages)


def _unified_of(where: Place) -> Meaning:
    files = unified.write(where)
    return _said(json.loads(files["manifest.json"]), files)


def _stale(report: Report, said: Meaning | None, add_in_id: str, builds: Callable[[Place], Meaning]) -> None:
    """A warning for each part in which a manifest without errors is not what this version builds for the same place."""
    if any(not finding.is_warning for finding in report):
        return
    if said is None or not is_guid(add_in_id) or not is_guid(said.sign_in[0]):
        return
    for difference in meaning.differences(builds(Place(f"https://{said.host}", said.sign_in[0], add_in_id)), said):
        report.warn(1, "stale", f"This version builds it otherwise: {difference}.", "Build it again.")


def _meant(report: Report, read_it: Callable[[], Meaning]) -> Meaning | None:
    """What it says; only where its shape is right, since it is read without looking twice."""
    if any(finding.rule in _SHAPELESS for finding in report):
        return None
    return read_it()


def _together(checked: list[_Checked]) -> None:
    """Findings about an add-in-only and a unified manifest that belong together."""
    for one in (each for each in checked if not each.is_unified):
        for other in (each for each in checked if each.is_unified):
            report = other.report
            if one.identity and one.identity == other.identity:
                report.error(1, "same-id", "Both manifests have the same id.", "Give the unified one an id of its own.")
            elif one.identity and one.identity not in other.hides:
                report.error(
                    1, "alternates", f"The unified manifest does not hide the add-in {one.identity}.",
                    "Write the XML manifest's Id into alternates.",
                )  # fmt: skip
            if one.meaning and other.meaning:
                for difference in meaning.differences(one.meaning, other.meaning):
                    report.error(
                        1, "different", f"The two manifests do not say the same: {difference}.", "Build both anew."
                    )


class _Folder(dict[str, bytes]):
    """The files beside an unpacked manifest, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __contains__(self, name: object) -> bool:
        path = self._folder / str(name)
        return path.resolve().is_relative_to(self._folder.resolve()) and path.is_file()

    def __getitem__(self, name: str) -> bytes:
        if name not in self:
            raise KeyError(name)
        return (self._folder / name).read_bytes()
