"""The attendee's read form under the unmodified office.js: its values, its few calls, and the commands in it."""

from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]

VALUES = """() => {
  const item = Office.context.mailbox.item;
  return {
    type: item.itemType, subject: item.subject, normal: item.normalizedSubject, place: item.location,
    start: item.start.toISOString(), end: item.end.toISOString(), from: item.organizer.emailAddress,
    required: item.requiredAttendees.map((one) => one.emailAddress), optional: item.optionalAttendees.length,
    series: item.seriesId, pattern: item.recurrence && item.recurrence.recurrenceType, hasId: item.itemId.length > 20,
    hasSetters: typeof item.body.setAsync,
  };
}"""
KEEP = """async () => await new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync((result) => {
  const before = result.value.get("seen");
  result.value.set("seen", "yes");
  result.value.saveAsync((saved) => done([before, saved.status]));
}))"""
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
    "range": {"type": "endDate", "startDate": "2027-01-11", "endDate": "2027-02-08"},
}


def test_values_stand_in_the_item(read: Open) -> None:
    window = read(subject="FW: Planning", location={"displayName": "Room 7"})
    assert window.pane.evaluate(VALUES) == {
        "type": "appointment", "subject": "FW: Planning", "normal": "Planning", "place": "Room 7",
        "start": "2027-01-11T09:00:00.000Z", "end": "2027-01-11T09:30:00.000Z", "from": "organiser@contoso.example",
        "required": ["paris@contoso.example"], "optional": 0, "series": None, "pattern": None, "hasId": True,
        "hasSetters": "undefined",
    }  # fmt: skip
    assert "<p>Hello</p>" in window.value("item.body.getAsync", "html")
    assert window.value("item.body.getAsync", "text") == "Hello"
    assert window.value("item.enhancedLocation.getAsync")[0]["displayName"] == "Room 7"


def test_an_occurrence_names_its_series_and_a_readers_properties_are_kept(read: Open) -> None:
    window = read(recurrence=WEEKLY)
    values = window.pane.evaluate(VALUES)
    assert values["series"], "one date of a series"
    assert window.pane.evaluate(KEEP) == [None, "succeeded"]
    window.page.reload()
    window.page.wait_for_selector("body[data-state]")
    assert window.item["customProperties"] == {"seen": "yes"}


def test_join_opens_the_room_and_numbers_show_in_the_bar(read: Open, plain_desk: Any) -> None:
    room = f"{plain_desk.world.base}/outlook/"
    window = read(body={"contentType": "html", "content": f'<p>Join: <a href="{room}">{room}</a></p>'})
    with window.page.context.expect_page() as opened:
        window.page.click("[data-command=joinClickMeeting]")
    assert opened.value.url == room
    assert opened.value.evaluate("window.opener") is None
    window.page.click("[data-command=showNumbers]")
    window.page.wait_for_selector(".notification:has-text('+48 22 000 00 00')")
    assert window.page.locator("iframe[id^=command-]").count() == 0
