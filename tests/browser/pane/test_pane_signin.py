"""Nested app sign-in: msal-browser as published against a bridge of ours, outside office.js; and a plain tab."""

import base64
import json
from typing import Any

import pytest
from playwright.sync_api import Page

from server.demo.running import Running

from ..conftest import Visitor
from .conftest import ROOT

SCOPE = "api://addin.example/access_as_user"
TENANT = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01"

BRIDGE = """(script) => {
  const listeners = [];
  window.bridge = { seen: [], script };
  const answer = (request) => {
    if (request.method === "GetInitContext") {
      const accountContext = { homeAccountId: "oid.tid", environment: "login.microsoftonline.com", tenantId: "tid" };
      return { success: true, initContext: { sdkName: "test bridge", sdkVersion: "1", accountContext,
        capabilities: { queryAccount: false } } };
    }
    return script.shift();
  };
  window.nestedAppAuthBridge = {
    addEventListener: (name, listener) => listeners.push(listener),
    removeEventListener: () => undefined,
    postMessage: (text) => {
      const request = JSON.parse(text);
      window.bridge.seen.push(request);
      const message = { messageType: "NestedAppAuthResponse", requestId: request.requestId, ...answer(request) };
      setTimeout(() => listeners.forEach((listener) => listener(JSON.stringify(message))));
    },
  };
}"""

ASK = """async ([part, config, requests]) => {
  const { nestedProvider } = await import(part);
  const provider = await nestedProvider(config);
  const answers = [];
  for (const request of requests) {
    answers.push(await provider.token(request).then(
      (token) => ({ token }), (failure) => ({ reason: failure.reason, detail: failure.detail })));
  }
  return answers;
}"""


def encoded(members: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def granted(token: str) -> dict[str, Any]:
    """What the host's bridge gives for a token, as msal-browser reads it."""
    id_token = f"{encoded({'alg': 'none'})}.{encoded({'oid': 'oid', 'tid': TENANT, 'sub': 'sub'})}.x"
    environment = "login.microsoftonline.com"
    account = {"homeAccountId": f"oid.{TENANT}", "environment": environment, "tenantId": TENANT, "username": "o"}
    answer = {"access_token": token, "id_token": id_token, "expires_in": 3600, "scope": SCOPE}
    return {"success": True, "token": answer, "account": account}


def refused(status: str, **more: str) -> dict[str, Any]:
    return {"success": False, "error": {"status": status} | more}


@pytest.fixture
def tab(visitor: Visitor, product: Running) -> Page:
    """The pane's page in a plain tab: the same origin and content policy, no Outlook around it."""
    page: Page = visitor.open(f"{product.description['base']}/taskpane/taskpane.html")
    return page


def ask(page: Page, script: list[dict[str, Any]], *requests: dict[str, Any]) -> list[dict[str, Any]]:
    [part] = [one.name for one in (ROOT / "taskpane" / "dist").glob("part-nested-*.js")]
    config = {"client_id": "client", "authority": "https://login.microsoftonline.com/organizations", "scope": SCOPE}
    page.evaluate(BRIDGE, script)
    answers: list[dict[str, Any]] = page.evaluate(ASK, [f"/taskpane/{part}", config, list(requests)])
    return answers


def methods(page: Page) -> list[str]:
    seen: list[str] = page.evaluate("bridge.seen.map((request) => request.method)")
    return seen


SILENT = {"interactive": False}
PRESSED = {"interactive": True}


def test_the_pane_in_a_plain_tab_says_where_it_belongs(tab: Page) -> None:
    tab.locator("h1").wait_for()
    assert tab.locator("h1").inner_text() == "Open this in Outlook"


def test_a_token_is_got_silently_for_our_own_scope(tab: Page) -> None:
    assert ask(tab, [granted("the-token")], SILENT) == [{"token": "the-token"}]
    assert methods(tab) == ["GetInitContext", "GetToken"]
    assert SCOPE in tab.evaluate("bridge.seen[1].tokenParams.scope")


def test_a_window_opens_only_after_a_press(tab: Page) -> None:
    script = [refused("USER_INTERACTION_REQUIRED"), refused("USER_INTERACTION_REQUIRED"), granted("after-window")]
    answers = ask(tab, script, SILENT, PRESSED)
    assert answers[0]["reason"] == "interaction"
    assert answers[1] == {"token": "after-window"}
    assert methods(tab) == ["GetInitContext", "GetToken", "GetToken", "GetTokenPopup"]


def test_a_closed_window_is_told(tab: Page) -> None:
    script = [refused("USER_INTERACTION_REQUIRED"), refused("USER_CANCEL")]
    assert ask(tab, script, PRESSED)[0]["reason"] == "cancelled"


def test_consent_is_asked_for_in_the_window_before_an_administrator_is(tab: Page) -> None:
    withheld = refused("USER_INTERACTION_REQUIRED", code="consent_required", description="AADSTS65001: no consent")
    answers = ask(tab, [withheld, withheld, withheld], SILENT, PRESSED)
    assert [answer["reason"] for answer in answers] == ["interaction", "consent"]
    assert methods(tab)[-1] == "GetTokenPopup"


def test_claims_of_a_challenge_are_passed_on(tab: Page) -> None:
    claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    ask(tab, [granted("stronger")], {"interactive": False, "claims": claims})
    assert "acrs" in tab.evaluate("bridge.seen[1].tokenParams.claims")


def test_nothing_is_left_in_storage(tab: Page) -> None:
    ask(tab, [granted("secret-token")], SILENT)
    stored = tab.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "secret-token" not in stored


def test_without_a_bridge_the_next_way_is_tried(tab: Page) -> None:
    [part] = [one.name for one in (ROOT / "taskpane" / "dist").glob("part-nested-*.js")]
    config = {"client_id": "client", "authority": "https://login.microsoftonline.com/organizations", "scope": SCOPE}
    [answer] = tab.evaluate(ASK, [f"/taskpane/{part}", config, [SILENT]])
    assert answer["reason"] == "unsupported"
