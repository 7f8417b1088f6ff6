"""The markup of the block is fixed for each template version: a change of it is a new version, made on purpose."""

from pathlib import Path

import pytest

from addin.invitation.content import Access, DialIn, DialInNumber, Invitation
from addin.invitation.render import TEMPLATE_VERSION, block_html, block_text
from addin.model import AccessType, Kind

STORED = Path(__file__).parents[2] / "data" / "invitation"


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_block_is_the_stored_one(language: str) -> None:
    invitation = Invitation(
        kind=Kind.MEETING,
        title="Quarterly review",
        join_url="https://acme.clickmeeting.com/quarterly-review",
        room_id=518204773,
        access=Access(AccessType.PASSWORD, password="Example123"),
        dial_in=DialIn(enabled=True, pin=275118640, numbers=(DialInNumber("PL", "Warsaw", "+48223078288"),)),
        language=language,
    )
    stem = f"block-v{TEMPLATE_VERSION}-{language}"
    assert block_html(invitation) + "\n" == (STORED / f"{stem}.html").read_text(encoding="utf-8")
    assert block_text(invitation) + "\n" == (STORED / f"{stem}.txt").read_text(encoding="utf-8")
