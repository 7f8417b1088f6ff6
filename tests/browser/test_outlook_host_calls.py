"""Every call of the appointment-compose surface round-trips between the unmodified office.js and the compose window."""

from collections.abc import Callable
from typing import Any

HOUR = 3_600_000
Open = Callable[..., Any]

SERIES = """async ([kind, properties, zone, end]) => {
  const time = new Office.SeriesTime();
  time.setStartDate("2027-03-01");
  if (end) time.setEndDate(end);
  time.setStartTime("T10:15:00.000");
  time.setDuration(45);
  const pattern = { seriesTime: time, recurrenceType: kind, recurrenceProperties: properties };
  pattern.recurrenceTimeZone = { name: zone };
  return await new Promise((done) => Office.context.mailbox.item.recurrence.setAsync(pattern, (result) => {
    done({ status: result.status, code: result.error && result.error.code });
  }));
}"""
ORDER = """async () => await new Promise((done) => {
  const seen = [];
  const note = (name) => () => { seen.push(name); if (seen.length === 2) done(seen); };
  Office.context.mailbox.item.subject.getAsync(note("subject"));
  Office.context.mailbox.item.location.getAsync(note("location"));
})"""
READ_SERIES = """async () => await new Promise((done) => Office.context.mailbox.item.recurrence.getAsync((result) => {
  const found = result.value;
  const time = found && found.seriesTime;
  done(found && { kind: found.recurrenceType, properties: found.recurrenceProperties,
    zone: found.recurrenceTimeZone.name, start: time.getStartDate(), end: time.getEndDate(),
    time: time.getStartTime(), minutes: time.getDuration() });
}))"""


def test_mailbox_and_environment(compose: Open) -> None:
    window = compose()
    profile = window.pane.evaluate(
        "(({ userProfile, item }) => ({ name: userProfile.displayName, mail: userProfile.emailAddress,"
        " zone: userProfile.timeZone, language: Office.context.displayLanguage, type: item.itemType }))"
        "(Office.context.mailbox)"
    )
    assert profile == {
        "name": "Organiser", "mail": "organiser@contoso.example", "zone": "Central European Standard Time",
        "language": "en-GB", "type": "appointment",
    }  # fmt: skip
    supported = "(set) => Office.context.requirements.isSetSupported('Mailbox', set)"
    assert window.pane.evaluate(supported, "1.8") is True
    assert window.pane.evaluate(supported, "1.9") is False


def test_local_time_follows_the_mailbox_zone_over_the_clock_change(compose: Open) -> None:
    window = compose()
    hours = window.pane.evaluate(
        "[Date.UTC(2027, 2, 28, 0, 30), Date.UTC(2027, 2, 28, 1, 30)].map("
        "(time) => Office.context.mailbox.convertToLocalClientTime(new Date(time)).hours)"
    )
    assert hours == [1, 3]


def test_words(compose: Open) -> None:
    window = compose()
    window.value("item.subject.setAsync", "Ünïcode & <b>")
    assert window.value("item.subject.getAsync") == "Ünïcode & <b>"
    assert window.page.input_value("#subject") == "Ünïcode & <b>"
    window.page.fill("#subject", "Typed")
    assert window.value("item.subject.getAsync") == "Typed"
    window.value("item.location.setAsync", "Somewhere")
    assert window.value("item.location.getAsync") == "Somewhere"


def test_times_move_as_outlook_moves_them(compose: Open) -> None:
    window = compose()
    start = 1_800_000_000_000
    window.value("item.start.setAsync", {"date": start})
    window.value("item.end.setAsync", {"date": start + 2 * HOUR})
    window.value("item.start.setAsync", {"date": start + HOUR})
    assert window.item["end"] == start + 3 * HOUR, "moving the start keeps the duration"
    assert window.call("item.end.setAsync", {"date": start})["code"] == 9010
    assert (
        window.pane.evaluate(
            "async () => await new Promise((done) => Office.context.mailbox.item.start.getAsync((r) => "
            "done(r.value instanceof Date && r.value.getTime())))"
        )
        == start + HOUR
    )


