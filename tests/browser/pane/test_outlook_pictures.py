"""Draws every page of the sandbox's Outlook, after a real meeting, into the folder that OUTLOOK_PICTURES names.

Each in light and dark, 1280 by 800 and 400 pixels wide.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from server.demo.running import Running

from .conftest import ORGANISER, Compose

Act = Callable[[Page], Any]
PARIS = "paris@contoso.example"
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SIZES = ((1280, 800), (400, 800))


def nothing(_: Page) -> None:
    """The page as it opens."""


def scheduled(window: Compose) -> None:
    """A meeting with personal tokens is added by the pane and sent."""
    window.fill("Quarterly review")
    window.desk("setBody('<p>Hello all,</p><p>we look at the quarter together.</p>')")
    window.desk("addRecipient('guest@fabrikam.example')")
    window.view.locator("input[value=token]").check()
    window.schedule()
    window.page.click("#send")
    window.page.wait_for_url("**done=sent*")


def found(page: Page, base: str, upn: str) -> str:
    """The id of the meeting in this person's calendar."""
    page.goto(f"{base}/{upn}?date=2027-01-11&view=week")
    identity = page.locator(".event", has_text="Quarterly review").get_attribute("data-id")
    assert identity is not None
    return identity


def test_pictures(compose: Callable[..., Compose], product: Running, visitor: Any) -> None:
    folder = Path(os.environ["OUTLOOK_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    base = f"{product.description['base']}/outlook"
    window = compose()
    scheduled(window)
    page = window.page
    page.goto(f"{base}/who")
    expect(page.locator(".mail-chip.mail"), "personal invitations have come").to_have_count(3, timeout=20_000)
    own, copy = found(page, base, ORGANISER), found(page, base, PARIS)
    calendar = f"{base}/{ORGANISER}?date=2027-01-11"
    # a pane shows what was made when it is opened again
    pane = f"{base}/{ORGANISER}/compose?{urlencode({'id': own, 'pane': ''})}"
    pictures: dict[str, tuple[str, Act]] = {
        "people": (f"{base}/", nothing),
        "week": (f"{calendar}&view=week", nothing),
        "list": (f"{calendar}&view=list", nothing),
        "settings": (f"{calendar}&view=week", lambda page: page.click("#settings-button")),
        "mail": (f"{base}/{PARIS}/mail", nothing),
        "who": (f"{base}/who", nothing),
        "letter": (f"{base}/who", lambda page: page.click(".mail-chip.mail >> nth=1")),
        "compose": (pane, lambda _: window.phase("scheduled")),
        "repeat": (f"{base}/{ORGANISER}/compose", lambda page: page.click("#repeat")),
        "read": (f"{base}/{PARIS}/event?{urlencode({'id': copy})}", nothing),
        "phone": (f"{base}/{ORGANISER}/phone", nothing),
    }
    for name, (url, act) in pictures.items():
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(url)
            page.wait_for_load_state("networkidle")
            act(page)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                if name == "compose":
                    window.pane.evaluate(PAINTED)
                picture = folder / f"{name}-{scheme}-{width}.png"
                page.screenshot(path=picture)
                assert picture.stat().st_size > 5_000, f"{picture.name} shows something"
