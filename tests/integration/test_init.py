"""`init` as a person runs it: asked or told, never over what is there, enough for `serve` and for the manifests."""

import json
import os
import stat
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from command_line import refused_here

from sandbox.desk import Desk, Options
from server.cli import commands
from server.hosting import hosted
from server.settings import load

TENANT, CLIENT_ID = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01", "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"
GIVEN = ["--public-url", "https://addin.contoso.example", "--tenant", TENANT, "--no-input"]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CLICKMEETING_ADDIN_")]:
        monkeypatch.delenv(name)


def invoke(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(commands, list(arguments), input=answers)


def test_it_asks_and_writes_private_settings(tmp_path: Path) -> None:
    out = tmp_path / "addin"
    answers = ["https://addin.contoso.example", "", TENANT, CLIENT_ID, "the-secret", "the-key", "", "fr"]
    result = invoke("init", "--out", str(out), answers="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert "the-secret" not in result.output, "secrets are not shown while they are typed"
    settings = load(out / "settings.toml")
    assert settings.public_url == "https://addin.contoso.example"
    assert settings.default_language == "fr"
    assert settings.database_url == f"sqlite:///{out}/clickmeeting-addin.db"
    assert stat.S_IMODE((out / "settings.toml").stat().st_mode) == 0o600
    assert sorted(path.name for path in out.iterdir()) == [
        "entra-application-update.json", "entra-application.json", "settings.toml", "steps.md",
    ]  # fmt: skip


def test_what_is_there_is_not_overwritten_unless_it_was_said_how(tmp_path: Path) -> None:
    out = str(tmp_path)
    assert invoke("init", "--out", out, *GIVEN).exit_code == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert "--update" in refused_here("init", "--out", out, *GIVEN)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    updated = invoke("init", "--out", out, "--update", "--no-input", "--client-id", CLIENT_ID, "--client-secret", "s")
    assert updated.exit_code == 0, updated.output
    kept = tomllib.loads((tmp_path / "settings.toml").read_text())
    assert kept["encryption_keys"] == tomllib.loads(before["settings.toml"].decode())["encryption_keys"]
    assert kept["client_id"] == CLIENT_ID

    assert invoke("init", "--out", out, "--force", *GIVEN).exit_code == 0
    assert tomllib.loads((tmp_path / "settings.toml.old").read_text()) == kept
    assert stat.S_IMODE((tmp_path / "settings.toml.old").stat().st_mode) == 0o600
    assert tomllib.loads((tmp_path / "settings.toml").read_text())["encryption_keys"] != kept["encryption_keys"]


@pytest.mark.parametrize(("arguments", "told"), [
    (["--no-input"], "--public-url"),
    ([*GIVEN, "--client-id", "YOUR-ID"], "no GUID"),
    ([*GIVEN, "--set", "port"], "NAME=VALUE"),
    ([*GIVEN, "--set", "prot=1"], "NAME=VALUE"),
    ([*GIVEN, "--set", "port=many"], "port"),
    ([*GIVEN, "--update"], "does not exist"),
    ([*GIVEN, "--update", "--force"], "not both"),
    ([*GIVEN, "--cloud", "moon"], "moon"),
    ([*GIVEN, "--sandbox", "nowhere.json"], "--ready-file"),
    ([*GIVEN, "--client-certificate", "nowhere.pem"], "PEM"),
])  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(arguments: list[str], told: str, tmp_path: Path) -> None:
    out = tmp_path / "addin"
    assert told in refused_here("init", "--out", str(out), *arguments)
    assert not out.exists()


def test_answers_that_end_early_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    result = invoke("init", "--out", str(tmp_path / "addin"), answers="https://addin.contoso.example\n")
    assert result.exit_code != 0
    assert "--no-input" in result.output
    assert not (tmp_path / "addin").exists()


def test_secrets_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKMEETING_ADDIN_CLICKMEETING_API_KEY", "from-outside")
    assert invoke("init", "--out", str(tmp_path), *GIVEN).exit_code == 0
    assert tomllib.loads((tmp_path / "settings.toml").read_text())["clickmeeting_api_key"] == "from-outside"


def test_against_the_sandbox_it_is_enough_to_serve_and_to_build_manifests(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with Desk(Options()) as desk:
        ready.write_text(json.dumps(desk.description()), "utf-8")
        out = tmp_path / "addin"
        result = invoke("init", "--out", str(out), "--sandbox", str(ready), "--set", "port=0", "--no-input")
        assert result.exit_code == 0, result.output
        settings = load(out / "settings.toml")
        with hosted(settings) as url:
            desk.world.server_url = url
            known: Any = desk.description()
            health = requests.get(f"{known['base']}/readyz", verify=known["ca_file"], timeout=30)
            assert health.status_code == 200
            assert "tidying" in {one.name for one in threading.enumerate()}, "what is over goes while it runs"
            manifests = str(out / "manifests")
            built = invoke(
                "manifest", "build", "--settings", str(out / "settings.toml"), "--out", manifests, "--allow-localhost"
            )
            assert built.exit_code == 0, built.output
            checked = invoke("manifest", "check", *built.output.split(), "--allow-localhost")
            assert checked.exit_code == 0, checked.output
            served = invoke(
                "manifest", "check", "--url", known["base"], "--ca-file", known["ca_file"], "--allow-localhost"
            )
            assert served.exit_code == 0, served.output
            link = (out / "steps.md").read_text().partition("<http")[2].partition(">")[0]
            page = requests.get(f"http{link}", verify=known["ca_file"], timeout=30)
            assert page.status_code == 200, "the sandbox's Entra takes the consent link"
