"""The organisation's invitation template: read from its file, shown in the block, replaced without a trace."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from desk_of_fakes import OWNER, Desk

from addin.composing import compose
from addin.invitation import body as invitation_body
from addin.model import Choices, Meeting, Timing
from addin.policy import Policy
from addin.scheduling import Request, schedule
from server.template import load

AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
FIRST = {"version": 1, "languages": {"en": {"footer": "<p>Call extension 100 for help.</p>"}}}
SECOND = {
    "version": 2,
    "languages": {
        "en": {"header": "<b>Contoso</b>", "footer": "<p>Ask the desk.</p>", "support": "support@contoso.example"}
    },
    "former": [FIRST],
}  # fmt: skip


def policy_of(tmp_path: Path, saved: Any) -> Policy:
    file = tmp_path / "template.json"
    file.write_text(saved if isinstance(saved, str) else json.dumps(saved), "utf-8")
    branding, former = load(file)
    return Policy(branding=branding, former_lines=former)


def block(meeting: Meeting, policy: Policy) -> Any:
    desk = Desk(policy=policy)
    return compose(meeting, desk.doors.numbers(), policy, desk.doors.links)


def a_meeting(language: str = "en") -> Meeting:
    request = Request(OWNER, OWNER, "Quarterly review", AT_TEN, Choices(language=language))
    return schedule(request, Desk().doors).meeting


def test_header_support_line_and_footer_stand_in_both_forms(tmp_path: Path) -> None:
    shown = block(a_meeting(), policy_of(tmp_path, SECOND))
    for words in ("Contoso", "Ask the desk.", "support@contoso.example"):
        assert words in shown.html
        assert words in shown.text


def test_a_language_without_a_template_has_the_built_in_block(tmp_path: Path) -> None:
    meeting = a_meeting("fr")
    assert block(meeting, policy_of(tmp_path, SECOND)).html == block(meeting, Policy()).html


@pytest.mark.parametrize("saved", ["{not json", "[]", json.dumps({"languages": {"tlh": {}}}), json.dumps(
    {"languages": {"en": {"logo_url": "http://contoso.example/logo.png"}}},
)])  # fmt: skip
def test_a_broken_template_gives_the_built_in_block_and_says_so(tmp_path: Path, saved: str) -> None:
    policy = policy_of(tmp_path, saved)
    assert policy.branding.problem is not None
    assert policy.branding.problem.startswith("The invitation template is not used:")
    meeting = a_meeting()
    assert block(meeting, policy).html == block(meeting, Policy()).html


def test_without_a_file_there_is_no_template() -> None:
    assert load(None) == (Policy().branding, ())


@pytest.mark.parametrize("content_type", ["html", "text"])
def test_a_block_of_an_earlier_template_is_replaced_whole(tmp_path: Path, content_type: str) -> None:
    meeting, (first, second) = a_meeting(), (policy_of(tmp_path, FIRST), policy_of(tmp_path, SECOND))
    old, new = block(meeting, first), block(meeting, second)
    where: dict[str, Any] = {"content_type": content_type, "join_url": new.join_url}
    words = "<p>Dear all</p>" if content_type == "html" else "Dear all\r\n"
    form = "html" if content_type == "html" else "text"
    before = invitation_body.put(words, getattr(old, form), **where)
    after = invitation_body.put(before, getattr(new, form), known=second.known_lines, **where)
    assert "extension 100" not in after
    assert after.count("Ask the desk.") == 1
    assert invitation_body.remove(after, known=second.known_lines, **where) == words