def test_people_are_resolved_and_come_once(compose: Open) -> None:
    window = compose()
    guest = {"emailAddress": "guest@customer.example", "displayName": "Guest"}
    window.value("item.requiredAttendees.setAsync", ["paris@contoso.example", guest, "PARIS@contoso.example"])
    window.value("item.requiredAttendees.addAsync", ["toronto@contoso.example"])
    window.value("item.optionalAttendees.addAsync", ["warsaw@contoso.example"])
    found = window.value("item.requiredAttendees.getAsync")
    assert [(one["emailAddress"], one["displayName"], one["recipientType"]) for one in found] == [
        ("paris@contoso.example", "Colleague in Paris", "user"),
        ("guest@customer.example", "Guest", "externalUser"),
        ("toronto@contoso.example", "Colleague in Toronto", "user"),
    ]
    assert window.page.locator("#required .chip > span:not(.face)").first.inner_text() == "Colleague in Paris"
    assert window.call("item.requiredAttendees.setAsync", ["no address"])["code"] == 9013
    assert window.value("item.organizer.getAsync")["emailAddress"] == "organiser@contoso.example"


def test_bodies_html(compose: Open) -> None:
    window = compose()
    html = {"coercionType": "html"}
    assert window.value("item.body.getTypeAsync") == "html"
    window.value("item.body.setAsync", "<p>One <b>bold</b></p><script>window.top.broken = 1</script>", html)
    window.value("item.body.prependAsync", "<i>First</i>", html)
    body = window.value("item.body.getAsync", "html")
    assert body == "<i>First</i><p>One <b>bold</b></p>"
    assert "One bold" in window.value("item.body.getAsync", "text")
    window.value("item.body.setAsync", "a < b\nc")
    assert window.value("item.body.getAsync", "html") == "a &lt; b<br>c"
    window.value("item.setSelectedDataAsync", "<u>here</u>", html)
    assert "<u>here</u>" in window.value("item.body.getAsync", "html")


def test_a_plain_text_body_refuses_html(compose: Open) -> None:
    window = compose(body="text")
    assert window.value("item.body.getTypeAsync") == "text"
    assert window.call("item.body.setAsync", "<p>x</p>", {"coercionType": "html"})["status"] == "failed"
    window.value("item.body.setAsync", "one\ntwo", {"coercionType": "text"})
    assert window.value("item.body.getAsync", "text") == "one\ntwo"


def test_series_are_read_back_and_start_on_their_first_date(compose: Open) -> None:
    zone, end = "Central European Standard Time", "2029-12-31"
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("daily", {"interval": 2}, "2027-03-01"),
        ("weekday", {}, "2027-03-01"),
        ("weekly", {"interval": 1, "days": ["wed", "fri"], "firstDayOfWeek": "mon"}, "2027-03-03"),
        ("monthly", {"interval": 1, "dayOfMonth": 31}, "2027-03-31"),
        ("monthly", {"interval": 1, "dayOfWeek": "tue", "weekNumber": "last"}, "2027-03-30"),
        ("yearly", {"interval": 1, "month": "apr", "dayOfMonth": 5}, "2027-04-05"),
        ("yearly", {"interval": 1, "month": "may", "dayOfWeek": "weekday", "weekNumber": "first"}, "2027-05-03"),
    ]
    window = compose()
    for kind, properties, first in cases:
        assert window.pane.evaluate(SERIES, [kind, properties, zone, end]) == {"status": "succeeded", "code": None}
        found = window.pane.evaluate(READ_SERIES)
        expected = {
            "kind": kind, "properties": properties, "zone": zone, "start": "2027-03-01", "end": end,
            "time": "T10:15:00.000", "minutes": 45,
        }  # fmt: skip
        assert {**found, "time": found["time"].removesuffix("Z")} == expected
        shown = window.page.input_value("#start-date"), window.page.input_value("#start-time")
        assert shown == (first, "10:15"), f"first date of {kind} {properties}"
        assert "Occurs" in window.page.inner_text("#series")


