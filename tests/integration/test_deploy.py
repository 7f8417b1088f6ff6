"""What deploy/ promises: files and settings that exist, figures that are counted, an image that is enough."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.ops.metrics import Metrics
from server.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
OFFERED = {
    family.name + suffix for family in Metrics().registry.collect() for suffix in _SUFFIXES[family.type]
}  # a labelled figure has no sample before its first use


def copies() -> list[tuple[list[str], str]]:
    """(sources, target) of every COPY from the build context."""
    found = []
    for line in (DEPLOY / "Containerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *sources, target = line.split()[1:]
            found.append((sources, target))
    return found


def test_every_file_that_the_image_copies_exists() -> None:
    assert len(copies()) > 5
    for sources, _ in copies():
        for source in sources:
            assert (ROOT / source).exists(), source


def test_what_the_image_holds_is_enough_to_run_and_holds_no_stand_ins(tmp_path: Path) -> None:
    final = (DEPLOY / "Containerfile").read_text("utf-8").split("FROM ")[-1]
    for sources, target in copies():
        if any(f"COPY {' '.join(sources)} {target}" in line for line in final.splitlines()):
            for source in sources:
                place = tmp_path / source
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / source, place)
    assert not (tmp_path / "sandbox").exists()
    assert not (tmp_path / "tests").exists()
    environment = os.environ | _example() | {
        f"{PREFIX}DATABASE_URL": f"sqlite:///{tmp_path}/image.db", "PYTHONPATH": str(tmp_path),
    }  # fmt: skip
    script = "import sys; sys.modules['sandbox'] = None; from server.cli import main; main(sys.argv[1:])"
    for arguments in (
        ["db", "upgrade"],
        ["db", "status"],
        ["serve", "--help"],
        ["worker", "--help"],
        ["doctor", "--help"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _example() -> dict[str, str]:
    lines = (DEPLOY / "settings.env.example").read_text("utf-8").splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    key = "REPLACE-WITH-32-BYTES-AS-URL-SAFE-BASE64="
    return {name: value.replace(key, "A" * 43 + "=") for name, value in pairs.items()}


def test_the_example_sets_every_required_setting_and_no_unknown_one() -> None:
    named = {name.removeprefix(PREFIX).lower() for name in _example()}
    assert named <= set(Settings.model_fields)
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert required <= named


def test_the_compose_file_runs_commands_and_settings_that_exist() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = compose["services"]
    assert set(services) >= {"proxy", "web", "worker", "migrate", "db"}
    for name in ("web", "worker", "migrate"):
        command = [sys.executable, "-m", "server", *services[name]["command"], "--help"]
        script = "import sys; from server.cli import main; main(sys.argv[1:])"
        done = subprocess.run([sys.executable, "-c", script, *command[3:]], capture_output=True, check=False)
        assert done.returncode == 0, name
        for setting in services[name]["environment"]:
            assert setting.removeprefix(PREFIX).lower() in Settings.model_fields
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (DEPLOY / source).is_file(), source


def _expressions() -> dict[str, str]:
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))
    found = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    for panel in board["panels"]:
        for number, target in enumerate(panel.get("targets", ())):
            found[f"{panel['title']} {number}"] = target["expr"]
    return found


@pytest.mark.parametrize("name", sorted(_expressions()))
def test_alerts_and_dashboard_ask_only_for_figures_that_are_counted(name: str) -> None:
    asked = set(re.findall(r"clickmeeting_addin_\w+", _expressions()[name]))
    assert asked, "an expression without a figure"
    assert asked <= OFFERED


def test_every_figure_is_explained_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `(clickmeeting_addin_\w+)", page, re.MULTILINE))
    offered = {re.sub("_total$", "", family.name) for family in Metrics().registry.collect()}
    assert {re.sub("_total$", "", name) for name in explained} == offered
