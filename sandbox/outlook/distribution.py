"""Who got which mail for a meeting, read from the outbox alone; it sends nothing and knows no page."""

import re
from collections.abc import Iterable
from typing import Any

COLUMNS = ("invitation", "personal", "clickmeeting", "answer")
_CALENDAR = {"invitation", "update", "cancellation"}
_ADDRESS = re.compile(r"https://[^\s\"'<>]+")
_NUMBER = re.compile(r"(?<!\d)\d{9}(?!\d)")  # room IDs and PINs


def meetings(mails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The meetings that mail was sent about, the latest first.

    Each is `{"uid", "subject", "organizer", "event", "people": [{"address", "type", "mails": {column: [number]}}],
    "last"}`; a mail's number is its place in `mails`. Calendar mail names its meeting; other mail belongs to the
    meeting with which it shares a room's address, a room ID or PIN, or else the subject. What belongs to none stands
    in a last one whose `uid` is None.
    """
    found: dict[str | None, _Meeting] = {}
    others = []
    for number, mail in enumerate(mails):
        uid = mail["details"].get("uid")
        if uid is None:
            others.append((number, mail))
        else:
            found.setdefault(uid, _Meeting(uid)).add(number, mail)
    known = list(found.values())
    for number, mail in others:
        owner = next((one for one in reversed(known) if one.shares(mail)), None)
        owner = owner or next((one for one in reversed(known) if one.is_named_in(mail)), None)
        (owner or found.setdefault(None, _Meeting(None))).add(number, mail)
    shown = [one.shown() for one in found.values()]
    return sorted(shown, key=lambda one: (one["uid"] is not None, one["last"]), reverse=True)


def column(mail: dict[str, Any]) -> str:
    """In which column of the table a mail stands."""
    if mail["source"] == "clickmeeting":
        return "clickmeeting"
    if mail["kind"] in _CALENDAR:
        return "invitation"
    return "answer" if mail["kind"] == "response" else "personal"


class _Meeting:
    def __init__(self, uid: str | None) -> None:
        self.uid = uid
        self.subject = "Other mail" if uid is None else ""
        self.organizer = ""
        self.event = ""
        self.last = ""
        self._marks: set[str] = set()
        self._people: dict[str, dict[str, Any]] = {}

    def add(self, number: int, mail: dict[str, Any]) -> None:
        kind, details = column(mail), mail["details"]
        if kind == "invitation" and self.uid is not None:
            self.subject, self.organizer = mail["subject"], mail["sender"]
            self.event = details.get("event") or self.event
            self._marks |= _marks([mail["html"], mail["text"], details.get("location") or ""])
        person = self._people.setdefault(
            mail["mailbox"], {"address": mail["mailbox"], "type": "", "mails": {name: [] for name in COLUMNS}}
        )
        person["type"] = details.get("attendee_type") or person["type"]
        person["mails"][kind].append(number)
        self.last = max(self.last, mail["time"])

    def shares(self, mail: dict[str, Any]) -> bool:
        own = _marks([mail["html"], mail["text"], str(mail["details"].get("room_url") or "")])
        return bool(own & self._marks)

    def is_named_in(self, mail: dict[str, Any]) -> bool:
        name = re.sub(r"^(Canceled|FW): ", "", self.subject)
        return len(name) > 3 and name in mail["subject"]

    def shown(self) -> dict[str, Any]:
        people = sorted(self._people.values(), key=lambda one: (one["address"] == self.organizer, one["address"]))
        return {
            "uid": self.uid, "subject": self.subject, "organizer": self.organizer, "event": self.event,
            "people": people, "last": self.last,
        }  # fmt: skip


def _marks(texts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        # a tenant's own pages are linked from every mail: only addresses with a name of their own tell meetings apart
        found |= {address for address in _ADDRESS.findall(text) if re.search(r"/[\w-]{16,}", address)}
        found |= set(_NUMBER.findall(text))
    return found
