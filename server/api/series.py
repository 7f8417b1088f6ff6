"""The route that shows a series before it is scheduled: as a sentence, with its next dates; nothing is made here."""

from datetime import timedelta

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from addin.composing import countries_of
from addin.country_zones import only_zone
from addin.errors import AddinError
from addin.model import Mailbox, Meeting, Occurrence, Participant
from addin.recurrence import phrase
from addin.scheduling import in_the_past
from addin.series import SeriesDate, next_dates, windows, with_clashes
from addin.wanted import people
from server.api import reading, shapes
from server.api.context import Context
from server.api.shapes import ElsewhereAnswer, SeriesAnswer, SeriesDateAnswer, SeriesRequest
from server.auth.bearer import Caller

TAG = Tag(name="series", description="What a series looks like before it is scheduled.")
_PROBLEMS = (401, 403, 404, 422, 503)
_ONE_LOOK = timedelta(days=92)  # dates farther apart are looked at one by one


def add_series(api: APIBlueprint, context: Context) -> None:
    """`/series`."""

    @api.post("/series", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: SeriesAnswer}))
    def series(body: SeriesRequest) -> Response:
        """The series as a sentence and its next dates, with changes of the clocks and, if asked for, what they collide
        with in the organiser's calendar. Refuses what scheduling would refuse, with the nearest that is possible."""
        caller = context.caller()
        timing = reading.read_timing(body)
        language = reading.read_language(body.language)
        meeting = context.own_meeting(body.meeting_id, caller, to_read=True) if body.meeting_id else None
        owner = meeting.owner if meeting else context.owner(caller, body.owner)
        moved, cancelled = _exceptions(meeting)
        zones = _zones(reading.read_participants(body.participants), owner, context)
        dates, more = next_dates(
            timing, after=context.doors.clock(), how_many=body.dates, zones=zones, moved=moved, cancelled=cancelled
        )
        if not dates:
            raise in_the_past()
        if body.clashes:
            dates = _with_clashes(dates, meeting, owner, caller, context)
        answer = SeriesAnswer(
            sentence=phrase(timing.recurrence, language) if timing.recurrence else None,
            time_zone=timing.zone, all_day=timing.all_day, dates=[_told(day) for day in dates], more=more,
        )  # fmt: skip
        headers = {"Cache-Control": "no-store"}
        return Response(answer.model_dump_json(), content_type="application/json", headers=headers)


def _exceptions(meeting: Meeting | None) -> tuple[tuple[Occurrence, ...], tuple[str, ...]]:
    return (meeting.occurrences_changed, meeting.cancelled_dates) if meeting else ((), ())


def _zones(participants: tuple[Participant, ...], owner: Mailbox, context: Context) -> tuple[str, ...]:
    """Where the participants are, as far as anybody tells it; a country with several zones tells nothing."""
    addresses = [person.address for person in people(participants, owner)]
    known = context.known(addresses, owner)
    own = [person.zone for person in known.values() if person.zone]
    there = [zone for country in countries_of(addresses, known) if (zone := only_zone(country))]
    return tuple(dict.fromkeys([*own, *there]))


def _with_clashes(
    dates: tuple[SeriesDate, ...], meeting: Meeting | None, owner: Mailbox, caller: Caller, context: Context
) -> tuple[SeriesDate, ...]:
    """Without access to the calendar nothing is said about clashes; a preview never asks anybody to sign in."""
    try:
        context.reach.prepare(caller, owner)
        calendar = context.doors.office(owner).calendar
        found = [one for start, end in windows(dates, _ONE_LOOK) for one in calendar.busy(after=start, before=end)]
    except AddinError:
        return dates
    return with_clashes(dates, found, own=meeting.event.event_id if meeting and meeting.event else None)


def _told(day: SeriesDate) -> SeriesDateAnswer:
    return SeriesDateAnswer(
        start=day.start,
        end=day.end,
        offset_changed=day.offset_changed,
        elsewhere=[ElsewhereAnswer(time_zone=str(one.tzinfo), start=one) for one in day.elsewhere],
        clashes=None if day.clashes is None else list(day.clashes),
    )
