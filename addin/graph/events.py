"""One mailbox's calendar over the Graph door (`ports.Calendar`); it must not know rooms, plans or invitations."""

import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from addin.errors import InvalidInput, Missing, NotAllowed, Unavailable
from addin.graph import event_json
from addin.graph.door import GraphDoor
from addin.graph.settings import GraphSettings
from addin.model import Engagement, Event, EventChange, MailboxSettings, Occurrence
from addin.recurrence import zones

_UTC = 'outlook.timezone="UTC"'
_LONGEST_VIEW = timedelta(days=1825)
_PAGE = "50"
_FREE = frozenset({"free", "workingElsewhere"})
_HIDDEN = ("private", "confidential")


class GraphCalendar:
    """The calendar of `owner` (object id or address), seen through one person's token or the add-in's own.

    `is_own` says whether private events are shown whole: to their owner and to the add-in itself.
    """

    def __init__(
        self, door: GraphDoor, owner: str, settings: GraphSettings, *, is_own: Callable[[], bool] = lambda: True
    ) -> None:
        self._door = door
        self._owner = f"/users/{quote(owner, safe='@')}"
        self._settings = settings
        self._is_own = is_own
        self._is_readable = False

    def event(self, event_id: str) -> Event:
        """The event now, in one call: properties, body, and for a series its exceptions and cancelled dates.

        Missing only where the calendar itself can be read: a mailbox that is gone or was closed to us answers 404 for
        each event too, and that is no evidence that an event is gone.
        """
        try:
            event = self._event(event_id)
        except Missing:
            hands = self._door.changed_hands
            self.prove()
            if self._door.changed_hands == hands:
                raise
            event = self._event(event_id)
        self._is_readable = True
        return event

    def prove(self) -> None:
        """The calendar can be read now, as far as this object knows; NotAllowed where it cannot."""
        if not self._is_readable:
            self._door.prove(f"{self._owner}/calendar", query={"$select": "id"})
            self._is_readable = True

    def _event(self, event_id: str) -> Event:
        query = {
            "$select": f"{event_json.SELECT},cancelledOccurrences",
            "$expand": f"{self._expand()},exceptionOccurrences",
        }
        found = self._door.get(self._path(event_id), query=query, prefer=(_UTC,))
        if self._is_hidden(found):
            raise _private()
        return self._read(found)

    def _is_hidden(self, data: Mapping[str, Any]) -> bool:
        """Private in another's calendar: shown without text, people and place (Graph facts 1.1). Taken for a change
        that would end the meeting."""
        private = str(data.get("sensitivity") or "").lower() in _HIDDEN
        return private and not str((data.get("body") or {}).get("content") or "").strip() and not self._is_own()

    def events_of(self, key: str, join_urls: Iterable[str], *, around: datetime) -> tuple[Event, ...]:
        """Every event with our key, the pane's mark or one of the URLs (in location or body, near `around`).

        One search for each sort of mark; without URLs the view is not asked. Graph compares values without case,
        so what it finds is compared again here.
        """
        found: dict[str, Event] = {}
        for event in self._marked(key):
            found.setdefault(event.id, event)
        addresses = tuple(_plain_address(url) for url in join_urls)
        if addresses:
            for event in self._naming(addresses, around):
                found.setdefault(event.id, event)
        return tuple(found.values())

    def written_since(self, moment: datetime) -> Iterator[Event]:
        """Every event that was made or changed since then, in all pages; series as their masters.

        What stands in a zone that cannot be used is told in UTC, a series without its dates: the marks are what counts,
        and somebody else's zone is no concern of ours. NotAllowed where one is hidden from us: then what was not found
        is no evidence.
        """
        for item in self._items(f"lastModifiedDateTime ge {event_json.write_instant(moment)}"):
            if self._is_hidden(item):
                raise _private()
            try:
                event = self._read(item)
            except InvalidInput:
                event = self._read({**item, "originalStartTimeZone": "UTC", "recurrence": None})
            yield event

    def occurrences(self, event_id: str, *, after: datetime, before: datetime) -> tuple[Occurrence, ...]:
        """The dates of a series that touch the span, by start; moved ones included, cancelled ones absent."""
        found: dict[str, Occurrence] = {}
        for start, end in event_json.windows_of(after, before, _LONGEST_VIEW):
            query = {
                "startDateTime": event_json.write_instant(start),
                "endDateTime": event_json.write_instant(end),
                "$select": "id,start,end,type,originalStart,isCancelled",
                "$top": "500",
            }
            for item in self._door.pages(f"{self._path(event_id)}/instances", query=query, prefer=(_UTC,)):
                if not item.get("isCancelled"):
                    occurrence = _read_occurrence(item)
                    found.setdefault(occurrence.event_id, occurrence)
        return tuple(sorted(found.values(), key=lambda occurrence: occurrence.start))

    def busy(self, *, after: datetime, before: datetime) -> tuple[Engagement, ...]:
        """What stands in the default calendar in that span and is not shown as free, by start."""
        found = []
        for start, end in event_json.windows_of(after, before, _LONGEST_VIEW):
            query = {
                "startDateTime": event_json.write_instant(start),
                "endDateTime": event_json.write_instant(end),
                "$select": "id,subject,start,end,showAs,isCancelled,seriesMasterId",
                "$top": "500",
            }
            for item in self._door.pages(f"{self._owner}/calendarView", query=query, prefer=(_UTC,)):
                if item.get("showAs") not in _FREE and not item.get("isCancelled"):
                    found.append(_read_engagement(item))
        return tuple(sorted(found, key=lambda one: one.start))

    def update(self, event: Event, change: EventChange) -> Event:
        """One PATCH with If-Match, none where nothing is different; Changed when the event moved on meanwhile."""
        patch = event_json.write_change(event, change, key_property=self._settings.key_property)
        if not patch:
            return event
        answer = self._door.call(
            "PATCH",
            self._path(event.id),
            json=patch,
            prefer=(_UTC,),
            if_match=event.etag or None,
            repeatable=bool(event.etag),
        )
        # The answer to a PATCH holds neither extended properties nor exceptions.
        return replace(
            self._read(answer),
            key=change.key if change.key is not None else event.key,
            pane_properties=event.pane_properties,
            exceptions=event.exceptions,
            cancelled_dates=event.cancelled_dates,
        )

    def settings(self) -> MailboxSettings:
        """Zone and language of the mailbox. InvalidInput where the person keeps a customised zone."""
        found = self._door.get(f"{self._owner}/mailboxSettings", query={"$select": "timeZone,language"})
        language = (found.get("language") or {}).get("locale") or "en"
        return MailboxSettings(zone=zones.to_iana(str(found.get("timeZone") or "UTC")), language=str(language))

    def _marked(self, key: str) -> Iterator[Event]:
        quoted = _quoted(key)
        settings = self._settings
        own = (
            f"singleValueExtendedProperties/Any(ep: ep/id eq {_quoted(settings.key_property)} and ep/value eq {quoted})"
        )
        yield from (event for event in self._search(own) if event.key == key)
        if settings.pane_property is None:
            return
        mark = (
            f"singleValueExtendedProperties/Any(ep: ep/id eq {_quoted(settings.pane_property)} "
            f"and contains(ep/value, {quoted}))"
        )
        yield from (event for event in self._search(mark) if key in event.pane_properties.values())

    def _search(self, wanted: str) -> Iterator[Event]:
        yield from (self._read(item) for item in self._items(wanted) if not self._is_hidden(item))

    def _items(self, wanted: str) -> Iterator[dict[str, Any]]:
        query = {"$filter": wanted, "$select": event_json.SELECT, "$expand": self._expand(), "$top": _PAGE}
        yield from self._door.pages(f"{self._owner}/events", query=query, prefer=(_UTC,))

    def _naming(self, addresses: tuple[str, ...], around: datetime) -> Iterator[Event]:
        margin = self._settings.url_search_margin
        query = {
            "startDateTime": event_json.write_instant(around - margin),
            "endDateTime": event_json.write_instant(around + margin),
            "$select": event_json.SELECT,
            "$expand": self._expand(),
            "$top": _PAGE,
        }
        masters: set[str] = set()
        for item in self._door.pages(f"{self._owner}/calendarView", query=query, prefer=(_UTC,)):
            if not _names_one(item, addresses):
                continue
            master = item.get("seriesMasterId")
            if not master:
                yield self._read(item)
            elif master not in masters:
                # A view shows dates, never their series; the series is what a meeting belongs to.
                masters.add(master)
                yield self.event(str(master))

    def _read(self, data: Mapping[str, Any]) -> Event:
        settings = self._settings
        return event_json.read_event(data, key_property=settings.key_property, pane_property=settings.pane_property)

    def _expand(self) -> str:
        wanted = [self._settings.key_property]
        if self._settings.pane_property is not None:
            wanted.append(self._settings.pane_property)
        return f"singleValueExtendedProperties($filter={' or '.join(f'id eq {_quoted(each)}' for each in wanted)})"

    def _path(self, event_id: str) -> str:
        return f"{self._owner}/events/{quote(rest_id(event_id), safe='')}"


