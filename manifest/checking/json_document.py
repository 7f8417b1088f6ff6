"""A unified manifest as JSON with the lines of its values, and the ways to its parts; it checks nothing."""

import json
from collections.abc import Iterator
from typing import Any

from manifest.checking import json_lines
from manifest.checking.findings import Report


class Document:
    """A JSON object with the lines of its values."""

    def __init__(self, content: dict[str, Any], lines: dict[json_lines.Path, int], report: Report) -> None:
        self.content = content
        self._lines = lines
        self.report = report

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest one around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def error(self, path: json_lines.Path, rule: str, text: str, remedy: str) -> None:
        """A finding at a value."""
        self.report.error(self.line(*path), rule, text, remedy)


def parse(data: bytes, report: Report) -> Document | None:
    """A JSON object in UTF-8, or None with a finding."""
    try:
        content, lines = json_lines.read(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        report.error(error.lineno, "json", f"This is no JSON: {error.msg}.", "Mend it at that place.")
    except UnicodeDecodeError:
        report.error(1, "json", "This is not UTF-8.", "Save it as UTF-8.")
    else:
        if isinstance(content, dict):
            return Document(content, lines, report)
        report.error(1, "json", "This is no JSON object.", "Name a unified manifest.")
    return None


def extension(document: Document) -> dict[str, Any]:
    """The one extension; empty where there is none."""
    extensions = document.content.get("extensions") or [{}]
    first: dict[str, Any] = extensions[0]
    return first


def controls(document: Document) -> Iterator[tuple[json_lines.Path, dict[str, Any]]]:
    """Every button with its path."""
    for ribbon, one in enumerate(extension(document).get("ribbons", [])):
        for tab, shown in enumerate(one["tabs"]):
            for kind in ("groups", "customMobileRibbonGroups"):
                for group, holds in enumerate(shown.get(kind, [])):
                    for place, control in enumerate(holds.get("controls", [])):
                        path = ("extensions", 0, "ribbons", ribbon, "tabs", tab, kind, group, "controls", place)
                        yield path, control


def auto_run(document: Document) -> Iterator[tuple[json_lines.Path, dict[str, Any]]]:
    """Every event that Outlook starts a function for, with its path."""
    for number, one in enumerate(extension(document).get("autoRunEvents", [])):
        for place, event in enumerate(one["events"]):
            yield ("extensions", 0, "autoRunEvents", number, "events", place), event
