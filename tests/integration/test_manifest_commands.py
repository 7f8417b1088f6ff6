"""`manifest build` and `manifest check` as a person runs them; the manifests and icons that the server hands out."""

from pathlib import Path
from typing import Any

import pytest
from command_line import refused_here, run
from stage import Stage

from manifest import icons
from manifest.build import PACKAGE_NAME, XML_NAME

CLIENT_ID = "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"
GOOD = ["--host", "https://addin.contoso.example", "--client-id", CLIENT_ID]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both manifests, built by the command."""
    out = tmp_path_factory.mktemp("manifests")
    result = run("manifest", "build", *GOOD, "--out", str(out))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.splitlines() == [str(out / XML_NAME), str(out / PACKAGE_NAME)]
    return out


def test_build_gives_exactly_one_xml_and_one_zip(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [XML_NAME, PACKAGE_NAME]
    again = folder.parent / "again" / "deeper"
    assert run("manifest", "build", *GOOD, "--out", str(again)).returncode == 0
    for name in (XML_NAME, PACKAGE_NAME):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_check_passes_what_was_built(folder: Path) -> None:
    for files in ([XML_NAME], [PACKAGE_NAME], [XML_NAME, PACKAGE_NAME]):
        result = run("manifest", "check", *(str(folder / name) for name in files))
        assert result.returncode == 0, result.stdout
        assert result.stdout.endswith(": good.\n")


def test_check_tells_each_finding_with_file_line_and_remedy(folder: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.xml"
    text = (folder / XML_NAME).read_text("utf-8")
    wrong.write_text(
        text.replace("ReadWriteItem", "ReadWriteMailbox").replace('SendMode="PromptUser"', 'SendMode="Block"')
    )
    result = run("manifest", "check", str(wrong))
    assert result.returncode == 1
    *findings, last = result.stdout.splitlines()
    assert len(findings) == 2
    assert all(line.startswith(f"{wrong}:") and line.split(":")[1].isdigit() for line in findings)
    assert last.endswith("2 errors.")


@pytest.mark.parametrize(("arguments", "told"), [
    ([*GOOD[2:], "--host", "https://addin.contoso.example/path"], "no path"),
    ([*GOOD[2:], "--host", "http://addin.contoso.example"], "https"),
    ([*GOOD[2:], "--host", "https://localhost:8443"], "--allow-localhost"),
    ([*GOOD[:2], "--client-id", "00000000-0000-0000-0000-000000000000"], "placeholder"),
    ([*GOOD[:2], "--client-id", "YOUR-CLIENT-ID"], "no GUID"),
    (GOOD[:2], "--client-id"),
    (["--settings", "nowhere.toml"], "nowhere.toml"),
])  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(arguments: list[str], told: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert told in refused_here("manifest", "build", *arguments, "--out", str(out))
    assert not out.exists()


@pytest.mark.parametrize(("arguments", "told"), [
    ([], "--url"),
    (["a.xml", "--url", "https://addin.contoso.example"], "--url"),
    (["nowhere.xml"], "nowhere.xml"),
    (["--url", "http://addin.contoso.example"], "https"),
])  # fmt: skip
def test_wrong_use_of_check_is_one_line(arguments: list[str], told: str) -> None:
    assert told in refused_here("manifest", "check", *arguments)


def test_the_server_hands_out_manifests_and_icons_that_pass(stage: Stage) -> None:
    ca_file = str(stage.running.description["ca_file"])
    result = run("manifest", "check", "--url", stage.base, "--ca-file", ca_file, "--allow-localhost")
    assert result.returncode == 0, result.stdout + result.stderr
    untrusted = run("manifest", "check", "--url", stage.base, "--allow-localhost")
    assert untrusted.returncode == 1
    assert "certificate is not trusted" in untrusted.stdout


@pytest.mark.parametrize("name", ["app-16.png", "mobile-48x3.png"])
def test_icons_may_be_kept_and_nothing_else_is_found_there(stage: Stage, name: str) -> None:
    answer: Any = stage.api("GET", f"/taskpane/icons/{name}")
    assert answer.content == (icons.FOLDER / name).read_bytes()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    for other in ("drawing.py", "../source.py", "%2e%2e/source.py", "none.png"):
        assert stage.api("GET", f"/taskpane/icons/{other}").status_code == 404


def test_the_page_behind_support_and_privacy_is_there(stage: Stage) -> None:
    page = stage.api("GET", "/taskpane/about.html")
    assert page.status_code == 200
    assert all(f'id="{part}"' in page.text for part in ("help", "privacy", "terms"))
    assert stage.api("GET", "/taskpane/about.css").status_code == 200
