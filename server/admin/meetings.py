"""Pages of meetings: searching, one meeting with its history, what differs now, and an administrator's hand."""

from dataclasses import dataclass, replace

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from addin.errors import AddinError, InvalidInput
from addin.inspecting import Inspection, inspect
from addin.links import Links
from addin.model import Mailbox, Meeting, MeetingState, Room
from addin.wanted import is_ours
from server.admin.console import Console, back, page, present, say
from server.store import MEETING
from server.store.mailboxes import subject_id

_PAGE = 50
_SCANNED = 2000


@dataclass(frozen=True)
class Orphan:
    """A room without a meeting, and the name of the account that it is in."""

    room: Room
    account: str


@dataclass(frozen=True)
class Found:
    """What a search gave; `whole` is False where only the newest were looked through."""

    meetings: tuple[Meeting, ...]
    whole: bool = True


def add_meetings(pages: Blueprint, console: Console) -> None:
    """`/meetings`, `/attention` and everything below a meeting."""

    @pages.get("/meetings")
    def meetings() -> ResponseReturnValue:
        words = request.args.get("q", "").strip()[:320]
        found = search(words, console)
        return page("meetings", say("meetings"), found=found, words=words)

    @pages.get("/attention")
    def attention() -> ResponseReturnValue:
        tenant = present().tenant_id
        needing = console.storage.meetings.needing(tenant, limit=500)
        return page("attention", say("attention"), needing=needing, failing=console.storage.usage.failing(tenant))

    @pages.post("/attention")
    def orphans() -> ResponseReturnValue:
        """Asks every account of the tenant for its rooms; those of ours that no meeting follows are shown."""
        tenant = present().tenant_id
        found, troubles = left_over(console)
        return page(
            "attention", say("attention"), needing=console.storage.meetings.needing(tenant, limit=500),
            failing=console.storage.usage.failing(tenant), orphans=found, troubles=troubles,
        )  # fmt: skip

    @pages.get("/meetings/<meeting_id>")
    def meeting(meeting_id: str) -> ResponseReturnValue:
        return _shown(console.meeting(meeting_id), console)

    @pages.post("/meetings/<meeting_id>/compare")
    def compare(meeting_id: str) -> ResponseReturnValue:
        """Reads calendar and room and says what differs; it changes nothing."""
        found = console.meeting(meeting_id)
        try:
            inspection: Inspection | None = inspect(found, console.doors.of(found))
            trouble = None
        except AddinError as error:
            inspection, trouble = None, str(error)
        return _shown(found, console, inspection=inspection, trouble=trouble, compared=True)

    @pages.post("/meetings/<meeting_id>/retry")
    def retry(meeting_id: str) -> ResponseReturnValue:
        found = console.meeting(meeting_id)
        console.storage.audit.append(console.act("meeting.retried", found.id))
        console.storage.ledger.ask(MEETING, found.id)
        console.storage.ledger.ask("mailbox", subject_id(found.owner))
        return back("meeting", "retried", meeting_id=found.id)

    @pages.post("/meetings/<meeting_id>/let-go")
    def let_go(meeting_id: str) -> ResponseReturnValue:
        """The room stays and is followed no more; the same undoes a deletion that waits for its grace period."""
        found = console.meeting(meeting_id)
        with console.storage.exclusive(f"meeting:{found.id}"):
            found = console.meeting(meeting_id)
            if found.state is MeetingState.ENDED:
                raise InvalidInput("This meeting is followed no more; there is nothing to let go.")
            note = "An administrator let it go: it is followed no more. The room stays at ClickMeeting."
            console.storage.save(replace(found, state=MeetingState.ENDED, attention=None), note=note)
        console.storage.audit.append(console.act("meeting.let-go", found.id))
        return back("meeting", "let_go", meeting_id=found.id)

    @pages.post("/meetings/<meeting_id>/keep")
    def keep(meeting_id: str) -> ResponseReturnValue:
        """Undoes a deletion: the appointment is gone, the room begins another grace period from now."""
        found = console.meeting(meeting_id)
        with console.storage.exclusive(f"meeting:{found.id}"):
            found = console.meeting(meeting_id)
            if found.state is not MeetingState.GONE:
                raise InvalidInput("No deletion waits here: the appointment is there, or the room is gone already.")
            now = console.clock()
            grace = console.doors.of(found).policy.grace
            note = "An administrator asked to wait: the room's grace period begins anew."
            console.storage.save(replace(found, gone_at=now), note=note, due_at=now + grace)
        console.storage.audit.append(console.act("meeting.kept", found.id))
        return back("meeting", "kept", meeting_id=found.id)


