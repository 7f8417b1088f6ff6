"""Reads the Prefer header and says what was honoured; it knows no answers."""

import re
from dataclasses import dataclass

from sandbox.graph.zones import find_zone

_PREFERENCE = re.compile(r'([A-Za-z][\w.\-]*)\s*(?:=\s*("[^"]*"|[^",;\s]+))?')


@dataclass(frozen=True)
class Preferences:
    """What a request preferred. `timezone` is a zone name as it was sent; `body_type` is `text` or `html`."""

    timezone: str | None = None
    body_type: str | None = None
    immutable_ids: bool = False
    page_size: int | None = None
    allow_unsafe: bool = False
    applied: tuple[str, ...] = ()


def read_preferences(header: str) -> Preferences:
    """Several preferences in one header, comma-separated; what is unknown or badly formed is not applied.

    GraphError 400 for an unknown time zone.
    """
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(header):
        found.setdefault(name.lower(), value)
    applied: list[str] = []
    zone = body_type = size = None
    # for these two the quotes are part of the value (Graph facts 1.2)
    if (value := found.get("outlook.timezone", "")).startswith('"'):
        zone = value.strip('"')
        find_zone(zone)
        applied.append(f"outlook.timezone={value}")
    if (value := found.get("outlook.body-content-type", "").lower()) in ('"text"', '"html"'):
        body_type = value.strip('"')
        applied.append(f"outlook.body-content-type={value}")
    immutable = found.get("idtype", "").strip('"').lower() == "immutableid"
    if immutable:
        applied.append('IdType="ImmutableId"')
    if (value := found.get("odata.maxpagesize", "")).isdigit() and int(value) > 0:
        size = int(value)
        applied.append(f"odata.maxpagesize={value}")
    unsafe = "outlook.allow-unsafe-html" in found
    if unsafe:
        applied.append("outlook.allow-unsafe-html")
    return Preferences(zone, body_type, immutable, size, unsafe, tuple(applied))
