"""Laws that hold whatever people do: a delta mirror and the attendees' copies show what the organiser sees."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.graph.pattern import WEEKDAYS, dates

WINDOW = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def graph_days(pattern: dict[str, Any], start: date, until: date) -> list[date]:
    limits = {"type": "noEnd", "startDate": start.isoformat()}
    return list(dates({"pattern": pattern, "range": limits}, until))


@settings(max_examples=80, deadline=None)
@given(
    start=st.dates(date(2020, 1, 1), date(2032, 12, 31)),
    interval=st.integers(1, 5),
    kind=st.sampled_from(["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]),
    days=st.sets(st.integers(0, 6), min_size=1),
    index=st.sampled_from(sorted(ORDINALS)),
    first_day=st.integers(0, 6),
)
def test_where_nothing_is_clamped_it_agrees_with_another_engine(
    start: date, interval: int, kind: str, days: set[int], index: str, first_day: int
) -> None:
    """Starts are moved onto the rule, since off it the two are known to differ."""
    pattern: dict[str, Any] = {"type": kind, "interval": interval}
    rule: dict[str, Any] = {"interval": interval}
    if kind == "daily":
        rule["freq"] = DAILY
    elif kind == "weekly":
        pattern |= {"daysOfWeek": [WEEKDAYS[day] for day in days], "firstDayOfWeek": WEEKDAYS[first_day]}
        rule |= {"freq": WEEKLY, "byweekday": sorted(days), "wkst": first_day}
    elif kind.startswith("absolute"):
        start = start.replace(day=min(start.day, 28))
        pattern |= {"dayOfMonth": start.day, "month": start.month}
        rule |= {"freq": MONTHLY if kind == "absoluteMonthly" else YEARLY}
    else:
        pattern |= {"daysOfWeek": [WEEKDAYS[day] for day in days], "index": index, "month": start.month}
        rule |= {"freq": MONTHLY, "byweekday": [weekday(day) for day in sorted(days)], "bysetpos": ORDINALS[index]}
        if kind == "relativeYearly":
            rule |= {"freq": YEARLY, "bymonth": start.month}
    until = start + timedelta(days=365 * 8)
    start = first_day_of(pattern, start)
    expected = rrule(dtstart=datetime.combine(start, datetime.min.time()),
                     until=datetime.combine(until, datetime.min.time()), **rule)  # fmt: skip
    assert graph_days(pattern, start, until) == [moment.date() for moment in expected]


def first_day_of(pattern: dict[str, Any], start: date) -> date:
    limits = {"type": "numbered", "startDate": start.isoformat(), "numberOfOccurrences": 1}
    return next(dates({"pattern": pattern, "range": limits}, date(9000, 1, 1)))


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.booleans()),
        st.tuples(st.just("rename"), st.integers(0, 5)),
        st.tuples(st.just("move"), st.integers(0, 5), st.integers(0, 20)),
        st.tuples(st.just("move one"), st.integers(0, 30)),
        st.tuples(st.just("delete one"), st.integers(0, 30)),
        st.tuples(st.just("delete"), st.integers(0, 5)),
        st.tuples(st.just("repeat"), st.integers(0, 5)),
        st.tuples(st.just("look")),
    ),
    min_size=2,
    max_size=12,
)


class Story:
    """Plays actions for the organiser, with a mirror that only knows delta rounds."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.mirror: dict[str, dict[str, Any]] = {}
        self.link = f"/me/calendarView/delta?{WINDOW}"

    def play(self, action: tuple[Any, ...]) -> None:
        getattr(self, action[0].replace(" ", "_"))(*action[1:])

    def create(self, recurring: bool) -> None:
        recurrence = self.desk.weekly(type="numbered", numberOfOccurrences=6) if recurring else None
        self.desk.create(recurrence=recurrence, attendees=self.desk.people(self.desk.paris))

    def _pick(self, number: int, path: str = "/me/events?$top=100") -> dict[str, Any] | None:
        found = self.desk.call("GET", path, prefer='outlook.timezone="Central European Standard Time"').json["value"]
        return found[number % len(found)] if found else None

    def _change(self, event: dict[str, Any] | None, body: dict[str, Any]) -> None:
        if event is not None:
            answer = self.desk.call("PATCH", f"/me/events/{event['id']}", body)
            assert answer.status == 200 or answer.code == "ErrorOccurrenceCrossingBoundary", answer.json

    def rename(self, number: int) -> None:
        self._change(self._pick(number), {"subject": f"Name {number}"})

    def move(self, number: int, day: int) -> None:
        start = datetime(2027, 3, 1, 9) + timedelta(days=day)
        self._change(self._pick(number), self._times(start))

    def _times(self, start: datetime) -> dict[str, Any]:
        zone = "Europe/Warsaw"
        ends = start + timedelta(hours=1)
        return {
            "start": {"dateTime": start.isoformat(), "timeZone": zone},
            "end": {"dateTime": ends.isoformat(), "timeZone": zone},
        }

    def _occurrence(self, number: int) -> dict[str, Any] | None:
        found = self._pick(number, f"/me/calendarView?{WINDOW}&$top=100")
        return found if found and found["seriesMasterId"] else None

    def move_one(self, number: int) -> None:
        found = self._occurrence(number)
        if found:
            self._change(found, self._times(datetime.fromisoformat(found["start"]["dateTime"]) + timedelta(days=1)))

    def delete_one(self, number: int) -> None:
        found = self._occurrence(number)
        if found:
            assert self.desk.call("DELETE", f"/me/events/{found['id']}").status == 204

    def delete(self, number: int) -> None:
        found = self._pick(number)
        if found:
            assert self.desk.call("DELETE", f"/me/events/{found['id']}").status == 204

    def repeat(self, number: int) -> None:
        found = self._pick(number)
        if found:
            rule = {"type": "daily", "interval": 2}
            limits = {"startDate": found["start"]["dateTime"][:10], "type": "numbered", "numberOfOccurrences": 4}
            self._change(found, {"recurrence": self.desk.recurring(rule, **limits)})

    def look(self) -> None:
        """One delta round into the mirror; a series that is delivered replaces all that was known of it."""
        while True:
            answer = self.desk.call("GET", self.link, prefer="odata.maxpagesize=3").json
            for row in answer["value"]:
                self._mirror(row)
            self.link = (answer.get("@odata.nextLink") or answer["@odata.deltaLink"]).partition("/v1.0")[2]
            if "@odata.deltaLink" in answer:
                return

    def _mirror(self, row: dict[str, Any]) -> None:
        if "@removed" in row or row["type"] in ("seriesMaster", "singleInstance"):
            gone = [key for key, held in self.mirror.items() if row["id"] in (key, held.get("seriesMasterId"))]
            for key in gone:
                del self.mirror[key]
        if "@removed" not in row and row["type"] != "seriesMaster":
            self.mirror[row["id"]] = row

    def shown(self, upn: str) -> list[str]:
        rows = self.desk.call("GET", f"/me/calendarView?{WINDOW}&$top=200", upn=upn).json["value"]
        return sorted(row["start"]["dateTime"] for row in rows if not row["isCancelled"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_the_mirror_and_the_copies_show_what_the_organiser_sees(desk: Any, actions: list[tuple[Any, ...]]) -> None:
    desk.graph.reset()
    desk.world.outbox.replace([])
    story = Story(desk)
    story.create(True)
    story.create(False)
    for action in actions:
        story.play(action)
    story.look()
    organiser = story.shown(desk.organiser)
    assert sorted(row["start"]["dateTime"] for row in story.mirror.values()) == organiser
    assert story.shown(desk.paris) == organiser


@pytest.mark.parametrize("kind", ["absoluteMonthly", "absoluteYearly"])
def test_clamping_gives_one_day_in_every_period(kind: str) -> None:
    pattern = {"type": kind, "interval": 1, "dayOfMonth": 31, "month": 2}
    found = graph_days(pattern, date(2024, 1, 1), date(2034, 1, 1))
    months = [(day.year, day.month) for day in found]
    assert len(set(months)) == len(months) == (120 if kind == "absoluteMonthly" else 10)
