"""Every trap of RRULE and every row of what can be expressed, by name, with the dates that must come out."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from addin.errors import InvalidInput, Permanent, Unsupported
from addin.recurrence import from_rrule
from addin.recurrence.convert import Conversion
from addin.recurrence.days import Days, Linear
from addin.recurrence.proof import first_difference

DATA = Path(__file__).parents[2] / "data" / "recurrence" / "traps.jsonl"
TRAPS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
BEYOND_ALL = date(2037, 12, 31)


def local(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def convert(trap: dict[str, Any]) -> Conversion:
    return from_rrule(
        trap["rrule"],
        start=local(trap["dtstart"]),
        zone=trap.get("tzid", "Europe/Warsaw"),
        exdates=trap.get("exdates", ()),
    )


@pytest.mark.parametrize("trap", [t for t in TRAPS if t["form"] != "refused"], ids=lambda trap: trap["name"])
def test_the_answer_has_the_form_and_the_dates(trap, references):
    found = convert(trap)
    series = [(one.start, one.recurrence) for one in found.series]
    form = {
        "one": len(series) == 1 and series[0][1] is not None,
        "several": 1 < len(series) <= 12,
        "singles": all(recurrence is None for _, recurrence in series),
    }
    assert form[trap["form"]], f"expected the form {trap['form']}, got {series}"
    starts = references.series_starts(series, BEYOND_ALL)
    begins = [moment.date().isoformat() for moment in starts]
    assert begins[: len(trap["begins"])] == trap["begins"]
    if trap.get("all"):
        assert begins == trap["begins"], "there must be no further dates"
    assert len(set(starts)) == len(starts), "a date is held twice"
    if trap.get("dateutil", True):
        expected = references.rule_starts(
            trap["rrule"].rstrip(";"), local(trap["dtstart"]), trap.get("tzid", "Europe/Warsaw"), BEYOND_ALL
        )
        assert starts == expected


@pytest.mark.parametrize("trap", [t for t in TRAPS if t["form"] != "refused"], ids=lambda trap: trap["name"])
def test_the_particulars_are_as_expected(trap):
    found = convert(trap)
    if "pattern" in trap:
        assert found.series[0].recurrence["pattern"] == trap["pattern"]
    if "end" in trap:
        assert found.series[0].recurrence["range"]["endDate"] == trap["end"]
    if "count" in trap:
        assert found.series[0].recurrence["range"]["numberOfOccurrences"] == trap["count"]
    assert found.series[0].start == local(trap.get("start", found.series[0].start.isoformat()))
    if "start" not in trap:
        assert found.series[0].start == local(trap["dtstart"])
    assert [one.isoformat() for one in found.cancelled] == trap.get("cancelled", [])
    if trap.get("quiet"):
        assert found.warnings == ()
    if "warning" in trap:
        assert any(trap["warning"] in warning for warning in found.warnings), found.warnings


@pytest.mark.parametrize("trap", [t for t in TRAPS if t["form"] == "refused"], ids=lambda trap: trap["name"])
def test_a_refusal_names_the_part_and_a_date(trap):
    with pytest.raises(Permanent) as caught:
        convert(trap)
    assert caught.value.field == trap["part"]
    assert trap["part"] in str(caught.value)
    if "counterexample" in trap:
        assert isinstance(caught.value, Unsupported)
        assert caught.value.counterexample is not None
        assert caught.value.counterexample.date == trap["counterexample"]
    if "nearest" in trap:
        assert caught.value.nearest == trap["nearest"]


@pytest.mark.parametrize(
    "trap",
    [t for t in TRAPS if t["form"] == "refused" and "nearest" in t],
    ids=lambda trap: trap["name"],
)
def test_the_nearest_rule_can_be_used_and_parts_on_the_date_given(trap, references):
    with pytest.raises(Unsupported) as caught:
        convert(trap)
    start = local(trap["dtstart"])
    nearest = from_rrule(caught.value.nearest, start=start, zone="UTC")
    near = set(references.series_starts([(one.start, one.recurrence) for one in nearest.series], BEYOND_ALL))
    wanted = set(references.rule_starts(trap["rrule"], start, "UTC", BEYOND_ALL))
    first = min(near ^ wanted)
    assert first.date().isoformat() == caught.value.counterexample.date
    assert caught.value.counterexample.only_in == ("rule" if first in wanted else "series")


BAD = [
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
    ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
    ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY"),
    ("FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z", "COUNT"),
    ("FREQ=DAILY;FREQ=WEEKLY", "FREQ"),
    ("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", "BYDAY"),
    ("INTERVAL=2", "FREQ"),
    ("", "RRULE"),
    ("FREQ", "RRULE"),
    ("FREQ=FORTNIGHTLY", "FREQ"),
    ("FREQ=DAILY;BYEASTER=1", "RRULE"),
    ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
    ("FREQ=MONTHLY;BYMONTH=-1", "BYMONTH"),
    ("FREQ=MONTHLY;BYMONTH=13", "BYMONTH"),
    ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
    ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"),
    ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
    ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE"),
    ("FREQ=DAILY;BYSECOND=60", "BYSECOND"),
    ("FREQ=DAILY;BYSECOND=61", "BYSECOND"),
    ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS"),
    ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "BYDAY"),
    ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
    ("FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY"),
    ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO"),
    ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO"),
    ("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=53;BYDAY=MO", "BYWEEKNO"),
    ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
    ("FREQ=DAILY;UNTIL=20260230", "UNTIL"),
    ("FREQ=DAILY;UNTIL=20260104T000000Z", "UNTIL"),
    ("FREQ=DAILY;COUNT=0", "COUNT"),
    ("FREQ=DAILY;COUNT=1000000000", "COUNT"),
    ("FREQ=SECONDLY;COUNT=1000000000", "FREQ"),
    ("FREQ=WEEKLY;BYMONTH=1;BYDAY=MO,TU;BYSETPOS=1;COUNT=1001", "COUNT"),
    ("FREQ=HOURLY", "FREQ"),
    ("FREQ=MINUTELY;INTERVAL=7;COUNT=100000", "FREQ"),
    ("FREQ=HOURLY;BYMINUTE=0,30;BYSETPOS=1", "BYSETPOS"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY"),
    ("FREQ=DAILY;BYDAY=MO;BYSETPOS=2", "BYSETPOS"),
    ("FREQ=DAILY;WKST=1", "WKST"),
    ("RSCALE=HEBREW;FREQ=YEARLY", "RSCALE"),
    ("RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=SIDEWAYS", "SKIP"),
    ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=-31", "SKIP"),
    ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=31;BYDAY=MO", "SKIP"),
    ("FREQ=DAILY;" + "X" * 10_000, "RRULE"),
    ("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))), "BYHOUR"),
    ("FREQ=DAILY;BYMINUTE=" + ",".join(map(str, range(60))), "BYMINUTE"),
]


@pytest.mark.parametrize(("rule", "part"), BAD, ids=[rule[:50] or "empty" for rule, _ in BAD])
def test_bad_input_is_refused_with_the_part_named(rule, part):
    with pytest.raises(Permanent) as caught:
        from_rrule(rule, start=datetime(2026, 1, 5, 9), zone="UTC")
    assert caught.value.field == part
    assert str(caught.value).startswith(part)


def test_a_year_that_outlook_does_not_keep_is_refused():
    for start in (date(1600, 12, 31), date(4501, 1, 1)):
        with pytest.raises(InvalidInput, match=r"1601\.\.4500"):
            from_rrule("FREQ=DAILY", start=start, zone="UTC")


def test_an_all_day_series_cannot_count_hours():
    with pytest.raises(InvalidInput, match="FREQ=HOURLY"):
        from_rrule("FREQ=HOURLY", start=date(2026, 1, 5), zone="UTC")


def test_clock_parts_of_an_all_day_series_are_ignored_and_named():
    found = from_rrule("FREQ=DAILY;BYHOUR=9", start=date(2026, 1, 5), zone="UTC")
    assert found.series[0].start == date(2026, 1, 5)
    assert any("all-day" in warning for warning in found.warnings)


def test_a_start_with_a_zone_is_refused():
    with pytest.raises(InvalidInput, match="naive"):
        from_rrule("FREQ=DAILY", start=datetime(2026, 1, 5, tzinfo=UTC), zone="UTC")


def test_an_unknown_zone_is_refused_by_name():
    with pytest.raises(InvalidInput, match="Mars/Olympus"):
        from_rrule("FREQ=DAILY", start=datetime(2026, 1, 5, 9), zone="Mars/Olympus")


def test_the_zone_is_written_as_it_was_given():
    found = from_rrule("FREQ=DAILY", start=datetime(2026, 1, 5, 9), zone="Central European Standard Time")
    assert found.series[0].recurrence["range"]["recurrenceTimeZone"] == "Central European Standard Time"


def test_exclusions_are_read_in_every_spelling():
    found = from_rrule(
        "FREQ=DAILY;COUNT=10",
        start=datetime(2026, 1, 5, 9),
        zone="Europe/Warsaw",
        exdates=["20260106T090000", "20260107T080000Z", "2026-01-08", date(2026, 1, 9), "2027-01-01T09:00:00"],
    )
    assert [one.isoformat() for one in found.cancelled] == [f"2026-01-0{day}T09:00:00" for day in (6, 7, 8, 9)]
    assert any("2027-01-01T09:00:00" in warning for warning in found.warnings)
    assert any("every meeting of that day" in warning for warning in found.warnings)


def test_an_exclusion_at_another_time_of_the_day_takes_nothing_out():
    found = from_rrule("FREQ=DAILY;COUNT=3", start=datetime(2026, 1, 5, 9), zone="UTC", exdates=["2026-01-06T10:00:00"])
    assert found.cancelled == ()
    assert "2026-01-06T10:00:00" in found.warnings[0]


def test_an_unreadable_exclusion_is_refused():
    with pytest.raises(InvalidInput, match="exdates"):
        from_rrule("FREQ=DAILY", start=datetime(2026, 1, 5, 9), zone="UTC", exdates=["yesterday"])


def test_250_single_events_are_made_and_251_refused(references):
    rule = "FREQ=MONTHLY;BYDAY=-2FR;COUNT={}"
    start = datetime(2026, 1, 23, 9)
    found = from_rrule(rule.format(250), start=start, zone="UTC")
    assert [one.start for one in found.series] == references.rule_starts(
        rule.format(250), start, "UTC", date(2060, 1, 1)
    )
    with pytest.raises(Unsupported, match="more than 250"):
        from_rrule(rule.format(251), start=start, zone="UTC")


def test_twelve_series_are_made_and_thirteen_refused():
    twelve = from_rrule("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(12))), start=datetime(2026, 1, 5), zone="UTC")
    assert len(twelve.series) == 12
    with pytest.raises(Unsupported, match="BYHOUR"):
        from_rrule("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(13))), start=datetime(2026, 1, 5), zone="UTC")


def test_hours_met_on_every_clock_are_daily_even_with_summer_time():
    found = from_rrule("FREQ=HOURLY;BYHOUR=9", start=datetime(2026, 1, 5, 9), zone="Europe/Warsaw")
    assert found.series[0].recurrence["pattern"] == {"type": "daily", "interval": 1}
    with pytest.raises(Unsupported, match="clock"):
        from_rrule("FREQ=HOURLY;BYHOUR=2", start=datetime(2026, 1, 5, 2), zone="Europe/Warsaw")


def test_steps_of_hours_beyond_a_day_are_series_in_utc(references):
    rule = "FREQ=HOURLY;INTERVAL=36"
    found = from_rrule(rule, start=datetime(2026, 1, 5, 9), zone="UTC")
    starts = references.series_starts([(one.start, one.recurrence) for one in found.series], date(2030, 1, 1))
    assert len(found.series) == 2
    assert starts == references.rule_starts(rule, datetime(2026, 1, 5, 9), "UTC", date(2030, 1, 1))


def test_a_proof_notices_a_day_held_twice():
    daily, also = Days(Linear(1, 1), 700_000), Days(Linear(7, 1), 700_000)
    found = first_difference(daily, [daily, also])
    assert found is not None
    assert found.only_in == "twice"
