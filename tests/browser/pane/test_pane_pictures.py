"""Draws every state at 320 px in light, dark and forced colours into the folder that PANE_PICTURES names."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Answers, Compose
from .states import STATES, THEMES, State

Open = Callable[..., Compose]
WHOLE = "(frame) => { frame.style.cssText = 'position:fixed;inset:0;width:320px;height:900px;z-index:9' }"


@pytest.mark.parametrize("name", STATES)
def test_picture(compose: Open, answers: Answers, name: str) -> None:
    folder = Path(os.environ["PANE_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    state: State = STATES[name]
    window = state(compose, answers)
    window.page.locator("iframe[src*='/taskpane/taskpane.html']").evaluate(WHOLE)
    window.page.set_viewport_size({"width": 320, "height": 900})
    for theme, media in THEMES.items():
        window.page.emulate_media(**media, reduced_motion="reduce")
        picture = folder / f"{name}-{theme}.png"
        window.page.screenshot(path=picture)
        assert picture.stat().st_size > 5_000, f"{picture.name} shows something"
