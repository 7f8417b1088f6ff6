"""Calendar, mail, the table of who got what and the panel of settings, as people click through them."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.world import Mail

Open = Callable[..., Any]
ORGANISER, PARIS = "organiser@contoso.example", "paris@contoso.example"
ZONE = "Central European Standard Time"
ROOM = "https://rooms.example/rooms/mbxsd6abblv3iy3erey2smup"


def meeting(desk: Any, subject: str, **more: Any) -> str:
    """The organiser's event of 6 July 2027, 09:00 to 10:00, sent to a colleague; gives its id."""
    event = {
        "subject": subject, "body": {"contentType": "html", "content": f"<p>Join: {ROOM}</p>"},
        "start": {"dateTime": "2027-07-06T09:00:00", "timeZone": ZONE},
        "end": {"dateTime": "2027-07-06T10:00:00", "timeZone": ZONE},
        "attendees": [{"type": "required", "emailAddress": {"address": PARIS, "name": "Colleague in Paris"}}],
    } | more  # fmt: skip
    saved: str = desk.world.services["graph"].client_save(ORGANISER, event, send=True)["id"]
    return saved


def times(desk: Any, identity: str) -> tuple[str, str]:
    event = desk.world.services["graph"].client_event(ORGANISER, identity)
    return event["start"]["dateTime"][:16], event["end"]["dateTime"][:16]


@pytest.fixture
def calendar(visitor: Any, plain_desk: Any, read: Open) -> Page:
    """The organiser's calendar; `read` forgets everything afterwards."""
    page: Page = visitor.open(f"{plain_desk.world.base}/outlook/{ORGANISER}?date=2027-07-06")
    return page


def test_an_event_is_moved_and_stretched_by_keyboard(calendar: Page, plain_desk: Any) -> None:
    identity = meeting(plain_desk, "Move me")
    calendar.reload()
    block = calendar.locator(".event", has_text="Move me")
    block.focus()
    for key in ("m", "ArrowRight", "ArrowDown", "ArrowDown", "Shift+ArrowDown"):
        calendar.keyboard.press(key)
    expect(calendar.locator("#message")).to_contain_text("2027-07-07 09:30 – 10:45. Enter drops it there")
    calendar.keyboard.press("Escape")
    expect(calendar.locator("#message")).to_have_text("It stays where it was.")
    assert times(plain_desk, identity) == ("2027-07-06T09:00", "2027-07-06T10:00")
    for key in ("m", "ArrowLeft", "ArrowUp", "Enter"):
        calendar.keyboard.press(key)
    expect(calendar.locator("#message")).to_have_text("Moved to 2027-07-05 08:45. Updates were sent.")
    assert times(plain_desk, identity) == ("2027-07-05T08:45", "2027-07-05T09:45")
    expect(block).to_be_focused()
    calendar.keyboard.press("Enter")
    calendar.wait_for_url("**/compose?id=*")


def test_the_lower_edge_is_dragged_to_change_the_length(calendar: Page, plain_desk: Any) -> None:
    identity = meeting(plain_desk, "Stretch me")
    calendar.reload()
    box = calendar.locator(".event", has_text="Stretch me").bounding_box()
    assert box is not None
    calendar.mouse.move(box["x"] + 30, box["y"] + box["height"] - 3)
    calendar.mouse.down()
    calendar.mouse.move(box["x"] + 30, box["y"] + box["height"] - 3 + 22, steps=4)
    calendar.mouse.up()
    expect(calendar.locator("#message")).to_have_text("Now it ends at 2027-07-06 10:30. Updates were sent.")
    assert times(plain_desk, identity) == ("2027-07-06T09:00", "2027-07-06T10:30")


def test_the_list_shows_the_days_and_leads_into_the_room(calendar: Page, plain_desk: Any) -> None:
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"}
    limits = {"type": "noEnd", "startDate": "2027-07-06"}
    meeting(plain_desk, "Weekly", recurrence={"pattern": pattern, "range": limits}, locations=[{"displayName": ROOM}])
    calendar.click("[data-view=list]")
    expect(calendar.locator(".agenda-day h2")).to_have_text(
        ["Tuesday, 6 July 2027", "Tuesday, 13 July 2027", "Tuesday, 20 July 2027", "Tuesday, 27 July 2027"]
    )
    assert calendar.locator(".agenda-row a").first.get_attribute("href") == ROOM
    calendar.locator(".agenda .event").first.click()
    calendar.click("#which button[value=all]")
    calendar.wait_for_url("**/compose?id=*")
    expect(calendar.locator("#series")).to_have_text("Occurs every week on Tuesday starting 2027-07-06")


