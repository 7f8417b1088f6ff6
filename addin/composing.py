"""Turns a meeting into what people read: the shared invitation and each participant's own; it sends nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.core import get_global

from addin.country_zones import only_zone
from addin.guest_calendar import guest_calendar
from addin.invitation import content, dialin
from addin.invitation.render import block_html, block_text, personal_html, personal_subject, personal_text
from addin.links import Links
from addin.model import AccessType, Invitee, Meeting, Message, Person, Room, Strategy, TokenDelivery
from addin.policy import Policy
from addin.recurrence import phrase

Numbers = tuple[content.DialInNumber, ...]
_LOCATION_LIMIT = 255  # Outlook facts 3.3


@dataclass(frozen=True)
class Composed:
    """The shared block in both forms and the text for the location field. It may hold a password or a sole token."""

    join_url: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    location: str = ""


def compose(meeting: Meeting, numbers: Numbers, policy: Policy, links: Links) -> Composed:
    """What everybody reads: only what does not change when the appointment moves (principle 3)."""
    if meeting.room is None:
        raise ValueError("a meeting without a room has no invitation")
    return composed(invitation(meeting, meeting.room, numbers, policy, links), policy)


def composed(shared: content.Invitation, policy: Policy) -> Composed:
    """The forms of one invitation, with what the organisation adds."""
    location = shared.join_url if len(shared.join_url) <= _LOCATION_LIMIT else "ClickMeeting"
    html, text = block_html(shared, policy.branding), block_text(shared, policy.branding)
    return Composed(shared.join_url, html, text, location)


def invitation(meeting: Meeting, room: Room, numbers: Numbers, policy: Policy, links: Links) -> content.Invitation:
    """The shared block's content. Tokens stand in it only where principle 4 lets them."""
    choices = meeting.choices
    listed = choices.access is AccessType.TOKEN and choices.token_delivery is TokenDelivery.BODY
    held = [invitee for invitee in meeting.invitees if invitee.token]
    sole = held[0].token if meeting.token_in_body and len(held) == 1 else None
    return content.Invitation(
        kind=choices.kind,
        title=meeting.title,
        join_url=_shared_link(meeting, room, links),
        room_id=room.pin,
        access=content.Access(choices.access, choices.password, sole),
        dial_in=content.DialIn(
            enabled=choices.dial_in,
            pin=room.listener_pin,  # the presenter PIN gives the right to speak: never in an invitation (section 4)
            country=choices.dial_in_country,
            numbers=shared_numbers(meeting, numbers, policy) if choices.dial_in else (),
        ),
        language=choices.language,
        own_link=meeting.strategy is Strategy.ROLLING,
        tokens=tuple((invitee.name or invitee.address, invitee.token or "") for invitee in held) if listed else (),
        number_list_url=f"{links.public_url}/numbers" if choices.dial_in else None,
    )


def _shared_link(meeting: Meeting, room: Room, links: Links) -> str:
    """The room's own address; where each date has another room, or the organisation wants it, our link, which leads to
    that of the moment."""
    return links.join(meeting.id) if meeting.own_link or meeting.strategy is Strategy.ROLLING else room.url


def shared_numbers(meeting: Meeting, numbers: Numbers, policy: Policy) -> Numbers:
    """One number for each country that the readers are in, the organiser's choice in front (R23)."""
    own = meeting.owner_country or _language_country(meeting.choices.language)
    countries = meeting.reader_countries or ((own,) if own else ())
    nearest = dialin.nearest(numbers, countries=countries, first=meeting.choices.dial_in_country)
    one_each = {number.country: number for number in reversed(nearest)}
    chosen = [number for number in nearest if one_each[number.country] is number]
    return tuple(chosen[: policy.numbers_in_body])


def countries_of(addresses: Iterable[str], known: Mapping[str, Person]) -> tuple[str, ...]:
    """Where these people are, as the directory, else the mailbox's language, else the mail domain says; each once."""
    told = (_country(address, known.get(address, Person(address))) for address in addresses)
    return tuple(dict.fromkeys(country for country in told if country))


def personal_message(
    meeting: Meeting,
    invitee: Invitee,
    person: Person,
    numbers: Numbers,
    links: Links,
    *,
    calendar_at: datetime | None = None,
) -> Message:
    """One participant's own invitation: own token and link, own language and zone where known, nearest numbers.

    With `calendar_at` (the present) it carries the appointment as .ics, for who is not on Outlook's list of attendees.
    """
    room, choices, timing = meeting.room, meeting.choices, meeting.timing
    if room is None:
        raise ValueError("a meeting without a room has no invitation")
    language = person.language or choices.language
    zone = person.zone or only_zone(person.country) or timing.zone
    token = invitee.token if choices.access is AccessType.TOKEN else None
    recurrence = None
    if timing.recurrence is not None:
        recurrence = phrase(timing.recurrence, language)
    own = content.PersonalInvitation(
        kind=choices.kind,
        title=meeting.title,
        join_url=links.personal(meeting.id, invitee.address) if token else _shared_link(meeting, room, links),
        start=_at(timing.start_instant, zone),
        end=_at(timing.end_instant, zone),
        zone=zone,
        language=language,
        organiser=meeting.owner.name or meeting.owner.address,
        all_day=timing.all_day,
        token=token,
        password=choices.password,
        room_id=room.pin,
        recurrence=recurrence,
        numbers=personal_numbers(meeting, invitee, person, numbers) if choices.dial_in else (),
        pin=room.listener_pin if choices.dial_in else None,
    )
    return Message(
        to_address=invitee.address,
        to_name=invitee.name,
        subject=personal_subject(own),
        html=personal_html(own),
        text=personal_text(own),
        calendar=guest_calendar(meeting, own.join_url, urlsplit(links.public_url).netloc, calendar_at)
        if calendar_at is not None
        else None,
    )


def personal_numbers(meeting: Meeting, invitee: Invitee, person: Person, numbers: Numbers) -> Numbers:
    """R23: the organiser's choice, else where the reader is, else where the organiser is."""
    if meeting.choices.dial_in_country:
        return dialin.nearest(numbers, countries=(), first=meeting.choices.dial_in_country)
    own = _country(invitee.address, person) or meeting.owner_country or _language_country(meeting.choices.language)
    return dialin.nearest(numbers, countries=(own,) if own else ())


def _country(address: str, person: Person) -> str | None:
    told = person.country or _region(person.language) or dialin.country_of_mail_domain(address)
    return told.upper() if told else None


def _region(language: str | None) -> str | None:
    """The region of a language tag such as `fr-CA`."""
    region = (language or "").replace("_", "-").rpartition("-")
    return region[2].upper() if region[0] and len(region[2]) == 2 else None


def _language_country(language: str) -> str | None:
    """Where a language is most spoken (CLDR's likely subtags): the last resort when nobody's country is known."""
    likely = get_global("likely_subtags").get(language.split("-")[0])
    return likely.rpartition("_")[2] if likely else None


def _at(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))
