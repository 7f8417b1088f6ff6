"""Builds both manifests for one place, checks them, and writes both or neither."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from manifest import addin_only, icons, meaning, source, unified
from manifest.checking import Finding, Reach, check_bytes
from manifest.checking.reach import ShippedFiles
from manifest.files import write_all
from manifest.package import pack, unpack
from manifest.place import Place, WrongInput, is_local

XML_NAME, PACKAGE_NAME = "clickmeeting-outlook.xml", "clickmeeting-outlook.zip"


@dataclass(frozen=True)
class Built:
    """The bytes of both."""

    xml: bytes
    package: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """By the names they get."""
        return {XML_NAME: self.xml, PACKAGE_NAME: self.package}


class NotGood(Exception):
    """What was built does not pass its own check; nothing was written."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("The manifests do not pass their check; nothing was written.")
        self.findings = findings


def built(place: Place, icon_folder: Path = icons.FOLDER) -> Built:
    """Both manifests; the same bytes for the same place. WrongInput names an icon that is missing."""
    files = unified.write(place)
    for name in (source.PACKAGE_COLOR, source.PACKAGE_OUTLINE):
        try:
            files[name] = (icon_folder / name).read_bytes()
        except OSError:
            raise WrongInput(
                f"The icon {icon_folder / name} is missing: draw it with `python -m manifest.icons.drawing`."
            ) from None
    return Built(addin_only.write(place), pack(files))


def build(place: Place, folder: Path, pane: Path, icon_folder: Path = icons.FOLDER) -> list[Finding]:
    """Write both into `folder` and give back the warnings. NotGood with every finding where something is wrong.

    `pane` is the built pane, in which the functions that the manifests name must be.
    """
    made = built(place, icon_folder)
    local = is_local(place.host.partition(":")[0])  # whoever asked for such a place has allowed it
    reach: Reach = ShippedFiles(pane, icon_folder)
    findings = check_bytes(made.files, reach, allow_localhost=local)
    if any(not finding.is_warning for finding in findings):
        raise NotGood(findings)
    write_all(folder, made.files)
    return findings


def fingerprint(made: Built) -> str:
    """SHA-256 of what both manifests say, wherever they were built for; the version is left out."""
    parts = unpack(made.package)
    content = json.loads(parts["manifest.json"])
    languages = {
        one["languageTag"]: json.loads(parts[one["file"]]) for one in content["localizationInfo"]["additionalLanguages"]
    }
    told = [
        meaning.from_xml(etree.fromstring(made.xml)).fingerprint(),
        meaning.from_json(content, languages).fingerprint(),
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
