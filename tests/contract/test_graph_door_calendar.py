"""The Graph door against the stand-in, over https, with real tokens: what an organiser's day asks of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina

from addin.errors import (
    Changed,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
)
from addin.graph import GraphConnection, GraphOffice, GraphSettings, pane_property
from addin.model import AttendeeType, Event, EventChange, Mailbox, Message
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.people import ADDIN, CONTOSO, FABRIKAM

ORGANISER, DELEGATE, PARIS, TORONTO = CONTOSO.users[:4]
ADD_IN = "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01"
GRAPH_SCOPES = (
    "Calendars.ReadWrite",
    "Calendars.ReadWrite.Shared",
    "Mail.Send",
    "MailboxSettings.Read",
    "User.Read",
    "User.ReadBasic.All",
)
JOIN = "https://rooms.example/j/ab12"
START = datetime(2027, 1, 12, 10)  # a Tuesday
AROUND = datetime(2027, 1, 12, 9, tzinfo=UTC)


class Outside:
    """The person in Outlook and the tokens that the add-in would have."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.graph: Any = desk.world.services["graph"]
        self.entra: Any = desk.world.services["entra"]
        self.connection = GraphConnection(
            GraphSettings(
                graph_url=f"{desk.world.base}/graph/v1.0",
                ca_file=str(desk.world.ca_file),
                pane_property=pane_property(ADD_IN),
                ask_directory=True,
                read_timeout_s=5,
            )
        )

    def token(self, upn: str, scopes: tuple[str, ...] = GRAPH_SCOPES) -> str:
        found: str = self.entra.issue(upn, client=ADDIN, audience="https://graph.microsoft.com", scopes=scopes)
        return found

    def office(
        self, user: Any = ORGANISER, *, by: Any = None, scopes: tuple[str, ...] = GRAPH_SCOPES, tenant: Any = CONTOSO
    ) -> GraphOffice:
        def source(*, claims: str | None = None, renew: bool = False) -> str:
            if claims is not None:
                raise NotSignedIn("sign in with these claims", claims=claims)
            return self.token((by or user).upn, scopes)

        return GraphOffice(self.connection, Mailbox(tenant.id, user.id, user.upn, user.name), source)

    def save(
        self, *, send: bool = True, properties: dict[str, str] | None = None, upn: str = ORGANISER.upn, **changes: Any
    ) -> str:
        """The person saves (and sends) an appointment; its id as the door will see it."""
        event = {
            "subject": "Planning",
            "body": {"contentType": "html", "content": "<p>Agenda</p>"},
            "start": {"dateTime": START.isoformat(), "timeZone": "Central European Standard Time"},
            "end": {"dateTime": (START + timedelta(hours=1)).isoformat(), "timeZone": "Central European Standard Time"},
            "attendees": [
                {"type": "required", "emailAddress": {"address": PARIS.upn, "name": PARIS.name}},
                {"type": "optional", "emailAddress": {"address": TORONTO.upn, "name": TORONTO.name}},
            ],
            **changes,
        }
        saved = self.graph.client_save(
            upn, event, event_id=None, send=send, custom_properties=properties, add_in_id=ADD_IN
        )
        return str(saved["id"])

    def mails(self, upn: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.world.outbox.mails(upn)
        return found

    def calls(self) -> int:
        return self.desk.world.capture.counts.get("graph", 0)


@pytest.fixture
def outside(desk: Desk) -> Outside:
    return Outside(desk)


@pytest.fixture
def office(outside: Outside) -> GraphOffice:
    return outside.office()


@pytest.fixture
def read(outside: Outside, office: GraphOffice) -> Callable[..., Event]:
    """Save an appointment and read it through the door."""
    return lambda **changes: office.calendar.event(outside.save(**changes))


def weekly(**span: Any) -> dict[str, Any]:
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2027-01-12", "numberOfOccurrences": 20,
                  "recurrenceTimeZone": "Central European Standard Time", **span},
    }  # fmt: skip


