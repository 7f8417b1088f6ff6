"""The command `doctor`: findings as lines for a person or as one JSON object; it checks nothing itself."""

import json
import sys
from pathlib import Path

import click

from server.doctor.findings import Finding, Outcome

_COLOURS = {Outcome.PASS: "green", Outcome.WARN: "yellow", Outcome.FAIL: "red"}


@click.command()
@click.option("--settings", "file", type=click.Path(path_type=Path, dir_okay=False), help="The settings file.")
@click.option("--pilot", help="Address of a mailbox that app-only access should reach.")
@click.option("--outside", help="Address of a mailbox that app-only access must not reach.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def doctor(file: Path | None, pilot: str | None, outside: str | None, as_json: bool) -> None:
    """Try everything that can be tried from here; exit 1 where something failed."""
    from server import logs
    from server.bootstrap import now
    from server.doctor.examination import Wish, examine

    logs.configure("ERROR")  # what a check meets is told as its finding
    found: list[Finding] = []
    for finding in examine(Wish(file, pilot, outside), now):
        found.append(finding)
        if not as_json:
            _tell(finding)
    counts = {outcome.value: sum(finding.outcome is outcome for finding in found) for outcome in Outcome}
    if as_json:
        click.echo(json.dumps({"ok": not counts["fail"], **counts, "findings": [one.as_json() for one in found]}))
    else:
        click.echo(f"{counts['pass']} passed, {counts['warn']} to look at, {counts['fail']} failed.")
    sys.exit(1 if counts["fail"] else 0)


def _tell(finding: Finding) -> None:
    outcome = click.style(f"{finding.outcome.value:<4}", fg=_COLOURS[finding.outcome], bold=True)
    click.echo(f"{outcome}  {finding.check:<16} {finding.text}")
    if finding.remedy:
        click.echo(f"{'':24}{finding.remedy}")
