"""What calendar, mail, directory and subscriptions ask of Graph, seen on the wire."""

import base64
import email
import email.policy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from addin.errors import InvalidInput, Missing, OutcomeUnknown, Unavailable
from addin.graph import KEY_PROPERTY, GraphOffice, pane_property
from addin.graph.event_json import read_event
from addin.graph.events import rest_id
from addin.model import EventChange, Message

EVENTS = "/v1.0/users/oid-1/events"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PANE = pane_property("c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01")
MESSAGE = Message("guest@fabrikam.example", "Guest", "Your invitation", "<p>Join</p>", "Join")


def shown(event_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "@odata.etag": 'W/"1"', "id": event_id, "iCalUId": "u", "subject": "s", "type": "singleInstance",
        "start": {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "UTC"},
        "originalStartTimeZone": "UTC", "body": {"contentType": "html", "content": ""}, **changes,
    }  # fmt: skip


def key(value: str) -> dict[str, Any]:
    return {"singleValueExtendedProperties": [{"id": KEY_PROPERTY, "value": value}]}


def test_one_event_is_read_in_one_call_in_utc_with_marks_and_exceptions(
    httpserver: HTTPServer, make_office: Callable[..., GraphOffice]
) -> None:
    httpserver.expect_request(f"{EVENTS}/a-b_c=").respond_with_json(shown("a-b_c="))
    event = make_office(pane_property=PANE).calendar.event("a/b+c=")
    assert event.id == "a-b_c=", "an EWS id is asked for in REST form (facts 1.4)"
    ((request, _),) = httpserver.log
    assert 'outlook.timezone="UTC"' in request.headers["Prefer"]
    expand = request.args["$expand"]
    assert f"id eq '{KEY_PROPERTY}' or id eq '{PANE}'" in expand
    assert "exceptionOccurrences" in expand
    assert "cancelledOccurrences" in request.args["$select"]


@pytest.mark.parametrize("event_id", ["", "a b", "a\nb", "x" * 1025])
def test_what_cannot_be_an_id_is_not_sent(event_id: str) -> None:
    with pytest.raises(InvalidInput):
        rest_id(event_id)


def test_marks_are_compared_again_since_graph_compares_without_case(
    httpserver: HTTPServer, make_office: Callable[..., GraphOffice]
) -> None:
    def search(request: Request) -> Response:
        own = KEY_PROPERTY in request.args["$filter"]
        found = [shown("own", **key("Key")), shown("other", **key("KEY"))] if own else []
        if not own:
            mark = {"id": PANE, "value": json.dumps({"clickmeeting": "Key"})}
            near = {"id": PANE, "value": json.dumps({"clickmeeting": "Key-and-more"})}
            found = [
                shown("pane", singleValueExtendedProperties=[mark]),
                shown("near", singleValueExtendedProperties=[near]),
                shown("own", singleValueExtendedProperties=[mark, *key("Key")["singleValueExtendedProperties"]]),
            ]
        return Response(json.dumps({"value": found}), content_type="application/json")

    httpserver.expect_request(EVENTS).respond_with_handler(search)
    events = make_office(pane_property=PANE).calendar.events_of("Key", (), around=NOON)
    assert [event.id for event in events] == ["own", "pane"], "each once, strangers left out"


def test_a_key_with_quotes_stays_inside_its_quotes(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(EVENTS).respond_with_json({"value": []})
    office.calendar.events_of("k' or 1 eq 1", (), around=NOON)
    assert "ep/value eq 'k'' or 1 eq 1')" in httpserver.log[0][0].args["$filter"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<a href="https://rooms.example/j/ab?x=1&amp;y=2">', True),
        ('<a href="https://rooms.example/j/ab?x=1&#38;y=2">', True),
        ('<a href="HTTPS://ROOMS.example/j/ab?x=1&y=2">', True),
        ("https://rooms.example/j/ab?x=1&y=23", False),
        ("https://rooms.example/j/ab", False),
    ],
)
def test_a_url_is_found_however_it_was_escaped_and_only_as_a_whole(
    httpserver: HTTPServer, office: GraphOffice, text: str, found: bool
) -> None:
    httpserver.expect_request(EVENTS).respond_with_json({"value": []})
    httpserver.expect_request("/v1.0/users/oid-1/calendarView").respond_with_json(
        {"value": [shown("e", body={"contentType": "html", "content": text})]}
    )
    events = office.calendar.events_of("k", ["https://rooms.example/j/ab?x=1&y=2"], around=NOON)
    assert bool(events) is found


