"""Sign-in through the dialogue, end to end under the real office.js, where Office itself gives no token."""

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from server.demo.running import Running

from ..conftest import Visitor
from .conftest import Answers, Compose

Open = Callable[..., Compose]
PANE = "iframe[src*='/taskpane/taskpane.html']"
NO_SSO = 13012  # getAccessToken does not exist here; other codes mean that it does not work
STORED = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])"
CLAIMS = '{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}'


def without_sso(compose: Open, code: int = NO_SSO) -> Compose:
    window = compose()
    window.desk("closePane()")
    window.desk(f"setTokenError({code})")
    window.desk("openPane()")
    window.phase("signin")
    return window


def dialogue_of(window: Compose) -> Page:
    """Press "Sign in" and let Outlook open the window that it asks about."""
    window.press("#sign-in")
    with window.page.context.expect_page() as opened:
        window.page.frame_locator(PANE).locator("text=Allow").click()
    return opened.value


def pick(dialogue: Page, upn: str = "organiser@contoso.example") -> None:
    """Choose an account; the window closes by itself."""
    with dialogue.expect_event("close"):
        dialogue.locator(f"button[value='{upn}']").click()


@pytest.fixture
def switches(product: Running) -> Iterator[Callable[..., None]]:
    def switch(**wanted: Any) -> None:
        body = {"clear": True, "switches": {name.replace("__", "."): value for name, value in wanted.items()}}
        control = product.description["control"]
        answer = requests.post(f"{control}/faults", json=body, verify=product.description["ca_file"], timeout=10)
        answer.raise_for_status()

    yield switch
    switch(entra__token_lifetime_s=3599)


def test_the_dialogue_signs_in_and_later_calls_need_no_window(
    compose: Open, visitor: Visitor, switches: Callable[..., None]
) -> None:
    switches(entra__token_lifetime_s=30)  # the pane asks anew a minute before the end: at each call
    window = without_sso(compose)
    addresses: list[str] = []
    visitor.context.on("request", lambda request: addresses.append(request.url))
    dialogue = dialogue_of(window)
    hinted = dialogue.locator("button[aria-current=true]")
    expect(hinted, "the mailbox's own account is offered first").to_have_attribute("value", "organiser@contoso.example")
    pick(dialogue)
    window.phase("editing")
    window.fill("After the dialogue")
    with window.page.expect_request("**/auth/dialog/renew"):
        window.schedule()
    assert len(visitor.context.pages) == 1
    assert [url for url in addresses if "eyJ" in url or "code=" in url] == [], "neither token nor code in an address"
    kept = [window.pane.evaluate(STORED), window.page.evaluate(STORED), str(visitor.context.cookies())]
    kept.append(json.dumps(window.item) + json.dumps(window.pane.evaluate("Office.context.roamingSettings")))
    assert [text for text in kept if "eyJ" in text] == [], "the token is in memory and nowhere else"


def test_the_dialogue_is_the_way_on_when_offices_own_fails(compose: Open) -> None:
    window = without_sso(compose, 13006)
    pick(dialogue_of(window))
    window.phase("editing")


def test_a_sign_in_given_up_can_be_begun_again(compose: Open) -> None:
    """Cancelled at the service, not allowed to open, closed by hand: one sentence each time, no second window."""
    window = without_sso(compose)
    given_up = window.view.get_by_text("closed before it was finished")
    dialogue = dialogue_of(window)
    with dialogue.expect_event("close"):
        dialogue.locator("button[name=cancel]").click()
    expect(given_up).to_be_visible()
    window.press("#sign-in")
    window.page.frame_locator(PANE).locator("text=Ignore").click()
    expect(window.view.locator("#sign-in")).to_be_enabled()
    expect(given_up).to_be_visible()
    dialogue_of(window).close()
    expect(window.view.locator("#sign-in")).to_be_enabled()
    expect(given_up).to_be_visible()
    assert len(window.page.context.pages) == 1
    pick(dialogue_of(window))
    window.phase("editing")


def test_missing_consent_leads_to_the_administrators_link(compose: Open, visitor: Visitor) -> None:
    window = without_sso(compose)

    def withheld(route: Route) -> None:
        """The sign-in service's answer when only an administrator can agree."""
        shown = route.fetch().text()
        target, state = re.findall(r'action="([^"]+)"|name="state" value="([^"]+)"', shown)
        target, state = html.unescape(target[0]), html.unescape(state[1])
        error = {"error": "access_denied", "error_description": "AADSTS90094: an administrator", "state": state}
        fields = "".join(f'<input name="{name}" value="{html.escape(value)}">' for name, value in error.items())
        form = f'<form method="post" action="{target}">{fields}</form><script>document.forms[0].submit()</script>'
        route.fulfill(content_type="text/html", body=form)

    visitor.context.route("**/signin", withheld)
    pick(dialogue_of(window))
    window.phase("consent")
    assert "/adminconsent?" in str(window.view.locator("a").get_attribute("href"))


def test_claims_that_the_server_asks_for_are_met_in_the_dialogue(compose: Open, answers: Answers) -> None:
    window = without_sso(compose)
    asked: list[str] = []

    def challenge(route: Route) -> None:
        """Until a token that met the challenge comes."""
        token = route.request.headers["authorization"]
        if "dialog" in asked:
            route.fallback()
            return
        asked.append(token)
        body = json.dumps({"status": 401, "reason": "interaction", "claims": CLAIMS})
        route.fulfill(status=401, content_type="application/problem+json", body=body)

    answers.give("/options", "GET", challenge)
    pick(dialogue_of(window))
    window.phase("signin")
    assert len(asked) <= 2, "no loop"
    window.page.context.on("page", lambda _: asked.append("dialog"))
    dialogue = dialogue_of(window)
    expect(dialogue.get_by_role("note")).to_contain_text("extra check")
    pick(dialogue)
    window.phase("editing")
