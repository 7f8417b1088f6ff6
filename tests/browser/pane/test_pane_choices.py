"""Each choice of the form reaches the server, the room and the invitation; the usual ones come back."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from server.demo.running import Running

from ..conftest import Visitor
from .conftest import FRAME, Answers, Compose
from .test_pane_job import room_named, rooms

Open = Callable[..., Compose]


def chosen(window: Compose) -> dict[str, str | None]:
    """What the form shows of the choices that are remembered."""
    view = window.view
    return {
        "kind": view.locator("input[name=kind]:checked").get_attribute("value"),
        "access": view.locator("input[name=access]:checked").get_attribute("value"),
        "country": view.locator("#dial_in_country").input_value(),
        "language": view.locator("#language").input_value(),
    }


def test_every_choice_reaches_the_room_and_the_usual_ones_come_back(
    compose: Open, product: Running, answers: Answers, visitor: Visitor
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    title = "🎉" * 126 + "abc"  # 255 units, as many as Outlook takes
    asked: list[dict[str, Any]] = []

    def note(route: Any) -> None:
        asked.append(route.request.post_data_json)
        route.fallback()

    answers.give("/meetings", "POST", note)
    window = compose()
    window.fill(title)
    window.press("#kind-webinar")
    window.press("#access-token")
    window.view.locator("#token_delivery").select_option("body")
    expect(window.view.locator("#delivery-warning")).to_contain_text("see and use everybody’s token")
    window.view.locator("#token_delivery").select_option("personal")
    expect(window.view.locator("#delivery-warning")).to_be_hidden()
    window.view.locator("#dial_in").check()
    window.view.locator("#dial_in_country").select_option("PL")
    window.view.locator("#language").select_option("de")
    window.press("#advanced-control")
    window.press("#permanent")
    window.view.locator("#lobby_message").fill("Coffee is ready")
    window.view.locator("#agenda").fill("1. Budget")
    usual = chosen(window)
    url = window.schedule()
    assert [len(one["title"].encode("utf-16-le")) // 2 for one in asked] == [255]
    assert asked[0]["agenda"] == "1. Budget"
    assert asked[0]["dial_in"] == {"enabled": True, "country": "PL"}
    room = next(room for room in rooms(product) if room["room_url"] == url)
    assert room["room_type"] == "webinar"
    assert room["permanent_room"] in (True, 1), "a single appointment may keep its room too"
    assert room["lobby_description"] == "Coffee is ready\n\n1. Budget"
    assert "Am Webinar teilnehmen" in window.body
    assert "+48" in window.body, "the numbers of the country that was chosen"
    expect(window.view.locator(".facts")).to_contain_text("Webinar")
    window.press("#copy-link")
    expect(window.page.frame_locator(FRAME).locator("#status")).to_contain_text("The link is copied.")
    assert window.page.evaluate("navigator.clipboard.readText()") == url

    window.press("#change")
    window.press("#access-open")
    window.view.locator("#language").select_option("en")
    window.press("#save")
    window.phase("scheduled")
    again = compose()
    assert chosen(again) == usual, "a change of one meeting is no wish for the next"
    again.press("#kind-meeting")
    again.press("#access-open")
    again.view.locator("#dial_in_country").select_option("")
    again.view.locator("#language").select_option("en")
    again.fill("As before")
    again.schedule()
    assert room_named(product, "As before")["room_type"] == "meeting"


def test_a_lock_says_why(compose: Open, answers: Answers) -> None:
    def lock(route: Any) -> None:
        options = route.fetch().json()
        options["locks"] = {"kind": "Webinars are for marketing.", "dial_in": "Calls cost money."}
        route.fulfill(json=options)

    answers.give("/options", "GET", lock)
    window = compose()
    for name, control in (("kind", "#kind-webinar"), ("dial_in", "#dial_in")):
        expect(window.view.locator(control)).to_be_disabled()
        expect(window.view.locator(f"#{name}-lock")).to_contain_text("Set by your organisation: ")
    expect(window.view.locator("#kind-lock")).to_contain_text("Webinars are for marketing.")
    described = window.view.locator("[aria-describedby~='dial_in-lock']")
    expect(described).to_have_accessible_description("Set by your organisation: Calls cost money.")
