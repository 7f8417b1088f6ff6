"""Runs the installed command as a person does, and holds its refusals to one line."""

import io
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from server.cli import main

COMMAND = [str(Path(sys.executable).with_name("clickmeeting-addin"))]


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """To its end, at most two minutes."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, **more)


def refused(result: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one line of standard error, after which nothing was done."""
    assert result.returncode == code, result.stdout + result.stderr
    [line] = result.stderr.strip().splitlines()
    assert "Traceback" not in line
    return line


def refused_here(*arguments: str, code: int = 2) -> str:
    """The same in this process, which is quicker and skips only the start of Python."""
    told = io.StringIO()
    with redirect_stderr(told), pytest.raises(SystemExit) as stop:
        main(list(arguments))
    assert stop.value.code == code, told.getvalue()
    [line] = told.getvalue().strip().splitlines()
    return line
