"""The organiser is told that a meeting needs a person: once for each sentence, at most once, and never twice."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from desk_of_fakes import OWNER, Desk
from desk_verbs import AT_TEN, WEEKLY, followed, looked, scheduled

from addin.errors import NotAllowed, OutcomeUnknown, SlotTaken, Throttled
from addin.following import look_at_meeting
from addin.messages import LANGUAGES
from addin.model import Choices, Delivery, Meeting
from addin.policy import Policy
from addin.rooming import INTO_THE_PAST

PAST = replace(AT_TEN, start=datetime(2026, 11, 20, 10), end=datetime(2026, 11, 20, 11))
LATER = replace(AT_TEN, start=datetime(2026, 12, 3, 10), end=datetime(2026, 12, 3, 11))


def mails(desk: Desk) -> list[Any]:
    return [mail for mail in desk.office.sent if mail.to_address == OWNER.address]


def into_the_past(desk: Desk) -> Meeting:
    desk.office.touch("event-1", timing=PAST)
    return looked(desk)


def test_a_meeting_that_needs_a_person_says_so_once_by_mail() -> None:
    desk = Desk()
    followed(desk)
    assert mails(desk) == []
    meeting = into_the_past(desk)
    for _ in range(3):
        looked(desk)
    [mail] = mails(desk)
    assert INTO_THE_PAST in mail.text
    assert "Review" in mail.subject
    assert meeting.attention_mail is Delivery.SENT
    assert sum("told by mail" in note for note in desk.store.notes) == 1


def test_the_same_sentence_is_not_mailed_again_when_it_comes_back_but_another_is() -> None:
    desk = Desk()
    followed(desk)
    into_the_past(desk)
    desk.office.touch("event-1", timing=AT_TEN)
    assert looked(desk).attention is None
    into_the_past(desk)
    assert len(mails(desk)) == 1
    desk.office.touch("event-1", timing=LATER)
    desk.rooms.fail["edit"] = [SlotTaken("Another event then.")]
    looked(desk)
    assert len(mails(desk)) == 2
    assert "Another event then" in mails(desk)[-1].text


def test_the_setting_turns_it_off() -> None:
    desk = Desk(policy=Policy(tell_organiser=False))
    followed(desk)
    assert into_the_past(desk).attention == INTO_THE_PAST
    assert mails(desk) == []


def test_a_lost_answer_reads_uncertain_and_is_not_repeated() -> None:
    desk = Desk()
    followed(desk)
    desk.office.fail["send"] = [OutcomeUnknown("lost")]
    assert into_the_past(desk).attention_mail is Delivery.UNCERTAIN
    looked(desk)
    assert mails(desk) == []
    assert sum("uncertain" in note for note in desk.store.notes) == 1


def test_a_mail_that_was_certainly_not_sent_is_sent_with_the_next_look() -> None:
    desk = Desk()
    followed(desk)
    desk.office.fail["send"] = [Throttled("slow", after=1)]
    with pytest.raises(Throttled):
        into_the_past(desk)
    looked(desk)
    looked(desk)
    assert len(mails(desk)) == 1


def test_a_process_that_died_at_the_mail_leaves_it_uncertain_and_says_so() -> None:
    desk = Desk()
    followed(desk)
    desk.office.fail["send"] = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        into_the_past(desk)
    assert looked(desk).attention_mail is Delivery.UNCERTAIN
    assert mails(desk) == []
    assert any("uncertain whether the organiser" in note for note in desk.store.notes)


def test_a_mailbox_that_may_not_send_still_shows_it() -> None:
    desk = Desk()
    followed(desk)
    desk.office.fail["send"] = [NotAllowed("No Mail.Send.")]
    meeting = into_the_past(desk)
    assert (meeting.attention, meeting.attention_mail) == (INTO_THE_PAST, Delivery.FAILED)


def test_an_appointment_that_was_never_sent_is_told_of() -> None:
    desk = Desk()
    meeting = scheduled(desk, replace(AT_TEN, start=datetime(2026, 12, 21, 10), end=datetime(2026, 12, 21, 11)))
    for pause in desk.policy.draft_checks:
        desk.now = meeting.created_at + pause
        look_at_meeting(meeting.id, desk.doors)
    [mail] = mails(desk)
    assert "not found in the calendar" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_meetings_language_and_escapes_what_people_wrote(language: str) -> None:
    desk = Desk()
    followed(desk, WEEKLY, Choices(language=language))
    desk.office.touch("event-1", subject="<b>Budget & more</b>")
    desk.now = WEEKLY.end_instant + timedelta(weeks=3)
    looked(desk)
    [mail] = mails(desk)
    assert f'lang="{language}"' in mail.html
    assert "<b>Budget" not in mail.html
    assert "&lt;b&gt;Budget &amp; more" in mail.html
    assert ("The series is over" in mail.text) is (language == "en")
    assert "{" not in mail.subject + mail.html + mail.text
