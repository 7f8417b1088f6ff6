"""The command `demo`: start everything, tell the story, stay for exploring; exit codes as documented."""

import signal
import threading
from pathlib import Path

from rich.console import Console

from server.demo.client import NotSo, Outside
from server.demo.running import Running, running
from server.demo.story import ORGANISER, Story
from server.demo.telling import Terminal


def run(*, once: bool, port: int, capture: Path | None, ready_file: Path | None) -> int:
    """0 when every sentence of the story was true, 1 when one was not."""
    console = Console()
    teller = Terminal(console)
    with running(port=port, capture=capture, ready_file=ready_file) as stage:
        untrue = _tell(stage, teller)
        if untrue:
            console.print(f"\n[bold red]{len(untrue)} of the story's sentences did not hold:[/]")
            for sentence in untrue:
                console.print(f"  {sentence}", markup=False)
            return 1
        console.print("\n[bold green]Everything the story tells was so.[/]")
        teller.addresses(_addresses(stage))
        if not once:
            _until_interrupted(console)
    return 0


def _tell(stage: Running, teller: Terminal) -> list[str]:
    scope = f"{stage.settings.application_uri}/{stage.settings.api_scope}"
    story = Story(Outside(stage.description), teller, stage.settings.add_in_id, scope)
    try:
        story.tell()
    except NotSo as error:
        story.untrue.append(str(error))
    return story.untrue


def _until_interrupted(console: Console) -> None:
    # a shell that starts it in the background has it ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        console.print("\nYour browser will ask about the sandbox's own certificate. Ctrl-C stops.")
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def _addresses(stage: Running) -> list[tuple[str, str]]:
    base = stage.description["base"]
    return [
        ("Outlook of the organiser", f"{base}/outlook/{ORGANISER}"),
        ("Outlook of everybody", f"{base}/outlook"),
        ("The rooms", f"{base}/control/rooms"),
        ("All mail", f"{base}/control/outbox"),
        ("The product's API", f"{base}/api/v1/openapi.json"),
    ]
