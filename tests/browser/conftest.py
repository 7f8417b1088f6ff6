"""Chromium for the browser tests, and a visitor whose pages must stay on this machine and raise no error."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright

_PLACES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}
_ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot start
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=OptimizationHints,MediaRouter",
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

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc.rsplit(":", 1)[0] in _LOCAL:
            route.continue_()
        else:
            made.left.append(route.request.url)
            route.abort()

    def heard(message: ConsoleMessage) -> None:
        if message.text.startswith("outlook host:"):
            made.host_errors.append(message.text)

    context.route("http://**", guard)
    context.route("https://**", guard)
    context.on("weberror", lambda error: made.page_errors.append(str(error.error)))
    context.on("console", heard)
    yield made
    try:
        made.check()
    finally:
        context.close()
