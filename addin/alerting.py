"""Tells the organiser, once, that a meeting needs a person; it does not decide whether one does."""

import hashlib
from dataclasses import replace
from html import escape

from addin import tally
from addin.errors import OutcomeUnknown, Permanent, Retryable
from addin.messages import DEFAULT, direction, known, messages
from addin.model import Delivery, Meeting, Message
from addin.ports import Office
from addin.rooming import INTO_THE_PAST, NOT_SENT, SERIES_OVER
from addin.scheduling import Doors
from addin.telling import when

_TRANSLATED = {
    INTO_THE_PAST: "attention.past",
    SERIES_OVER: "attention.series-over",
    NOT_SENT: "attention.not-sent",
}
_FONT = "font-family:'Segoe UI',Aptos,Calibri,Arial,sans-serif"
_SUBJECT_LENGTH = 255


def alert(meeting: Meeting, office: Office, doors: Doors) -> Meeting:
    """A mail to the organiser where `attention` says something that was never said before, at most once (principle 8).

    A Retryable goes up: that mail was certainly not sent, and is with the next look.
    """
    if meeting.attention_mail is Delivery.INTENDED:  # a process died at it
        meeting = doors.store.save(replace(meeting, attention_mail=Delivery.UNCERTAIN), note=_note(Delivery.UNCERTAIN))
        tally.mailed(Delivery.UNCERTAIN)
    sentence = meeting.attention
    if sentence is None or not doors.policy.tell_organiser or is_told(meeting, sentence):
        return meeting
    before = meeting
    meeting = doors.store.save(told(meeting, sentence, Delivery.INTENDED))
    try:
        office.mail.send(attention_message(meeting, sentence))
        outcome = Delivery.SENT
    except OutcomeUnknown:
        outcome = Delivery.UNCERTAIN
    except Retryable:
        doors.store.save(replace(before, version=meeting.version))
        raise
    except Permanent:
        outcome = Delivery.FAILED
    tally.mailed(outcome)
    return doors.store.save(replace(meeting, attention_mail=outcome), note=_note(outcome))


def is_told(meeting: Meeting, sentence: str) -> bool:
    """Whether the organiser was told this of the meeting, whenever that was."""
    return _mark(sentence) in meeting.attention_told


def told(meeting: Meeting, sentence: str, outcome: Delivery) -> Meeting:
    """The meeting as one whose organiser was told."""
    return replace(meeting, attention_told=(*meeting.attention_told, _mark(sentence)), attention_mail=outcome)


def attention_message(meeting: Meeting, sentence: str) -> Message:
    """To the organiser, in the meeting's language as far as the sentence is one of the catalogue's."""
    language = known(meeting.choices.language) or DEFAULT
    spoken = messages("notices", language)
    if sentence in _TRANSLATED:
        sentence = str(spoken[_TRANSLATED[sentence]])
    subject = str(spoken["attention.subject"]).format(title=meeting.title)
    lines = (sentence, str(spoken["attention.next"]), str(spoken["attention.once"]))
    head = f"{meeting.title}, {when(meeting.timing)}"
    rows = "".join(f'<p dir="auto" style="margin:0 0 12px">{escape(line)}</p>' for line in lines)
    html = (
        f'<!DOCTYPE html><html lang="{language}" dir="{direction(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(subject)}</title></head>"
        f'<body style="{_FONT};font-size:15px;line-height:22px">'
        f'<p dir="auto" style="margin:0 0 12px;font-weight:bold">{escape(head)}</p>{rows}</body></html>'
    )
    return Message(
        to_address=meeting.owner.address,
        to_name=meeting.owner.name,
        subject=subject if len(subject) <= _SUBJECT_LENGTH else subject[: _SUBJECT_LENGTH - 1] + "…",
        html=html,
        text="\n\n".join((head, *lines)) + "\n",
    )


def _note(outcome: Delivery) -> str:
    match outcome:
        case Delivery.SENT:
            return "The organiser was told by mail that a person is needed."
        case Delivery.UNCERTAIN:
            return "It is uncertain whether the organiser got the mail that a person is needed; it is not sent again."
        case _:
            return "The organiser could not be told by mail that a person is needed."


def _mark(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()[:12]