def test_the_recurrence_dialogue_tells_the_series_and_counts(compose: Open) -> None:
    window = compose()
    window.desk("desk.setTimes('2027-07-06T07:00:00Z', '2027-07-06T08:00:00Z')")
    window.page.click("#repeat")
    window.page.select_option("#type", "monthly")
    window.page.select_option("select[name=ends]", "count")
    window.page.fill("input[name=count]", "3")
    expect(window.page.locator("#series-told")).to_have_text(
        "Occurs on day 6 of every month starting 2027-07-06 until 2027-09-06"
    )
    window.page.click("#recurrence button.primary")
    series = window.item["recurrence"]["seriesTimeJson"]
    assert (series["endYear"], series["endMonth"], series["endDay"]) == (2027, 9, 6)


def test_who_got_which_mail_stands_in_a_table_and_opens(calendar: Page, plain_desk: Any) -> None:
    meeting(plain_desk, "Planning")
    file = base64.b64encode(b"BEGIN:VCALENDAR\r\nSUMMARY:Plan\r\n ning\r\nEND:VCALENDAR\r\n").decode()
    attached = {"name": "planning.ics", "content_type": "text/calendar", "size": 60, "content_bytes": file}
    outbox = plain_desk.world.outbox
    own = Mail(PARIS, "graph", "mail", ORGANISER, "Votre accès", html=f"<p>Own: {ROOM}</p>")
    own.details["attachments"] = [attached]
    outbox.add(own)
    calendar.goto(f"{plain_desk.world.base}/outlook/who")
    row = calendar.locator(".who-meeting tbody tr")
    expect(row).to_have_count(1)
    # what comes while the page is open shows by itself
    outbox.add(Mail(PARIS, "clickmeeting", "reminder", "noreply@clickmeeting.example", "Reminder: Planning", text="x"))
    expect(row.locator("[data-column=clickmeeting] button")).to_have_count(1)
    expect(row.locator("th")).to_contain_text(PARIS)
    cells = row.locator("td").evaluate_all("(all) => all.map((one) => [one.dataset.column, one.children.length])")
    assert cells == [["invitation", 1], ["personal", 1], ["clickmeeting", 1]]
    row.locator("[data-column=personal] button").click()
    drawer = calendar.locator("#letter")
    expect(drawer.locator("h2")).to_have_text("Votre accès")
    expect(drawer.locator(".letter-people")).to_contain_text(PARIS)
    drawer.locator("summary").click()
    expect(drawer.locator("pre")).to_contain_text("SUMMARY:Planning")
    with calendar.expect_download() as loading:
        drawer.locator(".file").click()
    assert loading.value.suggested_filename == "planning.ics"
    calendar.keyboard.press("Escape")
    expect(row.locator("[data-column=personal] button")).to_be_focused()


def test_the_panel_of_settings_holds_for_an_open_window(compose: Open, plain_desk: Any) -> None:
    window = compose()
    window.page.fill("#subject", "Kept")
    window.page.click("#settings-button")
    window.page.wait_for_selector("#settings[open]")
    window.page.select_option("[name=requirement_set]", "1.10")
    window.page.select_option("[name=token_error]", "13003")
    window.page.select_option("[name=fault-how]", "deny")
    window.page.click("#fault-add")
    window.page.select_option("[name=fault-dispatch]", "26")
    window.page.select_option("[name=fault-how]", "code")
    window.page.select_option("[name=fault-times]", "")
    window.page.click("#fault-add")
    expect(window.page.locator("#fault-list li")).to_have_count(2)
    window.page.click("#settings-save")
    expect(window.page.locator("#message")).to_contain_text("from now on")
    assert window.call("item.subject.getAsync")["status"] in ("failed", "no answer")
    assert window.value("item.subject.getAsync") == "Kept", "once, and what was written stays"
    assert [window.call("item.location.getAsync")["code"] for _ in range(2)] == [9020, 9020]
    assert window.pane.evaluate("Office.auth.getAccessToken().then(() => 0, (error) => error.code)") == 13003
    assert plain_desk.world.faults.switch("outlook.requirement_set") == "1.10"
    other = compose()
    assert other.pane.evaluate("Office.context.requirements.isSetSupported('Mailbox', '1.10')") is True
    other.page.click("#settings-button")
    other.page.wait_for_selector("#settings[open]")
    other.page.click("#settings-reset")
    other.page.click("#settings-save")
    other.page.wait_for_selector("#settings:not([open])", state="attached")
    assert plain_desk.world.faults.switch("outlook.office_faults") == []
