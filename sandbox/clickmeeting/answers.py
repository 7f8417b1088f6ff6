"""Shapes answers and refusals in the formats that a path's extension may ask for; it must not know rooms."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from flask import Response

from sandbox.faults import Faults

NAMES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable Entity",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 504: "Timeout",
}  # fmt: skip

_TYPES = {"json": "application/json", "js": "application/javascript", "xml": "application/xml"}


class Refusal(Exception):
    """An answer other than success: `errors` are pairs of the parameter at fault (may be empty) and a sentence."""

    def __init__(self, status: int, errors: Sequence[tuple[str, str]] = (), retry_after: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.errors = errors
        self.retry_after = retry_after

    def body(self, faults: Faults) -> Any:
        """The documented error body, or what the switches make of it."""
        if faults.switch("clickmeeting.bare_errors"):
            return f"{self.status} {NAMES[self.status]}"
        return {
            "code": str(self.status) if faults.switch("clickmeeting.string_codes") else self.status,
            "name": NAMES[self.status],
            "errors": [{"name": name, "message": message} for name, message in self.errors],
        }


def not_found() -> Refusal:
    """404 as for a room of another account."""
    return Refusal(404, [("", "The requested resource was not found.")])


def invalid(name: str, message: str) -> Refusal:
    """422 for one parameter."""
    return Refusal(422, [(name, message)])


def answer(value: Any, status: int, extension: str | None) -> Response:
    """`value` written out as the extension says; without one as JSON."""
    extension = extension or "json"
    writers = {"xml": _xml, "php": _php, "printr": _printr}
    text = writers[extension](value) if extension in writers else json.dumps(value, ensure_ascii=True)
    kind = _TYPES.get(extension, "text/plain")
    return Response(text, status, content_type=f"{kind}; charset=utf-8")


def _xml(value: Any) -> str:
    root = ElementTree.Element("response")
    _fill(root, value)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _fill(element: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _fill(ElementTree.SubElement(element, str(key)), item)
    elif isinstance(value, list):
        for item in value:
            _fill(ElementTree.SubElement(element, "item"), item)
    elif value is not None:
        element.text = str(int(value)) if isinstance(value, bool) else str(value)


def _php(value: Any) -> str:
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, float):
        return f"d:{value};"
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    return f"a:{len(items)}:{{{''.join(_php(key) + _php(item) for key, item in items)}}}"


def _printr(value: Any, depth: int = 0) -> str:
    if not isinstance(value, dict | list):
        return "" if value is None or value is False else str(int(value) if isinstance(value, bool) else value)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    pad = "    " * depth
    lines = "".join(f"{pad}    [{key}] => {_printr(item, depth + 2)}\n" for key, item in items)
    return f"Array\n{pad}(\n{lines}{pad})\n"