def test_a_date_that_names_the_url_leads_to_its_series_once(httpserver: HTTPServer, office: GraphOffice) -> None:
    url = "https://rooms.example/j/ab"
    dates = [
        shown(f"o{n}", type="occurrence", seriesMasterId="m", location={"displayName": url + "/"}) for n in range(3)
    ]
    httpserver.expect_request(EVENTS).respond_with_json({"value": []})
    httpserver.expect_request("/v1.0/users/oid-1/calendarView").respond_with_json({"value": dates})
    httpserver.expect_request(f"{EVENTS}/m").respond_with_json(shown("m", type="seriesMaster"))
    events = office.calendar.events_of("k", [url], around=NOON)
    assert [event.id for event in events] == ["m"]
    assert len(httpserver.log) == 3, "search, view, and the series once"
    view = httpserver.log[1][0].args
    assert (view["startDateTime"], view["endDateTime"]) == ("2026-11-30T12:00:00Z", "2026-12-02T12:00:00Z")


def test_an_event_in_an_unusable_zone_ends_no_reading_of_what_was_written(
    httpserver: HTTPServer, office: GraphOffice
) -> None:
    custom = "tzone://Microsoft/Custom"
    span = {"type": "noEnd", "startDate": "2026-12-01", "recurrenceTimeZone": custom}
    series = {"type": "seriesMaster", "recurrence": {"pattern": {"type": "daily", "interval": 1}, "range": span}}
    unusable = {**series, "originalStartTimeZone": custom}
    with pytest.raises(InvalidInput):
        read_event(shown("a", **unusable), key_property="x", pane_property=None)
    marked = shown("b", **unusable, **key("our-key"))
    found = {"value": [shown("a", **unusable), marked, shown("c")]}
    httpserver.expect_request(EVENTS, method="GET").respond_with_json(found)
    events = list(office.calendar.written_since(datetime(2026, 12, 1, tzinfo=UTC)))
    assert [(event.id, event.key) for event in events] == [("a", None), ("b", "our-key"), ("c", None)]