def test_series_that_the_host_refuses(compose: Open) -> None:
    window = compose()
    cases = [
        (["daily", {"interval": 1}, "Middle Earth Standard Time", "2027-04-01"], 9037),
        (["daily", {"interval": 1}, "UTC", "2031-01-01"], 9036),
        (["weekly", {"interval": 1, "days": ["sun"]}, "UTC", "2027-03-03"], 9035),
    ]
    for arguments, code in cases:
        assert window.pane.evaluate(SERIES, arguments) == {"status": "failed", "code": code}
    assert window.pane.evaluate(READ_SERIES) is None
    assert window.pane.evaluate(SERIES, ["daily", {"interval": 1}, "UTC", "2027-04-01"])["status"] == "succeeded"
    assert window.value("item.recurrence.setAsync", None) is None
    assert window.item["recurrence"] is None


def test_notifications_have_outlooks_limits(compose: Open) -> None:
    window = compose()
    plain = {"type": "informationalMessage", "message": "Done", "icon": "icon", "persistent": False}
    window.value("item.notificationMessages.addAsync", "one", plain)
    assert window.page.inner_text("#notifications").split() == ["C", "ClickMeeting", "Done", "Dismiss"]
    add = "item.notificationMessages.addAsync"
    assert window.call(add, "one", plain)["code"] == 9023
    assert window.call("item.notificationMessages.replaceAsync", "two", plain)["code"] == 9024
    assert window.call("item.notificationMessages.removeAsync", "two")["code"] == 9024
    assert window.call(add, "kept", {**plain, "persistent": True})["code"] == 9028
    window.value("item.notificationMessages.replaceAsync", "one", {"type": "errorMessage", "message": "Failed"})
    assert window.page.locator("#notifications [role=alert]").count() == 1
    for key in ("b", "c", "d", "e"):
        window.value(add, key, {"type": "progressIndicator", "message": key})
    assert window.call(add, "f", plain)["code"] == 9025
    assert [one["key"] for one in window.value("item.notificationMessages.getAllAsync")] == ["one", "b", "c", "d", "e"]
    window.value("item.notificationMessages.removeAsync", "one")
    assert window.page.locator("#notifications .notification").count() == 4


def test_session_data(compose: Open) -> None:
    window = compose(set="1.12")
    # the handler that started with the window leaves a trace of its own
    window.page.wait_for_selector("iframe[id^=command-]", state="detached")
    window.value("item.sessionData.clearAsync")
    window.value("item.sessionData.setAsync", "a", "1")
    assert window.value("item.sessionData.getAsync", "a") == "1"
    assert window.value("item.sessionData.getAllAsync") == {"a": "1"}
    assert window.call("item.sessionData.getAsync", "b")["code"] == 9050
    assert window.call("item.sessionData.setAsync", "long", "x" * 50_001)["code"] == 9051
    window.value("item.sessionData.removeAsync", "a")
    window.value("item.sessionData.clearAsync")
    assert window.value("item.sessionData.getAllAsync") == {}


def test_locations_categories_and_sensitivity(compose: Open) -> None:
    window = compose(set="1.12")
    room = {"id": "room-aurora@contoso.example", "type": "room"}
    window.value("item.enhancedLocation.addAsync", [room, {"id": "Desk", "type": "custom"}])
    assert window.value("item.location.getAsync") == "Room Aurora; Desk"
    found = window.value("item.enhancedLocation.getAsync")
    assert [one["displayName"] for one in found] == ["Room Aurora", "Desk"]
    window.value("item.enhancedLocation.removeAsync", [{"id": "Desk", "type": "custom"}])
    assert window.value("item.location.getAsync") == "Room Aurora"
    window.value("item.categories.addAsync", ["Blue category"])
    assert window.call("item.categories.addAsync", ["Not there"])["code"] == 9044
    assert [one["displayName"] for one in window.value("item.categories.getAsync")] == ["Blue category"]
    window.value("item.categories.removeAsync", ["Blue category"])
    assert window.value("item.categories.getAsync") == []


