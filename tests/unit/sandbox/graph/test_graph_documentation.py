"""The documentation of the Graph stand-in names every switch with its default, and every verb."""

import json
import re
from pathlib import Path
from typing import Any

TEXT = (Path(__file__).parents[4] / "docs" / "sandbox-graph.md").read_text("utf-8")


def test_every_switch_is_documented_with_its_default(desk: Any) -> None:
    documented = {name: json.loads(value) for name, value in re.findall(r"\| `(graph\.\w+)` \| `(.+?)` \|", TEXT)}
    declared = {name: value for name, value in desk.world.faults.describe()["switches"].items() if "graph." in name}
    assert documented == declared


def test_every_verb_is_documented(desk: Any) -> None:
    verbs = set(re.findall(r"^\| `([a-z-]+)` \| `\{", TEXT, re.MULTILINE))
    assert verbs == {"idle", "lifecycle", "touch", "forget-delta", "share", "person"}
    for verb in ("idle", "forget-delta"):
        desk.graph.control(verb, {})
