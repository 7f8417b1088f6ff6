"""Routes about who was told: participants with links to copy, and sending by hand; nothing is decided here."""

from collections.abc import MutableSet
from typing import Any

from flask import Response, json
from flask_openapi3 import APIBlueprint, Tag

from addin.composing import countries_of
from addin.delivering import invite_by_hand, waiting
from addin.errors import NotAllowed
from addin.model import Invitee, Meeting, Person
from addin.policy import InvitationSender
from addin.wanted import people
from server.api import shapes
from server.api.context import Context
from server.api.once import once
from server.api.shapes import InvitedAnswer, InviteRequest, MeetingPath, OptionalIdempotencyHeader
from server.auth.bearer import Caller

TAG = Tag(name="invitations", description="Who was told, links to copy, and sending by hand.")
_PROBLEMS = (401, 403, 404, 409, 422, 503)


def add_invitations(api: APIBlueprint, context: Context) -> None:
    """`/meetings/{id}/participants` and `/meetings/{id}/invitations`."""

    @api.get(
        "/meetings/<meeting_id>/participants", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: InvitedAnswer})
    )
    def participants(path: MeetingPath) -> Response:
        """Everybody with the own signed link to copy (never the token) and what became of the personal invitation."""
        return _json(_invited(context.own_meeting(path.meeting_id, context.caller()), context))

    @api.post(
        "/meetings/<meeting_id>/invitations", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: InvitedAnswer})
    )
    def invitations(path: MeetingPath, header: OptionalIdempotencyHeader, body: InviteRequest) -> Response:
        """Send personal invitations on this press: to those named, else to all who have none yet. At most 50 a press;
        `waiting` says how many are left. Who was named is told again, so that a repeated request needs a key."""
        caller = context.caller()
        meeting = context.own_meeting(path.meeting_id, caller)
        if header.idempotency_key is None:
            return _json(_tell(meeting, body, caller, context, set()))
        request = f"{meeting.id}\n{body.model_dump_json()}"
        with once(context.storage, caller.mailbox, header.idempotency_key, request) as attempt:
            if attempt.answer is None:
                attempt.answer = _tell(meeting, body, caller, context, attempt.done)
        answer = _json(attempt.answer)
        if attempt.replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer


def _tell(
    meeting: Meeting, body: InviteRequest, caller: Caller, context: Context, told: MutableSet[str]
) -> dict[str, Any]:
    by = InvitationSender(body.by) if body.by else None
    if (caller.mailbox.tenant_id, caller.mailbox.user_id) == (meeting.owner.tenant_id, meeting.owner.user_id):
        context.reach.prepare(
            caller, meeting.owner
        )  # the person's own sign-in, fresh from the pane; a claims challenge goes back to it
    office = context.doors.office(meeting.owner)
    with context.doors.store.exclusive(f"meeting:{meeting.id}"):
        try:
            return _invited(invite_by_hand(meeting.id, body.addresses, by, office, context.doors, told), context)
        except NotAllowed as error:
            raise NotAllowed(
                f"{error} Let ClickMeeting send its own invitation, or copy the links and send them yourself.",
                reason="sending-not-allowed",
            ) from error


def _invited(meeting: Meeting, context: Context) -> dict[str, Any]:
    whereabouts = context.known([person.address for person in meeting.participants], meeting.owner)
    known = {invitee.address: invitee for invitee in meeting.invitees}
    entitled = {person.address for person in people(meeting.participants, meeting.owner)}
    shown = []
    for person in meeting.participants:
        invitee = known.get(person.address, Invitee(person.address))
        link = context.doors.links.personal(meeting.id, person.address) if person.address in entitled else None
        shown.append(
            {
                "address": person.address,
                "name": person.name,
                "type": person.attendee_type.value,
                "declined": person.declined,
                "delivery": invitee.delivery.value,
                "has_token": invitee.token is not None,
                "link": link,
                "country": next(iter(countries_of([person.address], whereabouts)), None),
                "language": _language(whereabouts.get(person.address)),
            }
        )
    return {"participants": shown, "waiting": waiting(meeting)}


def _language(person: Person | None) -> str | None:
    return person.language if person else None


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})
