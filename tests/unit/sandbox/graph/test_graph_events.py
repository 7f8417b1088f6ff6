"""What the Graph stand-in does with single events."""


def test_an_event_is_created_and_answered_in_the_zone_that_was_sent(desk) -> None:
    answer = desk.call("POST", "/me/events", desk.event())
    assert answer.status == 201
    event = answer.json
    assert event["start"] == {"dateTime": "2027-03-01T10:00:00.0000000", "timeZone": "Europe/Warsaw"}
    assert event["type"] == "singleInstance"
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"' == answer.headers["ETag"]
    assert event["isOrganizer"] is True
    assert event["organizer"]["emailAddress"]["address"] == desk.organiser
    assert answer.headers["Location"].endswith(event["id"])


def test_reading_answers_utc_unless_a_zone_is_preferred(desk) -> None:
    event = desk.create()
    plain = desk.call("GET", f"/me/events/{event['id']}")
    assert plain.json["start"] == {"dateTime": "2027-03-01T09:00:00.0000000", "timeZone": "UTC"}
    assert "Preference-Applied" not in plain.headers
    preferred = desk.call("GET", f"/me/events/{event['id']}", prefer='outlook.timezone="Tokyo Standard Time"')
    assert preferred.json["start"] == {"dateTime": "2027-03-01T18:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert preferred.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'
    assert preferred.json["originalStartTimeZone"] == "Central European Standard Time"
