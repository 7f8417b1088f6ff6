"""The admin guide's own commands, run one after the other as they stand there, and its tables of options."""

import os
import re
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from command_line import COMMAND

from server.cli import commands

GUIDE = (Path(__file__).parents[2] / "docs" / "admin-guide.md").read_text("utf-8")
LINES = [
    line.removeprefix("clickmeeting-addin ")
    for block in re.findall(r"^```\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("clickmeeting-addin ")
]
# what a person types when `init --out addin` asks
ANSWERS = ["https://addin.example.com", "", "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01", "", "the-key", "", ""]


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """What runs on beside the other commands; stopped as a person would."""
    running: list[subprocess.Popen[str]] = []
    yield running
    for process in reversed(running):
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


def free_port() -> str:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return str(holder.getsockname()[1])


def until_it_says(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return
    raise AssertionError(f"ended without {text!r}")


def test_every_command_works_in_the_order_of_the_guide(
    tmp_path: Path, started: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("CLICKMEETING_ADDIN_")]:
        monkeypatch.delenv(name)
    https, http = free_port(), free_port()
    monkeypatch.setenv("CLICKMEETING_ADDIN_PORT", http)
    monkeypatch.chdir(tmp_path)
    for line in LINES:
        words = shlex.split(line.replace("8443", https).replace("8600", http))
        if words[-1] == "&":
            if len(started) == 2:
                stop(started.pop())  # the trial's server, whose port the real one takes
            process = subprocess.Popen(
                [*COMMAND, *words[:-1]], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            started.append(process)
            until_it_says(process, "Ctrl-C stops")
        elif words[-2:] != ["--url", "https://addin.example.com"]:  # nobody is there; the trial does the same
            # in this process, which is much quicker; test_commands holds that the processes do no other thing
            asked = words[0] == "init" and "--no-input" not in words
            if asked:  # what the guide keeps out of the command line; the trial has its own
                monkeypatch.setenv("CLICKMEETING_ADDIN_CLIENT_SECRET", "the-secret")
            result = CliRunner().invoke(commands, words, input="\n".join([*ANSWERS, ""]) if asked else None)
            assert result.exit_code == 0, f"{line}\n{result.output}"
    assert (tmp_path / "addin" / "entra-application-update.json").exists()
    assert (tmp_path / "manifests" / "clickmeeting-outlook.xml").exists()


@pytest.mark.parametrize(("names", "heading"), [
    (["init"], "option of `init`"),
    (["manifest build", "manifest check"], "option"),
])  # fmt: skip
def test_the_tables_name_every_option_and_no_other(names: list[str], heading: str) -> None:
    table = re.search(rf"^\| {re.escape(heading)} \|.*?\n((?:\|.*\n)+)", GUIDE, re.MULTILINE)
    assert table is not None
    told = set(re.findall(r"`(--[a-z-]+)`", "\n".join(row.split("|")[1] for row in table[1].splitlines())))
    offered: set[str] = set()
    for name in names:
        command: click.Command = commands
        for word in name.split():
            assert isinstance(command, click.Group)
            command = command.commands[word]
        offered |= {opt for one in command.params if isinstance(one, click.Option) for opt in one.opts}
    assert told == offered
