"""Microsoft's own npm tool finds our unified manifest valid, with no network: its JSON check brings the schemas along.

Its check of the XML manifest asks Microsoft's service and is no part of this. Version 3 sends no usage data.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from manifest.build import built
from manifest.package import unpack
from manifest.place import place

FOLDER = Path(__file__).parent / "office_addin_manifest"


@pytest.fixture(scope="module")
def tool() -> Path:
    if not (FOLDER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)
    return FOLDER / "node_modules" / ".bin" / "office-addin-manifest"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unified")
    made = built(place("https://addin.contoso.example", "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"))
    for name, data in unpack(made.package).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "manifest.json"


def validate(tool: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool, "validate", file], capture_output=True, text=True, timeout=120, check=False)


def test_the_unified_manifest_is_valid(tool: Path, unpacked: Path) -> None:
    result = validate(tool, unpacked)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_tool_does_look(tool: Path, unpacked: Path) -> None:
    content: dict[str, Any] = json.loads(unpacked.read_text("utf-8"))
    content["name"]["short"] = "x" * 31
    wrong = unpacked.with_name("wrong.json")
    wrong.write_text(json.dumps(content), "utf-8")
    assert validate(tool, wrong).returncode == 1
