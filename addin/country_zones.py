"""The one time zone of a country that has only one, from the time zone database itself; it knows no people."""

from functools import cache
from importlib import resources


def only_zone(country: str | None) -> str | None:
    """`Europe/Paris` for FR; None for a country with several zones (CA, US), for an unknown one and for None."""
    zones = _table().get((country or "").upper(), ())
    return zones[0] if len(zones) == 1 else None


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """ISO 3166 country -> IANA zones, from tzdata's zone.tab."""
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}