def test_an_appointment_is_read_as_the_person_wrote_it(read: Callable[..., Event]) -> None:
    event = read(location={"displayName": "Room Aurora"}, properties={"clickmeeting": "m-1"})
    assert (event.subject, event.location, event.kind) == ("Planning", "Room Aurora", "singleInstance")
    assert (event.timing.start, event.timing.end) == (START, START + timedelta(hours=1))
    assert (event.timing.zone, event.timing.recurrence) == ("Europe/Warsaw", None)
    assert {(who.address, who.attendee_type) for who in event.participants} == {
        (PARIS.upn, AttendeeType.REQUIRED),
        (TORONTO.upn, AttendeeType.OPTIONAL),
    }
    assert event.organizer_address == ORGANISER.upn
    assert event.is_organizer
    assert not event.is_draft
    assert event.key is None
    assert event.pane_properties == {"clickmeeting": "m-1"}
    assert "Agenda" in event.body
    assert event.body_type == "html"
    assert event.etag.startswith('W/"')


def test_an_unsent_appointment_is_a_draft(read: Callable[..., Event]) -> None:
    assert read(send=False).is_draft


def test_an_all_day_event_keeps_its_days(read: Callable[..., Event]) -> None:
    zone = "Central European Standard Time"
    event = read(
        isAllDay=True,
        start={"dateTime": "2027-01-12T00:00:00", "timeZone": zone},
        end={"dateTime": "2027-01-14T00:00:00", "timeZone": zone},
    )
    assert (event.timing.start, event.timing.end) == (datetime(2027, 1, 12), datetime(2027, 1, 14))
    assert event.timing.all_day


def test_a_series_is_read_with_what_was_moved_and_what_was_cancelled(outside: Outside, office: GraphOffice) -> None:
    master = outside.save(recurrence=weekly())
    dates = office.calendar.occurrences(master, after=AROUND - timedelta(days=1), before=AROUND + timedelta(days=60))
    zone = "Central European Standard Time"
    outside.graph.client_move(
        ORGANISER.upn,
        dates[1].event_id,
        {"dateTime": "2027-01-20T15:00:00", "timeZone": zone},
        {"dateTime": "2027-01-20T16:00:00", "timeZone": zone},
    )
    outside.graph.client_delete(ORGANISER.upn, dates[2].event_id)
    before = outside.calls()
    event = office.calendar.event(master)
    assert outside.calls() - before == 1, "one call for all of it"
    assert event.kind == "seriesMaster"
    assert event.timing.recurrence == weekly(), "without the padding of answers"
    assert event.cancelled_dates == ("2027-01-26",)
    (moved,) = event.exceptions
    assert (moved.original_start, moved.start) == (
        datetime(2027, 1, 19, 9, tzinfo=UTC),
        datetime(2027, 1, 20, 14, tzinfo=UTC),
    )
    after = office.calendar.occurrences(master, after=AROUND - timedelta(days=1), before=AROUND + timedelta(days=30))
    assert [(each.start.day, each.changed) for each in after] == [(12, False), (20, True), (2, False), (9, False)]
    assert after[1].original_start == datetime(2027, 1, 19, 9, tzinfo=UTC)


def test_a_series_keeps_its_wall_clock_over_the_change_to_summer_time(outside: Outside, office: GraphOffice) -> None:
    master = outside.save(recurrence=weekly())
    dates = office.calendar.occurrences(
        master, after=datetime(2027, 3, 20, tzinfo=UTC), before=datetime(2027, 4, 3, tzinfo=UTC)
    )
    assert [each.start.hour for each in dates] == [9, 8], "ten o'clock in Warsaw, before and after"


def test_an_occurrence_knows_its_series_and_its_original_start(outside: Outside, office: GraphOffice) -> None:
    master = outside.save(recurrence=weekly())
    first = office.calendar.occurrences(master, after=AROUND - timedelta(days=1), before=AROUND + timedelta(days=1))[0]
    event = office.calendar.event(first.event_id)
    assert (event.kind, event.series_master_id) == ("occurrence", office.calendar.event(master).id)
    assert event.original_start == AROUND


def test_writing_link_place_and_key_is_one_call_and_one_mail_each(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save())
    before, mails = outside.calls(), len(outside.mails(PARIS.upn))
    change = EventChange(body=f'<p>Agenda</p><a href="{JOIN}">Join</a>', location=JOIN, key="k-1")
    written = office.calendar.update(event, change)
    assert outside.calls() - before == 1
    assert len(outside.mails(PARIS.upn)) - mails == 1
    assert (written.key, written.location) == ("k-1", JOIN)
    assert written.etag != event.etag
    again = office.calendar.event(event.id)
    assert (again.key, again.location, again.etag) == ("k-1", JOIN, written.etag)
    assert JOIN in again.body