def rest_id(item_id: str) -> str:
    """The REST form of an id that Office.js may have given in EWS form (Graph facts 1.4). InvalidInput when empty."""
    if not item_id or len(item_id) > 1024 or any(character.isspace() for character in item_id):
        raise InvalidInput("This is no id of an event; read it again from Outlook.", field="event_id")
    return item_id.replace("/", "-").replace("+", "_")


def _private() -> NotAllowed:
    return NotAllowed(
        "A private appointment cannot be followed for a delegate. Let its owner sign in to the add-in once, or take the"
        " mark “private” off.",
        reason="private",
    )


def _quoted(value: str) -> str:
    """A string of OData: in single quotes, own ones doubled."""
    return "'" + value.replace("'", "''") + "'"


def _names_one(item: Mapping[str, Any], addresses: tuple[str, ...]) -> bool:
    """Whether location or body hold one of the addresses, however the HTML was escaped on its way (facts 1.3)."""
    body = str((item.get("body") or {}).get("content") or "")
    location = str((item.get("location") or {}).get("displayName") or "")
    text = _plain_address(location) + "\n" + _plain_address(body)
    return any(_stands_alone(text, address) for address in addresses)


def _stands_alone(text: str, address: str) -> bool:
    """Found, and not merely as the beginning of a longer path (`/j/ab` in `/j/abc`)."""
    at = text.find(address)
    while at >= 0:
        follower = text[at + len(address) : at + len(address) + 1]
        if not (follower.isalnum() or follower in {"-", "_"}):
            return True
        at = text.find(address, at + 1)
    return False


def _plain_address(text: str) -> str:
    return unquote(html.unescape(text)).rstrip("/").lower()


def _read_engagement(item: Mapping[str, Any]) -> Engagement:
    try:
        return Engagement(
            start=event_json.read_instant(item["start"]),
            end=event_json.read_instant(item["end"]),
            subject=str(item.get("subject") or ""),
            event_id=str(item["id"]),
            series_id=item.get("seriesMasterId"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"Microsoft Graph gave an event that cannot be read ({type(error).__name__}).") from error


def _read_occurrence(item: Mapping[str, Any]) -> Occurrence:
    try:
        return event_json.read_occurrence(item)
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(
            f"Microsoft Graph gave an occurrence that cannot be read ({type(error).__name__})."
        ) from error
