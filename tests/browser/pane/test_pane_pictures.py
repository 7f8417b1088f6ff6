"""Draws every state at 320 px in light, dark and forced colours into the folder that PANE_PICTURES names."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import FRAME, Answers, Compose
from .states import JOURNEYS, THEMES

Open = Callable[..., Compose]
WHOLE = "(frame) => { frame.style.cssText = 'position:fixed;inset:0;width:320px;height:100%;z-index:9' }"
CONTENT = "document.documentElement.scrollHeight"
SHORTEST = 560


@pytest.mark.parametrize("name", JOURNEYS)
def test_pictures(compose: Open, answers: Answers, name: str) -> None:
    folder = Path(os.environ["PANE_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    for state, window in JOURNEYS[name](compose, answers):
        if state != "scheduling":
            window.settled()
        window.page.locator(FRAME).evaluate(WHOLE)
        window.page.set_viewport_size({"width": 320, "height": SHORTEST})
        window.page.set_viewport_size({"width": 320, "height": window.pane.evaluate(CONTENT)})
        for theme, media in THEMES.items():
            window.page.emulate_media(**media, reduced_motion="reduce")
            picture = folder / f"{state}-{theme}.png"
            window.page.screenshot(path=picture)
            assert picture.stat().st_size > 5_000, f"{picture.name} shows something"
        # a frame that is made under emulated contrast colours keeps their canvas
        window.page.emulate_media(**THEMES["light"])
