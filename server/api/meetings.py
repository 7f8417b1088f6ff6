"""Routes of meetings: parse, who, once per key, then one use case; nothing is decided here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Response, json, request
from flask_openapi3 import APIBlueprint, Tag

from addin.composing import compose
from addin.errors import InvalidInput, Missing, Refused
from addin.invitation import body as invitation_body
from addin.model import AccessType, Meeting, MeetingState
from addin.obtaining import spend
from addin.scheduling import Scheduled, cancel, change, schedule, warnings
from server.api import answers, reading, shapes
from server.api.context import Context
from server.api.once import KeyUsed, once
from server.api.shapes import (
    BodyAnswer,
    BodyRequest,
    EntryAnswer,
    EntryRequest,
    IdempotencyHeader,
    MeetingAnswer,
    MeetingChange,
    MeetingPath,
    MeetingRequest,
    MeetingsAnswer,
    MeetingsQuery,
)
from server.auth.bearer import Caller

TAG = Tag(name="meetings", description="Schedule, read, change and cancel meetings.")
_PROBLEMS = (401, 403, 404, 409, 422, 503)


def add_meetings(api: APIBlueprint, context: Context) -> None:
    """All routes below `/meetings`."""
    _add_collection(api, context)
    _add_one(api, context)
    _add_inside(api, context)


def _add_collection(api: APIBlueprint, context: Context) -> None:
    @api.post("/meetings", tags=[TAG], responses=shapes.answers(_PROBLEMS, {201: MeetingAnswer}))
    def create(header: IdempotencyHeader, body: MeetingRequest) -> Response:
        """Schedule a meeting. The same Idempotency-Key with the same body gives the same answer again.

        Another body under a used key is refused; `meeting_id` then names the meeting that was made, if it stands."""
        caller = context.caller()
        wish = reading.read_request(body, caller.mailbox, caller.mailbox)
        key, asked = header.idempotency_key, body.model_dump_json()
        with _naming_what_stands(context), once(context.storage, caller.mailbox, key, asked) as attempt:
            if attempt.replayed and not _stands(attempt.subject_id, context):
                raise KeyUsed("What this Idempotency-Key made was taken off again. Take a new one.", attempt.subject_id)
            if attempt.answer is None:
                owner = context.owner(caller, body.owner)
                choices = reading.completed(wish.choices, body, context.doors.at(owner).policy.defaults)
                wish = replace(wish, owner=owner, choices=choices)
                warning = context.reach.prepare(caller, wish.owner)  # a claims challenge comes before any effect
                with context.doors.store.exclusive(f"meeting:{attempt.subject_id}"):
                    scheduled = schedule(wish, context.doors, meeting_id=attempt.subject_id)
                context.watch(wish.owner)
                attempt.answer = _scheduled(scheduled, context, extra=(warning,) if warning else ())
        answer = _json(attempt.answer, 201)
        if attempt.replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer

    @api.get("/meetings", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: MeetingsAnswer}))
    def own(query: MeetingsQuery) -> Response:
        """Every meeting of the signed-in person that is kept in step, the newest first.

        With `attention=true` those that need a person, also where they are followed no more: a room may be left over.
        """
        wanted = [one for one in context.meetings(context.caller()) if _is_listed(one, query.attention)]
        shown = [
            answers.answer(meeting, context.following(meeting)).model_dump(mode="json", exclude_none=False)
            for meeting in wanted
        ]
        return _json({"meetings": shown}, 200)


def _add_one(api: APIBlueprint, context: Context) -> None:
    @api.get("/meetings/<meeting_id>", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: MeetingAnswer}))
    def read(path: MeetingPath) -> Response:
        """One meeting with its invitation and its history in plain words."""
        meeting = context.own_meeting(path.meeting_id, context.caller())
        return _json(_whole(meeting, context), 200)

    @api.patch("/meetings/<meeting_id>", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: MeetingAnswer}))
    def edit(path: MeetingPath, body: MeetingChange) -> Response:
        """Change any part; whether a room is permanent cannot change (R8)."""
        caller = context.caller()
        meeting = context.own_meeting(path.meeting_id, caller)
        with context.doors.store.exclusive(f"meeting:{meeting.id}"):
            meeting = context.doors.store.meeting(meeting.id)  # what another change made of it while this one waited
            wish = reading.read_request(reading.merged(meeting, body), meeting.owner, caller.mailbox)
            scheduled = change(meeting.id, wish, context.doors)
        return _json(_scheduled(scheduled, context), 200)

    @api.delete("/meetings/<meeting_id>", tags=[TAG], responses=shapes.answers(_PROBLEMS, {204: None}))
    def remove(path: MeetingPath) -> Response:
        """Take the meeting off its appointment: the room is deleted at once."""
        meeting = context.own_meeting(path.meeting_id, context.caller())
        with context.doors.store.exclusive(f"meeting:{meeting.id}"):
            cancel(meeting.id, context.doors)
        return Response(status=204)


def _add_inside(api: APIBlueprint, context: Context) -> None:
    @api.post("/meetings/<meeting_id>/body", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: BodyAnswer}))
    def body(path: MeetingPath, body: BodyRequest) -> Response:
        """Put the invitation into the appointment's text, or take it out. The text is neither kept nor logged."""
        meeting = context.own_meeting(path.meeting_id, context.caller())
        if meeting.room is None:
            raise InvalidInput("This meeting has no room yet. Schedule it again.", field="op")
        if body.op == "put" and meeting.state is MeetingState.ENDED:
            raise Refused(
                "This meeting has been taken off, so it is not written again. Schedule it anew.", reason="ended"
            )
        doors = context.doors.of(meeting)
        composed = compose(meeting, doors.numbers(), doors.policy, doors.links)
        former = tuple(room.url for room in meeting.former_rooms)
        where: dict[str, Any] = {"content_type": body.content_type, "join_url": composed.join_url, "former": former}
        where["known"] = doors.policy.known_lines
        if body.op == "put":
            block = composed.html if body.content_type == "html" else composed.text
            text = invitation_body.put(body.body, block, **where)
        else:
            text = invitation_body.remove(body.body, **where)
        return _json({"body": text, "changed": text != body.body}, 200)

    @api.post("/meetings/<meeting_id>/entry", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: EntryAnswer}))
    def entry(path: MeetingPath, body: EntryRequest) -> Response:
        """The link that lets the organiser in at once, fetched at the press; never kept, never logged."""
        caller = context.caller()
        meeting = context.own_meeting(path.meeting_id, caller)
        answer = _json({"url": _entry(meeting, body.role, caller, context)}, 200)
        answer.headers["Cache-Control"] = "no-store"
        return answer


