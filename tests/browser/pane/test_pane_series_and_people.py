"""What the pane shows beside the choices: dates of a series with the real calendar, people, invitations, pictures."""

from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import expect

from server.demo.client import Outside
from server.demo.running import Running

from ..conftest import Visitor
from .conftest import FRAME, ORGANISER, Answers, Compose
from .states import WEEKLY

Open = Callable[..., Compose]
ZONE = "Central European Standard Time"


def occupy(product: Running, subject: str, day: str) -> None:
    """Something else stands in the organiser's calendar that day from 10:15 to 11:00."""
    graph: Any = product.desk.world.services["graph"]
    start, end = ({"dateTime": f"{day}T{time}:00", "timeZone": ZONE} for time in ("10:15", "11:00"))
    graph.client_save(ORGANISER, {"subject": subject, "start": start, "end": end}, event_id=None, send=False)


def test_the_dates_of_a_series_with_clashes_and_changes_of_the_clocks(compose: Open, product: Running) -> None:
    occupy(product, "Dentist", "2027-03-15")
    occupy(product, "Far away", "2027-05-03")
    window = compose()
    window.fill("Weekly with dates")
    window.desk(WEEKLY)
    dates = window.view.locator(".dates li")
    expect(window.view.locator("p.series")).to_contain_text("Monday")
    expect(dates.nth(1)).to_contain_text("Dentist")
    expect(dates.nth(3)).to_contain_text("29 Mar 2027, 10:00–10:30")
    expect(dates.nth(3)).to_contain_text("clocks change")
    expect(window.view.locator(".dates li:visible")).to_have_count(5), "the first four and the one that clashes"
    window.press("#more-dates")
    expect(window.view.locator(".dates li:visible")).to_have_count(10)
    expect(dates.nth(4)).to_be_focused()
    window.desk("setRecurrence(null)")
    expect(window.view.locator(".series-dates")).to_be_hidden()


def test_a_room_for_each_date_is_asked_for_with_what_it_means(compose: Open) -> None:
    window = compose()
    window.fill("Room each date")
    window.press("#advanced-control")
    expect(window.view.locator("#room_per_date")).to_be_hidden()
    window.desk(WEEKLY)
    expect(window.view.locator("#permanent")).to_be_checked()
    window.press("#room_per_date")
    expect(window.view.locator("#permanent")).not_to_be_checked()
    expect(window.view.locator("#room_per_date-note")).to_contain_text("one date at a time")
    window.schedule()
    window.press("#change")
    window.press("#advanced-control")
    expect(window.view.locator("#room_per_date")).to_be_disabled()
    expect(window.view.locator("#permanent-note")).to_contain_text("remove ClickMeeting from the appointment")


def test_everybody_is_told_with_role_country_language_and_own_link(
    compose: Open, product: Running, visitor: Visitor, answers: Answers
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window = compose()
    window.fill("With people")
    window.press("#access-token")
    window.schedule()
    person = window.view.locator(".people li", has_text="Colleague in Toronto")
    expect(person).to_contain_text("optional · Canada · Canadian English")
    expect(person).to_contain_text("gets a token when the invitation is sent")
    copy = person.get_by_role("button", name="Copy link Colleague in Toronto")
    copy.click()
    status = window.page.frame_locator(FRAME).locator("#status")
    expect(status).to_contain_text("of Colleague in Toronto is copied")
    link = window.page.evaluate("navigator.clipboard.readText()")
    assert "/j/" in link
    assert requests.get(link, verify=product.description["ca_file"], timeout=10).ok
    expect(window.view.locator("#send-invitations")).to_have_count(0), "nothing was sent yet"


def test_personal_invitations_are_sent_by_hand(compose: Open, product: Running, answers: Answers) -> None:
    """The appointment was sent, but who has open access gets no personal message by itself: one press tells them."""
    outside = Outside(product.description)

    def followed(route: Any) -> None:
        reply = route.fetch()
        route.fulfill(status=reply.status, json=reply.json() | {"state": "followed"})

    answers.give("/meetings", "POST", followed)
    window = compose()
    window.fill("By hand")
    window.schedule()
    window.press("#send-invitations")
    expect(window.view.locator(".people li .state.sent")).to_have_count(2)
    expect(window.view.locator("#send-invitations")).to_have_count(0)
    outside.until(
        "the mail has come",
        lambda: [mail for mail in outside.mails("paris@contoso.example") if "By hand" in mail["subject"]] or None,
    )


def test_pictures_in_the_text_are_never_written_over(compose: Open) -> None:
    window = compose()
    window.fill("With pictures")
    words = '<p>Plan: <img alt="Plan" src="cid:plan@contoso.example"></p>'
    window.desk(f"setBody('{words}')")
    window.settled()
    written = "desk.log.calls.filter((one) => one.dispatchId === 38).length"
    before = window.page.evaluate(written)
    url = window.schedule()
    expect(window.view.locator(".bar.info")).to_contain_text("put above it")
    assert window.body.index(url) < window.body.index("cid:plan@contoso.example")
    assert words in window.body
    window.press("#remove")
    window.press("#remove-yes")
    window.phase("editing")
    expect(window.view.locator(".bar.warning")).to_contain_text("Delete it yourself")
    assert url in window.body
    assert window.page.evaluate(written) == before, "the text was never written whole"


def test_a_press_that_was_interrupted_is_finished_without_a_second_room(
    compose: Open, product: Running, answers: Answers
) -> None:
    window = compose()
    window.fill("Interrupted")

    def let_through_and_lose(route: Any) -> None:
        route.fetch()  # the room is made, the pane never hears of it

    answers.give("/meetings", "POST", let_through_and_lose)
    window.press("#add")
    window.page.wait_for_function("desk.item.customProperties.clickmeetingRequest")
    window.desk("closePane()")
    answers.forget()
    window.desk("openPane()")
    expect(window.view.locator(".bar.info")).to_contain_text("was not finished")
    window.schedule()
    found = requests.get(
        f"{product.description['control']}/rooms", verify=product.description["ca_file"], timeout=10
    ).json()
    assert len([room for room in found if room["name"] == "Interrupted"]) == 1


def test_a_shared_calendar_that_is_looked_into_is_told(compose: Open, answers: Answers) -> None:
    def polled(route: Any) -> None:
        reply = route.fetch()
        route.fulfill(status=reply.status, json=reply.json() | {"following": {"by": "polling", "minutes": 10}})

    answers.give("/meetings", "POST", polled)
    window = compose()
    window.fill("Shared")
    window.schedule()
    expect(window.view.locator("#following")).to_contain_text("every 10 minutes")
