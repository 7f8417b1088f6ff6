"""The account-independent lists: time zones, dial-in numbers, skins; it must not know rooms."""

import csv
import importlib.resources
from functools import cache
from typing import Any
from zoneinfo import available_timezones

_SKINS = ("Classic", "Business 1", "Business 2", "Education", "Night", "Minimal")


@cache
def phone_gateways() -> list[dict[str, Any]]:
    """R29: the ordinary numbers as printed, with `geo` as numbers."""
    file = importlib.resources.files("sandbox.clickmeeting") / "data" / "dial_in_numbers.csv"
    with file.open(encoding="utf-8") as lines:
        return [
            {
                "code": row["country"],
                "location": row["city"],
                "value": row["number"],
                "geo": {"lat": float(row["lat"]), "long": float(row["long"])},
            }
            for row in csv.DictReader(lines)
        ]


def skins() -> list[dict[str, str]]:
    """E9; ids are text."""
    return [
        {"id": str(number), "name": name, "thumbnail_url": f"https://static.clickmeeting.example/skins/{number}.png"}
        for number, name in enumerate(_SKINS, start=1)
    ]


def skin_ids() -> set[str]:
    return {skin["id"] for skin in skins()}


def time_zones(country: str | None = None) -> list[str]:
    """E23: IANA names, of all the world or of one two-letter country; unknown countries have none."""
    if country is None:
        return sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    return sorted(_zones_by_country().get(country.upper(), []))


@cache
def _zones_by_country() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    table = (importlib.resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            found.setdefault(code, []).append(zone)
    return found
