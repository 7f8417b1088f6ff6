"""Every state of the pane can be used by everybody: axe, keyboard alone, 320 px, zoom, contrast themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .conftest import ROOT, Answers, Compose
from .states import STATES, THEMES, State

Open = Callable[..., Compose]
AXE = (ROOT / "taskpane" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
FINDINGS = """async () => (await axe.run(document, { iframes: false })).violations.map((found) =>
    `${found.id}: ${found.help} ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def findings(window: Compose) -> list[str]:
    """What axe finds wrong in the pane as it stands now."""
    window.pane.evaluate(AXE)
    found: list[str] = window.pane.evaluate(FINDINGS)
    return found


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_axe_finds_nothing_in_any_theme_and_nothing_is_wider_than_320(
    compose: Open, answers: Answers, state: State
) -> None:
    window = state(compose, answers)
    window.page.locator("iframe[src*='/taskpane/taskpane.html']").evaluate(
        "(frame) => { frame.style.cssText += ';width:320px;min-width:320px;flex:none' }"
    )
    for theme, media in THEMES.items():
        window.page.emulate_media(**media, reduced_motion="reduce")
        assert findings(window) == [], theme
    assert window.pane.evaluate(SIDEWAYS) <= 0, "no scrolling sideways at 320 px"


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
    press_until(window, "Tab", "#add")
    window.page.keyboard.press("Enter")
    window.phase("scheduled")
    press_until(window, "Tab", "#copy-link")
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


def test_progress_and_result_are_told_in_live_regions(compose: Open, answers: Answers) -> None:
    window = STATES["scheduling"](compose, answers)
    status = window.page.frame_locator("iframe[src*='/taskpane/taskpane.html']").locator("#status")
    expect(status).to_contain_text("Making the room")
    assert status.get_attribute("role") == "status"


def test_the_pane_fits_at_400_percent(compose: Open, answers: Answers) -> None:
    window = STATES["token_access"](compose, answers)
    window.pane.evaluate("document.documentElement.style.fontSize = '400%'")
    assert window.pane.evaluate(SIDEWAYS) <= 0


def test_the_theme_follows_the_system(compose: Open) -> None:
    window = compose()
    body = window.page.frame_locator("iframe[src*='/taskpane/taskpane.html']").locator("body")
    for theme, colour in (("dark", "rgb(41, 41, 41)"), ("light", "rgb(255, 255, 255)")):
        window.page.emulate_media(**THEMES[theme])
        expect(body).to_have_css("background-color", colour)
