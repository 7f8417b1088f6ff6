"""The sandbox's page names every switch of its Outlook with its default, every page, and every verb of `desk`."""

import json
import re
from pathlib import Path

from manifest.source import ATTENDEE, COMMANDS, LAUNCH_EVENTS, MOBILE, ORGANISER, Surface
from sandbox.outlook import configuration
from sandbox.outlook.service import OutlookService
from sandbox.outlook.switches import SWITCHES, check
from sandbox.world import World

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
DESK = (ROOT / "sandbox" / "outlook" / "static" / "desk.js").read_text("utf-8")


def test_every_switch_is_documented_with_its_default_which_is_a_legal_value() -> None:
    documented = {name: json.loads(value) for name, value in re.findall(r"\| `(outlook\.\w+)` \| `(.+?)` \|", TEXT)}
    assert documented == check(dict(SWITCHES))


def test_the_faults_of_the_example_are_legal() -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith("| `outlook.office_faults`"))
    ways = re.findall(r'`("(?:code|deny|delay|drop|behind)": [^`]+)`', row)
    assert len(ways) == 5
    for way in ways:
        check({"outlook.office_faults": [json.loads(f'{{"dispatch": 18, "times": 1, {way}}}')]})


def test_every_verb_of_the_desk_is_documented() -> None:
    table = TEXT[TEXT.index("`window.desk`") : TEXT.index("## Control")]
    documented = set(re.findall(r"`(\w+)`", "".join(line for line in table.splitlines() if line.startswith("| `"))))
    own = re.findall(r"^    (?:get )?(\w+)(?:: |\(\) \{|,$)", DESK, re.MULTILINE)
    assert documented == set(own)


def test_every_page_is_documented() -> None:
    made = OutlookService(World.make())
    adapter = made._app.url_map
    pages = {
        rule.rule for rule in adapter.iter_rules()
        if "GET" in (rule.methods or ()) and not re.match(r"/(api|office|static)/", rule.rule)
    }  # fmt: skip
    documented = re.findall(r"^\| `/outlook(/[^`?]*)", TEXT, re.MULTILINE)
    assert {page.replace("<upn>", "<person>") for page in pages} == set(documented)


def test_buttons_and_handlers_are_those_of_the_manifest() -> None:
    def functions(surface: Surface) -> list[str | None]:
        return [one.function for one in COMMANDS if one.surface is surface and one.function]

    assert [one["function"] for one in configuration.COMMANDS] == functions(ORGANISER) == functions(MOBILE)
    assert [one["function"] for one in configuration.READ_COMMANDS] == functions(ATTENDEE)
    known = set(configuration.LAUNCH_EVENTS)
    assert {one.function for one in LAUNCH_EVENTS} <= known
