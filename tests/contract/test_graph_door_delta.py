"""Rounds over a calendar against the stand-in: first and following ones, removals, forgotten tokens."""

from datetime import UTC, datetime
from typing import Any

import pytest

from addin.errors import Missing, NotAllowed
from addin.graph import GraphConnection, GraphOffice, GraphSettings
from addin.graph.delta import Round, Sight
from addin.model import EventChange, Mailbox
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.people import ADDIN, CONTOSO

ORGANISER = CONTOSO.users[0]
AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture
def office(desk: Desk) -> GraphOffice:
    entra: Any = desk.world.services["entra"]

    def source(*, claims: str | None = None, renew: bool = False) -> str:
        token: str = entra.issue(
            ORGANISER.upn, client=ADDIN, audience="https://graph.microsoft.com", scopes=("Calendars.ReadWrite",)
        )
        return token

    settings = GraphSettings(
        graph_url=f"{desk.world.base}/graph/v1.0", ca_file=str(desk.world.ca_file), delta_page_size=10
    )
    return GraphOffice(GraphConnection(settings), Mailbox(CONTOSO.id, ORGANISER.id, ORGANISER.upn), source)


def save(desk: Desk, day: int, **changes: Any) -> str:
    graph: Any = desk.world.services["graph"]
    event = {
        "subject": "Planning",
        "start": {"dateTime": f"2027-01-{day:02}T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": f"2027-01-{day:02}T11:00:00", "timeZone": "UTC"},
        **changes,
    }
    saved = graph.client_save(
        ORGANISER.upn, event, event_id=None, send=True, custom_properties=None, add_in_id="c5a2a1f4"
    )
    return str(saved["id"])


def weekly(times: int) -> dict[str, Any]:
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2027-01-12", "numberOfOccurrences": times},
    }


def ids(found: Round) -> set[str]:
    return {sight.event_id for sight in found.sights}


def again(office: GraphOffice, found: Round) -> Round:
    assert found.link is not None, "the round came to its end"
    return office.delta.go_on(found.link)


def test_the_first_round_sees_all_and_the_next_only_what_changed(desk: Desk, office: GraphOffice) -> None:
    first_id, second_id = (office.calendar.event(save(desk, day)).id for day in (5, 6))
    first = office.delta.begin(after=AFTER, before=BEFORE)
    assert ids(first) == {first_id, second_id}
    quiet = again(office, first)
    assert quiet.sights == ()
    written = office.calendar.update(office.calendar.event(second_id), EventChange(location="here"))
    changed = again(office, quiet)
    assert changed.sights == (Sight(second_id, written.etag),), "with the etag by which we know our own writes"


def test_what_is_deleted_is_told_as_removed(desk: Desk, office: GraphOffice) -> None:
    event = office.calendar.event(save(desk, 5))
    first = office.delta.begin(after=AFTER, before=BEFORE)
    graph: Any = desk.world.services["graph"]
    graph.client_delete(ORGANISER.upn, event.id)
    assert again(office, first).sights == (Sight(event.id, removed=True),)


def test_a_series_comes_with_its_dates_and_again_when_one_is_deleted(desk: Desk, office: GraphOffice) -> None:
    master = office.calendar.event(save(desk, 12, recurrence=weekly(5))).id
    first = office.delta.begin(after=AFTER, before=BEFORE)
    dates = [sight for sight in first.sights if sight.series_master_id == master]
    assert len(dates) == 5
    graph: Any = desk.world.services["graph"]
    graph.client_delete(ORGANISER.upn, dates[2].event_id)
    then = again(office, first)
    assert not any(sight.removed for sight in then.sights), "a deleted date is not announced as such (facts 4)"
    left = {sight.event_id for sight in then.sights if sight.series_master_id == master}
    assert left == {sight.event_id for sight in dates} - {dates[2].event_id}, "one notices what is missing"


def test_many_dates_come_in_pages(desk: Desk, office: GraphOffice) -> None:
    for day in range(1, 29):
        save(desk, day)
    save(desk, 12, recurrence=weekly(15))
    before = desk.world.capture.counts.get("graph", 0)
    assert len(office.delta.begin(after=AFTER, before=BEFORE).sights) == 28 + 1 + 15
    assert desk.world.capture.counts["graph"] - before >= 3, "ten at a time, a series in one piece"


@pytest.mark.parametrize(
    ("status", "code"), [(410, "SyncStateNotFound"), (410, "resyncRequired"), (400, "syncStateInvalid")]
)
def test_a_forgotten_token_asks_for_a_new_round(desk: Desk, office: GraphOffice, status: int, code: str) -> None:
    save(desk, 5)
    first = office.delta.begin(after=AFTER, before=BEFORE)
    desk.world.faults.set_switches({"graph.delta_expired_status": status, "graph.delta_expired_code": code})
    graph: Any = desk.world.services["graph"]
    graph.forget_delta()
    with pytest.raises(Missing) as caught:
        again(office, first)
    assert caught.value.reason == "resync"
    assert len(office.delta.begin(after=AFTER, before=BEFORE).sights) == 1


def test_a_mailbox_that_is_gone_is_no_forgotten_token(desk: Desk, office: GraphOffice) -> None:
    """Else a full round would be begun for ever over a mailbox that nobody can read."""
    save(desk, 5)
    first = office.delta.begin(after=AFTER, before=BEFORE)
    desk.world.faults.add(Fault("graph", "GET", "/users/", status=404, times=2))
    with pytest.raises(NotAllowed) as caught:
        again(office, first)
    assert caught.value.reason == "mailbox-gone"
