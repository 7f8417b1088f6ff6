"""Whatever fails, the pane says it in one sentence and the appointment is as it was or wholly done."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from server.demo.running import Running

from .conftest import Answers, Compose

Open = Callable[..., Compose]

# dispatch ids of office.js (the call that fails, and what it is for)
READS = {
    18: "subject",
    24: "times",
    103: "recurrence",
    15: "people",
    3: "custom properties",
    14: "body type",
    37: "body",
}
WRITES = {4: "custom properties", 155: "location", 38: "body"}


def room_names(product: Running) -> list[str]:
    answer: Any = requests.get(
        f"{product.description['control']}/rooms", verify=product.description["ca_file"], timeout=10
    ).json()
    return [room["name"] for room in (answer["rooms"] if isinstance(answer, dict) else answer)]


def visible(window: Compose) -> tuple[str, str, str]:
    """What a person sees of the appointment."""
    item = window.item
    return item["subject"], item["location"], window.body


def refused(window: Compose, words: str) -> None:
    """The sentence stands there and is told; the person can go on."""
    expect(window.view.locator(".bar.error")).to_contain_text(words)
    alert = window.page.frame_locator("iframe[src*='/taskpane/taskpane.html']").locator("#alert")
    expect(alert).to_contain_text(words)


REFUSALS: list[tuple[int, dict[str, Any], str]] = [
    (403, {"reason": "tenant"}, "Ask your administrator"),
    (409, {"reason": "slot-taken", "detail": "Choose another time."}, "Choose another time"),
    (422, {"reason": "odd", "detail": "A sentence of the server's own."}, "A sentence of the server's own."),
    (422, {"reason": "unsupported", "detail": "No.", "nearest_text": "every month"}, "possible: every month"),
    (429, {"reason": "throttled", "retry_after": 30}, "30 seconds"),
    (500, {"reason": "internal"}, "Try again in a few minutes"),
]


def test_the_server_refuses(compose: Open, answers: Answers, product: Running) -> None:
    window = compose()
    window.fill("Refused")
    before = visible(window)
    for status, members, words in REFUSALS:
        answers.forget()
        answers.problem("/meetings", "POST", status, **members)
        window.press("#add")
        refused(window, words)
        assert visible(window) == before
        assert window.view.locator("#add").is_enabled()
    assert "Refused" not in room_names(product)


def test_the_server_answers_with_a_page(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("A page")
    before = visible(window)
    answers.give("/meetings", "POST", lambda route: route.fulfill(content_type="text/html", body="<html>proxy</html>"))
    window.press("#add")
    refused(window, "Try again in a few minutes")
    assert visible(window) == before


def test_the_server_is_unreachable_while_scheduling(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("Unreachable")
    before = visible(window)
    answers.unreachable("/meetings", "POST")
    window.press("#add")
    refused(window, "Check your connection")
    assert visible(window) == before


def test_a_lost_answer_costs_no_second_room(compose: Open, answers: Answers, product: Running) -> None:
    window = compose()
    window.fill("Lost answer")
    lost: list[str] = []

    def lose(route: Any) -> None:
        if lost:
            route.fallback()
            return
        lost.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort("connectionreset")

    answers.give("/meetings", "POST", lose)
    window.schedule()
    assert room_names(product).count("Lost answer") == 1


def test_offline_at_opening_and_back_again(compose: Open, answers: Answers, visitor: Any) -> None:
    answers.unreachable("/options", "GET")
    window = compose(ready="offline")
    visitor.context.unroute("**/api/v1/options")
    window.press("#again")
    window.phase("editing")


def test_missing_consent_shows_the_administrators_link(compose: Open, answers: Answers) -> None:
    answers.problem("/options", "GET", 403, reason="consent", detail="x")
    window = compose(ready="consent")
    link = window.view.locator("a").get_attribute("href")
    assert link is not None
    assert "/adminconsent?" in link


def test_a_refused_token_asks_to_sign_in_and_does_not_loop(compose: Open, answers: Answers) -> None:
    calls: list[str] = []

    def refuse(route: Any) -> None:
        calls.append(route.request.url)
        route.fulfill(status=401, content_type="application/problem+json", body='{"status": 401, "reason": "expired"}')

    answers.give("/options", "GET", refuse)
    window = compose(ready="signin")
    assert len(calls) == 2, "one try with a fresh token, then a person is asked"
    expect(window.view.locator("#sign-in")).to_be_visible()


def test_office_gives_no_token(compose: Open) -> None:
    window = compose()
    for code in (13001, 13006, 13012):
        window.desk("closePane()")
        window.desk(f"setTokenError({code})")
        window.desk("openPane()")
        window.phase("signin")
        window.desk("setTokenError(null)")
        window.press("#sign-in")
        window.phase("editing")


def test_outlook_refuses_each_reading(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Unread")
    before = visible(window)
    for dispatch_id, what in READS.items():
        window.settled()
        window.desk(f"failNext({dispatch_id}, 9001)")
        window.press("#add")
        refused(window, "close and reopen")
        assert visible(window) == before, what
        assert "Unread" not in room_names(product), what
    window.schedule()


def test_outlook_refuses_each_writing(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Unwritten")
    before = visible(window)
    for dispatch_id, what in WRITES.items():
        window.settled()
        window.desk(f"failNext({dispatch_id}, 9001)")
        window.press("#add")
        refused(window, "Your appointment was not changed")
        assert visible(window) == before, what
        assert "Unwritten" not in room_names(product), what
    window.schedule()
    assert room_names(product).count("Unwritten") == 1


@pytest.mark.parametrize("dispatch_id", [18, 38], ids=["reading", "writing"])
def test_outlook_never_answers(compose: Open, product: Running, dispatch_id: int) -> None:
    """office.js itself would be silent for 65 s and never call back."""
    window = compose()
    title = f"Never {dispatch_id}"
    window.fill(title)
    before = visible(window)
    window.settled()
    window.page.clock.install()
    window.desk(f"dropNext({dispatch_id})")
    window.press("#add")
    window.page.wait_for_function(f"desk.log.calls.some((one) => one.dispatchId === {dispatch_id})")
    for _ in range(40):
        window.page.clock.run_for(1_000)
        if window.view.locator(".bar.error").count():
            break
    refused(window, "Outlook did not answer in time")
    assert visible(window) == before
    assert title not in room_names(product)


def test_a_slow_outlook_is_waited_for(compose: Open) -> None:
    window = compose()
    window.fill("Slow")
    window.settled()
    window.desk("delayNext(37, 1500)")
    window.schedule()


def test_half_done_can_be_finished(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Half done")
    window.settled()
    # the block cannot be written, and what was written cannot be taken back
    window.desk("failNext(38, 9001)")
    window.desk("failNext(156, 9001)")
    window.press("#add")
    window.phase("incomplete")
    assert room_names(product).count("Half done") == 1
    window.press("#write-again")
    window.phase("scheduled")
    assert room_names(product).count("Half done") == 1
    assert window.view.locator("#join-url").input_value() in window.body


def test_another_item_meanwhile(compose: Open) -> None:
    window = compose()
    window.fill("Switched")
    window.desk("selectNothing()")
    window.phase("unusable")
    window.desk("selectAgain()")
    window.phase("editing")


def test_an_appointment_without_subject(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("")
    window.schedule()
    expect(window.view.locator(".bar.info").first).to_contain_text("no subject yet")
    assert "Online meeting" in room_names(product)


def test_an_appointment_in_the_past(compose: Open) -> None:
    window = compose()
    window.fill("Long ago")
    window.desk("setTimes('2020-01-13T09:00:00Z', '2020-01-13T09:30:00Z')")
    before = visible(window)
    window.press("#add")
    refused(window, "lies in the past")
    assert visible(window) == before


def test_a_whole_day(compose: Open) -> None:
    window = compose()
    window.fill("Whole day")
    window.desk("setAllDay(true)")
    window.schedule()
    expect(window.view.locator(".facts")).to_contain_text("11 Jan 2027")


def test_120_people(compose: Open) -> None:
    window = compose()
    window.fill("Many")
    people = [{"address": f"person-{number}@contoso.example", "name": f"Person {number}"} for number in range(120)]
    window.desk(f"setRecipients({json.dumps(people)})")
    window.schedule()
    expect(window.view.locator(".people li")).to_have_count(121)


def test_a_subject_of_emoji(compose: Open) -> None:
    window = compose()
    window.fill("🎉" * 127)
    window.schedule()


def test_a_text_of_a_million_characters(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Long text")
    window.desk("setBody('<p>' + 'x'.repeat(999990) + '</p>')")
    before = visible(window)
    window.press("#add")
    refused(window, "too long")
    assert visible(window) == before
    assert "Long text" not in room_names(product)


def test_a_full_location_stays(compose: Open) -> None:
    window = compose("&set=1.7")
    window.fill("Full location")
    window.desk(f"setLocation('{'r' * 250}')")
    window.schedule()
    assert window.item["location"] == "r" * 250
    expect(window.view.locator(".bar.warning").first).to_contain_text("location")


def test_an_old_outlook_with_requirement_set_1_3(compose: Open, product: Running) -> None:
    window = compose("&set=1.3")
    window.fill("Old Outlook")
    url = window.schedule()
    assert window.item["location"] == f"Room 7; {url}"
    assert url in window.body


def test_a_meeting_removed_elsewhere(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("Removed elsewhere")
    url = window.schedule()
    window.desk("closePane()")
    answers.problem("/meetings/*", "GET", 404, reason="missing", detail="x")
    window.desk("openPane()")
    window.phase("gone")
    window.press("#clean")
    window.phase("editing")
    assert url not in window.body
    assert window.item["location"] == "Room 7"


def test_the_31st_of_every_month(compose: Open) -> None:
    """Outlook takes a month's last day where there is no 31st; the dates say so before anything is made."""
    window = compose()
    window.fill("Month's end")
    window.desk(
        "setRecurrence({recurrenceType: 'monthly', recurrenceProperties: {interval: 1, dayOfMonth: 31},"
        " recurrenceTimeZone: {name: 'Central European Standard Time'}, seriesTimeJson: {startYear: 2027,"
        " startMonth: 1, startDay: 31, noEndDate: true, startTimeMin: 600, durationMin: 30}})"
    )
    dates = window.view.locator(".dates li")
    expect(dates.nth(1)).to_contain_text("28 Feb 2027")
    expect(dates.nth(3)).to_contain_text("30 Apr 2027")
    window.schedule()
    expect(window.view.locator("p.series")).to_contain_text("month")


def test_a_mailbox_in_a_time_zone_that_nobody_knows(compose: Open, visitor: Any, product: Running) -> None:
    def elsewhere(route: Any) -> None:
        page = route.fetch()
        unknown = page.text().replace("Central European Standard Time", "Nowhere Standard Time")
        route.fulfill(response=page, body=unknown)

    visitor.context.route("**/compose?pane*", elsewhere)
    window = compose()
    window.fill("Nowhere")
    before = visible(window)
    window.press("#add")
    refused(window, "Choose another time zone in the appointment")
    assert visible(window) == before
    assert "Nowhere" not in room_names(product)
