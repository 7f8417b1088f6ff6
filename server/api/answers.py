"""From a meeting to the API's answer; it tells an organiser everything needed and nobody's secret."""

from flask import has_request_context, request

from addin.composing import Composed
from addin.messages import preferred
from addin.model import Meeting
from addin.recurrence import phrase
from server.api.shapes import (
    CallsAnswer,
    DialInShape,
    FollowingAnswer,
    HistoryAnswer,
    InvitationAnswer,
    MeetingAnswer,
    ParticipantAnswer,
    RoomAnswer,
)
from server.store.meetings import Note
from server.watching import Following


def answer(
    meeting: Meeting,
    following: Following,
    *,
    invitation: Composed | None = None,
    warnings: tuple[str, ...] = (),
    history: tuple[Note, ...] | None = None,
) -> MeetingAnswer:
    """The wire form. With `invitation` come its texts and what the pane writes onto the item."""
    timing, choices = meeting.timing, meeting.choices
    return MeetingAnswer(
        id=meeting.id,
        state=meeting.state,
        title=meeting.title,
        start=timing.start.isoformat(),
        end=timing.end.isoformat(),
        time_zone=timing.zone,
        all_day=timing.all_day,
        recurrence_text=recurrence_text(meeting),
        kind=choices.kind,
        access=choices.access,
        password=choices.password,
        strategy=meeting.strategy,
        permanent=meeting.strategy.value == "permanent",
        dial_in=DialInShape(enabled=choices.dial_in, country=choices.dial_in_country),
        language=choices.language,
        token_delivery=choices.token_delivery,
        registration=choices.registration,
        room_per_date=choices.room_per_date,
        lobby_message=choices.lobby_message,
        agenda=choices.agenda,
        room=RoomAnswer(room_id=meeting.room.pin, url=meeting.room.url) if meeting.room else None,
        join_url=invitation.join_url if invitation else meeting.room.url if meeting.room else None,
        invitation=InvitationAnswer(html=invitation.html, text=invitation.text, location=invitation.location)
        if invitation
        else None,
        pane_properties={"clickmeeting": meeting.key} if invitation else None,
        participants=_participants(meeting),
        warnings=list(warnings),
        attention=meeting.attention,
        following=FollowingAnswer(by=following.by, minutes=following.minutes),
        history=[_line(note) for note in history] if history is not None else None,
    )


def _line(note: Note) -> HistoryAnswer:
    calls = CallsAnswer(graph=note.graph_calls, clickmeeting=note.clickmeeting_calls)
    return HistoryAnswer(time=note.at, text=note.text, source=note.source, calls=calls)


def recurrence_text(meeting: Meeting) -> str | None:
    """The series as a sentence in the reader's language, else the invitation's; None for a single event."""
    timing = meeting.timing
    if timing.recurrence is None:
        return None
    spoken = request.accept_languages.values() if has_request_context() else ()
    return phrase(timing.recurrence, preferred(spoken, meeting.choices.language))


def _participants(meeting: Meeting) -> list[ParticipantAnswer]:
    held = {invitee.address: invitee for invitee in meeting.invitees}
    return [
        ParticipantAnswer(
            address=one.address,
            name=one.name,
            delivery=held[one.address].delivery if one.address in held else "none",
            has_token=one.address in held and held[one.address].token is not None,
        )
        for one in meeting.participants
    ]
