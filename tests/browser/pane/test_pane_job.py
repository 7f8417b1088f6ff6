"""The pane does the main job under the real office.js: schedule, change, remove, and knows it when opened again."""

import re
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Route, expect

from server.demo.running import Running

from ..conftest import Visitor
from .conftest import Compose
from .states import WEEKLY

Open = Callable[..., Compose]


def rooms(product: Running) -> list[dict[str, Any]]:
    """All rooms at the ClickMeeting stand-in."""
    found: Any = requests.get(
        f"{product.description['control']}/rooms", verify=product.description["ca_file"], timeout=10
    ).json()
    return list(found["rooms"] if isinstance(found, dict) else found)


def room_named(product: Running, name: str) -> dict[str, Any]:
    found = [room for room in rooms(product) if room["name"] == name]
    assert len(found) == 1, f"exactly one room called {name!r}, found {len(found)}"
    return found[0]


def test_one_press_makes_a_room_and_writes_link_body_and_place(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("One press")
    url = window.schedule()
    assert window.heading == "ClickMeeting is added"
    assert room_named(product, "One press")["room_url"] == url
    item = window.item
    assert "<p>Hello all</p>" in window.body, "the organiser's words stay"
    assert url in window.body
    assert item["location"] == f"Room 7; {url}", "the place that the organiser chose stays"
    assert item["customProperties"]["clickmeeting"], "the key by which the server knows the appointment again"
    assert window.desk("log.unknown") == []


def test_the_result_has_the_focus_and_is_told(compose: Open) -> None:
    window = compose()
    window.fill("Told")
    window.schedule()
    assert window.pane.evaluate("document.activeElement.tagName") == "H1"


def test_double_presses_make_one_room(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Pressed twice")
    window.pane.evaluate("(() => { const add = document.querySelector('#add'); add.click(); add.click(); })()")
    window.phase("scheduled")
    room_named(product, "Pressed twice")


def test_opened_again_the_pane_shows_what_was_scheduled(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Opened again")
    url = window.schedule()
    window.desk("closePane()")
    window.desk("openPane()")
    window.phase("scheduled")
    assert window.view.locator("#join-url").input_value() == url
    room_named(product, "Opened again")


def test_a_password_is_made_shown_and_written(compose: Open) -> None:
    window = compose()
    window.fill("With a password")
    window.press("#access-password")
    password = window.view.locator("#password").input_value()
    assert len(password) >= 8
    window.schedule()
    expect(window.view.locator(".facts")).to_contain_text(password)
    assert password in window.body


def test_a_wrong_password_is_refused_at_its_field(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Bad password")
    window.press("#access-password")
    window.view.locator("#password").fill("short")
    window.press("#add")
    expect(window.view.locator("#password-error")).to_be_visible()
    assert window.pane.evaluate("document.activeElement.id") == "password"
    assert [room for room in rooms(product) if room["name"] == "Bad password"] == []


def test_a_weekly_series_is_scheduled_as_a_series(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Every week")
    window.desk(WEEKLY)
    window.schedule()
    expect(window.view.locator(".facts")).to_contain_text("Monday")
    assert room_named(product, "Every week")["permanent_room"] in (True, 1), "a series has one permanent room"


def test_a_change_reaches_room_and_text(compose: Open) -> None:
    window = compose()
    window.fill("Changed later")
    window.schedule()
    window.press("#change")
    window.phase("editing")
    assert window.view.locator("#permanent").is_disabled(), "permanence cannot change any more (R8)"
    window.press("#access-password")
    password = window.view.locator("#password").input_value()
    window.press("#save")
    window.phase("scheduled")
    assert window.heading == "Your changes are saved"
    assert password in window.body
    assert window.body.count("ClickMeeting __") == 1, "one block only"


def test_moving_the_appointment_is_noticed_and_can_be_followed_at_once(compose: Open) -> None:
    window = compose()
    window.fill("Moved in the form")
    window.schedule()
    window.desk("setTimes('2027-01-12T13:00:00Z', '2027-01-12T14:00:00Z')")
    window.press("#update-now")
    expect(window.view.locator(".facts")).to_contain_text("12 Jan 2027")
    expect(window.view.locator(".facts")).to_contain_text("14:00")


def test_removing_takes_out_exactly_what_was_written(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("Removed again")
    before = window.body
    window.schedule()
    window.press("#remove")
    assert window.pane.evaluate("document.activeElement.id") == "remove-no", "the harmless answer has the focus"
    window.press("#remove-yes")
    window.phase("editing")
    expect(window.view.locator(".bar.success")).to_be_visible()
    assert window.body == before
    item = window.item
    assert item["location"] == "Room 7"
    assert not item["customProperties"]
    assert [room for room in rooms(product) if room["name"] == "Removed again"] == []


def test_a_missing_block_is_noticed_and_put_back(compose: Open) -> None:
    window = compose()
    window.fill("Block deleted")
    url = window.schedule()
    window.desk("setBody('<p>Other words</p>')")
    window.desk("closePane()")
    window.desk("openPane()")
    window.press("#put-back")
    expect(window.view.locator(".bar.success")).to_be_visible()
    assert url in window.body
    assert "Other words" in window.body


def test_a_plain_text_appointment_gets_plain_text(compose: Open) -> None:
    window = compose()
    window.fill("Plain text")
    window.desk("setBody('Hello all', 'text')")
    url = window.schedule()
    text = window.desk("bodyText()")
    assert text.startswith("Hello all")
    assert url in text
    assert "<" not in text


def test_start_as_host_gives_a_link_that_is_kept_nowhere(compose: Open) -> None:
    window = compose()
    window.fill("Host")
    window.schedule()
    window.press("#enter-host")
    opening = window.view.locator(".entry a")
    expect(opening).to_be_focused()
    link = opening.get_attribute("href")
    assert link is not None
    assert "?l=" in link
    assert link not in window.body
    assert link not in str(window.item)


def test_the_preview_shows_the_block_without_running_it(compose: Open) -> None:
    window = compose()
    window.fill("Previewed")
    frame = window.view.locator("iframe.paper")
    expect(frame).to_have_attribute("sandbox", "allow-same-origin")
    expect(frame.content_frame.locator("body")).to_contain_text("Room ID")


def test_the_command_adds_without_a_pane(compose: Open, product: Running) -> None:
    window = compose()
    window.fill("By command")
    window.desk("closePane()")
    window.desk("pressCommand('addClickMeeting')")
    window.page.wait_for_function("desk.item.notifications.some((one) => one.message.includes('is added'))")
    assert room_named(product, "By command")["room_url"] in window.body
    window.desk("pressCommand('addClickMeeting')")
    window.page.wait_for_function("desk.item.notifications.some((one) => one.message.includes('already'))")
    room_named(product, "By command")


def test_french_organisers_read_french(compose: Open) -> None:
    window = compose(upn="paris@contoso.example")
    assert window.heading == "Ajouter un événement ClickMeeting"
    assert window.pane.evaluate("document.documentElement.lang") == "fr"


def test_arabic_organisers_read_from_the_right(compose: Open, visitor: Visitor) -> None:
    def arabic(route: Route) -> None:
        page = route.fetch()
        route.fulfill(response=page, body=page.text().replace('"en-GB"', '"ar-EG"'))

    visitor.context.route("**/compose?pane*", arabic)
    window = compose()
    assert window.pane.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    assert window.pane.evaluate("getComputedStyle(document.querySelector('#add')).direction") == "rtl"
    window.fill("Arabic")
    window.schedule()
    assert window.pane.evaluate("document.querySelector('#join-url').dir") == "ltr"
    left_to_right = window.view.locator(".facts bdi[dir=ltr]")
    assert re.fullmatch(r"\d{9}", left_to_right.last.inner_text()), "as it stands in the invitation, to be copied"
    assert not re.search("[٠-٩]", window.view.inner_text()), "one kind of digits"


def test_a_series_is_told_as_a_sentence_before_it_is_scheduled(compose: Open) -> None:
    window = compose()
    window.fill("Told series")
    window.desk(WEEKLY)
    expect(window.view.locator("p.series")).to_contain_text("Monday")
    window.press("#advanced-control")
    expect(window.view.locator("#permanent")).to_be_disabled()
    expect(window.view.locator("#permanent-note")).to_contain_text("one permanent room")


def test_the_launch_event_at_send_mends_a_deleted_block(compose: Open) -> None:
    """The bundle that Outlook runs by itself, through the host's function invocation."""
    window = compose()
    window.fill("Mended at send")
    url = window.schedule()
    window.desk("setBody('<p>Block deleted by mistake</p>')")
    window.desk("pressCommand('onAppointmentSend')")
    window.page.wait_for_function("desk.bodyHtml().includes('Room ID')")
    assert url in window.body
    assert "Block deleted by mistake" in window.body


def test_the_launch_event_at_a_change_moves_an_unsent_room(compose: Open) -> None:
    window = compose()
    window.fill("Moved by event")
    window.schedule()
    window.desk("setTimes('2027-01-12T13:00:00Z', '2027-01-12T14:00:00Z')")
    with window.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        window.desk("pressCommand('onAppointmentTimeChanged')")
    window.desk("closePane()")
    window.desk("openPane()")
    expect(window.view.locator(".facts")).to_contain_text("12 Jan 2027")
