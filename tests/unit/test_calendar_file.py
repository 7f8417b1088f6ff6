"""Calendar files: what is written is read back the same, by us and with the same dates by icalendar's own expander."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from addin.errors import InvalidInput
from addin.invitation.calendar_file import MAXIMUM_BYTES, CalendarEvent, Method, Override, Person, read, write

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)

SERIES = CalendarEvent(
    uid="series@contoso.example",
    title="Review; weekly, all of us",
    start=datetime(2026, 1, 6, 9),
    duration=HALF_HOUR,
    zone="Europe/Oslo",
    rrule="FREQ=WEEKLY;UNTIL=20261231T080000Z;BYDAY=TU",
    excluded=(datetime(2026, 1, 13, 9), datetime(2026, 4, 7, 9)),
    added=(datetime(2026, 1, 14, 9),),
    overrides=(
        Override(datetime(2026, 4, 14, 9), datetime(2026, 4, 15, 10), timedelta(minutes=45)),
        Override(datetime(2026, 10, 27, 9), datetime(2026, 10, 27, 11), HALF_HOUR, "Longer", "Elsewhere"),
    ),
    description="Join here:\nhttps://contoso.example/room",
    location="https://contoso.example/room",
    url="https://contoso.example/room",
    organiser=Person("organiser@contoso.example", "The organiser"),
    attendees=(Person("participant@contoso.example"), Person("second@contoso.example", "Ćwierć, Ł.")),
    sequence=3,
)
ALL_DAY = CalendarEvent(
    uid="day@contoso.example",
    title="Inventory",
    start=date(2026, 1, 31),
    duration=timedelta(days=1),
    zone="UTC",
    rrule="FREQ=MONTHLY;BYMONTHDAY=-1",
    excluded=(date(2026, 2, 28),),
)
SINGLE = CalendarEvent("single@contoso.example", "Once", datetime(2026, 5, 1, 8), HALF_HOUR, "UTC")
LORD_HOWE = CalendarEvent("far@contoso.example", "Far", datetime(2026, 5, 1, 8), HALF_HOUR, "Australia/Lord_Howe")


@pytest.mark.parametrize("event", [SERIES, ALL_DAY, SINGLE, LORD_HOWE], ids=lambda event: event.uid)
def test_what_is_written_is_read_back(event):
    assert read(write([event], now=NOW)) == [event]


def test_several_events_stand_in_one_file_with_one_zone_each():
    data = write([SERIES, ALL_DAY, LORD_HOWE, SINGLE], now=NOW)
    assert read(data) == [SERIES, ALL_DAY, LORD_HOWE, SINGLE]
    names = [str(zone["TZID"]) for zone in Calendar.from_ical(data).walk("VTIMEZONE")]
    assert sorted(names) == ["Australia/Lord_Howe", "Europe/Oslo"]


def test_dates_take_the_form_of_the_start():
    text = write([SERIES, ALL_DAY], now=NOW).decode()
    assert "EXDATE;TZID=Europe/Oslo:20260113T090000,20260407T090000" in text
    assert "RECURRENCE-ID;TZID=Europe/Oslo:20260414T090000" in text
    assert "EXDATE;VALUE=DATE:20260228" in text
    assert "DTSTAMP:20260101T120000Z" in text


def test_lines_are_folded_and_end_as_the_rfc_wants():
    data = write([SERIES], now=NOW)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_request_and_a_cancellation_say_so():
    assert "METHOD:REQUEST" in write([SERIES], now=NOW, method=Method.REQUEST).decode()
    text = write([SERIES], now=NOW, method=Method.CANCEL).decode()
    assert "METHOD:CANCEL" in text
    assert text.count("STATUS:CANCELLED") == 3


def test_a_windows_zone_is_written_by_its_iana_name():
    event = CalendarEvent("w@contoso.example", "x", datetime(2026, 1, 1), HALF_HOUR, "W. Europe Standard Time")
    assert "TZID:Europe/Berlin" in write([event], now=NOW).decode()


def test_names_and_texts_cannot_break_out_of_their_lines():
    event = CalendarEvent(
        "x@contoso.example",
        "a\r\nATTENDEE:mailto:evil@contoso.example",
        datetime(2026, 1, 1),
        HALF_HOUR,
        "UTC",
        organiser=Person("organiser@contoso.example", 'A"\r\nX-EVIL:1'),
    )
    data = write([event], now=NOW)
    lines = data.replace(b"\r\n ", b"").split(b"\r\n")
    assert not [line for line in lines if line.startswith((b"ATTENDEE", b"X-EVIL"))]


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a@contoso.example\r\nX:1", "a b@contoso.example"])
def test_what_is_no_address_is_refused(address):
    event = CalendarEvent("x", "x", datetime(2026, 1, 1), HALF_HOUR, "UTC", attendees=(Person(address),))
    with pytest.raises(InvalidInput, match="mail address"):
        write([event], now=NOW)


def test_a_rule_that_is_none_is_refused():
    event = CalendarEvent("x", "x", datetime(2026, 1, 1), HALF_HOUR, "UTC", rrule="FREQ=SOMETIMES")
    with pytest.raises(InvalidInput, match="FREQ"):
        write([event], now=NOW)


def calendar(*lines: str) -> bytes:
    body = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *lines, "END:VCALENDAR", ""])
    return body.encode()


def vevent(*lines: str) -> list[str]:
    return ["BEGIN:VEVENT", "UID:u", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]


def test_outlook_files_with_windows_names_are_read():
    found = read(
        calendar(
            *vevent(
                "DTSTART;TZID=Central European Standard Time:20260329T023000",
                "DURATION:PT1H",
                "RRULE:FREQ=DAILY;COUNT=3",
                "EXDATE:20260330T003000Z",
            )
        )
    )[0]
    assert found.zone == "Europe/Warsaw"
    assert found.start == datetime(2026, 3, 29, 2, 30)
    assert found.duration == timedelta(hours=1)
    assert found.excluded == (datetime(2026, 3, 30, 2, 30),)


def test_an_override_in_another_zone_is_told_in_the_zone_of_the_series():
    found = read(
        calendar(
            *vevent("DTSTART;TZID=Europe/Warsaw:20260105T090000", "RRULE:FREQ=DAILY;COUNT=3"),
            *vevent("RECURRENCE-ID:20260106T080000Z", "DTSTART;TZID=Asia/Tokyo:20260106T180000", "DURATION:PT10M"),
        )
    )[0]
    assert found.overrides == (
        Override(datetime(2026, 1, 6, 9), datetime(2026, 1, 6, 10), timedelta(minutes=10), None, None),
    )


def test_an_end_in_another_zone_gives_the_true_duration():
    found = read(
        calendar(*vevent("DTSTART;TZID=Europe/Warsaw:20260105T090000", "DTEND;TZID=Europe/London:20260105T090000"))
    )[0]
    assert found.duration == timedelta(hours=1)


def test_a_missing_end_is_a_moment_or_a_day():
    assert read(calendar(*vevent("DTSTART:20260105T090000Z")))[0].duration == timedelta()
    assert read(calendar(*vevent("DTSTART;VALUE=DATE:20260105")))[0].duration == timedelta(days=1)


BROKEN = {
    "nothing": b"",
    "no calendar": b"hello",
    "no event": calendar(),
    "no start": calendar(*vevent("SUMMARY:x")),
    "no uid": calendar("BEGIN:VEVENT", "DTSTART:20260105T090000Z", "END:VEVENT"),
    "a floating time": calendar(*vevent("DTSTART:20260105T090000")),
    "an unknown zone": calendar(*vevent("DTSTART;TZID=Mars/Olympus:20260105T090000")),
    "a custom zone": calendar(*vevent("DTSTART;TZID=tzone://Microsoft/Custom:20260105T090000")),
    "two rules": calendar(*vevent("DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")),
    "a rule of nothing": calendar(*vevent("DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;INTERVAL=0")),
    "the same uid twice": calendar(*vevent("DTSTART:20260105T090000Z"), *vevent("DTSTART:20260105T090000Z")),
    "an override alone": calendar(*vevent("RECURRENCE-ID:20260105T090000Z", "DTSTART:20260105T090000Z")),
    "a date and a time": calendar(*vevent("DTSTART:20260105T090000Z", "DTEND;VALUE=DATE:20260106")),
    "periods": calendar(*vevent("DTSTART:20260105T090000Z", "RDATE;VALUE=PERIOD:20260106T090000Z/PT1H")),
    "too large": b"x" * (MAXIMUM_BYTES + 1),
    "bytes that are no text": b"BEGIN:VCALENDAR\r\nX:\xff\xfe\r\nEND:VCALENDAR",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_refused(name):
    with pytest.raises(InvalidInput):
        read(BROKEN[name])


def test_a_series_begun_long_ago_knows_its_zone_today():
    event = CalendarEvent("old", "x", datetime(1998, 1, 5, 9), HALF_HOUR, "America/New_York", rrule="FREQ=DAILY")
    text = write([event], now=NOW).decode()
    assert "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3" in text
    assert "DTSTART:19980405T020000" in text
