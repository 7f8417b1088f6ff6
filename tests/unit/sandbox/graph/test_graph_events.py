"""What the Graph stand-in does with single events: times, strictness, etags, ids, extended properties."""

from typing import Any

import pytest

KEY = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey"


def keyed(value: str) -> dict[str, Any]:
    return {"singleValueExtendedProperties": [{"id": KEY, "value": value}]}


def test_an_event_is_created_and_answered_in_the_zone_that_was_sent(desk: Any) -> None:
    answer = desk.call("POST", "/me/events", desk.event())
    assert answer.status == 201
    event = answer.json
    assert event["start"] == {"dateTime": "2027-03-01T10:00:00.0000000", "timeZone": "Europe/Warsaw"}
    assert event["type"] == "singleInstance"
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"' == answer.headers["ETag"]
    assert event["isOrganizer"] is True
    assert event["organizer"]["emailAddress"]["address"] == desk.organiser
    assert answer.headers["Location"].endswith(event["id"])
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert answer.headers["request-id"]


def test_reading_answers_utc_unless_a_zone_is_preferred(desk: Any) -> None:
    event = desk.create()
    plain = desk.call("GET", f"/me/events/{event['id']}")
    assert plain.json["start"] == {"dateTime": "2027-03-01T09:00:00.0000000", "timeZone": "UTC"}
    assert "Preference-Applied" not in plain.headers
    preferred = desk.call("GET", f"/me/events/{event['id']}", prefer='outlook.timezone="Tokyo Standard Time"')
    assert preferred.json["start"] == {"dateTime": "2027-03-01T18:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert preferred.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'
    assert preferred.json["originalStartTimeZone"] == "Central European Standard Time"


def test_the_quotes_of_a_preferred_zone_are_part_of_it(desk: Any) -> None:
    event = desk.create()
    answer = desk.call("GET", f"/me/events/{event['id']}", prefer="outlook.timezone=Tokyo Standard Time")
    assert answer.json["start"]["timeZone"] == "UTC"


def test_an_unknown_preferred_zone_is_refused(desk: Any) -> None:
    answer = desk.call("GET", "/me/events", prefer='outlook.timezone="Middle Earth"')
    assert (answer.status, answer.code) == (400, "TimeZoneNotSupportedException")


def test_several_preferences_stand_in_one_header(desk: Any) -> None:
    event = desk.create()
    prefer = 'IdType="ImmutableId", outlook.body-content-type="text"'
    answer = desk.call("GET", f"/me/events/{event['id']}", prefer=prefer)
    assert answer.json["body"] == {"contentType": "text", "content": "Agenda"}
    assert answer.json["id"] != event["id"]
    assert "ImmutableId" in answer.headers["Preference-Applied"]


def test_windows_zone_names_that_differ_by_one_word_mean_different_places(desk: Any) -> None:
    zone = "Pacific Standard Time"
    event = desk.create(
        start={"dateTime": "2027-07-01T10:00:00", "timeZone": zone},
        end={"dateTime": "2027-07-01T11:00:00", "timeZone": zone},
    )
    assert desk.call("GET", f"/me/events/{event['id']}").json["start"]["dateTime"] == "2027-07-01T17:00:00.0000000"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"nonsense": 1}, "RequestBodyRead", id="unknown property"),
        pytest.param({"uid": "x"}, "RequestBodyRead", id="beta property"),
        pytest.param({"isAllDay": 1}, "RequestBodyRead", id="number for a Boolean"),
        pytest.param({"subject": {"a": 1}}, "RequestBodyRead", id="object for a string"),
        pytest.param({"attendees": {}}, "RequestBodyRead", id="object for a list"),
        pytest.param({"showAs": "away"}, "RequestBodyRead", id="unknown enumeration value"),
        pytest.param({"subject": "x" * 256}, "ErrorPropertyValidationFailure", id="subject too long"),
        pytest.param({"start": {"dateTime": "2027-03-01T10:00:00Z", "timeZone": "UTC"}},
                     "ErrorPropertyValidationFailure", id="time with Z"),
        pytest.param({"start": {"dateTime": "2027-03-01T10:00:00+01:00", "timeZone": "UTC"}},
                     "ErrorPropertyValidationFailure", id="time with offset"),
        pytest.param({"start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Mars/Base"}},
                     "TimeZoneNotSupportedException", id="unknown zone"),
        pytest.param({"end": {"dateTime": "2027-03-01T09:00:00", "timeZone": "Europe/Warsaw"}},
                     "ErrorPropertyValidationFailure", id="end before start"),
        pytest.param({"isAllDay": True}, "ErrorPropertyValidationFailure", id="all-day not at midnight"),
        pytest.param({"iCalUId": "x"}, "ErrorPropertyValidationFailure", id="read-only property"),
        pytest.param({"attendees": [{"emailAddress": {"address": "nobody"}}]}, "ErrorInvalidRecipients",
                     id="attendee without address"),
        pytest.param({"singleValueExtendedProperties": [{"id": "MeetingKey", "value": "1"}]}, "ErrorInvalidProperty",
                     id="wrong id of an extended property"),
        pytest.param({"singleValueExtendedProperties": [{"id": KEY, "value": 1}]}, "RequestBodyRead",
                     id="extended value not a string"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_and_nothing_is_made(desk: Any, changed: dict[str, Any], code: str) -> None:
    answer = desk.call("POST", "/me/events", desk.event(**changed))
    assert (answer.status, answer.code) == (400, code), answer.json
    assert answer.json["error"]["innerError"]["request-id"]
    assert desk.call("GET", "/me/events").json["value"] == []


def test_more_than_500_attendees_are_refused(desk: Any) -> None:
    many = desk.people(*(f"p{n}@contoso.example" for n in range(501)))
    assert desk.call("POST", "/me/events", desk.event(attendees=many)).code == "ErrorInvalidRecipients"


def test_words_for_booleans_and_other_letter_cases_are_swallowed_and_answered_as_declared(desk: Any) -> None:
    event = desk.create(
        isReminderOn="false",
        reminderMinutesBeforeStart="5",
        body={"contentType": "HTML", "content": "x"},
        showAs="Busy",
        attendees=[{"type": "Required", "emailAddress": {"address": desk.paris}}],
    )
    assert event["isReminderOn"] is False
    assert event["reminderMinutesBeforeStart"] == 5
    assert event["body"]["contentType"] == "html"
    assert event["attendees"][0]["type"] == "required"
    assert event["attendees"][0]["emailAddress"]["name"] == "Colleague in Paris"


def test_an_all_day_event_keeps_its_days_in_every_zone(desk: Any) -> None:
    zone = "Tokyo Standard Time"
    event = desk.create(
        isAllDay=True,
        start={"dateTime": "2027-03-01T00:00:00", "timeZone": zone},
        end={"dateTime": "2027-03-02T00:00:00", "timeZone": zone},
    )
    shown = desk.call("GET", f"/me/events/{event['id']}").json
    assert shown["start"] == {"dateTime": "2027-03-01T00:00:00.0000000", "timeZone": "UTC"}


def test_every_change_moves_the_etag_and_a_stale_one_is_refused(desk: Any) -> None:
    event = desk.create()
    first = desk.call(
        "PATCH", f"/me/events/{event['id']}", {"subject": "B"}, headers={"If-Match": event["@odata.etag"]}
    )
    assert first.status == 200
    assert first.json["subject"] == "B"
    assert first.json["@odata.etag"] != event["@odata.etag"]
    stale = desk.call(
        "PATCH", f"/me/events/{event['id']}", {"subject": "C"}, headers={"If-Match": event["@odata.etag"]}
    )
    assert (stale.status, stale.code) == (412, "ErrorIrresolvableConflict")
    gone = desk.call("DELETE", f"/me/events/{event['id']}", headers={"If-Match": event["@odata.etag"]})
    assert gone.status == 412


def test_exchange_may_come_in_between_without_any_if_match(desk: Any) -> None:
    event = desk.create()
    desk.world.faults.set_switches({"graph.spontaneous_412": 1})
    assert desk.call("PATCH", f"/me/events/{event['id']}", {"subject": "B"}).status == 412
    assert desk.call("GET", f"/me/events/{event['id']}").json["@odata.etag"] != event["@odata.etag"]
    assert desk.call("PATCH", f"/me/events/{event['id']}", {"subject": "B"}).status == 200


def test_a_deleted_event_is_not_found(desk: Any) -> None:
    event = desk.create()
    assert desk.call("DELETE", f"/me/events/{event['id']}").status == 204
    answer = desk.call("GET", f"/me/events/{event['id']}")
    assert (answer.status, answer.code) == (404, "ErrorItemNotFound")
    assert desk.call("GET", "/me/events/nonsense").code == "ErrorInvalidIdMalformed"


def test_the_same_transaction_gives_the_same_event(desk: Any) -> None:
    first = desk.create(transactionId="t-1")
    again = desk.call("POST", "/me/events", desk.event(transactionId="t-1"))
    assert again.json["id"] == first["id"]
    assert len(desk.call("GET", "/me/events").json["value"]) == 1
    other = desk.call("POST", "/me/events", desk.event(transactionId="t-1", subject="Other"))
    assert (other.status, other.code) == (409, "ErrorDuplicateTransactionId")
    changed = desk.call("PATCH", f"/me/events/{first['id']}", {"transactionId": "t-2"})
    assert changed.code == "ErrorInvalidProperty"


def test_immutable_ids_survive_a_move_and_regular_ones_do_not(desk: Any) -> None:
    event = desk.create()
    immutable = desk.call("GET", f"/me/events/{event['id']}", prefer='IdType="ImmutableId"').json["id"]
    other = desk.call("POST", "/me/calendars", {"name": "Other"}).json
    moved = desk.graph.client_move_to_calendar(desk.organiser, event["id"], other["id"])
    assert moved["id"] != event["id"]
    assert desk.call("GET", f"/me/events/{event['id']}").status == 404
    assert desk.call("GET", f"/me/events/{immutable}", prefer='IdType="ImmutableId"').json["subject"] == "Planning"
    inside = desk.call("GET", f"/me/calendars/{other['id']}/events").json["value"]
    assert [each["id"] for each in inside] == [moved["id"]]


def test_ids_are_translated_between_their_forms(desk: Any) -> None:
    event = desk.create()
    assert set(event["id"]) & set("-_"), "an id must show the letters in which the forms differ"
    ews = event["id"].replace("-", "/").replace("_", "+")
    body = {"inputIds": [ews], "sourceIdType": "ewsId", "targetIdType": "restImmutableEntryId"}
    found = desk.call("POST", "/me/translateExchangeIds", body).json["value"][0]
    assert desk.call("GET", f"/me/events/{found['targetId']}").json["subject"] == "Planning"


def test_our_own_property_is_found_again_and_read_only_by_expansion(desk: Any) -> None:
    event = desk.create(**keyed("Key-1"))
    desk.create(**keyed("Key-2"))
    assert "singleValueExtendedProperties" not in event
    shouted = KEY.replace("66f5a359", "66F5A359")
    test = f"singleValueExtendedProperties/Any(ep: ep/id eq '{shouted}' and ep/value eq 'key-1')"
    expand = f"singleValueExtendedProperties($filter=id eq '{KEY}')"
    found = desk.call("GET", f"/me/events?$filter={test}&$expand={expand}").json["value"]
    assert [each["id"] for each in found] == [event["id"]]
    assert found[0]["singleValueExtendedProperties"] == [{"id": KEY, "value": "Key-1"}]
    plain = desk.call("GET", f"/me/events?$filter={test}").json["value"]
    assert "singleValueExtendedProperties" not in plain[0]
    assert desk.call("GET", f"/me/events/{event['id']}?$expand=singleValueExtendedProperties").status == 400


@pytest.mark.parametrize(
    ("test", "subjects"),
    [
        ("subject eq 'Alpha'", ["Alpha"]),
        ("startswith(subject,'Al') or contains(subject, 'et')", ["Alpha", "Beta"]),
        ("not(subject eq 'Alpha') and isAllDay eq false", ["Beta", "O'Hara"]),
        ("start/dateTime ge '2027-03-01T09:30:00'", ["Beta", "O'Hara"]),
        ("subject eq 'O''Hara'", ["O'Hara"]),
        ("categories/any(c: c eq 'Red')", []),
    ],
)
def test_lists_are_filtered(desk: Any, test: str, subjects: list[str]) -> None:
    for hour, subject in enumerate(("Alpha", "Beta", "O'Hara"), 10):
        desk.create(
            subject=subject,
            start={"dateTime": f"2027-03-01T{hour}:00:00", "timeZone": "Europe/Warsaw"},
            end={"dateTime": f"2027-03-01T{hour}:30:00", "timeZone": "Europe/Warsaw"},
        )
    found = desk.call("GET", f"/me/events?$filter={test}&$orderby=subject")
    assert [each["subject"] for each in found.json["value"]] == subjects


@pytest.mark.parametrize("query", ["$filter=subject eq", "$filter=nonsense eq 1", "$top=0", "$top=1001", "$search=x",
                                   "$select=occurrenceId", "$expand=nothing", "$orderby=nothing"])  # fmt: skip
def test_queries_that_make_no_sense_are_refused(desk: Any, query: str) -> None:
    answer = desk.call("GET", f"/me/events?{query}")
    assert (answer.status, answer.code) == (400, "BadRequest")


def test_lists_come_in_pages_of_ten_and_links_are_followed(desk: Any) -> None:
    for number in range(12):
        desk.create(subject=f"{number:02}")
    first = desk.call("GET", "/me/events?$select=subject&$orderby=subject&$count=true").json
    assert first["@odata.count"] == 12
    assert len(first["value"]) == 10
    assert set(first["value"][0]) == {"@odata.etag", "id", "subject"}
    rest = desk.call("GET", first["@odata.nextLink"].partition("/v1.0")[2]).json
    assert [each["subject"] for each in rest["value"]] == ["10", "11"]
    assert "@odata.nextLink" not in rest


def test_open_extensions_are_kept_whole(desk: Any) -> None:
    event = desk.create()
    sent = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "com.example.meeting", "a": 1, "b": 2}
    made = desk.call("POST", f"/me/events/{event['id']}/extensions", sent)
    assert made.json["id"] == "Microsoft.OutlookServices.OpenTypeExtension.com.example.meeting"
    path = f"/me/events/{event['id']}/extensions/com.example.meeting"
    assert desk.call("PATCH", path, {"a": 3}).status == 200
    shown = desk.call("GET", f"/me/events/{event['id']}?$expand=extensions($filter=id eq 'com.example.meeting')").json
    assert shown["extensions"][0]["a"] == 3
    assert "b" not in shown["extensions"][0]
    assert desk.call("DELETE", path).status == 204
    assert desk.call("GET", path).status == 404