def test_writing_the_key_alone_mails_nobody(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save())
    mails = len(outside.mails(PARIS.upn))
    office.calendar.update(event, EventChange(key="k-1"))
    assert len(outside.mails(PARIS.upn)) == mails


def test_a_change_made_meanwhile_is_never_overwritten(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save())
    outside.graph.client_move(
        ORGANISER.upn,
        event.id,
        {"dateTime": "2027-01-12T15:00:00", "timeZone": "UTC"},
        {"dateTime": "2027-01-12T16:00:00", "timeZone": "UTC"},
    )
    with pytest.raises(Changed):
        office.calendar.update(event, EventChange(location=JOIN))
    assert office.calendar.event(event.id).location == ""


def test_exchange_touching_the_item_meanwhile_is_also_a_change(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save())
    outside.desk.world.faults.set_switches({"graph.spontaneous_412": 1})
    with pytest.raises(Changed):
        office.calendar.update(event, EventChange(location=JOIN))
    fresh = office.calendar.event(event.id)
    assert office.calendar.update(fresh, EventChange(location=JOIN)).location == JOIN


def test_a_patch_whose_answer_was_lost_is_not_done_twice(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save())
    mails = len(outside.mails(PARIS.upn))
    outside.desk.world.faults.add(Fault("graph", "PATCH", "/events/", status=504, after_effect=True))
    with stamina.set_testing(True, attempts=3), pytest.raises(Changed):
        office.calendar.update(event, EventChange(location=JOIN))
    assert office.calendar.event(event.id).location == JOIN, "the first one was done"
    assert len(outside.mails(PARIS.upn)) - mails == 1, "and mailed once"


def test_events_are_found_by_key_by_the_panes_mark_and_by_url(outside: Outside, office: GraphOffice) -> None:
    keyed = office.calendar.event(outside.save())
    office.calendar.update(keyed, EventChange(key="Key-1"))
    marked = outside.save(properties={"clickmeeting": "Key-1"})
    linked = outside.save(body={"contentType": "html", "content": f'<a href="{JOIN}/?a=1&amp;b=2">x</a>'})
    placed = outside.save(location={"displayName": JOIN})
    outside.save(properties={"clickmeeting": "key-1"})
    outside.save(location={"displayName": JOIN + "3"})
    found = office.calendar.events_of("Key-1", [JOIN], around=AROUND)
    expected = [keyed.id, *(office.calendar.event(each).id for each in (marked, linked, placed))]
    assert [event.id for event in found] == expected
    assert found[0].key == "Key-1"
    assert found[1].pane_properties == {"clickmeeting": "Key-1"}


def test_a_copy_of_the_pane_is_found_beside_the_original(outside: Outside, office: GraphOffice) -> None:
    for _ in range(12):  # more than one page of ten, as Graph gives them unless asked for more
        outside.save(properties={"clickmeeting": "m-1"})
    assert len(office.calendar.events_of("m-1", (), around=AROUND)) == 12


def test_a_series_is_found_by_its_url_once(outside: Outside, office: GraphOffice) -> None:
    master = outside.save(recurrence=weekly(), location={"displayName": JOIN})
    (found,) = office.calendar.events_of("none", [JOIN], around=AROUND + timedelta(days=14))
    assert found.id == office.calendar.event(master).id


def test_a_url_in_another_mailbox_is_not_found(outside: Outside) -> None:
    outside.save(location={"displayName": JOIN}, attendees=[])
    assert outside.office(PARIS).calendar.events_of("none", [JOIN], around=AROUND) == ()


def test_the_attendees_copy_says_that_it_is_one(outside: Outside, office: GraphOffice) -> None:
    event = office.calendar.event(outside.save(location={"displayName": JOIN}))
    (copy,) = outside.office(PARIS).calendar.events_of("none", [JOIN], around=AROUND)
    assert not copy.is_organizer
    assert copy.organizer_address == ORGANISER.upn
    assert copy.ical_uid == event.ical_uid


