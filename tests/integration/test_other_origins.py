"""Handlers without a page, and pages of any origin, may call the API with a token; no origin opens anything."""

from typing import Any

import pytest
import requests
from stage import Stage

ORIGINS = ["null", "https://outlook.office.com", "https://elsewhere.example"]
METHODS = {
    "GET": "/api/v1/options",
    "POST": "/api/v1/meetings",
    "PATCH": "/api/v1/meetings/x",
    "DELETE": "/api/v1/meetings/x",
}


def preflight(stage: Stage, path: str, method: str, **headers: str) -> requests.Response:
    asked = {"Origin": "null", "Access-Control-Request-Method": method} | headers
    return requests.options(
        f"{stage.base}{path}", headers=asked, verify=stage.running.description["ca_file"], timeout=10
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_preflight_needs_no_token_and_allows_what_the_handlers_send(stage: Stage, method: str) -> None:
    answer = preflight(stage, METHODS[method], method)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in answer.headers, "cookies never open the API"


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_token_decides_whatever_the_origin(stage: Stage, origin: str) -> None:
    allowed = stage.api("GET", "/api/v1/options", headers={"Origin": origin})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, "*")
    refused = stage.api("GET", "/api/v1/options", token="wrong", headers={"Origin": origin})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
    assert "WWW-Authenticate" in refused.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/hooks/graph", "/auth/dialog/redeem", "/j/x", "/numbers", "/taskpane/taskpane.html"])
def test_nothing_but_the_api_is_open_to_other_origins(stage: Stage, path: str) -> None:
    answer = preflight(stage, path, "POST")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_script_of_classic_outlook_is_named(stage: Stage) -> None:
    address = f"{stage.base}/.well-known/microsoft-officeaddins-allowed.json"
    answer = requests.get(address, verify=stage.running.description["ca_file"], timeout=10)
    allowed: Any = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert allowed == {"allowed": [f"{stage.base}/taskpane/events.js"]}
    script = requests.get(allowed["allowed"][0], verify=stage.running.description["ca_file"], timeout=10)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache"
    assert f'"{stage.base}"' in script.text, "without a page it knows our address from itself alone"
    assert "%PUBLIC_URL%" not in script.text


def test_nobody_gets_a_room_by_default_unless_the_policy_says_so(stage: Stage) -> None:
    assert stage.api("GET", "/api/v1/options").json()["add_by_default"] is False
