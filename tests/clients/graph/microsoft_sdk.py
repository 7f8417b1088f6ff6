"""Drives the sandbox with Microsoft's own Graph SDK, unmodified, and prints what it saw as one JSON object.

Run in an environment of its own: `python microsoft_sdk.py GRAPH_URL HOOK_URL` with the token in GRAPH_TOKEN.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.location import Location
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.events.events_request_builder import EventsRequestBuilder
from msgraph.generated.users.item.events.item.instances.instances_request_builder import InstancesRequestBuilder

KEY = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey"
ZONE = "Central European Standard Time"


class _Token(AccessTokenProvider):
    def __init__(self, token: str, host: str) -> None:
        self._token = token
        self._hosts = AllowedHostsValidator([host])

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


def client_for(url: str) -> GraphServiceClient:
    provider = _Token(os.environ["GRAPH_TOKEN"], urlsplit(url).hostname or "")
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(provider))
    adapter.base_url = url
    return GraphServiceClient(request_adapter=adapter)


def when(text: str) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=text, time_zone=ZONE)


def weekly() -> PatternedRecurrence:
    return PatternedRecurrence(
        pattern=RecurrencePattern(
            type=RecurrencePatternType.Weekly, interval=1, days_of_week=[DayOfWeek.Monday],
            first_day_of_week=DayOfWeek.Monday,
        ),
        range=RecurrenceRange(
            type=RecurrenceRangeType.Numbered, start_date=datetime(2027, 3, 1).date(), number_of_occurrences=5,
            recurrence_time_zone=ZONE,
        ),
    )  # fmt: skip


async def single(graph: GraphServiceClient, seen: dict[str, Any]) -> None:
    """Create, read back by our own property, change, provoke an error, delete."""
    made = await graph.me.events.post(
        Event(
            subject="From the SDK",
            body=ItemBody(content_type=BodyType.Html, content="<p>Agenda</p>"),
            start=when("2027-03-01T10:00:00"),
            end=when("2027-03-01T11:00:00"),
            location=Location(display_name="Here"),
            attendees=[
                Attendee(type=AttendeeType.Required, email_address=EmailAddress(address="paris@contoso.example"))
            ],
            transaction_id="sdk-1",
            single_value_extended_properties=[SingleValueLegacyExtendedProperty(id=KEY, value="k-1")],
        )
    )
    assert made is not None
    seen["created"] = {"type": made.type.value, "start": made.start.date_time, "extra": sorted(made.additional_data)}
    query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
        filter=f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq 'k-1')",
        expand=[f"singleValueExtendedProperties($filter=id eq '{KEY}')"],
    )
    found = await graph.me.events.get(RequestConfiguration(query_parameters=query))
    seen["found"] = [event.single_value_extended_properties[0].value for event in found.value]
    changed = await graph.me.events.by_event_id(made.id).patch(Event(subject="Changed"))
    seen["changed"] = changed.subject
    seen["extra"] = sorted(changed.additional_data)
    try:
        await graph.me.events.by_event_id("nonsense").get()
    except ODataError as error:
        seen["error"] = [error.response_status_code, error.error.code]
    await graph.me.events.by_event_id(made.id).delete()


async def series(graph: GraphServiceClient, seen: dict[str, Any]) -> None:
    """A series, its instances, one of them moved."""
    made = await graph.me.events.post(
        Event(subject="Series", start=when("2027-03-01T10:00:00"), end=when("2027-03-01T11:00:00"), recurrence=weekly())
    )
    seen["recurrence"] = [made.recurrence.range.number_of_occurrences, made.recurrence.pattern.index.value]
    query = InstancesRequestBuilder.InstancesRequestBuilderGetQueryParameters(
        start_date_time="2027-03-01T00:00:00Z", end_date_time="2027-12-01T00:00:00Z"
    )
    configuration = RequestConfiguration(query_parameters=query)
    instances = await graph.me.events.by_event_id(made.id).instances.get(configuration)
    second = instances.value[1]
    moved = await graph.me.events.by_event_id(second.id).patch(
        Event(start=when("2027-03-09T10:00:00"), end=when("2027-03-09T11:00:00"))
    )
    seen["instances"] = [len(instances.value), second.type.value, moved.type.value]


async def delta(graph: GraphServiceClient, seen: dict[str, Any]) -> None:
    """A round, a change, and the round after it."""
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time="2027-03-01T00:00:00Z", end_date_time="2027-05-01T00:00:00Z"
    )
    builder = graph.me.calendar_view.delta
    first = await builder.get(RequestConfiguration(query_parameters=query))
    master = next(event for event in first.value if event.type.value == "seriesMaster")
    await graph.me.events.by_event_id(master.id).delete()
    second = await builder.with_url(first.odata_delta_link).get()
    seen["delta"] = [len(first.value), [event.additional_data.get("@removed") for event in second.value]]


async def subscription(graph: GraphServiceClient, hook: str, seen: dict[str, Any]) -> None:
    """Subscribe with a handshake, renew, list, delete."""
    expires = datetime.now(UTC) + timedelta(minutes=600)
    made = await graph.subscriptions.post(
        Subscription(
            change_type="created,updated,deleted", notification_url=hook, resource="me/events",
            expiration_date_time=expires, client_state="sdk-state",
        )
    )  # fmt: skip
    renewed = await graph.subscriptions.by_subscription_id(made.id).patch(
        Subscription(expiration_date_time=expires + timedelta(minutes=60))
    )
    seen["renewed"] = renewed.expiration_date_time > made.expiration_date_time
    await graph.me.events.post(
        Event(subject="Told", start=when("2027-04-01T10:00:00"), end=when("2027-04-01T11:00:00"))
    )
    held = await graph.subscriptions.get()
    seen["subscriptions"] = len(held.value)
    await graph.subscriptions.by_subscription_id(made.id).delete()


async def main(url: str, hook: str) -> None:
    graph, seen = client_for(url), {}
    me = await graph.me.get()
    seen["me"] = me.user_principal_name
    await single(graph, seen)
    await series(graph, seen)
    await delta(graph, seen)
    await subscription(graph, hook, seen)
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
