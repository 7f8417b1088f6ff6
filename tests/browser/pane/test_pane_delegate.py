"""A delegate presses the button in somebody else's calendar: the meeting is the owner's."""

from collections.abc import Callable
from typing import Any

import requests

from sandbox.people import find_user
from server.demo.client import Outside
from server.demo.running import Running

from .conftest import ORGANISER, Compose

DELEGATE = "delegate@contoso.example"


def test_a_meeting_made_in_anothers_calendar_is_the_owners(compose: Callable[..., Compose], product: Running) -> None:
    window = compose(f"&owner={ORGANISER}", DELEGATE)
    window.fill("For my manager")
    url = window.schedule()
    entra: Any = product.desk.world.services["entra"]
    description = product.description
    for upn in (ORGANISER, DELEGATE):
        found = requests.get(
            f"{description['base']}/api/v1/meetings",
            headers={"Authorization": f"Bearer {entra.issue(upn)}"},
            verify=description["ca_file"],
            timeout=30,
        ).json()["meetings"]
        assert url in [meeting["join_url"] for meeting in found], upn
    owner = find_user(ORGANISER)
    assert owner is not None
    window.page.locator("#send").click()
    graph: Any = product.desk.world.services["graph"]
    held = graph.store.mailbox(owner[1].id).items
    [item] = Outside(description).until(
        "it stands in the owner's calendar",
        lambda: [one for one in list(held.values()) if one.props["subject"] == "For my manager"],
    )
    assert item.organiser == ORGANISER
