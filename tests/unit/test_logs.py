"""No secret reaches a log, whatever a caller hands over."""

import json

import pytest
import structlog

from server.logs import blank_secrets, configure

KEY = "eu" + "5a3b9c0d1e" * 4
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize("event", [
    {"event": "call", "authorization": "anything"},
    {"event": "call", "client_secret": "anything"},
    {"event": "call", "headers": {"X-Api-Key": "anything"}},
    {"event": f"sent Bearer {TOKEN}"},
    {"event": "call", "url": "https://rooms.example/m?l=anything&x=1"},
    {"event": "call", "parts": [f"key {KEY}"]},
    {"event": "saved", "body": "<p>anything</p>"},
])  # fmt: skip
def test_secrets_become_stars(event: dict[str, object]) -> None:
    shown = json.dumps(blank_secrets(None, "info", event))
    assert "***" in shown
    for secret in ("anything", KEY, TOKEN):
        assert secret not in shown


def test_ordinary_words_stay() -> None:
    event = {"event": "followed", "meeting": "0123456789abcdef0123456789abcdef", "calls": 2}
    assert blank_secrets(None, "info", event) == event


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    structlog.get_logger("test").info("followed", meeting="m", clickmeeting_api_key=KEY)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "followed"
    assert line["clickmeeting_api_key"] == "***"
