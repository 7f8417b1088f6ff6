"""The story: what a person does, what comes of it, and whether each sentence is true; it prints nothing itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from server.demo.client import Organiser, Outside

ORGANISER = "organiser@contoso.example"
PEOPLE = (
    ("paris@contoso.example", "Colleague in Paris"),
    ("toronto@contoso.example", "Colleague in Toronto"),
    ("warsaw@contoso.example", "Colleague in Warsaw"),
    ("guest@fabrikam.example", "Guest from Fabrikam"),
)
ZONE = "Central European Standard Time"


class Teller(Protocol):
    """Whoever shows the story to a person."""

    def chapter(self, title: str) -> None: ...

    def did(self, sentence: str) -> None: ...

    def holds(self, sentence: str, so: bool) -> None: ...

    def room(self, room: dict[str, Any]) -> None: ...

    def invitation(self, text: str) -> None: ...

    def mails(self, rows: list[tuple[str, str, str]]) -> None: ...

    def cost(self, calls: dict[str, int], mails: int) -> None: ...


@dataclass
class Story:
    """Tells itself to `teller`; afterwards `untrue` lists the sentences that did not hold."""

    outside: Outside
    teller: Teller
    add_in_id: str
    api_scope: str
    untrue: list[str] = field(default_factory=list)

    def tell(self) -> None:
        """All chapters. NotSo where a step could not even be taken."""
        self.teller.chapter("Signing in")
        organiser = Organiser(self.outside, ORGANISER, self.api_scope, self.add_in_id)
        options = organiser.api("GET", "/options")
        self._holds("the organiser is signed in", options["organiser"]["address"] == ORGANISER)
        self._single(organiser)
        self._series(organiser)

    def _holds(self, sentence: str, so: bool) -> None:
        if not so:
            self.untrue.append(sentence)
        self.teller.holds(sentence, so)

    def _single(self, organiser: Organiser) -> None:
        self.teller.chapter("A single appointment: own tokens, dial-in, four participants in three countries")
        before = _Cost.now(self.outside)
        start = _next_weekday(datetime.now(UTC), 1).replace(hour=10)
        wish = {
            "title": "Quarterly review", "start": _wall(start), "end": _wall(start + timedelta(hours=1)),
            "time_zone": ZONE, "access": "token", "dial_in": {"enabled": True}, "language": "en",
            "participants": [{"address": address, "name": name} for address, name in PEOPLE],
        }  # fmt: skip
        meeting = organiser.schedule(wish)
        self.teller.did("Scheduled, with the call that the pane makes when its button is pressed: the room exists.")
        event = organiser.send(
            meeting, _event(wish, start, timedelta(hours=1)), "<p>Dear all, please bring your figures.</p>"
        )
        self.teller.did("The invitation stands below the organiser's own words; the appointment was sent.")
        meeting = self._until_followed(organiser, meeting)
        room = self.outside.room(meeting["room"]["room_id"])
        self.teller.room(room)
        self.teller.invitation(meeting["invitation"]["text"])
        self._what_they_got(meeting)
        before.tell(self.outside, self.teller)
        self._moved_single(organiser, meeting, event, start)

    def _until_followed(self, organiser: Organiser, meeting: dict[str, Any]) -> dict[str, Any]:
        def looked() -> dict[str, Any] | None:
            now = organiser.meeting(meeting["id"])
            waiting = [one for one in now["participants"] if one["delivery"] in ("none", "intended")]
            personal = now["access"] == "token"
            return now if now["state"] == "followed" and not (personal and waiting) else None

        return self.outside.until("the sent appointment is found again in the calendar", looked) | {
            "invitation": meeting["invitation"]
        }

    def _what_they_got(self, meeting: dict[str, Any]) -> None:
        tokens = {}
        room = self.outside.room(meeting["room"]["room_id"])
        issued = [token["token"] for token in room["tokens"]]
        rows = []
        for address, _ in PEOPLE:
            mails = self.outside.mails(address)
            own = [mail for mail in mails if mail["kind"] == "mail"]
            text = " ".join(mail["html"] + mail["text"] for mail in mails)
            tokens[address] = {token for token in issued if token in text}
            rows += [(address, mail["subject"], _kind(mail)) for mail in mails]
            self._holds(f"{address} got exactly one personal invitation", len(own) == 1)
        self.teller.mails(rows)
        self._holds("each participant knows one token", all(len(known) == 1 for known in tokens.values()))
        distinct = set().union(*tokens.values())
        self._holds("and nobody knows another's", len(distinct) == len(PEOPLE))
        shared = meeting["invitation"]["html"] + meeting["invitation"]["text"]
        self._holds("the shared invitation holds no token", not any(token in shared for token in issued))

    def _moved_single(
        self, organiser: Organiser, meeting: dict[str, Any], event: dict[str, Any], start: datetime
    ) -> None:
        self.teller.chapter("The appointment is dragged to another day")
        before = _Cost.now(self.outside)
        later = start + timedelta(days=1, hours=3)
        organiser.change(event["id"], _times(later, timedelta(hours=1)))

        def follows() -> dict[str, Any] | None:
            room = self.outside.room(meeting["room"]["room_id"])
            return room if str(room["starts_at"]).startswith(_wall(later)[:16]) else None

        room = self.outside.until("the room follows the appointment", follows)
        self.teller.room(room)
        now = self._until_same(organiser, meeting["id"], later)
        self._holds(
            "room and calendar agree", now["start"] == _wall(later) and room["starts_at"].startswith(_wall(later)[:16])
        )
        self._holds("the body was not written again", _updates(self.outside, "paris@contoso.example") == 1)
        before.tell(self.outside, self.teller)

    def _until_same(self, organiser: Organiser, meeting_id: str, start: datetime) -> dict[str, Any]:
        def same() -> dict[str, Any] | None:
            meeting = organiser.meeting(meeting_id)
            return meeting if meeting["start"] == _wall(start) else None

        return self.outside.until("the meeting has the appointment's new time", same)

    def _series(self, organiser: Organiser) -> None:
        self.teller.chapter("A weekly series in a permanent room with a password")
        before = _Cost.now(self.outside)
        start = _next_weekday(datetime.now(UTC), 3).replace(hour=9)
        recurrence = _weekly(start)
        wish = {
            "title": "Weekly stand-up", "start": _wall(start), "end": _wall(start + timedelta(minutes=30)),
            "time_zone": ZONE, "access": "password", "language": "fr", "recurrence": {"graph": recurrence},
            "participants": [{"address": address, "name": name} for address, name in PEOPLE[:2]],
        }  # fmt: skip
        meeting = organiser.schedule(wish)
        self.teller.did(f"Scheduled: {meeting['recurrence_text']}")
        whole = _event(wish, start, timedelta(minutes=30)) | {"recurrence": recurrence}
        event = organiser.send(meeting, whole, "<p>Quick round, cameras on.</p>")
        meeting = self._until_followed(organiser, meeting)
        room = self.outside.room(meeting["room"]["room_id"])
        self.teller.room(room)
        self.teller.invitation(meeting["invitation"]["text"])
        self.teller.mails([
            (address, mail["subject"], _kind(mail)) for address, _ in PEOPLE[:2]
            for mail in self.outside.mails(address) if "stand-up" in mail["subject"]
        ])  # fmt: skip
        self._holds("the room is permanent", room["permanent_room"] is True)
        self._holds("the password stands in the invitation", meeting["password"] in meeting["invitation"]["text"])
        before.tell(self.outside, self.teller)
        self._moved_series(organiser, meeting, event, start)

    def _moved_series(
        self, organiser: Organiser, meeting: dict[str, Any], event: dict[str, Any], start: datetime
    ) -> None:
        self.teller.chapter("One date moves, then the whole series")
        before = _Cost.now(self.outside)
        dates = organiser.dates(event["id"], start)
        second = start + timedelta(days=7)
        organiser.change(dates[1]["id"], _times(second + timedelta(hours=2), timedelta(minutes=30)))
        self.outside.until(
            "the moved date is known",
            lambda: any(f"{second:%Y-%m-%d}" in entry["text"] for entry in organiser.meeting(meeting["id"])["history"]),
        )
        self.teller.did(f"The date of {second:%d %B} now begins two hours later; the room is the same.")
        later = start + timedelta(hours=1)
        organiser.change(event["id"], _times(later, timedelta(minutes=30)))
        now = self._until_same(organiser, meeting["id"], later)
        self.teller.did("All dates of the series now begin an hour later.")
        room = self.outside.room(meeting["room"]["room_id"])
        self.teller.room(room)
        self._holds("the series keeps its one room and address", now["room"] == meeting["room"])
        found = organiser.dates(event["id"], start)
        hours = {date["start"]["dateTime"][11:16] for date in found}
        self._holds("all dates moved together", len(found) == 4 and len(hours) == 1)
        same = room["name"] == event["subject"] and room["permanent_room"] is True and room["status"] == "active"
        self._holds("room and calendar agree", same and room["room_url"] in organiser.body(event["id"]))
        before.tell(self.outside, self.teller)


@dataclass
class _Cost:
    outside_calls: dict[str, int]
    mails: int

    @classmethod
    def now(cls, outside: Outside) -> "_Cost":
        mails = outside.call("GET", f"{outside.description['control']}/outbox")
        return cls(outside.counts(), len(mails))

    def tell(self, outside: Outside, teller: Teller) -> None:
        now = _Cost.now(outside)
        services = ("clickmeeting", "graph", "webhook")
        calls = {name: now.outside_calls.get(name, 0) - self.outside_calls.get(name, 0) for name in services}
        teller.cost(calls, now.mails - self.mails)


def _event(wish: dict[str, Any], start: datetime, length: timedelta) -> dict[str, Any]:
    people = [
        {"type": "required", "emailAddress": {"address": one["address"], "name": one["name"]}}
        for one in wish["participants"]
    ]
    return {"subject": wish["title"], "attendees": people} | _times(start, length)


def _times(start: datetime, length: timedelta) -> dict[str, Any]:
    return {
        "start": {"dateTime": _wall(start), "timeZone": ZONE},
        "end": {"dateTime": _wall(start + length), "timeZone": ZONE},
    }


def _weekly(start: datetime) -> dict[str, Any]:
    return {
        "pattern": {
            "type": "weekly", "interval": 1, "daysOfWeek": [start.strftime("%A").lower()], "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "numbered", "startDate": f"{start:%Y-%m-%d}", "numberOfOccurrences": 12, "recurrenceTimeZone": ZONE,
        },
    }  # fmt: skip


def _wall(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _next_weekday(now: datetime, weekday: int) -> datetime:
    """The next such weekday at least a week away, so that every date of the story is still to come."""
    day = now + timedelta(days=7)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    return day.replace(minute=0, second=0, microsecond=0)


def _updates(outside: Outside, mailbox: str) -> int:
    """Updates that Outlook itself mailed for the move; a body write of ours would add one."""
    return sum(mail["kind"] == "update" for mail in outside.mails(mailbox))


def _kind(mail: dict[str, Any]) -> str:
    kinds = {
        "invitation": "Outlook's invitation",
        "update": "Outlook's update",
        "mail": "personal invitation, with own token",
    }
    return kinds.get(mail["kind"], str(mail["kind"]))