@contextmanager
def _naming_what_stands(context: Context) -> Iterator[None]:
    """A key used before leads to its meeting: one appointment never gets two rooms."""
    try:
        yield
    except KeyUsed as used:
        used.meeting_id = used.subject_id if _stands(used.subject_id, context) else None
        raise


def _stands(meeting_id: str, context: Context) -> bool:
    try:
        meeting = context.doors.store.meeting(meeting_id)
    except Missing:
        return False
    return meeting.room is not None and meeting.state is not MeetingState.ENDED


def _is_listed(meeting: Meeting, attention: bool | None) -> bool:
    if attention:
        return meeting.attention is not None
    return meeting.state is not MeetingState.ENDED and (attention is None or meeting.attention is None)


def _entry(meeting: Meeting, role: str, caller: Caller, context: Context) -> str:
    """As host too for a delegate: who is no longer one does not come as far as here."""
    room = meeting.room
    if room is None:
        raise InvalidInput("This meeting has no room any more.", field="role")
    token = None
    rooms = context.doors.of(meeting).rooms
    if meeting.choices.access is AccessType.TOKEN:
        with context.doors.store.exclusive(f"meeting:{meeting.id}"):
            token = spend(context.doors.store.meeting(meeting.id), room, rooms, context.doors.store)
    return rooms.entry(
        room,
        address=caller.mailbox.address,
        nickname=caller.mailbox.name or caller.mailbox.address,
        role=role,
        password=meeting.choices.password,
        token=token,
    )


def _whole(meeting: Meeting, context: Context) -> dict[str, Any]:
    live = meeting.room is not None and meeting.state is not MeetingState.ENDED
    invitation = None
    if live:
        doors = context.doors.of(meeting)
        invitation = compose(meeting, doors.numbers(), doors.policy, doors.links)
    history = context.storage.history(meeting.id)
    shape = answers.answer(
        meeting, context.following(meeting), invitation=invitation, warnings=warnings(meeting), history=history
    )
    return shape.model_dump(mode="json")


def _scheduled(scheduled: Scheduled, context: Context, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    shape = answers.answer(
        scheduled.meeting,
        context.following(scheduled.meeting),
        invitation=scheduled.invitation,
        warnings=(*scheduled.warnings, *extra),
        history=context.storage.history(scheduled.meeting.id),
    )
    return shape.model_dump(mode="json")


def _json(body: dict[str, Any], status: int) -> Response:
    answer = Response(json.dumps(body), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store" if request.method == "GET" else "no-cache"
    return answer