def test_without_urls_the_view_is_not_asked(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(EVENTS).respond_with_json({"value": []})
    assert office.calendar.events_of("k", (), around=NOON) == ()
    assert len(httpserver.log) == 1


def test_update_sends_one_patch_with_the_etag_and_keeps_what_the_answer_lacks(
    httpserver: HTTPServer, office: GraphOffice
) -> None:
    httpserver.expect_request(f"{EVENTS}/e", method="GET").respond_with_json(shown("e", **key("k")))
    httpserver.expect_request(f"{EVENTS}/e", method="PATCH").respond_with_json(shown("e", **{"@odata.etag": 'W/"2"'}))
    event = office.calendar.event("e")
    again = office.calendar.update(event, EventChange(body="<p>b</p>", location="here"))
    patch = httpserver.log[1][0]
    assert patch.headers["If-Match"] == 'W/"1"'
    assert patch.json == {"body": {"contentType": "html", "content": "<p>b</p>"}, "location": {"displayName": "here"}}
    assert (again.etag, again.key) == ('W/"2"', "k")


def test_update_with_nothing_new_sends_nothing(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(f"{EVENTS}/e").respond_with_json(shown("e", **key("k")))
    event = office.calendar.event("e")
    assert office.calendar.update(event, EventChange(key="k", body="")) is event
    assert len(httpserver.log) == 1


@pytest.mark.usefixtures("no_backoff")
def test_without_an_etag_a_patch_is_not_repeated(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(f"{EVENTS}/e", method="GET").respond_with_json(shown("e"))
    httpserver.expect_request(f"{EVENTS}/e", method="PATCH").respond_with_data("", status=504)
    event = replace(office.calendar.event("e"), etag="")
    with pytest.raises(OutcomeUnknown):
        office.calendar.update(event, EventChange(location="x"))
    assert len(httpserver.log) == 2


def test_occurrences_of_many_years_are_asked_for_in_views_of_at_most_1825_days(
    httpserver: HTTPServer, office: GraphOffice
) -> None:
    def instances(request: Request) -> Response:
        start = request.args["startDateTime"]
        item = {
            "id": "first" if start.startswith("2026") else start, "type": "occurrence",
            "start": {"dateTime": start.rstrip("Z"), "timeZone": "UTC"},
            "end": {"dateTime": start.rstrip("Z"), "timeZone": "UTC"},
        }  # fmt: skip
        cancelled = {**item, "id": "gone", "isCancelled": True}
        return Response(json.dumps({"value": [item, cancelled]}), content_type="application/json")

    httpserver.expect_request(f"{EVENTS}/m/instances").respond_with_handler(instances)
    found = office.calendar.occurrences("m", after=NOON, before=NOON + timedelta(days=4000))
    assert len(httpserver.log) == 3
    assert len(found) == 3, "cancelled ones are absent"
    assert [each.start for each in found] == sorted(each.start for each in found)


def test_settings_are_zone_and_language(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/users/oid-1/mailboxSettings").respond_with_json(
        {"timeZone": "Pacific Standard Time", "language": {"locale": "fr-FR"}}
    )
    settings = office.calendar.settings()
    assert (settings.zone, settings.language) == ("America/Los_Angeles", "fr-FR")


def test_a_plain_mail_is_json_and_not_kept_in_sent_items(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/users/oid-1/sendMail").respond_with_data("", status=202)
    office.mail.send(MESSAGE)
    assert httpserver.log[0][0].json == {
        "message": {
            "subject": "Your invitation",
            "body": {"contentType": "html", "content": "<p>Join</p>"},
            "toRecipients": [{"emailAddress": {"address": "guest@fabrikam.example", "name": "Guest"}}],
        },
        "saveToSentItems": False,
    }


def test_a_mail_with_a_calendar_part_is_mime_that_clients_act_on(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/users/oid-1/sendMail").respond_with_data("", status=202)
    calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Zażółć\r\nEND:VCALENDAR\r\n"
    office.mail.send(replace(MESSAGE, to_name="Gość, Fabrikam", subject="Zażółć", calendar=calendar))
    request = httpserver.log[0][0]
    assert request.headers["Content-Type"] == "text/plain"
    mail = email.message_from_bytes(base64.b64decode(request.data, validate=True), policy=email.policy.default)
    assert mail["Subject"] == "Zażółć"
    assert mail["To"].addresses[0].display_name == "Gość, Fabrikam"
    assert mail["To"].addresses[0].addr_spec == "guest@fabrikam.example"
    assert mail["From"].addresses[0].addr_spec == "organiser@contoso.example"
    parts = {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}
    assert list(parts) == ["text/plain", "text/html", "text/calendar"], "the richest last (RFC 2046 5.1.4)"
    assert parts["text/calendar"].get_param("method") == "REQUEST"
    assert parts["text/calendar"].get_content().replace("\r\n", "\n") == calendar.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to_address": "nobody"}, "address"),
        ({"to_address": "a@b.example\r\nBcc: all@contoso.example"}, "address"),
        ({"subject": "a\nBcc: all@contoso.example"}, "subject"),
        ({"to_name": "a\r\nX: y"}, "name"),
        ({"calendar": "BEGIN:VCALENDAR"}, "calendar"),
        ({"calendar": "METHOD:REQUEST\r\n", "text": "x" * 4_000_000}, "text"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_before_anything_goes_out(
    httpserver: HTTPServer, office: GraphOffice, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        office.mail.send(replace(MESSAGE, **wrong))
    assert caught.value.field == field
    assert httpserver.log == []


@pytest.mark.usefixtures("no_backoff")
def test_a_mail_whose_answer_is_lost_is_sent_once(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/users/oid-1/sendMail").respond_with_data("", status=504)
    with pytest.raises(OutcomeUnknown):
        office.mail.send(MESSAGE)
    assert len(httpserver.log) == 1


def test_the_directory_is_off_unless_it_is_switched_on(httpserver: HTTPServer, office: GraphOffice) -> None:
    assert office.directory.people(["paris@contoso.example"]) == {}
    assert httpserver.log == []


def test_the_directory_tells_country_and_language_by_address(
    httpserver: HTTPServer, make_office: Callable[..., GraphOffice]
) -> None:
    httpserver.expect_request("/v1.0/users").respond_with_json(
        {
            "value": [
                {"mail": "Paris@contoso.example", "usageLocation": "fr", "preferredLanguage": "fr-FR"},
                {"mail": "warsaw@contoso.example", "country": "Poland", "preferredLanguage": None},
                {"mail": "stranger@contoso.example", "usageLocation": "DE"},
            ]
        }
    )
    directory = make_office(ask_directory=True).directory
    people = directory.people(
        ["Paris@contoso.example", "warsaw@contoso.example", "o'hara@contoso.example", "no-address"]
    )
    assert {who: (person.country, person.language) for who, person in people.items()} == {
        "paris@contoso.example": ("FR", "fr-FR"),
        "warsaw@contoso.example": (None, None),
    }
    asked = httpserver.log[0][0].args
    assert "mail eq 'o''hara@contoso.example'" in asked["$filter"]
    assert asked["$select"] == "mail,usageLocation,country,preferredLanguage", "nothing else about people is asked"


def test_many_people_are_asked_for_fifteen_at_a_time(
    httpserver: HTTPServer, make_office: Callable[..., GraphOffice]
) -> None:
    httpserver.expect_request("/v1.0/users").respond_with_json({"value": []})
    make_office(ask_directory=True).directory.people(f"p{n}@contoso.example" for n in range(31))
    assert [request.args["$filter"].count(" eq ") for request, _ in httpserver.log] == [15, 15, 1]


def test_without_the_tenants_grant_nobody_is_known(
    httpserver: HTTPServer, make_office: Callable[..., GraphOffice]
) -> None:
    httpserver.expect_request("/v1.0/users").respond_with_json({"error": {"code": "Authorization_RequestDenied"}}, 403)
    assert make_office(ask_directory=True).directory.people(["paris@contoso.example"]) == {}


def test_a_subscription_asks_for_what_the_facts_say(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/subscriptions", method="POST").respond_with_json(
        {"id": "s1", "expirationDateTime": "2026-12-04T10:00:00.1234567Z"}, 201
    )
    found = office.subscriptions.create(
        notification_url="https://addin.example/hooks/graph",
        lifecycle_url="https://addin.example/hooks/graph/lifecycle",
        client_state="secret",
        until=datetime(2026, 12, 4, 10, 0, 30, tzinfo=UTC),
    )
    assert found[0] == "s1"
    assert found[1].replace(microsecond=0) == datetime(2026, 12, 4, 10, tzinfo=UTC), "the answer's expiry is the truth"
    assert httpserver.log[0][0].json == {
        "changeType": "created,updated,deleted",
        "notificationUrl": "https://addin.example/hooks/graph",
        "lifecycleNotificationUrl": "https://addin.example/hooks/graph/lifecycle",
        "resource": "users/oid-1/events",
        "expirationDateTime": "2026-12-04T10:00:30Z",
        "clientState": "secret",
        "latestSupportedTlsVersion": "v1_2",
    }


def test_renewing_what_is_gone_says_so_and_deleting_it_is_done(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/subscriptions/s1").respond_with_json({"error": {"code": "ResourceNotFound"}}, 404)
    with pytest.raises(Missing):
        office.subscriptions.renew("s1", NOON)
    office.subscriptions.delete("s1")


def test_a_subscription_without_expiry_is_no_subscription(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/subscriptions/s1", method="PATCH").respond_with_json({"id": "s1"})
    with pytest.raises(Unavailable):
        office.subscriptions.renew("s1", NOON)


@pytest.mark.parametrize("client_state", ["", "x" * 129])
def test_a_client_state_that_graph_would_refuse_is_not_sent(office: GraphOffice, client_state: str) -> None:
    with pytest.raises(InvalidInput):
        office.subscriptions.create(
            notification_url="https://a.example",
            lifecycle_url="https://a.example",
            client_state=client_state,
            until=NOON,
        )
