"""A delegate presses the button in somebody else's calendar: the meeting is the owner's."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from sandbox.people import find_user
from server.demo.client import Outside
from server.demo.running import Running

from ..conftest import Visitor
from .conftest import ORGANISER, Compose
from .states import WEEKLY

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


def test_what_a_delegate_may_choose_and_what_collides_is_the_owners(
    compose: Callable[..., Compose], visitor: Visitor, product: Running
) -> None:
    graph: Any = product.desk.world.services["graph"]
    for upn, subject, day in ((ORGANISER, "Manager's dentist", "2027-03-15"), (DELEGATE, "Own affairs", "2027-03-08")):
        start, end = (
            {"dateTime": f"{day}T{at}:00", "timeZone": "Central European Standard Time"} for at in ("10:15", "11:00")
        )
        graph.client_save(upn, {"subject": subject, "start": start, "end": end}, event_id=None, send=False)
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    window = compose(f"&owner={ORGANISER}", DELEGATE)
    options = [url for url in asked if urlsplit(url).path.endswith("/options")]
    assert {tuple(parse_qs(urlsplit(url).query).get("owner", ())) for url in options} == {(ORGANISER,)}
    window.desk(WEEKLY)
    dates = window.view.locator(".series-dates")
    dates.get_by_text("Manager's dentist").wait_for()
    assert "Own affairs" not in dates.inner_text()