def test_what_was_deleted_is_missing(outside: Outside, office: GraphOffice) -> None:
    event_id = outside.save()
    outside.graph.client_delete(ORGANISER.upn, event_id)
    with pytest.raises(Missing):
        office.calendar.event(event_id)


def test_what_is_no_id_is_refused(office: GraphOffice) -> None:
    with pytest.raises((Refused, Missing)):
        office.calendar.event("nonsense")


def test_a_read_right_after_a_save_that_graph_does_not_know_yet(outside: Outside, office: GraphOffice) -> None:
    event_id = outside.save()
    body = {"error": {"code": "ErrorItemNotFound", "message": "not yet"}}
    outside.desk.world.faults.add(Fault("graph", "GET", "/events/", status=404, body=body))
    with pytest.raises(Missing):
        office.calendar.event(event_id)
    assert office.calendar.event(event_id).subject == "Planning", "the next look finds it"


def test_settings_of_the_mailbox(outside: Outside) -> None:
    settings = outside.office(PARIS).calendar.settings()
    assert (settings.zone, settings.language) == ("Europe/Paris", "fr-FR")


def test_a_delegate_reads_and_writes_the_owners_calendar(outside: Outside) -> None:
    event_id = outside.save()
    shared = outside.office(ORGANISER, by=DELEGATE)
    event = shared.calendar.event(event_id)
    assert shared.calendar.update(event, EventChange(location=JOIN)).location == JOIN


@pytest.mark.parametrize("by", [PARIS, DELEGATE])
def test_without_the_right_to_share_nobody_elses_calendar_opens(outside: Outside, by: Any) -> None:
    event_id = outside.save()
    scopes = GRAPH_SCOPES if by is PARIS else ("Calendars.ReadWrite",)
    with pytest.raises((NotAllowed, Missing)):
        outside.office(ORGANISER, by=by, scopes=scopes).calendar.event(event_id)


def test_a_missing_scope_is_not_allowed(outside: Outside) -> None:
    with pytest.raises(NotAllowed):
        outside.office(scopes=("User.Read",)).calendar.settings()


def test_a_claims_challenge_reaches_whoever_can_answer_it(outside: Outside, office: GraphOffice) -> None:
    outside.desk.world.faults.set_switches({"graph.claims_challenge": True})
    with pytest.raises(NotSignedIn) as caught:
        office.calendar.settings()
    assert caught.value.claims == '{"access_token": {"nbf": {"essential": true, "value": "1"}}}'


def test_mail_goes_out_once_with_html(outside: Outside, office: GraphOffice) -> None:
    office.mail.send(Message(PARIS.upn, PARIS.name, "Your invitation", "<p>Join</p>", "Join"))
    (mail,) = outside.mails(PARIS.upn)
    assert (mail["sender"], mail["subject"]) == (ORGANISER.upn, "Your invitation")
    assert "Join" in mail["html"]


def test_mail_with_a_calendar_part_arrives_whole(outside: Outside, office: GraphOffice) -> None:
    calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    office.mail.send(Message("guest@fabrikam.example", "Gość", "Zażółć", "<p>Join</p>", "Join in text", calendar))
    (mail,) = outside.mails("guest@fabrikam.example")
    assert mail["subject"] == "Zażółć"
    assert "Join" in mail["html"]
    (part,) = mail["details"]["attachments"]
    assert part["name"] == "invite.ics"


@pytest.mark.parametrize("how", [{"status": 504}, {"status": 503, "headers": {"Retry-After": "1"}}, {"cut": True}])
def test_a_mail_whose_answer_was_lost_is_never_sent_twice(
    outside: Outside, office: GraphOffice, how: dict[str, Any]
) -> None:
    outside.desk.world.faults.add(Fault("graph", "POST", "sendMail", after_effect=True, **how))
    with stamina.set_testing(True, attempts=4), pytest.raises(OutcomeUnknown):
        office.mail.send(Message(PARIS.upn, PARIS.name, "Your invitation", "<p>Join</p>", "Join"))
    assert len(outside.mails(PARIS.upn)) == 1


