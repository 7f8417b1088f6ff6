"""From start to ready against importing the third-party packages alone, each in a new process, by turns.

python -m bench.starting
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.common.measuring import by_turns, machine, tell
from bench.common.product import ROOT, opened, settings_file

THIRD_PARTY = (
    "import flask, flask_openapi3, pydantic_settings, msal, O365, requests, sqlalchemy, alembic.command, stamina, jwt, "
    "cryptography.fernet, jinja2, babel.dates, phonenumbers, lxml.html, structlog, prometheus_client, waitress, click, "
    "icalendar, flask_limiter, nh3, dateutil.rrule"
)


def cpu_of_imports() -> float:
    """CPU seconds of a process that only imports."""
    tick = "import resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    done = subprocess.run(
        [sys.executable, "-c", f"{THIRD_PARTY}\n{tick}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def cpu_until_ready(command: list[str]) -> float:
    """CPU seconds of a server up to the line that says that it serves; Linux only."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        if not any("Serving" in line for line in process.stderr):
            raise RuntimeError("the server did not become ready")
        used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        process.kill()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Both sides once unmeasured, so that everything is in the disk cache."""
    tell(machine())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        opened(url).close()
        settings = settings_file(Path(folder), url)
        serve = [str(Path(sys.executable).with_name("clickmeeting-addin")), "serve", "--settings", str(settings)]
        sides = {
            "start": lambda: cpu_until_ready(serve),
            "imports": cpu_of_imports,
        }
        for side in sides.values():
            side()
        found = by_turns(sides)
    tell(
        f"CPU from start to ready {found['start'] * 1e3:.0f} ms, of the third-party imports alone "
        f"{found['imports'] * 1e3:.0f} ms: ratio {found['start'] / found['imports']:.2f} (goal <= 1.2)"
    )


if __name__ == "__main__":
    main()
