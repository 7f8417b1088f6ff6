"""The pages of docs/: links lead somewhere, commands and settings exist, places that are named are there."""

import re
from pathlib import Path

import click
import pytest

from manifest import source
from server.cli import commands
from server.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), f"{names(page)} leads to {target}"
        if heading and file.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert heading in slugs, f"{names(page)} leads to {target}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_commands_exist_with_their_options(page: Path) -> None:
    text = page.read_text("utf-8")
    for line in re.findall(r"clickmeeting-addin ((?:[a-z][\w-]*)[^`\n;,.|()]*)", text):
        words = line.split()
        command: click.Command = commands
        while words and isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), words[0])
            assert inner is not None, f"{names(page)}: there is no {line}"
            command, words = inner, words[1:]
        offered = {option for one in command.params for option in one.opts} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in offered, f"{names(page)}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_settings_in_the_environment_are_settings(page: Path) -> None:
    for name in re.findall(r"CLICKMEETING_ADDIN_([A-Z_]+)\b", page.read_text("utf-8")):
        assert name == "FILE" or not name.strip("_") or name.lower() in Settings.model_fields, f"{names(page)}: {name}"


def test_every_place_that_the_security_page_names_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    places = set(re.findall(r"`((?:tests|addin|server|deploy|docs|taskpane)/[\w./-]+)`", text))
    assert len(places) > 30
    missing = [place for place in sorted(places) if not (ROOT / place).exists()]
    assert missing == []


def test_the_page_about_the_pane_names_every_function_that_the_manifests_call() -> None:
    text = (ROOT / "docs" / "pane.md").read_text("utf-8")
    functions = {one.function for one in source.COMMANDS if one.function} | {
        one.function for one in source.LAUNCH_EVENTS
    }
    assert {name for name in functions if f"`{name}`" not in text} == set()