def test_a_throttled_mail_was_not_sent(outside: Outside, office: GraphOffice) -> None:
    fault = Fault("graph", "POST", "sendMail", status=429, headers={"Retry-After": "9"}, body={"error": {"code": "x"}})
    outside.desk.world.faults.add(fault)
    with pytest.raises(Throttled) as caught:
        office.mail.send(Message(PARIS.upn, PARIS.name, "Your invitation", "<p>Join</p>", "Join"))
    assert caught.value.after == 9
    assert outside.mails(PARIS.upn) == []


def test_the_directory_knows_colleagues_and_not_strangers(office: GraphOffice) -> None:
    people = office.directory.people([PARIS.upn, "guest@fabrikam.example", TORONTO.upn.upper()])
    assert {who: (person.country, person.language) for who, person in people.items()} == {
        PARIS.upn: ("FR", "fr-FR"),
        TORONTO.upn: ("CA", "en-CA"),
    }


def test_a_directory_that_was_not_granted_is_empty(outside: Outside) -> None:
    assert outside.office(scopes=("Calendars.ReadWrite",)).directory.people([PARIS.upn]) == {}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 200, "body": "<html>proxy</html>"},
        {"status": 503, "headers": {"Retry-After": "0"}},
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"cut": True},
    ],
    ids=["502", "html", "503", "429", "cut"],
)
def test_reading_gets_over_what_passes(outside: Outside, office: GraphOffice, fault: dict[str, Any]) -> None:
    outside.desk.world.faults.add(Fault("graph", "GET", "mailboxSettings", times=2, **fault))
    with stamina.set_testing(True, attempts=4):
        assert office.calendar.settings().zone == "Europe/Warsaw"


def test_silence_is_an_outage_after_the_time_limit(outside: Outside) -> None:
    settings = replace(outside.connection.settings, read_timeout_s=0.3, attempts=1)
    outside.connection = GraphConnection(settings)
    outside.desk.world.faults.add(Fault("graph", "GET", "mailboxSettings", hang_s=1.0))
    with pytest.raises(Unavailable):
        outside.office().calendar.settings()


def test_a_dozen_callers_for_one_mailbox_never_meet_the_concurrency_limit(outside: Outside) -> None:
    event_id = outside.save()
    outside.desk.world.faults.set_switches({"graph.latency_s": 0.03})
    found: list[Event] = []
    threads = [
        threading.Thread(target=lambda: found.append(outside.office().calendar.event(event_id))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 12
    assert outside.calls() == 12, "no call was refused and repeated"


def test_a_certificate_that_nobody_vouches_for_is_refused(outside: Outside) -> None:
    outside.connection = GraphConnection(replace(outside.connection.settings, ca_file=None, attempts=1))
    with pytest.raises(Unavailable):
        outside.office().calendar.settings()
    assert outside.calls() == 0, "no token was sent"


def test_another_tenants_mailbox_is_out_of_reach(outside: Outside) -> None:
    with pytest.raises((NotAllowed, Missing)):
        outside.office(FABRIKAM.users[0], by=ORGANISER).calendar.settings()


def test_what_keeps_somebody_busy_is_told_without_free_and_cancelled_ones(outside: Outside) -> None:
    """Dates of a series are told one by one, each with its series; what is shown as free keeps nobody busy."""
    day = datetime(2028, 2, 7, tzinfo=UTC)

    def at(hour: int, **more: Any) -> str:
        start, end = (datetime(2028, 2, 7, hour + part) for part in (0, 1))
        when = {"start": start, "end": end}
        zoned = {name: {"dateTime": one.isoformat(), "timeZone": "UTC"} for name, one in when.items()}
        return outside.save(subject=f"At {hour}", send=False, **zoned, **more)

    single = at(8)
    at(10, showAs="free")
    at(11, showAs="workingElsewhere")
    series = at(
        13,
        recurrence={
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2028-02-07", "numberOfOccurrences": 5},
        },
    )
    found = outside.office().calendar.busy(after=day, before=day + timedelta(days=2))
    assert [(one.subject, one.start.day, one.start.hour) for one in found] == [
        ("At 8", 7, 8),
        ("At 13", 7, 13),
        ("At 13", 8, 13),
    ]
    calendar = outside.office().calendar
    assert (found[0].event_id, found[0].series_id) == (calendar.event(single).id, None)
    assert {one.series_id for one in found[1:]} == {calendar.event(series).id}