def left_over(console: Console) -> tuple[list[Orphan], list[tuple[str, str]]]:
    """Rooms with an address that we made, which no live meeting knows. (account, reason) where one did not answer.

    Rooms that somebody made at ClickMeeting by hand have other addresses and are none of our business. The account of
    the settings may serve several tenants: of its rooms only those that this tenant's meetings once had are shown.
    """
    tenant = present().tenant_id
    accounts = [("", say("account_settings")), *((one.id, one.name) for one in console.storage.accounts.all(tenant))]
    found: list[Orphan] = []
    troubles: list[tuple[str, str]] = []
    for account, name in accounts:
        try:
            rooms = console.tenancy.rooms(Mailbox(tenant, ""), account).active()
        except AddinError as error:
            troubles.append((name, str(error)))
            continue
        for room in rooms:
            known = console.storage.meetings.by_room(room_pin=room.pin)
            live = any(one.state is not MeetingState.ENDED for one in known)
            mine = any(_of(one, tenant) for one in known) or (bool(account) and not known)
            if mine and not live and is_ours(room.url_name):
                found.append(Orphan(room, name))
    return found, troubles


def search(words: str, console: Console) -> Found:
    """By meeting, room ID, link, or organiser's address; else by words in the title among the newest."""
    tenant, storage = present().tenant_id, console.storage
    if not words:
        return Found(storage.meetings.newest(tenant, limit=_PAGE))
    if len(words) == 32 and words.isalnum():
        return Found(tuple(one for one in storage.meetings.newest(tenant, ids=(words,))))
    digits = words.replace(" ", "").replace("-", "")
    if digits.isdigit():
        return Found(tuple(one for one in storage.meetings.by_room(room_pin=int(digits[:18])) if _of(one, tenant)))
    if words.startswith("https://"):
        return Found(_by_link(words, tenant, console))
    if "@" in words and " " not in words:
        owner = storage.mailboxes.by_address(tenant, words.lower())
        owned = storage.find(tenant_id=tenant, owner_id=owner.user_id) if owner is not None else ()
        return Found(tuple(reversed(owned))[:_PAGE])
    newest = storage.meetings.newest(tenant, limit=_SCANNED)
    hits = tuple(one for one in newest if words.lower() in one.title.lower())
    return Found(hits[:_PAGE], len(newest) < _SCANNED)


def _by_link(words: str, tenant: str, console: Console) -> tuple[Meeting, ...]:
    """A room's address, or one of our own links."""
    links: Links = console.doors.links
    prefix = f"{links.public_url}/j/"
    if words.startswith(prefix):
        return console.storage.meetings.newest(tenant, ids=(words.removeprefix(prefix).split("/")[0],))
    return console.storage.find(tenant_id=tenant, room_url=words)


def _of(meeting: Meeting, tenant: str) -> bool:
    return meeting.owner.tenant_id == tenant


def _shown(
    meeting: Meeting,
    console: Console,
    *,
    inspection: Inspection | None = None,
    trouble: str | None = None,
    compared: bool = False,
) -> ResponseReturnValue:
    invitees = {one.address: one for one in meeting.invitees}
    accounts = console.storage.accounts.all(present().tenant_id)
    return page(
        "meeting",
        meeting.title or say("untitled"),
        meeting=meeting,
        invitees=invitees,
        history=tuple(reversed(console.storage.history(meeting.id))),
        inspection=inspection,
        trouble=trouble,
        compared=compared,
        account=next((one for one in accounts if one.id == meeting.account), None),
        ended=meeting.state is MeetingState.ENDED,
        gone=meeting.state is MeetingState.GONE,
        grace=console.doors.of(meeting).policy.grace,
    )
