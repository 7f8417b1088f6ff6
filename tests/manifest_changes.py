"""Both manifests as they are built for a made-up place, and a check of them with one thing changed."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from manifest.build import PACKAGE_NAME, XML_NAME
from manifest.checking import Finding, ShippedFiles, check_bytes
from manifest.package import pack

ROOT = Path(__file__).parents[1]
PANE = ROOT / "taskpane" / "dist"
HOST, CLIENT_ID = "https://addin.contoso.example", "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"

Change = Callable[[str], str]


def swap(old: str, new: str, count: int = 1) -> Change:
    """Replaces a text that must be there."""

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, count)

    return change


def cut(pattern: str, new: str = "") -> Change:
    """Replaces the first match of a regular expression that must match, over lines."""

    def change(text: str) -> str:
        changed, count = re.subn(pattern, lambda _: new, text, count=1, flags=re.DOTALL)
        assert count, pattern
        return changed

    return change


def check_xml(xml: bytes, **more: Any) -> list[Finding]:
    return check_bytes({XML_NAME: xml}, ShippedFiles(PANE), **more)


def check_package(files: Mapping[str, bytes], **more: Any) -> list[Finding]:
    return check_bytes({PACKAGE_NAME: pack(files)}, ShippedFiles(PANE), **more)
