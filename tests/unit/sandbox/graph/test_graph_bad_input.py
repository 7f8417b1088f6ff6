"""Whatever is sent, the Graph stand-in answers in Graph's way: never a crash, and nothing half done."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.graph.event_input import READ_ONLY

NAMES = [
    "subject", "body", "start", "end", "isAllDay", "location", "locations", "attendees", "recurrence", "categories",
    "showAs", "transactionId", "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions",
    "attachments", "reminderMinutesBeforeStart", "isOnlineMeeting", "hideAttendees", *sorted(READ_ONLY),
]  # fmt: skip
INNER = [
    "dateTime", "timeZone", "contentType", "content", "pattern", "range", "type", "interval", "daysOfWeek", "startDate",
    "endDate", "numberOfOccurrences", "dayOfMonth", "month", "index", "emailAddress", "address", "name", "id", "value",
    "displayName", "extensionName", "@odata.type", "contentBytes", "recurrenceTimeZone", "firstDayOfWeek",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([
        "", "2027-03-01T10:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2027-03-01", "9999-12-31", "UTC",
        "Europe/Warsaw", "Kiribati/..", "../../etc/passwd", "daily", "weekly", "absoluteYearly", "relativeMonthly",
        "noEnd", "numbered", "endDate", "monday", "a@b.example", "last", "#microsoft.graph.fileAttachment", "%%%",
        "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name K", "\x00", "\ud800", "<p>x", "html",
    ]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(INNER), inner, max_size=6)),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
EDGES = st.sampled_from(["0001-01-01", "1601-01-01", "2027-03-01", "2028-02-29", "4500-12-31", "9999-12-31"])
WINDOW = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-05-01T00:00:00Z"}
NUMBERS = st.sampled_from([-1, 0, 1, 2, 12, 31, 32, 999, 1000, 2**31 - 1])
DAYS = st.lists(st.sampled_from(["monday", "Friday", "sunday"]), max_size=3)


@st.composite
def at_the_edge(draw: st.DrawFn) -> dict[str, Any]:
    """An event with a recurrence that is nearly right, at the ends of the calendar."""
    start, zone = draw(EDGES), draw(st.sampled_from(["UTC", "Europe/Warsaw", "Pacific Standard Time"]))
    pattern = {
        "type": draw(st.sampled_from(["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly",
                                      "relativeYearly"])),
        "interval": draw(NUMBERS), "dayOfMonth": draw(NUMBERS), "month": draw(NUMBERS), "daysOfWeek": draw(DAYS),
        "index": draw(st.sampled_from(["first", "last", None])),
    }  # fmt: skip
    limits = {
        "type": draw(st.sampled_from(["noEnd", "numbered", "endDate"])), "startDate": start, "endDate": draw(EDGES),
        "numberOfOccurrences": draw(NUMBERS), "recurrenceTimeZone": draw(st.sampled_from([None, zone, "UTC"])),
    }  # fmt: skip
    return {
        "start": {"dateTime": f"{start}T{draw(st.sampled_from(['00:00', '12:00', '23:59']))}", "timeZone": zone},
        "end": {"dateTime": f"{draw(EDGES)}T23:59:59", "timeZone": zone},
        "recurrence": draw(st.sampled_from([None, {"pattern": pattern, "range": limits}])),
    }


def calm(answer: Any) -> None:
    assert answer.status < 500, answer.json
    if answer.status >= 400:
        assert answer.json["error"]["code"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(BODIES, at_the_edge()))
def test_any_event_is_taken_or_refused(desk: Any, changed: dict[str, Any]) -> None:
    desk.graph.reset()
    answer = desk.call("POST", "/me/events", desk.event(**changed))
    calm(answer)
    listed = desk.call("GET", "/me/events").json["value"]
    assert len(listed) == (1 if answer.status == 201 else 0)
    calm(desk.call("GET", "/me/calendarView?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(BODIES, at_the_edge()), st.booleans())
def test_any_change_is_made_whole_or_not_at_all(desk: Any, changed: dict[str, Any], of_an_occurrence: bool) -> None:
    desk.graph.reset()
    master = desk.series()
    target = desk.instances(master["id"])[1] if of_an_occurrence else master
    before = desk.call("GET", f"/me/events/{target['id']}").json
    answer = desk.call("PATCH", f"/me/events/{target['id']}", changed)
    calm(answer)
    if answer.status >= 400:
        assert desk.call("GET", f"/me/events/{target['id']}").json == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([
        "/me/sendMail", "/subscriptions", "/$batch", "/me/calendar/getSchedule", "/me/findMeetingTimes",
        "/me/translateExchangeIds", "/me/calendars",
    ]),
    st.dictionaries(
        st.sampled_from([
            "message", "saveToSentItems", "changeType", "notificationUrl", "resource", "expirationDateTime", "requests",
            "schedules", "startTime", "endTime", "inputIds", "sourceIdType", "targetIdType", "meetingDuration", "name",
            "attendees", "timeConstraint", "availabilityViewInterval", "clientState",
        ]),
        VALUES, max_size=6,
    ),
)  # fmt: skip
def test_any_other_request_is_taken_or_refused(desk: Any, path: str, body: dict[str, Any]) -> None:
    calm(desk.call("POST", path, body))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["$filter", "$orderby", "$select", "$expand", "$top", "$skip", "startDateTime", "endDateTime"]),
    st.one_of(
        st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1601-01-01T00:00:00+14:00", "2027-02-30"]),
        st.text(st.characters(codec="ascii", min_codepoint=32), max_size=40),
        st.lists(st.sampled_from(["subject", "eq", "'x'", "and", "(", ")", "not", "start/dateTime", "ge", "2027-03-01",
                                  "categories/any(c:c", "singleValueExtendedProperties", "null", "contains(",
                                  ",", "id"]),
                 max_size=8).map(" ".join),
    ),
    st.sampled_from(["/me/events", "/me/calendarView", "/me/messages", "/me/calendarView/delta"]),
)  # fmt: skip
def test_any_query_is_answered_or_refused(desk: Any, option: str, value: str, path: str) -> None:
    calm(desk.query(path, {**WINDOW, option: value}))
