"""Who got which mail: calendar mail by its meeting, other mail by what it shares with one."""

from typing import Any

from sandbox.outlook.distribution import column, meetings

ORGANISER, GUEST = "organiser@contoso.example", "guest@customer.example"
ROOM = "https://rooms.example/rooms/mbxsd6abblv3iy3erey2smup"


def mail(**more: Any) -> dict[str, Any]:
    return {
        "mailbox": GUEST, "source": "graph", "kind": "mail", "sender": ORGANISER, "subject": "", "html": "", "text": "",
        "time": "2027-01-04T09:00:00+00:00", "details": {},
    } | more  # fmt: skip


def invitation(uid: str, subject: str, html: str = "", **more: Any) -> dict[str, Any]:
    details = {"uid": uid, "event": f"event-{uid}", "attendee_type": "optional"}
    return mail(kind="invitation", subject=subject, html=html, details=details, **more)


def test_each_mail_stands_in_its_column_once() -> None:
    assert column(mail()) == "personal"
    assert column(mail(kind="response")) == "answer"
    assert column(mail(source="clickmeeting", kind="invitation")) == "clickmeeting"
    assert [column(mail(kind=kind)) for kind in ("invitation", "update", "cancellation")] == ["invitation"] * 3


def test_other_mail_finds_its_meeting_by_address_number_or_subject() -> None:
    found = meetings(
        [
            invitation("a", "Planning", f"<a href='{ROOM}'>join</a> Room ID 624439765"),
            invitation("b", "Retrospective"),
            mail(subject="Votre accès", html=f"<a href='{ROOM}'>x</a>"),
            mail(subject="Twój dostęp", text="ID pokoju 624439765"),
            mail(subject="Your access: Retrospective"),
            mail(source="clickmeeting", kind="reminder", details={"room_url": ROOM}),
            mail(subject="Lunch?"),
            mail(mailbox=ORGANISER, kind="response", sender=GUEST, details={"uid": "a"}),
        ]
    )
    planning = next(one for one in found if one["uid"] == "a")
    guest, organiser = planning["people"]
    assert (guest["address"], guest["type"]) == (GUEST, "optional")
    assert guest["mails"] == {"invitation": [0], "personal": [2, 3], "clickmeeting": [5], "answer": []}
    assert organiser["address"] == ORGANISER, "the organiser comes last"
    assert organiser["mails"]["answer"] == [7]
    assert next(one for one in found if one["uid"] == "b")["people"][0]["mails"]["personal"] == [4]
    assert found[-1]["uid"] is None, "mail of no meeting comes last"
    assert found[-1]["people"][0]["mails"]["personal"] == [6]
    numbers = [n for one in found for person in one["people"] for own in person["mails"].values() for n in own]
    assert sorted(numbers) == [*range(8)], "each mail once"


def test_the_latest_meeting_comes_first_and_keeps_its_last_name() -> None:
    later = "2027-01-05T09:00:00+00:00"
    found = meetings([invitation("a", "Old"), invitation("b", "Other"), invitation("a", "New", time=later)])
    assert [(one["uid"], one["subject"], one["last"]) for one in found] == [
        ("a", "New", later), ("b", "Other", "2027-01-04T09:00:00+00:00"),
    ]  # fmt: skip
    assert meetings([]) == []
