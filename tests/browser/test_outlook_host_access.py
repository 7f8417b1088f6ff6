"""The sandbox's Outlook by keyboard and for screen readers, in light and dark; and a delegate's window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

Open = Callable[..., Any]
AXE = Path(__file__).parents[2] / "taskpane" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const result = await axe.run(document, { iframes: false, runOnly: { type: "tag", values: tags } });
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""


def findings(page: Page) -> list[str]:
    page.add_script_tag(path=AXE)
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(compose: Open, plain_desk: Any, visitor: Any, scheme: Any) -> None:
    from sandbox.world import Mail

    window = compose()
    window.page.emulate_media(color_scheme=scheme)
    window.page.fill("#subject", "Seen by all")
    window.desk("desk.setTimes('2027-08-03T08:00:00Z', '2027-08-03T09:00:00Z')")
    window.desk("desk.addRecipient('paris@contoso.example')")
    message = {"type": "errorMessage", "message": "Something went wrong."}
    window.value("item.notificationMessages.addAsync", "wrong", message)
    assert findings(window.page) == []
    window.page.click("#repeat")
    assert findings(window.page) == []
    window.page.click("[data-act=cancel]")
    identity = window.desk("desk.save()")
    plain_desk.world.outbox.add(
        Mail("warsaw@contoso.example", "graph", "notice", "a@b.example", "Hello", html="<p>x</p>")
    )
    base = f"{plain_desk.world.base}/outlook"
    event = f"{base}/organiser@contoso.example/event?id={identity.replace('+', '%2B')}"
    calendar = f"{base}/organiser@contoso.example?date=2027-08-03"
    for url in (f"{base}/", calendar, f"{base}/warsaw@contoso.example/mail", event):
        page = visitor.open(url)
        page.emulate_media(color_scheme=scheme)
        page.wait_for_load_state("networkidle")
        assert findings(page) == [], url
        page.close()


def test_tab_and_escape_leave_the_pane(compose: Open) -> None:
    window = compose()
    window.pane.focus("#last")
    window.page.keyboard.press("Tab")
    window.page.wait_for_function("document.activeElement.id === 'subject'")
    window.pane.focus("#first")
    window.page.keyboard.press("Shift+Tab")
    window.page.wait_for_function("document.activeElement.id === 'pane-close'")
    window.pane.focus("#first")
    window.page.keyboard.press("Escape")
    window.page.wait_for_function("document.activeElement.id === 'subject'")


def test_an_appointment_is_written_and_sent_by_keyboard_alone(compose: Open, plain_desk: Any) -> None:
    window = compose()
    keyboard = window.page.keyboard
    window.page.focus("#subject")
    keyboard.type("By keyboard")
    keyboard.press("Tab")
    keyboard.type("warsaw@contoso.example")
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.type("toronto@contoso.example")
    keyboard.press("Enter")
    assert [one["address"] for one in window.item["optional"]] == ["toronto@contoso.example"]
    window.page.focus("#send")
    keyboard.press("Enter")
    window.page.wait_for_url("**done=sent*")
    assert plain_desk.world.outbox.mails("warsaw@contoso.example")[-1]["subject"] == "By keyboard"


def test_a_delegate_writes_into_the_organisers_calendar(compose: Open, plain_desk: Any) -> None:
    window = compose("delegate@contoso.example", owner="organiser@contoso.example")
    shared = window.value("item.getSharedPropertiesAsync")
    assert (shared["owner"], shared["delegatePermissions"] & 2) == ("organiser@contoso.example", 2)
    profile = window.pane.evaluate("Office.context.mailbox.userProfile.emailAddress")
    assert profile == "delegate@contoso.example", "the profile stays the delegate's own"
    window.page.fill("#subject", "By the delegate")
    window.desk("desk.addRecipient('guest@customer.example')")
    window.page.click("#send")
    window.page.wait_for_url("**done=sent*")
    assert plain_desk.world.outbox.mails("guest@customer.example")[-1]["sender"] == "organiser@contoso.example"
