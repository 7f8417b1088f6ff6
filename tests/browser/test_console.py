"""The console in Chromium: an administrator's main paths without script, and axe on every page in light and dark."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from stage import Stage, a_wish, an_event

from server.demo.running import running

AXE = Path(__file__).parents[2] / "taskpane" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async (only) => {
  const result = await axe.run(document, { iframes: false, runOnly: only });
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`);
}"""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ONLY = {"light": {"type": "tag", "values": _TAGS}, "dark": {"type": "rule", "values": ["color-contrast"]}}
PICTURES = os.environ.get("CONSOLE_PICTURES")  # a folder: each page is kept there as it looks


@dataclass
class Console:
    """The console in one browser tab, signed in; the browser runs no script of pages."""

    page: Page
    base: str

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}/admin/{path}")
        return self.page

    def check(self, name: str) -> None:
        """axe finds nothing, and at 320 px nothing stands beside the page."""
        self.page.evaluate(AXE.read_text("utf-8"))
        for scheme, only in _ONLY.items():
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = self.page.evaluate(_RUN, only)
            assert found == [], f"{name} in {scheme}"
            if PICTURES:
                self.page.screenshot(path=f"{PICTURES}/{name}-{scheme}.png", full_page=True)
        self.page.set_viewport_size({"width": 320, "height": 700})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320, name
        self.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with running(sweep_seconds=0.2, log_level="ERROR") as started:
        yield Stage(started)


@pytest.fixture(scope="module")
def console(browser: Browser, stage: Stage) -> Iterator[Console]:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{stage.base}/admin/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Administration")
    Console(page, stage.base).check("welcome")
    page.get_by_role("link", name="Sign in with Microsoft").click()
    page.get_by_text("admin@contoso.example").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    yield Console(page, stage.base)
    context.close()


@pytest.fixture(scope="module")
def followed(stage: Stage) -> str:
    """A meeting with personal tokens, seen in the calendar; its id."""
    people = [{"address": f"{name}@contoso.example", "name": f"Colleague in {name}"} for name in ("paris", "toronto")]
    wish = a_wish(title="Quarterly review", access="token", participants=people)
    made = stage.schedule(wish).json()
    stage.organiser().send(made, an_event(wish), "<p>Agenda</p>")
    stage.settled()
    return str(made["id"])


def test_every_page_passes_axe_and_fits_a_narrow_window(console: Console, followed: str) -> None:
    """All but the frame of a template: it runs no script at all, axe's neither."""
    for path in ("", "meetings", f"meetings/{followed}", "attention", "mailboxes", "policies", "policies/tenant",
                 "templates", "templates/tenant/en", "accounts", "people", "audit?verify=1", "nowhere"):  # fmt: skip
        console.open(path)
        console.check(path.replace("/", "-").replace(followed, "one") or "overview")


def test_a_meeting_is_found_compared_and_looked_at(console: Console, followed: str) -> None:
    page = console.open("meetings")
    page.get_by_role("searchbox", name="Search").fill("quarterly")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Quarterly review").click()
    row = page.get_by_role("row").filter(has_text="paris@contoso.example")
    expect(row).to_contain_text("Sent")
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("Everything is in step.")).to_be_visible()
    console.check("compared")
    page.get_by_role("button", name="Look at it now").click()
    expect(page.get_by_role("status")).to_have_text("It is looked at now.")


def test_a_policy_is_previewed_saved_and_brought_back(console: Console) -> None:
    page = console.open("policies")
    page.get_by_role("link", name="Edit the organisation's policy").click()
    page.get_by_role("group", name="Access", exact=True).get_by_role("checkbox", name="Token").check()
    page.get_by_label("What would change for this person?").fill("organiser@contoso.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("open is not allowed")
    expect(page.get_by_role("combobox", name="Access").first).to_have_attribute("aria-invalid", "true")
    console.check("policy-refused")
    page.locator("#default_access").select_option("token")
    page.locator("#lock_access").select_option("locked")
    page.get_by_role("textbox", name="Reason: Access").fill("Each guest has an own token.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row").filter(has_text="Locked: Access")).to_contain_text("Each guest has an own token.")
    console.check("policy-preview")
    page.get_by_label("Why (for the log)").fill("Asked by security")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Put version 1 into the form").click()
    expect(page.locator("#reason_access")).to_have_value("Each guest has an own token.")
    page = console.open("policies")
    page.get_by_label("Name of a new group").fill("Sales")
    page.get_by_role("button", name="Add a group").click()
    page.get_by_label("Priority").fill("1")
    page.get_by_role("textbox", name="Members").fill("organiser@contoso.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Group Sales")
    console.check("group")


def test_a_template_is_seen_before_it_is_saved(console: Console) -> None:
    page = console.open("templates/tenant/en")
    page.get_by_label("Footer").fill("<b>Contoso</b>, Warszawa<img src=x onerror=alert(1)>")
    frame = page.frame_locator("iframe")
    for client, kind in (("Outlook for Windows", "windows"), ("Phone", "phone"), ("Text only", "text")):
        page.get_by_role("radio", name=client).check()
        page.get_by_role("button", name="Preview").click()
        expect(frame.locator(f"body.{kind}")).to_contain_text("Contoso, Warszawa")
    expect(frame.locator("img")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    console.check("template")


def test_an_account_is_added_only_with_a_key_that_works(console: Console, stage: Stage) -> None:
    page = console.open("accounts")
    page.get_by_label("Name").fill("Main account")
    page.get_by_label("API key").fill("eu-wrong")
    page.get_by_role("button", name="Check the key and add").click()
    expect(page.get_by_text("wrong or was revoked")).to_be_visible()
    page = console.open("accounts")
    page.get_by_label("Name").fill("Main account")
    page.get_by_label("API key").fill(stage.running.description["clickmeeting"]["api_key"])
    page.get_by_role("button", name="Check the key and add").click()
    expect(page.get_by_role("heading", name="Main account")).to_be_visible()
    console.check("account")


def test_everything_is_stopped_by_keyboard_and_goes_on(console: Console, stage: Stage) -> None:
    page = console.open("")
    page.locator("details.danger summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Why (for the log)").fill("A test")
    page.get_by_role("button", name="Stop everything now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Everything is stopped")).to_be_visible()
    console.check("stopped")
    assert stage.api("GET", "/api/v1/options").json()["stopped"]
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_contain_text("It goes on.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    console.check("signed-out")
