"""A machine that lacks something gets one line that says what to do, before anything is half made."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with only what `scripts/prepare` itself needs."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "prepare", tmp_path / "scripts" / "prepare")
    (tmp_path / "taskpane").mkdir()
    return tmp_path


@pytest.fixture
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PATH with a shell's basics, without Python and Node."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("bash", "env", "dirname", "id", "cat"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def told(checkout: Path, path: Path, *arguments: str) -> str:
    result = subprocess.run(
        [str(path / "bash"), str(checkout / "scripts" / "prepare"), *arguments],
        env={"PATH": str(path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 2, result.stdout + result.stderr
    [line] = result.stderr.strip().splitlines()
    return line


def an_executable(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/usr/bin/env bash\n{text}\n")
    file.chmod(0o755)


def test_no_python_is_said(checkout: Path, bare_path: Path) -> None:
    line = told(checkout, bare_path, "python", "", "requirements.lock")
    assert "Python 3.11" in line
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_said(checkout: Path, bare_path: Path) -> None:
    an_executable(bare_path, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')
    line = told(checkout, bare_path, "python", "python3", "requirements.lock")
    assert "Python 3.9.2" in line
    assert not (checkout / ".venv").exists()


def test_no_node_is_said(checkout: Path, bare_path: Path) -> None:
    assert "Node 20" in told(checkout, bare_path, "pane")


def test_an_old_node_is_said(checkout: Path, bare_path: Path) -> None:
    an_executable(bare_path, "node", '[ "$1" = --version ] && echo v16.3.0 && exit 0; exit 1')
    an_executable(bare_path, "npm", "exit 0")
    assert "v16.3.0" in told(checkout, bare_path, "pane")


def test_a_folder_that_cannot_be_written_is_said() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "prepare", folder / "scripts" / "prepare")
        folder.chmod(0o555)
        result = subprocess.run(
            [str(folder / "scripts" / "prepare"), "pane"], capture_output=True, text=True, timeout=60, check=False,
            user=NOBODY if os.geteuid() == 0 else None,  # root may write everywhere
        )  # fmt: skip
        folder.chmod(0o755)
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert "cannot be written" in line
