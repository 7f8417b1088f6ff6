"""Names of time zones: every Windows name, the aliases, territory kept, unknown names refused."""

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global
from icalendar import Calendar

from addin.errors import InvalidInput
from addin.recurrence import generate_windows_zones, vtimezone
from addin.recurrence.zones import localise, same_rules, to_iana, to_windows, wall_clock

TABLE = resources.files("addin.recurrence").joinpath("windows_zones.csv").read_text(encoding="ascii")
ROWS = [line.split(",") for line in TABLE.splitlines()[2:]]
DEFAULTS = {windows: iana for iana, windows, role in ROWS if role == "default"}
NAMES = [iana for iana, _, role in ROWS if not role]


def test_the_table_says_where_it_is_from_and_when():
    first = TABLE.splitlines()[0]
    assert "CLDR" in first
    assert "tzlocal" in first
    assert "generated 20" in first


def test_every_windows_name_leads_to_a_zone_and_back():
    assert len(DEFAULTS) >= 139
    for windows in DEFAULTS:
        assert to_windows(to_iana(windows)) == windows
        ZoneInfo(to_iana(windows))


def test_the_table_agrees_with_the_second_reading_of_cldr():
    for windows, iana in get_global("windows_zone_mapping").items():
        assert same_rules(to_iana(windows), iana, 2026, 2027), f"{windows}: {to_iana(windows)} against {iana}"


def test_every_iana_name_is_known_and_all_but_one_have_a_windows_name():
    without = []
    for name in NAMES:
        ZoneInfo(to_iana(name))
        try:
            to_windows(name)
        except InvalidInput:
            without.append(name)
    assert without == ["Antarctica/Troll"]


@pytest.mark.parametrize(
    ("name", "iana", "windows"),
    [
        ("Europe/Kyiv", "Europe/Kyiv", "FLE Standard Time"),
        ("Europe/Kiev", "Europe/Kyiv", "FLE Standard Time"),
        ("Asia/Calcutta", "Asia/Kolkata", "India Standard Time"),
        ("Asia/Katmandu", "Asia/Kathmandu", "Nepal Standard Time"),
        ("America/Godthab", "America/Nuuk", "Greenland Standard Time"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh", "SE Asia Standard Time"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires", "Argentina Standard Time"),
        ("Etc/UTC", "UTC", "UTC"),
        ("GMT", "UTC", "UTC"),
        ("utc", "UTC", "UTC"),
        ("Central European Standard Time", "Europe/Warsaw", "Central European Standard Time"),
        ("Central Europe Standard Time", "Europe/Budapest", "Central Europe Standard Time"),
        ("W. Europe Standard Time", "Europe/Berlin", "W. Europe Standard Time"),
        ("Romance Standard Time", "Europe/Paris", "Romance Standard Time"),
        ("pacific standard time", "America/Los_Angeles", "Pacific Standard Time"),
        ("europe/warsaw", "Europe/Warsaw", "Central European Standard Time"),
        ("CST6CDT", "CST6CDT", "Central Standard Time"),
        ("tzone://Microsoft/Utc", "UTC", "UTC"),
        (" Europe/Oslo ", "Europe/Oslo", "W. Europe Standard Time"),
    ],
)
def test_names_and_aliases(name, iana, windows):
    assert to_iana(name) == iana
    assert to_windows(name) == windows


def test_windows_is_not_the_way_back_to_the_territory():
    assert to_iana(to_windows("Europe/Oslo")) == "Europe/Berlin"
    assert to_iana("Europe/Oslo") == "Europe/Oslo"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "Factory", "../etc/passwd", "Eastern Time", "x" * 5000])
def test_unknown_names_are_refused_by_name(name):
    with pytest.raises(InvalidInput) as caught:
        to_iana(name)
    assert repr(name[:60])[1:-1] in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_custom_zone_of_outlook_is_refused_with_what_to_do():
    with pytest.raises(InvalidInput, match="choose a named zone"):
        to_iana("tzone://Microsoft/Custom")


def test_gap_and_fold():
    assert localise(datetime(2026, 3, 29, 2, 30), "Europe/Warsaw").isoformat() == "2026-03-29T03:30:00+02:00"
    assert localise(datetime(2026, 10, 25, 2, 30), "Europe/Warsaw").isoformat() == "2026-10-25T02:30:00+02:00"
    assert wall_clock(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Warsaw") == datetime(2026, 10, 25, 2, 30)


def test_zones_are_the_same_only_while_their_clocks_agree():
    assert same_rules("Europe/Oslo", "W. Europe Standard Time", 2026, 2036)
    assert not same_rules("Europe/London", "Africa/Abidjan", 2026, 2026)
    assert not same_rules("America/Phoenix", "America/Denver", 2026, 2026)


def test_the_generator_makes_the_table_that_is_kept():
    rows = generate_windows_zones.build_rows()
    assert [list(row) for row in rows] == ROWS


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Warsaw",
        "America/New_York",
        "Pacific/Auckland",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "America/Santiago",
        "Australia/Lord_Howe",
        "America/Caracas",
    ],
)
@pytest.mark.parametrize("year", [1999, 2006, 2026])
def test_a_written_zone_gives_the_offsets_of_the_real_one(zone, year):
    first, last = date(year, 1, 1), date(year + 3, 12, 31)
    component = vtimezone.build(zone, first, last)
    calendar = Calendar()
    calendar.add("PRODID", "-//test//EN")
    calendar.add("VERSION", "2.0")
    calendar.add_component(component)
    written = Calendar.from_ical(calendar.to_ical()).walk("VTIMEZONE")[0]
    changes = sorted(onsets(written, year + 4), key=lambda change: change[0])
    moment = datetime(year, 1, 1, 12, tzinfo=UTC)
    while moment.date() <= last:
        standing = [after for at, after in changes if at <= moment]
        assert standing, f"{zone} has no rule at {moment}"
        assert standing[-1] == moment.astimezone(ZoneInfo(zone)).utcoffset(), f"{zone} at {moment}"
        moment += timedelta(hours=19)


def onsets(component, last_year):
    """The instants of all changes that the parts of a VTIMEZONE tell, with the offset after each."""
    for part in component.subcomponents:
        before, after = part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td
        first = part["DTSTART"].dt
        if "RRULE" not in part:
            yield first.replace(tzinfo=UTC) - before, after
            continue
        rule = part["RRULE"]
        assert rule["FREQ"] == ["YEARLY"]
        ordinal, weekday = (
            int(rule["BYDAY"][0][:-2]),
            ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].index(rule["BYDAY"][0][-2:]),
        )
        for year in range(first.year, last_year + 1):
            days = [
                day
                for number in range(1, 32)
                if (day := first.replace(year=year, day=1) + timedelta(days=number - 1)).month == rule["BYMONTH"][0]
                and day.weekday() == weekday
            ]
            onset = days[ordinal - 1] if ordinal > 0 else days[ordinal]
            yield onset.replace(tzinfo=UTC) - before, after
