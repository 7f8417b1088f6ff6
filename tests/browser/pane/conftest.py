"""The whole product and its sandbox in one process, and a page object for the pane in the compose window."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Locator, Page, Route, expect

from server.demo.running import Running, running

from ..conftest import Visitor

ROOT = Path(__file__).resolve().parents[3]
ORGANISER = "organiser@contoso.example"
# pictures are drawn on demand: PANE_PICTURES=<folder> or OUTLOOK_PICTURES=<folder> before pytest and the file
_DRAWN = {"PANE_PICTURES": "test_pane_pictures.py", "OUTLOOK_PICTURES": "test_outlook_pictures.py"}
collect_ignore = [name for variable, name in _DRAWN.items() if not os.environ.get(variable)]
HEARD = """() => new Promise((heard) => {
  const { item } = Office.context.mailbox;
  if (item) item.subject.getAsync(() => heard(0));
  else heard(0);
})"""
ITEM = "(() => desk.item)()"
FRAME = "iframe[src*='/taskpane/taskpane.html']"


@pytest.fixture(scope="session")
def product() -> Iterator[Running]:
    """Sandbox and server as the demo starts them; the pane must have been built."""
    built = ROOT / "taskpane" / "dist" / "taskpane.html"
    assert built.is_file(), "the pane is not built: run `npm run build` in taskpane/ (or `make setup`)"
    # one organiser does in a minute of tests what nobody does in an hour
    with running(api_calls_per_minute=100_000, log_level="ERROR") as both:
        yield both


@dataclass
class Compose:
    """The compose window of the sandbox's Outlook with the pane in it."""

    page: Page

    @property
    def pane(self) -> Frame:
        """The pane's frame; it is a new one after each opening."""
        return next(frame for frame in self.page.frames if "/taskpane/taskpane.html" in frame.url)

    @property
    def view(self) -> Locator:
        return self.page.frame_locator(FRAME).locator("#view")

    def phase(self, name: str) -> None:
        """Waits until the pane shows this phase."""
        expect(self.view, f"the pane should come to the phase {name}").to_have_attribute("data-phase", name)

    def press(self, selector: str) -> None:
        self.view.locator(selector).click()

    def settled(self) -> None:
        """Waits until what fills by itself has filled: preview, dates, people. What Outlook tells comes in order, so
        an answer of its own means that all changes before it were heard."""
        self.pane.evaluate(HEARD)
        expect(self.view.locator("[aria-busy=true]")).to_have_count(0)

    @property
    def heading(self) -> str:
        return self.view.locator("h1").inner_text()

    @property
    def item(self) -> dict[str, Any]:
        """The open appointment as Outlook holds it."""
        found: dict[str, Any] = self.page.evaluate(ITEM)
        return found

    @property
    def body(self) -> str:
        text: str = self.page.evaluate("desk.bodyHtml()")
        return text

    def desk(self, call: str) -> Any:
        """Plays Outlook's user or Outlook's faults."""
        return self.page.evaluate(f"desk.{call}")

    def fill(self, title: str = "Planning") -> None:
        """A single appointment next year with two people, words and a place of the organiser's own."""
        self.desk(f"setSubject({json.dumps(title)})")
        self.desk("setTimes('2027-01-11T09:00:00Z', '2027-01-11T09:30:00Z')")
        self.desk("addRecipient('paris@contoso.example')")
        self.desk("addRecipient('toronto@contoso.example', 'optional')")
        self.desk("setLocation('Room 7')")
        self.desk("setBody('<p>Hello all</p>')")

    def schedule(self) -> str:
        """Presses the main button and gives the link to join."""
        self.press("#add")
        self.phase("scheduled")
        return self.view.locator("#join-url").input_value()


@pytest.fixture
def compose(visitor: Visitor, product: Running) -> Callable[..., Compose]:
    """Opens a new appointment with the pane beside it."""

    def open_compose(query: str = "", upn: str = ORGANISER, ready: str = "editing") -> Compose:
        page = visitor.open(f"{product.description['base']}/outlook/{upn}/compose?pane{query}")
        window = Compose(page)
        if ready:
            window.phase(ready)
        return window

    return open_compose


@dataclass
class Answers:
    """Answers in our server's place, for the calls that a test names; all others reach the real server."""

    visitor: Visitor
    paths: list[str] = field(default_factory=list)

    def give(self, path: str, method: str, respond: Callable[[Route], None]) -> None:
        def route(one: Route) -> None:
            if one.request.method == method:
                respond(one)
            else:
                one.fallback()

        self.paths.append(f"**/api/v1{path}")
        self.visitor.context.route(self.paths[-1], route)

    def problem(self, path: str, method: str, status: int, **members: Any) -> None:
        """An RFC 9457 problem, as the server words them."""
        headers = {"Retry-After": str(members["retry_after"])} if "retry_after" in members else {}
        body = json.dumps({"type": "about:blank", "title": "Problem", "status": status} | members)
        self.give(
            path, method, lambda route: route.fulfill(
                status=status, content_type="application/problem+json", headers=headers, body=body
            ),
        )  # fmt: skip

    def forget(self) -> None:
        """From now on the real server answers everything again."""
        for path in self.paths:
            self.visitor.context.unroute(path)
        self.paths.clear()

    def unreachable(self, path: str, method: str) -> None:
        self.give(path, method, lambda route: route.abort("connectionrefused"))


@pytest.fixture
def answers(visitor: Visitor) -> Answers:
    return Answers(visitor)
