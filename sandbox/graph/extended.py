"""Extended properties and open extensions: reading their ids and values; it knows no event."""

import re
from typing import Any

from sandbox.graph import edm
from sandbox.graph.errors import GraphError, invalid

_TYPES = {
    name.lower(): name
    for single in ("Boolean", "Binary", "Double", "Float", "Integer", "Long", "Short", "String", "SystemTime", "CLSID",
                   "ApplicationTime", "Currency")
    for name in (single, single + "Array")
}  # fmt: skip
_GUID = r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?"
_NAMED = re.compile(rf"(\w+) {_GUID} Name (.+)", re.DOTALL)
_NUMBERED = re.compile(rf"(\w+) {_GUID} Id (0[xX][0-9A-Fa-f]{{1,8}}|\d+)")
_TAGGED = re.compile(r"(\w+) (0[xX][0-9A-Fa-f]{1,8})")


def canonical(identity: str) -> str:
    """An extended property's id in one spelling: the GUID in small letters, the name as it is (case matters there).

    GraphError 400 `ErrorInvalidProperty` for any other form (Graph facts 1.6).
    """
    if found := _NAMED.fullmatch(identity):
        kind, rest = found[1], f"{{{found[2].lower()}}} Name {found[3]}"
    elif found := _NUMBERED.fullmatch(identity):
        kind, rest = found[1], f"{{{found[2].lower()}}} Id 0x{int(found[3], 0):04x}"
    elif found := _TAGGED.fullmatch(identity):
        kind, rest = found[1], found[2].lower()
    else:
        raise wrong_identity(identity)
    if kind.lower() not in _TYPES:
        raise wrong_identity(identity)
    return f"{_TYPES[kind.lower()]} {rest}"


def wrong_identity(identity: str) -> GraphError:
    """400 for an id that names no property."""
    return GraphError(400, "ErrorInvalidProperty", f"PropertyId value '{identity}' is not valid.")


def check_properties(value: Any, name: str) -> dict[str, Any]:
    """A list of `{id, value}` as a dictionary by canonical id; values are strings, or lists of strings."""
    several = name.startswith("multi")
    check: edm.Check = edm.list_of(edm.text) if several else edm.text
    found = {}
    for each in edm.list_of(edm.record({"id": edm.text, "value": check}, f"microsoft.graph.{name}"))(value, name):
        if "id" not in each or "value" not in each:
            raise invalid(f"Each of '{name}' needs id and value.")
        identity = canonical(each["id"])
        if several != identity.split(" ")[0].endswith("Array"):
            raise wrong_identity(each["id"])
        found[identity] = each["value"]
    return found


def check_extensions(value: Any, name: str) -> dict[str, dict[str, Any]]:
    """Open extensions as a dictionary by name."""
    return dict(check_extension(each) for each in edm.list_of(lambda item, _: item)(value, name))


def check_extension(value: Any) -> tuple[str, dict[str, Any]]:
    """One open extension: its name, and its own properties."""
    if not isinstance(value, dict):
        raise invalid("An open extension is an object.")
    name = edm.text(value.get("extensionName"), "extensionName")
    if not name or "." not in name:
        raise invalid("The extensionName must be a reverse domain name.")
    own = {key: item for key, item in value.items() if "@odata." not in key and key not in ("id", "extensionName")}
    return name, own


def show_extension(name: str, own: dict[str, Any]) -> dict[str, Any]:
    """An open extension as answers show it."""
    return {
        "@odata.type": "#microsoft.graph.openTypeExtension",
        "id": f"Microsoft.OutlookServices.OpenTypeExtension.{name}",
        "extensionName": name,
        **own,
    }


def bare_extension_name(identity: str) -> str:
    """The name out of either form of an extension's id."""
    return identity.removeprefix("Microsoft.OutlookServices.OpenTypeExtension.")
