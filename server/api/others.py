"""Routes beside meetings: what may be chosen, dial-in numbers and the preview; nothing is made here."""

from dataclasses import replace

from babel import Locale
from flask import Response, json, request
from flask_openapi3 import APIBlueprint, Tag

from addin.composing import composed, invitation
from addin.invitation.dialin import choose, written
from addin.messages import preferred
from addin.model import AccessType, Invitee, Meeting, MeetingState, Room, Strategy, TokenDelivery
from addin.policy import LinkStyle, Policy
from addin.policy_rules import shown_locks
from addin.scheduling import Doors, Request, check, sole_in_body, with_countries
from addin.wanted import people, strategy_for
from server.api import answers, reading, shapes
from server.api.context import Context
from server.api.shapes import DialInQuery, MeetingRequest, NumbersAnswer, OptionsAnswer, OptionsQuery, PreviewAnswer
from server.tenancy import STOPPED

TAG = Tag(name="options", description="What may be chosen, and what it will look like.")
_PROBLEMS = (401, 403, 422, 503)
_SAMPLE_PIN = 123456789


def add_others(api: APIBlueprint, context: Context) -> None:
    """`/options`, `/dial-in` and `/invitation/preview`."""

    @api.get("/options", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: OptionsAnswer}))
    def options(query: OptionsQuery) -> Response:
        """Kinds, access types, languages, countries, defaults and the signed-in person. The owner's policy decides."""
        caller = context.caller()
        owner = context.owner(caller, query.owner)
        stopped = context.tenancy.stopped(owner.tenant_id) is not None
        return _json(_options(context.doors.at(owner)) | {
            "stopped": STOPPED if stopped else None,
            "organiser": {"address": caller.mailbox.address, "name": caller.mailbox.name},
        })  # fmt: skip

    @api.get("/dial-in", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: NumbersAnswer}))
    def dial_in(query: DialInQuery) -> Response:
        """All numbers, or those of one country. The caller pays the call (R26)."""
        numbers = choose(context.doors.at(context.caller().mailbox).numbers(), countries=())
        country = query.country.upper() if query.country else None
        return _json({"numbers": [
            {"country": one.country, "location": one.location, "e164": one.e164, "display": written(one.e164)}
            for one in numbers if country in (None, one.country)
        ]})  # fmt: skip

    @api.post("/invitation/preview", tags=[TAG], responses=shapes.answers(_PROBLEMS, {200: PreviewAnswer}))
    def preview(body: MeetingRequest) -> Response:
        """The invitation as it would read, with a sample address and room ID; refuses what scheduling would refuse."""
        caller = context.caller()
        owner = context.owner(caller, body.owner)
        doors = context.doors.at(owner)
        wish = reading.read_request(body, owner, caller.mailbox)
        wish = replace(wish, choices=reading.completed(wish.choices, body, doors.policy.defaults))
        check(wish, doors)
        strategy = strategy_for(wish.timing, wish.choices, doors.policy)
        choices = wish.choices
        if choices.access is AccessType.PASSWORD and not choices.password:
            choices = replace(choices, password="········")  # noqa: S106 - dots in place of the one that will be made
        sample = _sample_invitees(wish, doors.policy)
        sole = len(sample) == 1 and choices.token_delivery is TokenDelivery.PERSONAL
        meeting = Meeting(
            id="", key="", owner=wish.owner, scheduler=wish.scheduler, title=wish.title, timing=wish.timing,
            choices=choices, strategy=strategy, state=MeetingState.SCHEDULING, created_at=context.doors.clock(),
            participants=wish.participants, invitees=sample, token_in_body=sole,
            own_link=doors.policy.link_style is LinkStyle.OWN,
        )  # fmt: skip
        meeting = with_countries(meeting, doors)
        room = _sample(meeting, strategy)
        shown = composed(invitation(meeting, room, doors.numbers(), doors.policy, doors.links), doors.policy)
        problem = doors.policy.branding.problem
        return _json(
            {
                "html": shown.html,
                "text": shown.text,
                "recurrence_text": answers.recurrence_text(meeting),
                "warnings": [problem] if problem else [],
            }
        )


def _sample_invitees(wish: Request, policy: Policy) -> tuple[Invitee, ...]:
    """Where the shared invitation shows tokens, dots in the place of those that will be made (principle 4)."""
    invited = people(wish.participants, wish.owner)
    shown = wish.choices.token_delivery is TokenDelivery.BODY or (len(invited) == 1 and sole_in_body(policy))
    if wish.choices.access is not AccessType.TOKEN or not shown:
        return ()
    return tuple(Invitee(one.address, one.name, "······") for one in invited)


def _sample(meeting: Meeting, strategy: Strategy) -> Room:
    return Room(
        id=0, pin=_SAMPLE_PIN, name=meeting.title, url="https://example.clickmeeting.com/your-room",
        kind=meeting.choices.kind, access=meeting.choices.access,
        permanent=strategy is not Strategy.SINGLE, active=True, listener_pin=_SAMPLE_PIN,
    )  # fmt: skip


def _options(doors: Doors) -> dict[str, object]:
    policy, usual = doors.policy, doors.policy.defaults
    countries = sorted({number.country for number in doors.numbers()})
    locale = Locale.parse(preferred(request.accept_languages.values()))
    return {
        "languages": list(policy.languages),
        "kinds": list(policy.kinds),
        "access_types": list(policy.access_types),
        "defaults": {
            "kind": usual.kind,
            "access": usual.access,
            "dial_in": {"enabled": usual.dial_in, "country": usual.dial_in_country},
            "language": usual.language,
            "token_delivery": usual.token_delivery,
            "permanent": usual.permanent,
            "registration": usual.registration,
            "room_per_date": usual.room_per_date,
        },
        "locks": shown_locks(policy),
        "dial_in_countries": [{"code": code, "name": locale.territories.get(code, code)} for code in countries],
        "max_participants": policy.max_participants,
        "add_by_default": policy.add_by_default,
    }


def _json(body: dict[str, object]) -> Response:
    return Response(json.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})
