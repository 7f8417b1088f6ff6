"""What a person has stays: the typed form, the cursor, a warning; and each of the pane's sentences is true."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from ..conftest import Visitor
from .conftest import FRAME, Answers, Compose

Open = Callable[..., Compose]
CHALLENGE = {"reason": "interaction", "claims": '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'}


def status(window: Compose) -> Locator:
    return window.page.frame_locator(FRAME).locator("#status")


def held_back(window: Compose, answers: Answers, path: str, method: str, press: str) -> Any:
    """The press is under way, and its request waits here."""
    held: list[Any] = []
    answers.give(path, method, held.append)
    window.press(press)
    window.phase("working")
    while not held:
        window.page.wait_for_timeout(20)  # lets the request through to this process
    return held[0]


@pytest.mark.parametrize(
    ("refusal", "phase", "press"),
    [((401, CHALLENGE), "signin", "#sign-in"), ((403, {"reason": "consent", "detail": "x"}), "consent", "#again")],
    ids=["sign-in", "consent"],
)
def test_what_was_typed_is_there_again_after(
    compose: Open, answers: Answers, refusal: tuple[int, dict[str, Any]], phase: str, press: str
) -> None:
    window = compose()
    window.fill("Form kept")
    window.press("#advanced-control")
    typed = {"#agenda": "1. Budget", "#lobby_message": "Welcome", "#password": "MyOwnPass123"}
    window.press("#access-password")
    for selector, text in typed.items():
        window.view.locator(selector).fill(text)
    answers.problem("/meetings", "POST", refusal[0], **refusal[1])
    window.press("#add")
    window.phase(phase)
    answers.forget()
    window.press(press)
    window.phase("editing")
    for selector, text in typed.items():
        assert window.view.locator(selector).input_value() == text
    assert window.view.locator("#access-password").is_checked()
    assert window.view.locator(".bar").count() == 0, "the pane was never closed, and says nothing of it"
    window.schedule()
    assert "MyOwnPass123" in window.body


def test_whoever_writes_the_appointment_meanwhile_keeps_the_cursor(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("")
    route = held_back(window, answers, "/meetings", "POST", "#add")
    window.page.locator("#subject").click()
    window.page.keyboard.type("Half a ")
    route.continue_()
    window.phase("scheduled")
    expect(status(window)).to_contain_text("ClickMeeting is added")
    window.page.keyboard.type("subject")
    assert window.item["subject"] == "Half a subject"


def test_progress_is_read_out_as_it_is_shown_and_a_long_wait_too(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("Slowly changed")
    window.schedule()
    window.press("#change")
    window.phase("editing")
    window.page.clock.install()
    route = held_back(window, answers, "/meetings/*", "PATCH", "#save")
    expect(window.view.locator(".progress")).to_contain_text("Changing the room")
    expect(status(window)).to_contain_text("Changing the room")
    window.page.clock.run_for(6_500)
    for place in (window.view, status(window)):
        expect(place).to_contain_text("This takes longer than usual.")
    route.continue_()
    window.page.clock.run_for(2_000)
    window.phase("scheduled")


def test_a_missing_block_and_a_drift_are_not_forgotten_in_the_form(compose: Open) -> None:
    window = compose()
    window.fill("Back again")
    window.schedule()
    window.desk("setTimes('2027-01-12T13:00:00Z', '2027-01-12T14:00:00Z')")
    window.view.locator("#update-now").wait_for()
    window.press("#change")
    window.press("#back")
    expect(window.view.locator("#update-now")).to_be_visible()
    window.view.locator("#copy-link").focus()
    window.desk("setTimes('2027-01-11T09:00:00Z', '2027-01-11T09:30:00Z')")
    expect(window.view.locator("#update-now")).to_have_count(0)
    expect(window.view.locator("#copy-link")).to_be_focused()
    window.desk("setBody('<p>Other words</p>')")
    window.desk("closePane()")
    window.desk("openPane()")
    window.view.locator("#put-back").wait_for()
    assert window.heading == "The invitation is missing"
    window.press("#change")
    window.press("#back")
    expect(window.view.locator("#put-back")).to_be_visible()
    window.press("#put-back")
    expect(window.view.locator(".bar.success")).to_be_visible()
    assert window.heading == "ClickMeeting is added"


def test_a_personal_link_that_cannot_be_had_is_told_at_its_button(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("No entry")
    window.schedule()
    answers.problem("/meetings/*/entry", "POST", 503, reason="unavailable", detail="ClickMeeting does not answer.")
    window.view.locator("#enter-host").focus()
    window.page.keyboard.press("Enter")
    expect(window.view.locator(".entry [role=alert]")).to_contain_text("ClickMeeting does not answer.")
    expect(window.view.locator("#enter-host")).to_be_focused()
    answers.forget()
    window.press("#enter-presenter")
    opening = window.view.locator(".entry a")
    expect(opening).to_be_focused()
    expect(opening).to_contain_text("presenter")
    assert (opening.get_attribute("href") or "").startswith("https://")


def test_a_change_that_outlook_does_not_take_leaves_the_earlier_invitation_and_says_so(compose: Open) -> None:
    window = compose()
    window.fill("Changed in half")
    window.schedule()
    window.press("#change")
    window.press("#access-password")
    window.settled()
    window.desk("failNext(38, 9001)")
    window.press("#save")
    window.phase("incomplete")
    assert window.heading == "The room is changed, but the appointment still shows the earlier invitation"
    window.press("#write-again")
    window.phase("scheduled")
    assert window.body.count("ClickMeeting __") == 1


def test_a_removed_meeting_can_be_made_anew_and_its_block_is_replaced(compose: Open, answers: Answers) -> None:
    window = compose()
    window.fill("Made anew")
    former = window.schedule()
    window.desk("closePane()")
    answers.problem("/meetings/*", "GET", 404, reason="missing", detail="x")
    window.desk("openPane()")
    window.phase("gone")
    window.press("#add-new")
    window.phase("editing")
    url = window.schedule()
    assert url != former
    assert window.body.count("ClickMeeting __") == 1, "the old one went, two would send people to two rooms"
    assert former not in window.body
    assert window.item["location"] == f"Room 7; {url}"


def test_the_link_for_the_administrator_can_be_copied(compose: Open, answers: Answers, visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answers.problem("/options", "GET", 403, reason="consent", detail="x")
    window = compose(ready="consent")
    window.press("#copy-consent")
    expect(status(window)).to_contain_text("The link is copied.")
    assert "/adminconsent?" in window.page.evaluate("navigator.clipboard.readText()")
    expect(window.view.locator("#copy-consent")).to_be_focused()


def test_a_meeting_that_was_sent_is_not_asked_to_be_sent(compose: Open, answers: Answers) -> None:
    def followed(route: Any) -> None:
        reply = route.fetch()
        route.fulfill(status=reply.status, json=reply.json() | {"state": "followed"})

    answers.give("/meetings", "POST", followed)
    window = compose()
    window.fill("Already sent")
    window.schedule()
    expect(window.view).to_contain_text("the room follows")
    assert "Send it when you are ready" not in window.view.inner_text()
