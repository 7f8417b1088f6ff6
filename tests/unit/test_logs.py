"""No secret reaches a log, whatever a caller hands over."""

import json
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy import exc, text

from server.api.problems import from_fault
from server.logs import blank_secrets, configure
from server.store.database import Database

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


def test_a_fault_behind_a_mailed_link_is_logged_by_its_route(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    app = Flask("test")
    app.register_error_handler(Exception, from_fault)

    @app.get("/j/<reference>/<person>/<signature>")
    def join(reference: str, person: str, signature: str) -> str:
        raise RuntimeError("broken")

    assert app.test_client().get("/j/REFERENCE/PERSON/SIGNATURE").status_code == 500
    shown = capsys.readouterr().err
    assert "/j/<reference>/<person>/<signature>" in shown
    for part in ("REFERENCE", "PERSON", "SIGNATURE"):
        assert part not in shown


def test_a_failure_of_the_database_holds_no_value(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/values.db", connections=2)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (address TEXT PRIMARY KEY)"))
    row = {"address": "guest@fabrikam.example"}
    statement = text("INSERT INTO person VALUES (:address)")
    database.execute(statement, [row])
    with pytest.raises(exc.IntegrityError) as caught:
        database.execute(statement, [row])
    assert "guest@" not in str(caught.value)
    database.close()
