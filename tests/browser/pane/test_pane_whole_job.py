"""The whole main job in a browser under the real office.js: open compose, press, send, move, look at the room."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import expect

from server.demo.client import Outside
from server.demo.running import Running

from ..conftest import Visitor
from .conftest import ORGANISER, ROOT, Compose

Open = Callable[..., Compose]
ZONE = "Central European Standard Time"
PICTURE = Path(os.environ.get("README_PICTURE", ROOT / "build" / "pane.png"))


def seen(product: Running, url: str) -> dict[str, Any]:
    """The room as ClickMeeting holds it."""
    found = requests.get(
        f"{product.description['control']}/rooms", verify=product.description["ca_file"], timeout=10
    ).json()
    [room] = [room for room in found if room["room_url"] == url]
    return dict(room)


def test_press_send_move_and_look_at_the_room(compose: Open, product: Running, visitor: Visitor) -> None:
    outside = Outside(product.description)
    window = compose()
    window.page.set_viewport_size({"width": 1280, "height": 800})
    window.fill("Quarterly review")
    window.desk("setBody('<p>Dear all,</p><p>please bring your figures.</p>')")
    window.press("#access-token")
    url = window.schedule()
    assert url in window.body
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    window.page.screenshot(path=PICTURE)

    window.page.locator("#send").click()
    outside.until(
        "both participants get the own token",
        lambda: all(
            [mail for mail in outside.mails(f"{name}@contoso.example") if "Quarterly review" in mail["subject"]
             and mail["kind"] == "mail"]
            for name in ("paris", "toronto")
        ),
    )  # fmt: skip
    before = seen(product, url)
    assert len(before["tokens"]) == 2

    graph: Any = product.desk.world.services["graph"]
    january = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
    [event] = [one for one in graph.client_events(ORGANISER, *january) if one["subject"] == "Quarterly review"]
    assert "please bring your figures." in event["body"]["content"], "the organiser's words stay"
    moved = [{"dateTime": f"2027-01-12T14:{minute}:00", "timeZone": ZONE} for minute in ("00", "30")]
    graph.client_move(ORGANISER, event["id"], *moved)
    outside.until(
        "the room follows to 14:00 in Warsaw",
        lambda: str(seen(product, url)["starts_at"]).startswith("2027-01-12T14:00") or None,
    )

    page = visitor.open(url)
    expect(page.locator("main")).to_contain_text("Quarterly review")
    expect(page.locator("main")).to_have_attribute("data-state", "asked")
