"""What happens in the compose window is told to the add-in as office.js promises, and stored as a person expects."""

from collections.abc import Callable
from typing import Any

import pytest

HOUR = 3_600_000
Open = Callable[..., Any]

LISTEN = """async (types) => {
  window.seen = [];
  for (const type of types) {
    await new Promise((done, fail) => Office.context.mailbox.item.addHandlerAsync(Office.EventType[type], (event) => {
      const { recurrence, start, end, changedRecipientFields: fields } = event;
      window.seen.push({ type: event.type, start, end, fields, kind: recurrence && recurrence.recurrenceType,
        minutes: recurrence && recurrence.seriesTime.getDuration() });
    }, (result) => result.status === "succeeded" ? done() : fail(new Error(result.error.message))));
  }
}"""


def seen(window: Any, count: int) -> list[dict[str, Any]]:
    window.pane.wait_for_function("(count) => window.seen.length >= count", arg=count)
    found: list[dict[str, Any]] = window.pane.evaluate("window.seen")
    return found


def test_changes_in_the_form_become_events(compose: Open) -> None:
    window = compose()
    window.pane.evaluate(LISTEN, ["AppointmentTimeChanged", "RecipientsChanged", "RecurrenceChanged"])
    window.page.fill("#start-time", "16:30")
    moved = seen(window, 1)[0]
    assert moved["type"] == "olkAppointmentTimeChanged"
    assert isinstance(moved["start"], str)
    window.page.fill("#required-input", "paris@contoso.example")
    window.page.press("#required-input", "Enter")
    added = seen(window, 2)[1]
    assert added["type"] == "olkRecipientsChanged"
    assert added["fields"]["requiredAttendees"] is True
    assert added["fields"]["optionalAttendees"] is False
    window.page.click("#repeat")
    window.page.select_option("#type", "weekday")
    window.page.click("#recurrence button.primary")
    found = seen(window, 4)
    assert {"olkRecurrenceChanged", "olkAppointmentTimeChanged"} == {one["type"] for one in found[2:]}
    series = next(one for one in found if one["type"] == "olkRecurrenceChanged")
    assert (series["kind"], series["minutes"]) == ("weekday", 30)
    window.page.click("#repeat")
    window.page.click("[data-act=remove]")
    assert seen(window, 5)[4]["kind"] is None


def test_no_event_after_the_handler_was_removed(compose: Open) -> None:
    window = compose()
    window.pane.evaluate(LISTEN, ["AppointmentTimeChanged"])
    window.value("item.removeHandlerAsync", "olkAppointmentTimeChanged")
    window.desk("desk.setTimes('2027-05-03T08:00:00Z', '2027-05-03T09:00:00Z')")
    assert window.value("item.subject.getAsync") == "", "a later call's answer comes after any event"
    assert window.pane.evaluate("window.seen") == []


def test_another_item_or_none_is_told_to_the_mailbox(compose: Open) -> None:
    window = compose()
    window.pane.evaluate(
        "async () => { window.items = []; await new Promise((done) => Office.context.mailbox.addHandlerAsync("
        "Office.EventType.ItemChanged, () => window.items.push(Office.context.mailbox.item === null), done)); }"
    )
    window.desk("desk.selectNothing()")
    window.pane.wait_for_function("window.items.length === 1")
    window.desk("desk.selectAgain()")
    window.pane.wait_for_function("window.items.length === 2")
    assert window.pane.evaluate("window.items") == [True, False]
    window.value("item.subject.setAsync", "Still here")


def test_an_insight_message_opens_the_pane_and_tells(compose: Open) -> None:
    window = compose(set="1.10")
    window.pane.evaluate(
        "async () => { window.clicks = []; await new Promise((done) => Office.context.mailbox.item.addHandlerAsync("
        "Office.EventType.InfobarClicked, (event) => window.clicks.push(event.infobarDetails.actionType), done)); }"
    )
    action = {"actionType": "showTaskPane", "actionText": "Open", "commandId": "pane", "contextData": "{}"}
    message = {"type": "insightMessage", "message": "Add a room?", "icon": "icon", "actions": [action]}
    window.value("item.notificationMessages.addAsync", "ask", message)
    window.desk("desk.clickNotification('ask')")
    window.pane.wait_for_function("window.clicks.length === 1")


def test_saving_puts_the_item_on_the_calendar_and_sending_tells_the_others(compose: Open, plain_desk: Any) -> None:
    window = compose()
    window.page.fill("#subject", "Quarterly review")
    window.desk("desk.setTimes('2027-05-03T08:00:00Z', '2027-05-03T09:00:00Z')")
    window.page.fill("#required-input", "paris@contoso.example; guest@customer.example")
    window.value("item.body.setAsync", "<p>Agenda</p>", {"coercionType": "html"})
    window.pane.evaluate(
        "async () => await new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync((r) => {"
        " r.value.set('meeting', 'm-1'); r.value.saveAsync(done); }))"
    )
    saved = window.value("item.saveAsync")
    assert window.value("item.getItemIdAsync") == saved
    graph = plain_desk.world.services["graph"]
    rest_id = window.pane.evaluate("(id) => Office.context.mailbox.convertToRestId(id, 'v2.0')", saved)
    event = graph.client_event("organiser@contoso.example", rest_id)
    assert event["subject"] == "Quarterly review"
    assert "Agenda" in event["body"]["content"]
    assert list(event["customProperties"].values()) == [{"meeting": "m-1"}]
    assert plain_desk.world.outbox.mails("paris@contoso.example") == [], "saving tells nobody"
    window.page.click("#send")
    window.page.wait_for_url("**/outlook/organiser@contoso.example?done=sent*")
    subjects = [mail["subject"] for mail in plain_desk.world.outbox.mails("guest@customer.example")]
    assert subjects == ["Quarterly review"]
    start = event["start"]
    assert start == {"dateTime": "2027-05-03T10:00:00.0000000", "timeZone": "Central European Standard Time"}


