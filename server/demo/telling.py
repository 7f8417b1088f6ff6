"""Shows the story on a terminal, short and readable; it knows nothing of whether it is true."""

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_ROOM_ROWS = (
    ("name", "Name"),
    ("room_pin", "Room ID"),
    ("room_url", "Address"),
    ("room_type", "Kind"),
    ("permanent_room", "Permanent"),
    ("starts_at", "Starts"),
    ("ends_at", "Ends"),
    ("phone_listener_pin", "Phone PIN"),
)
_NAMES = {
    "clickmeeting": ("call to ClickMeeting", "calls to ClickMeeting"),
    "graph": ("call to Graph (the people's own included)", "calls to Graph (the people's own included)"),
    "webhook": ("notification", "notifications"),
}


class Terminal:
    """A teller for `rich`. Widths follow the terminal; nothing depends on colour alone."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def chapter(self, title: str) -> None:
        self._console.print()
        self._console.rule(f"[bold]{title}", align="left")

    def did(self, sentence: str) -> None:
        self._console.print(Text(sentence))

    def holds(self, sentence: str, so: bool) -> None:
        mark = "[green]✓[/] " if so else "[bold red]✗ not so:[/] "
        self._console.print(mark, Text(sentence), sep="")

    def room(self, room: dict[str, Any]) -> None:
        table = Table(title="The room at ClickMeeting", title_justify="left", show_header=False, expand=False)
        for key, label in _ROOM_ROWS:
            if room.get(key) not in (None, ""):
                table.add_row(label, Text(str(room[key])))
        self._console.print(table)

    def invitation(self, text: str) -> None:
        self._console.print(Panel(Text(text.strip()), title="The shared invitation", title_align="left"))

    def mails(self, rows: list[tuple[str, str, str]]) -> None:
        table = Table(title="What each participant got", title_justify="left")
        for column in ("Mailbox", "Subject", "What it is"):
            table.add_column(column)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console.print(table)

    def cost(self, calls: dict[str, int], mails: int) -> None:
        told = ", ".join(_counted(count, *_NAMES[service]) for service, count in calls.items())
        self._console.print(Text(f"It cost: {told}; {_counted(mails, 'mail', 'mails')} in all.", style="dim"))

    def addresses(self, rows: list[tuple[str, str]]) -> None:
        """Where to go on by hand."""
        self.chapter("Explore it in a browser")
        for label, address in rows:
            self._console.print(Text(f"{label}: ", style="bold") + Text(address), soft_wrap=True)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
