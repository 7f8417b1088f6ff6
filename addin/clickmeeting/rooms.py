"""The account's rooms as the product needs them (`ports.Rooms`); how calls travel is in `client`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from addin.clickmeeting import shapes, tokens
from addin.clickmeeting.answers import unreadable
from addin.clickmeeting.client import ClickMeetingSettings, Client
from addin.errors import InvalidInput, Missing, OutcomeUnknown, Permanent, Refused, Retryable, SlotTaken
from addin.model import Gateway, Room, RoomChange, RoomSpec, TokenState

_INVITATION_LANGUAGES = frozenset({"en", "pl", "de", "es", "fr", "pt", "ru"})
_ROLES = ("listener", "presenter", "host")
_TIMES = {None, "starts_at", "start_time", "duration"}
_HOUR = timedelta(hours=1)
_MOST_PAGES = 1_000

Found = TypeVar("Found")


class ClickMeetingRooms:
    """`ports.Rooms` over the REST API. `clock` gives the present, for Retry-After dates."""

    def __init__(
        self, settings: ClickMeetingSettings, clock: Callable[[], datetime], before: Callable[[], None] | None = None
    ) -> None:
        """`before` as for `Client`."""
        self._client = Client(settings, clock, before)

    def check(self) -> None:
        """E1; NotSignedIn when the key is not (any more) the account's."""
        self._client.ask("ping")

    def available(self, starts_at: datetime, duration: timedelta, *, room_id: int = 0) -> bool:
        """E8; the API takes whole hours, so the time is rounded up. True where it does not offer the question."""
        question = {
            "start_time": starts_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "duration": max(1, -(-duration // _HOUR)),
            "id": room_id,
        }
        try:
            self._client.ask_with_form("conference/availability", question)
        except Missing:
            return True
        except Refused:
            return False
        return True

    def create(self, spec: RoomSpec, *, not_before: datetime) -> Room:
        """E5, at most one room (U30): after a lost answer, and where the URL name is taken, it is looked for."""
        parameters = shapes.create_parameters(spec)
        try:
            answer = self._client.change("POST", "conferences", parameters)
            room = shapes.read_room(answer)
            if room is not None:
                return room
            lost: OutcomeUnknown | Refused = OutcomeUnknown("ClickMeeting did not show the room that it made.")
        except OutcomeUnknown as error:
            lost = error
        except Refused as error:
            if error.field != "custom_room_url_name":
                raise self._or_slot_taken(error, spec.starts_at, spec.duration, 0) from error
            lost = error
        found = self._find_again(spec, not_before, lost)
        if found is None:
            raise lost
        return found

    def _find_again(self, spec: RoomSpec, not_before: datetime, lost: OutcomeUnknown | Refused) -> Room | None:
        try:
            return self.find(spec, not_before=not_before)
        except Retryable as error:
            raise OutcomeUnknown(str(lost), after=error.after) from error

    def find(self, spec: RoomSpec, *, not_before: datetime) -> Room | None:
        """What an earlier `create` of this spec made: by URL name, else by name, start and creation time.

        Permanent with reason `ambiguous` when several fit: a person has to look, and nothing is created.
        """
        rooms = list(self.active())
        fitting = [room for room in rooms if room.url_name.lower() == spec.url_name.lower()]
        fitting = fitting or [room for room in rooms if _is_alike(room, spec, not_before)]
        if len(fitting) > 1:
            raise Permanent(
                "Several rooms at ClickMeeting may be this meeting's. Please look at the account and delete what is "
                "not needed.",
                reason="ambiguous",
            )
        return fitting[0] if fitting else None

    def get(self, room: Room) -> Room:
        """E4; by id, else by room ID or URL among all rooms (U10). Missing when it is gone."""
        return self._at(room, self._read)

    def _read(self, room_id: int) -> Room:
        found = shapes.read_room(self._client.ask(f"conferences/{room_id}"))
        if found is None:
            raise unreadable(effect=False)
        return found

    def edit(self, room: Room, change: RoomChange) -> Room:
        """E6, once; after OutcomeUnknown the same edit may be sent again. Without any change the room is only read.

        Missing when it is gone, Refused when it is over (R41) or would change its permanence (R8), SlotTaken (R40).
        """
        if change.permanent != room.permanent:
            raise Refused("A room cannot change between scheduled and permanent.", reason="permanence")
        parameters = shapes.edit_parameters(change)
        if not parameters:
            return self.get(room)

        def edit(room_id: int) -> Room:
            try:
                answer = self._client.change("PUT", f"conferences/{room_id}", parameters)
            except Refused as error:
                start = change.starts_at or room.starts_at
                raise self._or_slot_taken(error, start, change.duration or _length(room), room_id) from error
            edited = shapes.read_room(answer)
            if edited is None:
                raise unreadable(effect=True)
            return edited

        return self._at(room, edit)

    def delete(self, room: Room) -> None:
        """E7; judged by the status alone (2.8), and what is gone already counts as done (U27)."""

        def delete(room_id: int) -> None:
            self._client.change("DELETE", f"conferences/{room_id}")

        try:
            self._at(room, delete)
        except Missing:
            return

    def gateways(self) -> tuple[Gateway, ...]:
        """E24: the account's ordinary numbers (R29) as printed; entries that are not numbers are left out (U21)."""
        data = self._client.ask("phone_gateways")
        if not isinstance(data, list):
            raise unreadable(effect=False)
        return tuple(
            Gateway(str(item.get("code") or "").upper(), str(item.get("location") or ""), item["value"])
            for item in data
            if isinstance(item, Mapping) and isinstance(item.get("value"), str) and item["value"]
        )

    def generate_tokens(self, room: Room, how_many: int) -> tuple[str, ...]:
        """E10; exactly `how_many` fresh ones."""
        return self._at(room, lambda room_id: tokens.generate(self._client, room_id, how_many))

    def tokens(self, room: Room) -> tuple[TokenState, ...]:
        """E11."""
        return self._at(room, lambda room_id: tokens.listed(self._client, room_id))

    def token_of(self, room: Room, address: str) -> str | None:
        """E12: the token that ClickMeeting itself sent to this address."""
        return self._at(room, lambda room_id: tokens.of_address(self._client, room_id, address))

    def invite(self, room: Room, *, address: str, language: str) -> None:
        """E15 for one address, so that its result is its own (U17); in English where the language is not served (U16).

        OutcomeUnknown where the answer was lost: never sent again by itself (U15).
        """
        spoken = language.split("-")[0].lower()
        path = f"invitation/email/{spoken if spoken in _INVITATION_LANGUAGES else 'en'}"
        form = {"attendees": [{"email": address}], "template": "basic", "role": "listener"}

        def send(room_id: int) -> None:
            self._client.change("POST", f"conferences/{room_id}/{path}", form)

        self._at(room, send)

    def withdraw_tokens(self, room: Room, unwanted: Iterable[str]) -> None:
        """E13; unknown tokens count as withdrawn, and so do those of a room that is gone."""
        wanted_away = tuple(unwanted)
        try:
            self._at(room, lambda room_id: tokens.withdraw(self._client, room_id, wanted_away))
        except Missing:
            return

    def entry(
        self,
        room: Room,
        *,
        address: str,
        nickname: str,
        role: str,
        password: str | None = None,
        token: str | None = None,
    ) -> str:
        """E14: the personal link, a secret: to be made at the press and neither stored nor logged (U26)."""
        if role not in _ROLES:
            raise InvalidInput(f"The role must be one of {', '.join(_ROLES)}.", field="role")
        form = {"email": address, "nickname": nickname, "role": role, "password": password, "token": token}

        def ask(room_id: int) -> Any:
            return self._client.ask_with_form(f"conferences/{room_id}/room/autologin_hash", form)

        answer = self._at(room, ask)
        key = answer.get("autologin_hash") if isinstance(answer, Mapping) else None
        if not isinstance(key, str) or not key:
            raise unreadable(effect=False)
        return f"{room.url}{'&' if '?' in room.url else '?'}l={key}"

    def _at(self, room: Room, call: Callable[[int], Found]) -> Found:
        """`call` with the room's id, and once more with the id that it has now where the old one is gone (U10)."""
        try:
            return call(room.id)
        except Missing:
            moved = self._look_for(room)
            if moved is None or moved.id == room.id:
                raise
            return call(moved.id)

    def _look_for(self, room: Room) -> Room | None:
        for other in (*self.active(), *self._listed("inactive")):
            if (room.pin and other.pin == room.pin) or other.url == room.url:
                return other
        return None

    def active(self) -> Iterator[Room]:
        """E2: every room that is not over."""
        return self._listed("active")

    def _listed(self, kind: str) -> Iterator[Room]:
        """E2, page by page until one is empty or shows nothing new (U4)."""
        seen: set[int] = set()
        for page in range(1, _MOST_PAGES):
            data = self._client.ask(f"conferences/{kind}", {"page": page})
            if isinstance(data, Mapping):
                data = data.get(f"{kind}_conferences", data.get("conferences"))
            if not isinstance(data, list):
                raise unreadable(effect=False)
            fresh = [room for room in map(shapes.read_room, data) if room is not None and room.id not in seen]
            if not fresh:
                return
            seen.update(room.id for room in fresh)
            yield from fresh

    def _or_slot_taken(
        self, error: Refused, starts_at: datetime | None, duration: timedelta | None, room_id: int
    ) -> Refused | SlotTaken:
        """R40: a refusal of times may be a clash; the messages are not known, so the service is asked (E8)."""
        if error.field not in _TIMES or starts_at is None or duration is None:
            return error
        try:
            free = self.available(starts_at, duration, room_id=room_id)
        except (Retryable, Permanent):
            return error  # the refusal itself stays the better answer
        if free:
            return error
        return SlotTaken("The ClickMeeting account has another event at that time.", field="start")


def _length(room: Room) -> timedelta | None:
    return room.ends_at - room.starts_at if room.starts_at and room.ends_at else None


def _is_alike(room: Room, spec: RoomSpec, not_before: datetime) -> bool:
    """Made since then under the same name for the same time, by a service that did not keep the URL name asked for.

    Rooms whose URL name looks like another one of ours belong to another meeting.
    """
    return (
        shapes.same_name(spec.name, room)
        and room.kind is spec.kind
        and room.permanent == spec.permanent
        and room.created_at is not None
        and room.created_at >= not_before.replace(microsecond=0)
        and (spec.permanent or room.starts_at == spec.starts_at)
        and not _looks_like(room.url_name, spec.url_name)
    )


def _looks_like(name: str, ours: str) -> bool:
    return len(name) == len(ours) and name[:1].lower() == ours[:1].lower() and name.isalnum() == ours.isalnum()
