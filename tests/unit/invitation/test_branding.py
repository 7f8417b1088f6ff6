"""What administrators add: sanitised, in the block, taken out again with it, never able to break it."""

from dataclasses import replace

import pytest

from addin.errors import InvalidInput
from addin.invitation import body as bodies
from addin.invitation import branding, render
from addin.invitation.content import Invitation
from addin.model import Kind

URL = "https://acme.clickmeeting.com/quarterly-review"
INVITATION = Invitation(kind=Kind.MEETING, title="", join_url=URL, room_id=518204773)
SAVED = {
    "version": 3,
    "languages": {
        "en": {
            "header": '<p style="color:#333333;position:fixed">Welcome to <b>Contoso</b><script>x()</script></p>',
            "footer": 'Recordings are kept <a href="https://contoso.example/policy" onclick="x()">30 days</a>.',
            "logo_url": "https://contoso.example/logo.png",
            "support": "Help: desk@contoso.example & <phone>",
        }
    },
}


def test_additions_stand_in_the_block_without_what_outlook_cannot_show() -> None:
    block = render.block_html(INVITATION, branding.branding_from_json(SAVED))
    assert '<img src="https://contoso.example/logo.png" alt="ClickMeeting"' in block
    assert "Welcome to <b>Contoso</b>" in block
    assert not [bad for bad in ("script", "onclick", "position", "x()") if bad in block]
    assert "desk@contoso.example &amp; &lt;phone&gt;" in block
    text = render.block_text(INVITATION, branding.branding_from_json(SAVED))
    assert text.index("Welcome to Contoso") < text.index("Join the meeting") < text.index("30 days")


@pytest.mark.parametrize("content_type", ["html", "text"])
def test_changed_additions_leave_nothing_of_the_old(content_type: str) -> None:
    draw = render.block_html if content_type == "html" else render.block_text
    old, new = (
        branding.branding_from_json(SAVED),
        branding.branding_from_json({"languages": {"en": {"support": "Ask us"}}}),
    )
    body = bodies.put("Hello", draw(INVITATION, old), content_type=content_type, join_url=URL)
    known = old.known_lines()
    changed = bodies.put(body, draw(INVITATION, new), content_type=content_type, join_url=URL, known=known)
    assert "Ask us" in changed
    assert not [gone for gone in ("Contoso", "30 days", "logo.png", "Help:") if gone in changed]
    everything = (*known, *new.known_lines())
    assert bodies.remove(changed, content_type=content_type, join_url=URL, known=everything) == "Hello"
    assert bodies.put(body, draw(INVITATION, old), content_type=content_type, join_url=URL) == body


def test_a_language_without_additions_gets_the_built_in_block() -> None:
    french = replace(INVITATION, language="fr")
    assert render.block_html(french, branding.branding_from_json(SAVED)) == render.block_html(french)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"languages": []},
        {"languages": {"tlh": {}}},
        {"languages": {"en": "text"}},
        {"languages": {"en": {"logo_url": "http://contoso.example/logo.png"}}},
        {"languages": {"en": {"logo_url": "javascript:x()"}}},
        {"languages": {"en": {"support": "two\nlines"}}},
        {"languages": {"en": {"header": 5}}},
        {"languages": {"en": {"footer": "x" * 5_000}}},
        {"languages": {"en": {"header": "<p>__________ ClickMeeting __________</p>"}}},
        {"version": True},
    ],
)
def test_a_template_that_cannot_be_used_falls_back_and_says_so(broken: object) -> None:
    with pytest.raises(InvalidInput):
        branding.branding_from_json(broken)
    fallback = branding.usable(broken)
    assert render.block_html(INVITATION, fallback) == render.block_html(INVITATION)
    assert fallback.problem is not None
    assert fallback.problem.startswith("The invitation template is not used: ")