def test_attachments(compose: Open) -> None:
    window = compose()
    made = window.value("item.addFileAttachmentFromBase64Async", "QUJD", "room.ics")
    found = window.value("item.getAttachmentsAsync")
    assert [(one["name"], one["size"], one["id"]) for one in found] == [("room.ics", 3, made)]
    assert window.value("item.getAttachmentContentAsync", made)["content"] == "QUJD"
    window.value("item.removeAttachmentAsync", made)
    assert window.call("item.removeAttachmentAsync", made)["code"] == 9008


def test_settings_and_properties_survive_the_window(compose: Open) -> None:
    window = compose()
    saved = """async () => {
      Office.context.roamingSettings.set("kind", "webinar");
      return await new Promise((done) => Office.context.roamingSettings.saveAsync((r) => done(r.status)));
    }"""
    assert window.pane.evaluate(saved) == "succeeded"
    other = compose()
    assert other.pane.evaluate("Office.context.roamingSettings.get('kind')") == "webinar"
    stored = """async () => await new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync((r) => {
      r.value.set("meeting", "m-1");
      r.value.saveAsync((s) => done(s.status));
    }))"""
    assert other.pane.evaluate(stored) == "succeeded"
    assert other.item["customProperties"] == {"meeting": "m-1"}
    assert other.call("item.getItemIdAsync")["code"] == 9046


def test_exchange_tokens_are_off_and_the_access_token_is_the_persons(compose: Open, plain_desk: Any) -> None:
    window = compose("paris@contoso.example")
    assert window.call("getUserIdentityTokenAsync")["status"] == "failed"
    assert window.call("getCallbackTokenAsync", {"isRest": True})["status"] == "failed"
    token = window.pane.evaluate("Office.auth.getAccessToken()")
    claims = plain_desk.world.services["entra"].signer.read(token)
    assert (claims["preferred_username"], claims["scp"]) == ("paris@contoso.example", "access_as_user")
    window.desk("desk.setTokenError(13003)")
    assert window.pane.evaluate("Office.auth.getAccessToken().then(() => 0, (error) => error.code)") == 13003


def test_permission_level_is_held_by_office_js(compose: Open) -> None:
    window = compose(level="1")
    thrown = window.pane.evaluate(
        "(() => { try { Office.context.mailbox.item.subject.setAsync('x'); return ''; }"
        " catch (error) { return error.message; } })()"
    )
    assert "Elevated permission" in thrown
    assert window.value("item.subject.getAsync") == ""


def test_ordered_faults_reach_the_pane(compose: Open) -> None:
    window = compose()
    window.desk("desk.failNext(18, 9020)")
    assert window.call("item.subject.getAsync")["code"] == 9020
    window.desk("desk.dropNext(18)")
    assert window.call("item.subject.getAsync")["status"] == "no answer"
    window.desk("desk.denyNext(18)")
    assert window.call("item.subject.getAsync")["status"] in ("failed", "no answer")
    window.desk("desk.delayNext(18, 300)")
    assert window.pane.evaluate(ORDER) == ["location", "subject"], "answers can overtake each other"
    window.desk("desk.overtakeNext(18)")
    assert window.pane.evaluate(ORDER) == ["location", "subject"]
    assert window.pane.evaluate(ORDER) == ["subject", "location"]


def test_a_command_runs_in_a_frame_of_its_own(compose: Open) -> None:
    window = compose()
    result = window.desk("desk.pressCommand('addClickMeeting')")
    assert result["status"] == 0
    assert result["event"]["completedContext"] == {"allowEvent": True}
    assert window.item["subject"] == "Set by a command"
    assert window.desk("desk.pressCommand('notThere')")["status"] != 0
    assert window.page.locator("iframe[title=addClickMeeting]").count() == 0