def test_the_online_meeting_of_teams_cannot_be_taken_back_but_by_losing_its_block(desk: Any) -> None:
    event = desk.create(isOnlineMeeting=True)
    assert event["onlineMeeting"]["joinUrl"] in event["body"]["content"].replace("&amp;", "&").replace("&#43;", "+")
    kept = desk.call("PATCH", f"/me/events/{event['id']}", {"isOnlineMeeting": False}).json
    assert kept["isOnlineMeeting"] is True
    lost = desk.call("PATCH", f"/me/events/{event['id']}", {"body": {"contentType": "html", "content": "x"}}).json
    assert lost["isOnlineMeeting"] is False
    assert lost["onlineMeeting"] is None


def test_location_and_locations_go_together(desk: Any) -> None:
    event = desk.create(location={"displayName": "Here"})
    assert event["locations"][0]["displayName"] == "Here"
    assert event["location"]["locationType"] == "default"
    two = [{"displayName": "There"}, {"displayName": "Elsewhere"}]
    assert (
        desk.call("PATCH", f"/me/events/{event['id']}", {"locations": two}).json["location"]["displayName"] == "There"
    )
    one = desk.call("PATCH", f"/me/events/{event['id']}", {"location": {"displayName": "Here"}}).json
    assert [place["displayName"] for place in one["locations"]] == ["Here"]