def test_a_series_edited_again_keeps_what_was_not_touched(compose: Open, plain_desk: Any, visitor: Any) -> None:
    window = compose()
    window.page.fill("#subject", "Stand-up")
    window.desk("desk.setTimes('2027-06-07T07:00:00Z', '2027-06-07T07:15:00Z')")
    window.desk("desk.addRecipient('warsaw@contoso.example')")
    window.page.click("#repeat")
    window.page.select_option("#type", "weekly")
    window.page.select_option("select[name=ends]", "never")
    window.page.click("#recurrence button.primary")
    identity = window.desk("desk.save()")
    page = visitor.open(
        f"{plain_desk.world.base}/outlook/organiser@contoso.example/compose?id={identity.replace('+', '%2B')}"
    )
    assert page.inner_text("#series") == "Occurs every week on Monday starting 2027-06-07"
    page.fill("#subject", "Daily stand-up")
    page.click("#send")
    page.wait_for_url("**done=sent*")
    event = plain_desk.world.services["graph"].client_event("organiser@contoso.example", identity)
    assert event["subject"] == "Daily stand-up"
    assert event["recurrence"]["pattern"]["daysOfWeek"] == ["monday"]
    assert event["recurrence"]["range"]["type"] == "noEnd"


def test_a_series_stays_on_its_pattern_when_its_start_or_zone_moves(compose: Open) -> None:
    window = compose()
    window.desk("desk.setTimes('2027-05-03T08:00:00Z', '2027-05-03T09:00:00Z')")
    window.page.click("#repeat")
    window.page.click("#recurrence button.primary")
    assert window.item["recurrence"]["recurrenceProperties"]["days"] == ["mon"]
    window.page.fill("#start-date", "2027-05-05")
    assert window.page.input_value("#start-date") == "2027-05-10", "the next Monday"
    window.page.select_option("#zone", "Pacific Standard Time")
    assert window.page.input_value("#start-time") == "10:00", "the wall clock stays"
    recurrence = window.item["recurrence"]
    assert recurrence["recurrenceTimeZone"]["name"] == "Pacific Standard Time"
    assert recurrence["seriesTimeJson"]["startTimeMin"] == 600


def test_the_form_refuses_what_makes_no_sense(compose: Open) -> None:
    window = compose()
    window.page.fill("#required-input", "nobody")
    window.page.click("#send")
    assert "not an address" in window.page.inner_text("#message")
    window.page.fill("#required-input", "")
    window.desk("desk.setTimes('2027-05-03T08:00:00Z', '2027-05-03T09:00:00Z')")
    window.page.fill("#end-time", "01:00")
    assert window.page.inner_text("#message") == "The end lies before the start."
    assert window.item["end"] - window.item["start"] == HOUR


def test_all_day_and_back(compose: Open) -> None:
    window = compose()
    window.desk("desk.setTimes('2027-05-03T08:00:00Z', '2027-05-03T09:00:00Z')")
    window.page.check("#all-day")
    assert window.item["end"] - window.item["start"] == 24 * HOUR
    window.value("item.start.setAsync", {"date": window.item["start"] + 9 * HOUR})
    assert window.item["isAllDay"] is False, "setting the start of an all-day item makes it 24 hours that are none"
    assert window.item["end"] - window.item["start"] == 24 * HOUR


def test_dragging_moves_the_event_for_all(compose: Open, plain_desk: Any, visitor: Any) -> None:
    window = compose()
    window.page.fill("#subject", "Drag me")
    window.desk("desk.setTimes('2027-07-06T07:00:00Z', '2027-07-06T08:00:00Z')")
    window.desk("desk.addRecipient('toronto@contoso.example')")
    window.page.click("#send")
    window.page.wait_for_url("**done=sent*")
    page = visitor.open(f"{plain_desk.world.base}/outlook/organiser@contoso.example")
    page.evaluate("desk.show('2027-07-06')")
    event = page.locator(".event", has_text="Drag me")
    event.wait_for()
    box = event.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + box["width"], box["y"] + 10 + 88, steps=5)
    page.mouse.up()
    page.wait_for_function("document.getElementById('message').textContent.startsWith('Moved')")
    assert page.inner_text("#message") == "Moved to 2027-07-07 11:00. Updates were sent."
    assert len(plain_desk.world.outbox.mails("toronto@contoso.example")) == 2


@pytest.mark.parametrize("upn", ["organiser@contoso.example", "guest@fabrikam.example"])
def test_mail_shows_who_got_what_and_runs_nothing(plain_desk: Any, visitor: Any, upn: str) -> None:
    from sandbox.world import Mail

    text = "<h1>Hello</h1><script>parent.broken = true</script><img src=x onerror='parent.broken = true'>"
    plain_desk.world.outbox.add(
        Mail(upn, "clickmeeting", "reminder", "room@clickmeeting.example", "Reminder", html=text)
    )
    page = visitor.open(f"{plain_desk.world.base}/outlook/{upn}/mail")
    page.wait_for_selector("#reading iframe")
    assert page.frame_locator("#reading iframe").locator("h1").inner_text() == "Hello"
    assert page.evaluate("window.broken") is None
    page.select_option(".seen select", "text")
    page.frame_locator("#reading iframe").locator("pre", has_text="Hello").wait_for()
