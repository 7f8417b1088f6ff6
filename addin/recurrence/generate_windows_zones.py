"""Writes `windows_zones.csv` from the CLDR table that tzlocal carries; run by hand, not known to the product.

    python -m addin.recurrence.generate_windows_zones

Needs tzlocal and tzdata. Zones that CLDR leaves out (CST6CDT, Europe/Uzhgorod ...) take the Windows name of the zone
that tzdata links them to.
"""

import csv
import sys
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path

_SAME_AS = {
    "CST6CDT": "America/Chicago",
    "EST5EDT": "America/New_York",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}
"""Zones of tzdata that are neither in CLDR's table nor links, with the city whose rules of today they share."""

TARGET = Path(__file__).with_name("windows_zones.csv")


def read_links() -> dict[str, str]:
    """Alias -> target, from the link lines of tzdata.zi."""
    text = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="ascii")
    rows = (line.split() for line in text.splitlines() if line.startswith("L "))
    return {alias: target for _, target, alias in rows}


def build_rows() -> list[tuple[str, str, str]]:
    """Rows (IANA name, Windows name or nothing, "default" where it is the one that the Windows name stands for)."""
    from tzlocal.windows_tz import tz_win, win_tz

    names = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    links = read_links()
    rows = []
    for name in sorted(set(names) - {"Factory"}):
        windows = tz_win.get(name) or tz_win.get(links.get(name) or _SAME_AS.get(name, name)) or ""
        rows.append((name, windows, ""))
    rows.extend((default, windows, "default") for windows, default in sorted(win_tz.items()))
    return rows


def main() -> None:
    """Write the table beside this module."""
    today = datetime.now(UTC).date().isoformat()
    source = (
        f"# CLDR windowsZones as carried by tzlocal {version('tzlocal')}; names of tzdata {version('tzdata')}; "
        f"generated {today} by generate_windows_zones.py"
    )
    with TARGET.open("w", encoding="ascii", newline="") as stream:
        stream.write(source + "\n")
        csv.writer(stream, lineterminator="\n").writerows([("iana", "windows", "role"), *build_rows()])
    sys.stdout.write(f"{TARGET.name} written\n")


if __name__ == "__main__":
    main()
