"""Every state of the pane can be used by everybody: axe, keyboard alone, 320 px, zoom, contrast themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .conftest import FRAME, ROOT, Answers, Compose
from .states import JOURNEYS, THEMES

Open = Callable[..., Compose]
AXE = (ROOT / "taskpane" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
FINDINGS = """async () => (await axe.run(document, { iframes: false })).violations.map((found) =>
    `${found.id}: ${found.help} ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""
NARROW = "(frame) => { frame.style.cssText += ';width:320px;min-width:320px;flex:none' }"
CUT_OFF = """[...document.querySelectorAll("select")].filter((box) => box.checkVisibility()).filter((box) => {
  const look = getComputedStyle(box), paper = document.createElement("canvas").getContext("2d");
  paper.font = look.font;
  const room = box.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight) - 16; // the arrow
  return paper.measureText(box.selectedOptions[0].text).width > room;
}).map((box) => `${box.id}: ${box.selectedOptions[0].text}`)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def findings(window: Compose) -> list[str]:
    """What axe finds wrong in the pane as it stands now."""
    window.pane.evaluate(AXE)
    found: list[str] = window.pane.evaluate(FINDINGS)
    return found


@pytest.mark.parametrize("journey", JOURNEYS)
def test_axe_finds_nothing_in_any_state_and_theme_and_nothing_is_wider_than_320(
    compose: Open, answers: Answers, journey: str
) -> None:
    """320 CSS px are also what is left of 1280 at 400 % zoom (WCAG 1.4.10)."""
    for state, window in JOURNEYS[journey](compose, answers):
        if state != "scheduling":
            window.settled()
        window.page.locator(FRAME).evaluate(
            "(frame) => { frame.style.cssText += ';width:320px;min-width:320px;flex:none' }"
        )
        for theme, media in THEMES.items():
            window.page.emulate_media(**media, reduced_motion="reduce")
            assert findings(window) == [], f"{state} in {theme}"
        window.page.emulate_media(**THEMES["light"])
        assert window.pane.evaluate(SIDEWAYS) <= 0, f"{state} scrolls sideways at 320 px"
        assert window.pane.evaluate(CUT_OFF) == [], f"{state} cuts a choice off at 320 px"


def reached(state: str, compose: Open, answers: Answers) -> Compose:
    """The window as it stands when it has come to that state."""
    ways = (stop for journey in JOURNEYS.values() for stop in journey(compose, answers))
    return next(window for found, window in ways if found == state)


def press_until(window: Compose, key: str, selector: str) -> None:
    """Walks with the key until the element has the focus; a trap or a missing stop fails here."""
    for _ in range(20):
        assert window.pane.evaluate("document.hasFocus()"), f"the focus left the pane on the way to {selector}"
        if window.pane.evaluate(f"document.activeElement?.matches({selector!r}) ?? false"):
            return
        window.page.keyboard.press(key)
    pytest.fail(f"{selector} was not reached with {key}")


def test_the_whole_path_by_keyboard_alone(compose: Open) -> None:
    window = compose()
    window.fill("By keyboard")
    window.pane.evaluate("document.querySelector('#kind-meeting').focus()")
    press_until(window, "Tab", "#access-password, #access-open")
    press_until(window, "Tab", "#access-password")
    window.page.keyboard.press("Space")
    press_until(window, "Tab", "#password")
    press_until(window, "Tab", "#advanced-control")
    window.page.keyboard.press("Enter")
    press_until(window, "Tab", "#lobby_message")
    window.page.keyboard.type("Soon")
    press_until(window, "Tab", "#preview-control")
    window.page.keyboard.press("Space")
    expect(window.view.locator("iframe.paper")).to_be_hidden()
    press_until(window, "Tab", "#add")
    window.page.keyboard.press("Enter")
    window.phase("scheduled")
    press_until(window, "Tab", "#copy-link")
    press_until(window, "Tab", ".people li:last-child button")
    press_until(window, "Tab", "#change")
    window.page.keyboard.press("Enter")
    window.phase("editing")
    press_until(window, "Tab", "#back")
    window.page.keyboard.press("Enter")
    window.phase("scheduled")
    press_until(window, "Tab", "#remove")
    window.page.keyboard.press("Enter")
    expect(window.view.locator("#remove-no")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.view.locator("#remove")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.view.locator("#remove-no")).to_be_focused()
    window.page.keyboard.press("Escape")
    expect(window.view.locator("#remove")).to_be_focused()
    window.page.keyboard.press("Enter")
    press_until(window, "Shift+Tab", "#remove-yes")
    window.page.keyboard.press("Enter")
    window.phase("editing")


def test_axe_would_find_something(compose: Open) -> None:
    window = compose()
    window.pane.evaluate("document.querySelector('#view').append(document.createElement('input'))")
    assert any(found.startswith("label") for found in findings(window))


def test_progress_is_told_in_a_live_region_and_moves_only_for_who_wants_it(compose: Open, answers: Answers) -> None:
    window = reached("scheduling", compose, answers)
    status = window.page.frame_locator(FRAME).locator("#status")
    expect(status).to_contain_text("Making the room")
    assert status.get_attribute("role") == "status"
    window.page.emulate_media(reduced_motion="no-preference")
    runner = window.view.locator(".runner")
    expect(runner).not_to_have_css("animation-name", "none")
    window.page.emulate_media(reduced_motion="reduce")
    expect(runner).to_have_css("animation-name", "none")


def test_the_pane_fits_at_400_percent(compose: Open, answers: Answers) -> None:
    window = reached("token_in_the_invitation", compose, answers)
    window.pane.evaluate("document.documentElement.style.fontSize = '400%'")
    assert window.pane.evaluate(SIDEWAYS) <= 0


def test_the_theme_follows_the_system(compose: Open) -> None:
    window = compose()
    body = window.page.frame_locator(FRAME).locator("body")
    for theme, colour in (("dark", "rgb(41, 41, 41)"), ("light", "rgb(255, 255, 255)")):
        window.page.emulate_media(**THEMES[theme])
        expect(body).to_have_css("background-color", colour)
