"""What every answer carries, and what each surface says about being framed and about what it may load."""

import logging
from collections.abc import Iterator

import pytest
from stage import Stage

from server.demo.running import running

PLAIN = ("/healthz", "/api/v1/meetings", "/api/v1/openapi.json", "/hooks/graph", "/nowhere", "/taskpane/events.js")
PAGES = ("/numbers", "/j/unknown-reference", "/dialog/nowhere")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with running(log_level="INFO") as started:
        yield Stage(started)


@pytest.mark.parametrize("path", [*PLAIN, *PAGES, "/taskpane/taskpane.html"])
def test_every_answer_is_only_what_it_says_and_only_over_tls(stage: Stage, path: str) -> None:
    headers = stage.api("GET", path, token="").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "X-Frame-Options" not in headers, "it knows no list of who may frame"
    assert "'unsafe-inline'" not in policy.replace("style-src 'self' 'unsafe-inline'", "")


@pytest.mark.parametrize("path", [*PLAIN, *PAGES])
def test_only_the_pane_may_be_framed(stage: Stage, path: str) -> None:
    assert "frame-ancestors 'none'" in stage.api("GET", path, token="").headers["Content-Security-Policy"]
    pane = stage.api("GET", "/taskpane/taskpane.html", token="").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://outlook.office.com" in pane


def test_a_refused_call_is_logged_without_what_it_carried(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().setLevel(logging.INFO)
    stage.api("GET", "/api/v1/meetings", token="stolen-or-guessed-token")
    told = [line for line in capsys.readouterr().err.splitlines() if '"refused"' in line]
    assert len(told) == 1
    assert '"status": 401' in told[0]
    assert "stolen" not in told[0]
