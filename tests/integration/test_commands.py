"""The command line as a person uses it: real processes, exit codes, one line when something is wrong."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from command_line import COMMAND, refused, run

ROOT = Path(__file__).parents[2]


def started(process: subprocess.Popen[str], text: str) -> str:
    """The line of standard output that holds `text`."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()  # nobody may block on a full pipe
            return line
    raise AssertionError(f"ended without saying {text!r}: {process.wait()}")


@pytest.mark.parametrize(("arguments", "told"), [
    (["nothing"], "nothing"),
    (["demo", "--nothing"], "--nothing"),
    (["demo", "--port", "many"], "many"),
    (["demo", "--port", "70000"], "70000"),
    (["sandbox", "--ready-file"], "--ready-file"),
    (["serve", "--settings", "nowhere.toml"], "nowhere.toml"),
])  # fmt: skip
def test_wrong_use_is_one_line_that_points_to_help(arguments: list[str], told: str) -> None:
    assert told in refused(run(*arguments))


def test_a_taken_port_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = refused(run("demo", "--once", "--port", str(taken.getsockname()[1])))
    assert "port is taken" in line
    assert "--port" in line


def test_an_unwritable_place_says_what_to_do(tmp_path: Path) -> None:
    for option in ("--capture", "--ready-file"):
        line = refused(run("demo", "--once", option, str(tmp_path / "no-such-folder" / "file")))
        assert "no-such-folder" in line


def test_an_unknown_setting_stops_the_start() -> None:
    line = refused(run("serve", env=os.environ | {"CLICKMEETING_ADDIN_PRT": "1"}))
    assert "CLICKMEETING_ADDIN_PRT" in line


def test_every_option_of_the_sandboxes_page_exists_and_the_other_way_round() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(--[a-z-]+)`", page, re.MULTILINE))
    offered = set(re.findall(r"(--[a-z-]+)", run("sandbox", "--help").stdout)) - {"--help"}
    assert documented == offered


def test_the_sandbox_alone_is_ready_for_foreign_clients_and_stops_politely(tmp_path: Path) -> None:
    ready, authority, state = tmp_path / "ready.json", tmp_path / "ca.pem", tmp_path / "state.json"
    options = ["--port", "0", "--ready-file", str(ready), "--ca-file", str(authority), "--state", str(state)]
    rooms = []
    for _ in range(2):
        process = subprocess.Popen([*COMMAND, "sandbox", *options], stdout=subprocess.PIPE, text=True)
        try:
            started(process, "The sandbox is up")
            known = json.loads(ready.read_text("utf-8"))
            assert set(known) >= {"base", "http_base", "ca_file", "clickmeeting", "graph", "control", "tenants"}
            assert known["ca_file"] == str(authority)
            key = {"X-Api-Key": known["clickmeeting"]["api_key"]}
            form = {"name": "Kept", "room_type": "meeting", "permanent_room": "1", "access_type": "1"}
            url = f"{known['clickmeeting']['url']}/conferences"
            assert requests.post(url, data=form, headers=key, verify=str(authority), timeout=10).status_code == 201
            plain = known["clickmeeting"]["url"].replace(known["base"], known["http_base"])
            found = requests.get(f"{plain}/conferences/active", headers=key, timeout=10).json()
            rooms.append(len(found))
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
    assert rooms == [1, 2], "the state file keeps the first room for the second start"


def test_the_demo_writes_its_ready_file_and_stops_on_interrupt(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen([*COMMAND, "demo", "--ready-file", str(ready)], stdout=subprocess.PIPE, text=True)
    try:
        started(process, "Ctrl-C stops")
        known = json.loads(ready.read_text("utf-8"))
        assert "url" in known["server"]
        health = requests.get(f"{known['base']}/healthz", verify=known["ca_file"], timeout=10)
        assert health.text == "ok\n"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_the_database_is_upgraded_and_its_version_told(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    example = (ROOT / "docs" / "settings.example.toml").read_text("utf-8")
    key = base64.urlsafe_b64encode(bytes(range(32))).decode()
    example = example.replace("REPLACE-WITH-32-BYTES-AS-URL-SAFE-BASE64=", key)
    settings.write_text(re.sub(r'database_url = ".*"', f'database_url = "sqlite:///{tmp_path}/a.db"', example))
    assert run("db", "status", "--settings", str(settings)).returncode == 1
    assert run("db", "upgrade", "--settings", str(settings)).returncode == 0
    assert run("db", "upgrade", "--settings", str(settings)).returncode == 0, "safe to repeat"
    assert run("db", "status", "--settings", str(settings)).returncode == 0


@pytest.mark.postgres
def test_a_worker_beside_a_server_starts_and_stops_politely_on_postgresql(
    tmp_path: Path, empty_postgres: Callable[[], str]
) -> None:
    settings = tmp_path / "settings.toml"
    example = (ROOT / "docs" / "settings.example.toml").read_text("utf-8")
    key = base64.urlsafe_b64encode(bytes(range(32))).decode()
    example = example.replace("REPLACE-WITH-32-BYTES-AS-URL-SAFE-BASE64=", key)
    settings.write_text(re.sub(r'database_url = ".*"', f'database_url = "{empty_postgres()}"', example))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    watched = os.environ | {"CLICKMEETING_ADDIN_WORKER_PORT": str(port)}
    command = [*COMMAND, "worker", "--settings", str(settings)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=watched)
    try:
        assert process.stderr is not None
        assert any("Working." in line for line in process.stderr)
        answers = {name: requests.get(f"http://127.0.0.1:{port}/{name}", timeout=10) for name in ("readyz", "metrics")}
        assert answers["readyz"].text == "ready\n"
        assert "clickmeeting_addin_at_work" in answers["metrics"].text
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_a_worker_on_sqlite_is_refused_and_keys_are_rotated(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    example = (ROOT / "docs" / "settings.example.toml").read_text("utf-8")
    key = base64.urlsafe_b64encode(bytes(range(32))).decode()
    example = example.replace("REPLACE-WITH-32-BYTES-AS-URL-SAFE-BASE64=", key)
    settings.write_text(re.sub(r'database_url = ".*"', f'database_url = "sqlite:///{tmp_path}/a.db"', example))
    assert "clickmeeting-addin serve" in refused(run("worker", "--settings", str(settings)))
    rotated = run("rotate-keys", "--settings", str(settings))
    assert rotated.returncode == 0, rotated.stderr
    assert "meetings: 0" in rotated.stdout