def test_paths_are_taken_in_any_letter_case_and_unknown_ones_refused(desk: Any) -> None:
    event = desk.create()
    assert desk.call("GET", f"/Me/Events/{event['id']}").status == 200
    assert desk.call("GET", "/me/nonsense").code == "BadRequest"
    assert desk.call("GET", "/beta/me/events").status == 400
    assert desk.call("PUT", f"/me/events/{event['id']}", {}).status == 405


def test_broken_json_is_refused(desk: Any) -> None:
    answer = desk.call("POST", "/me/events", headers={"Content-Type": "application/json"})
    assert answer.status == 400


def test_the_default_calendar_is_one_of_several(desk: Any) -> None:
    other = desk.call("POST", "/me/calendars", {"name": "Other"}).json
    made = desk.call("POST", f"/me/calendars/{other['id']}/events", desk.event()).json
    assert desk.call("GET", "/me/calendar/events").json["value"] == []
    assert len(desk.call("GET", "/me/events").json["value"]) == 1
    assert desk.call("GET", f"/me/calendar/events/{made['id']}").status == 404
    assert desk.call("DELETE", f"/me/calendars/{other['id']}").status == 204
    assert desk.call("GET", "/me/events").json["value"] == []


def test_exchange_may_go_over_an_item_once_more_after_each_write(desk: Any) -> None:
    desk.world.faults.set_switches({"graph.touch_after_write": True})
    event = desk.create()
    stale = desk.call(
        "PATCH", f"/me/events/{event['id']}", {"subject": "B"}, headers={"If-Match": event["@odata.etag"]}
    )
    assert stale.status == 412


def test_a_cancellations_comment_is_text_and_no_markup(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    desk.call("POST", f"/me/events/{event['id']}/cancel", {"comment": "<script>x</script> & more"})
    html = desk.mails(desk.paris)[-1]["html"]
    assert "&lt;script&gt;" in html
    assert html.index("&amp; more") < html.index("Agenda")
