"""Chromium for the browser tests, and a visitor whose pages must stay on this machine and raise no error."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, Request, sync_playwright

from sandbox.desk import Desk, Options

_PLACES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}
_ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot start
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=OptimizationHints,MediaRouter",
    # nothing leaves the machine; an interception of each request would say the same at several times the cost
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def find_chromium() -> str | None:
    """The browser named by CHROMIUM, else the first found on the path."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for place in _PLACES if (found := shutil.which(place))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        reason = "Chromium is not installed: install the package 'chromium' or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """A fresh browser context. `allowed_errors` names texts of page errors that a test provokes on purpose."""

    context: BrowserContext
    page_errors: list[str] = field(default_factory=list)
    host_errors: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    allowed_errors: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """A new page at `url`, once it says that it is ready (where it is one of the sandbox's Outlook)."""
        page = self.context.new_page()
        page.goto(url)
        if "/outlook/" in url and not url.endswith("/outlook/"):
            page.wait_for_selector("body[data-state]")
        return page

    def check(self) -> None:
        """No page error, no odd message to the Outlook host, no request that left the machine."""
        errors = [text for text in self.page_errors if not any(known in text for known in self.allowed_errors)]
        assert errors == [], "pages raised errors"
        assert self.host_errors == [], "the Outlook host saw messages that it does not know"
        assert self.left == [], "requests tried to leave the machine"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1366, "height": 900})
    context.set_default_timeout(15_000)
    made = Visitor(context)

    def asked(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.netloc.rsplit(":", 1)[0] not in _LOCAL:
            made.left.append(request.url)

    def heard(message: ConsoleMessage) -> None:
        if message.text.startswith("outlook host:"):
            made.host_errors.append(message.text)

    context.on("request", asked)
    context.on("weberror", lambda error: made.page_errors.append(str(error.error)))
    context.on("console", heard)
    yield made
    try:
        made.check()
    finally:
        context.close()


_ROOT = Path(__file__).parents[2]
OFFICE_JS = _ROOT / "taskpane" / "node_modules" / "@microsoft" / "office-js" / "dist"

_CALL = """async ([path, values]) => {
  const names = path.split(".");
  const method = names.pop();
  let owner = Office.context.mailbox;
  for (const name of names) owner = owner[name];
  return await new Promise((done) => {
    const timer = setTimeout(() => done({ status: "no answer" }), 1500);
    const asDate = (value) => value && value.date !== undefined ? new Date(value.date) : value;
    owner[method](...values.map(asDate), (result) => {
      clearTimeout(timer);
      done({ status: result.status, value: result.value, code: result.error && result.error.code });
    });
  });
}"""


@dataclass
class ComposeWindow:
    """A compose window of the sandbox's Outlook with the add-in's pane open."""

    page: Page
    pane: Frame

    def call(self, path: str, *values: Any) -> dict[str, Any]:
        """Call an asynchronous method below `Office.context.mailbox`; `{"date": ms}` among `values` becomes a Date."""
        found: dict[str, Any] = self.pane.evaluate(_CALL, [path, list(values)])
        return found

    def value(self, path: str, *values: Any) -> Any:
        """The value of a call that must succeed."""
        result = self.call(path, *values)
        assert result["status"] == "succeeded", f"{path}: {result}"
        return result["value"]

    def desk(self, expression: str, *values: Any) -> Any:
        """Play Outlook's user: `expression` of `desk` and `values` in the host's page."""
        return self.page.evaluate(f"(values) => {{ const desk = window.desk; return {expression}; }}", list(values))

    @property
    def item(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("window.desk.item")
        return found


class _PaneFiles(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        return super().translate_path(path.replace("/taskpane/", "/", 1))

    def log_message(self, *_: Any) -> None:
        """A test's output is no place for requests."""


@pytest.fixture(scope="session")
def plain_desk() -> Iterator[Desk]:
    """The sandbox with a pane that does nothing by itself in the place of the add-in's."""
    if not (OFFICE_JS / "office.js").is_file():
        pytest.fail("office.js is not installed: run 'npm ci' in taskpane/")
    folder = str(_ROOT / "tests" / "data" / "outlook_pane")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_PaneFiles, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with Desk(Options(server_url=f"http://127.0.0.1:{server.server_port}", office_js=OFFICE_JS)) as desk:
        yield desk
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def compose(visitor: Visitor, plain_desk: Desk) -> Iterator[Callable[..., ComposeWindow]]:
    """`compose(upn=..., **query)` opens a compose window whose pane is ready."""

    def open_window(upn: str = "organiser@contoso.example", **query: str) -> ComposeWindow:
        asked = f"?{urlencode(query)}" if query else ""
        page = visitor.open(f"{plain_desk.world.base}/outlook/{upn}/compose{asked}")
        page.click("#pane-button")
        handle = page.wait_for_selector("#pane-frame")
        frame = handle.content_frame() if handle else None
        assert frame is not None
        frame.wait_for_selector("#state:has-text('ready Outlook OfficeOnline')")
        return ComposeWindow(page, frame)

    yield open_window
    _forget(plain_desk)


def _forget(desk: Desk) -> None:
    desk.world.faults.clear()
    for service in desk.world.services.values():
        service.reset()
    desk.world.outbox.replace([])


@pytest.fixture
def phone(visitor: Visitor, plain_desk: Desk) -> Iterator[Page]:
    """A phone's compose form; its add-in has no pane."""
    yield visitor.open(f"{plain_desk.world.base}/outlook/organiser@contoso.example/phone")
    _forget(plain_desk)


READER = "paris@contoso.example"


@pytest.fixture
def read(visitor: Visitor, plain_desk: Desk) -> Iterator[Callable[..., ComposeWindow]]:
    """`read(**event)` lets the organiser invite a colleague and opens what that colleague reads, with the pane."""

    def open_window(**event: Any) -> ComposeWindow:
        graph: Any = plain_desk.world.services["graph"]
        zone = "Central European Standard Time"
        whole = {
            "subject": "Planning",
            "body": {"contentType": "html", "content": "<p>Hello</p>"},
            "start": {"dateTime": "2027-01-11T10:00:00", "timeZone": zone},
            "end": {"dateTime": "2027-01-11T10:30:00", "timeZone": zone},
            "attendees": [{"type": "required", "emailAddress": {"address": READER, "name": "Colleague in Paris"}}],
        } | event
        graph.client_save("organiser@contoso.example", whole, send=True)
        first = datetime.fromisoformat("2027-01-11T00:00:00+00:00")
        held = graph.client_events(READER, first, first + timedelta(days=1))[0]
        page = visitor.open(f"{plain_desk.world.base}/outlook/{READER}/event?{urlencode({'id': held['id']})}")
        page.evaluate("desk.openPane()")
        handle = page.wait_for_selector("#pane-frame")
        frame = handle.content_frame() if handle else None
        assert frame is not None
        frame.wait_for_selector("#state:has-text('ready Outlook OfficeOnline')")
        return ComposeWindow(page, frame)

    yield open_window
    _forget(plain_desk)
