"""The sandbox's Outlook by keyboard and for screen readers, in light and dark; and a delegate's window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

Open = Callable[..., Any]
AXE = Path(__file__).parents[2] / "taskpane" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const result = await axe.run(document, { iframes: false, runOnly: { type: "tag", values: tags } });
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""


WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
    "range": {"type": "endDate", "startDate": "2027-01-11", "endDate": "2027-02-08"},
}


def findings(page: Page) -> list[str]:
    """What axe finds in light and in dark."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [f"{scheme}: {one}" for one in page.evaluate(RUN)]
    return found


def test_axe_finds_nothing_in_the_compose_window(compose: Open) -> None:
    window = compose()
    window.page.fill("#subject", "Seen by all")
    window.desk("desk.addRecipient('paris@contoso.example')")
    message = {"type": "errorMessage", "message": "Something went wrong."}
    window.value("item.notificationMessages.addAsync", "wrong", message)
    assert findings(window.page) == []
    window.page.click("#repeat")
    assert findings(window.page) == []
    window.page.click("[data-act=cancel]")
    window.page.click("#settings-button")
    window.page.wait_for_selector("#settings[open]")
    window.page.click("#fault-add")
    assert findings(window.page) == []


def test_axe_finds_nothing_in_the_read_form_and_on_the_phone(read: Open, visitor: Any, plain_desk: Any) -> None:
    window = read(recurrence=WEEKLY, location={"displayName": "https://rooms.example/1"})
    window.page.click("[data-command=showNumbers]")
    window.page.wait_for_selector(".notification")
    assert findings(window.page) == []
    base = f"{plain_desk.world.base}/outlook"
    calendar = f"{base}/organiser@contoso.example?date=2027-01-11"
    pages = (f"{base}/organiser@contoso.example/phone", calendar, f"{calendar}&view=list", f"{base}/",
             f"{base}/paris@contoso.example/mail", f"{base}/who")  # fmt: skip
    page = visitor.open(pages[0])
    for url in pages:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_selector(".cards" if url.endswith("/outlook/") else "body[data-state]")
        assert findings(page) == [], url
        page.set_viewport_size({"width": 320, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{url} scrolls sideways at 320 px"
    page.emulate_media(reduced_motion="reduce")  # a drawer that still moves is half transparent
    page.click(".mail-chip")
    assert findings(page) == []


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
