"""Commands and launch events of the built add-in under the real office.js: phone, read form, new appointment, send."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, Route, expect

from server.demo.running import Running

from ..conftest import Visitor
from .conftest import ORGANISER, Answers, Compose
from .test_pane_job import room_named

Open = Callable[..., Compose]
TRIED = {33, 35, 169}  # the notification bar, the flag of a whole day
READER = "paris@contoso.example"


def test_a_phone_adds_with_nothing_but_the_calls_it_has(visitor: Visitor, product: Running) -> None:
    phone = visitor.open(f"{product.description['base']}/outlook/{ORGANISER}/phone")
    phone.fill("#subject", "On the way")
    phone.fill("#location", "Room 7")
    phone.check("#online")
    expect(phone.locator("#message")).to_have_text("ClickMeeting was added.", timeout=20_000)
    url = room_named(product, "On the way")["room_url"]
    assert phone.evaluate("desk.item.location") == f"Room 7; {url}"
    assert url in phone.evaluate("desk.bodyHtml()")
    refused = {one["dispatchId"] for one in phone.evaluate("desk.log.refused")}
    assert refused <= TRIED, "this office.js says that it is the web's, so these are tried; refused, they stop nothing"


def received(visitor: Visitor, product: Running, subject: str) -> Page:
    """The event as the colleague who was invited reads it."""
    graph: Any = product.desk.world.services["graph"]
    january = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
    [event] = [one for one in graph.client_events(READER, *january) if one["subject"] == subject]
    return visitor.open(f"{product.description['base']}/outlook/{READER}/event?{urlencode({'id': event['id']})}")


def pressed(page: Page, name: str) -> Page:
    with page.context.expect_page() as opened:
        page.click(f"[data-command={name}]")
    return opened.value


def test_an_attendee_joins_and_finds_numbers_from_the_read_form(
    compose: Open, visitor: Visitor, product: Running
) -> None:
    window = compose()
    window.fill("Joined by button")
    url = window.schedule()
    window.page.click("#send")
    window.page.wait_for_url("**done=sent*")
    page = received(visitor, product, "Joined by button")
    room = pressed(page, "joinClickMeeting")
    assert room.url == url
    assert room.evaluate("window.opener") is None
    numbers = pressed(page, "showNumbers")
    expect(numbers.locator("h1")).to_have_text("Join by phone")
    assert page.evaluate("desk.log.unknown") == []


def test_an_attendee_without_a_link_is_told(visitor: Visitor, product: Running) -> None:
    graph: Any = product.desk.world.services["graph"]
    when = {"timeZone": "Central European Standard Time"}
    event = {
        "subject": "Without a link",
        "body": {"contentType": "html", "content": "<p>Lunch</p>"},
        "start": {"dateTime": "2027-01-11T12:00:00", **when},
        "end": {"dateTime": "2027-01-11T13:00:00", **when},
        "attendees": [{"type": "required", "emailAddress": {"address": READER}}],
    }
    graph.client_save(ORGANISER, event, send=True)
    page = received(visitor, product, "Without a link")
    page.click("[data-command=joinClickMeeting]")
    expect(page.locator(".notification")).to_contain_text("aucun lien ClickMeeting")


def test_a_new_appointment_gets_its_room_where_the_policy_says_so(compose: Open, answers: Answers) -> None:
    def by_default(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"add_by_default": True}))

    answers.give("/options", "GET", by_default)
    window = compose("&set=1.12", ready="")
    window.page.wait_for_function("desk.bodyHtml().includes('Room ID')")
    assert window.item["customProperties"]["clickmeetingMeeting"]
    assert window.desk("log.unknown") == []


def test_a_server_that_is_down_never_holds_a_send(compose: Open, visitor: Visitor) -> None:
    window = compose("&set=1.12")
    window.fill("Sent without us")
    window.schedule()
    window.desk("setBody('<p>Block deleted</p>')")
    silent: list[Route] = []
    visitor.context.route("**/api/v1/**", lambda route: silent.append(route))
    window.page.click("#send")
    window.page.wait_for_url("**done=sent*", timeout=10_000)
    assert silent, "the handler asked"
    visitor.context.unroute_all()


CROSSING = (
    "setRecurrence({recurrenceType: 'daily', recurrenceProperties: {interval: 1},"
    " recurrenceTimeZone: {name: 'Central European Standard Time'}, seriesTimeJson: {startYear: 2027,"
    " startMonth: 2, startDay: 27, endYear: 2027, endMonth: 3, endDay: 1, startTimeMin: 600, durationMin: 30}})"
)


def test_a_series_over_the_end_of_february_is_read_right_on_the_31st(compose: Open, product: Running) -> None:
    """office.js reckons with the day of today when it puts dates of a series together, and errs on the 29th to 31st."""
    window = compose(ready="")
    window.page.clock.set_fixed_time("2027-01-31T12:00:00Z")
    window.page.reload()
    window.phase("editing")
    assert window.pane.evaluate("new Date().getDate()") == 31
    window.fill("Over the end of February")
    window.desk(CROSSING)
    dates = window.pane.evaluate(
        "new Promise((done) => Office.context.mailbox.item.recurrence.getAsync(({ value }) =>"
        " done([value.seriesTime.getStartDate(), value.seriesTime.getEndDate()])))"
    )
    assert dates == ["2027-02-27", "2027-03-01"]
    with window.page.expect_request(
        lambda request: request.method == "POST" and request.url.endswith("/meetings")
    ) as sent:
        window.schedule()
    said = sent.value.post_data_json["recurrence"]["officejs"]["seriesTime"]
    assert (said["startDate"], said["endDate"], said["startTime"]) == ("2027-02-27", "2027-03-01", "10:00")
    assert room_named(product, "Over the end of February")


def test_a_plain_text_body_gets_plain_text(compose: Open, product: Running) -> None:
    window = compose("&body=text", ready="")
    window.desk("closePane()")
    window.desk("setSubject('In plain words')")
    window.desk("setTimes('2027-01-11T09:00:00Z', '2027-01-11T09:30:00Z')")
    window.desk("setBody('Hello all', 'text')")
    window.desk("pressCommand('addClickMeeting')")
    window.page.wait_for_function("desk.item.notifications.some((one) => one.message.includes('is added'))")
    text = window.desk("bodyText()")
    assert text.startswith("Hello all")
    assert room_named(product, "In plain words")["room_url"] in text
    assert "<" not in text
