"""Keys of ClickMeeting accounts: which of them are of one account, and what is asked while a tenant stands still."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from addin.clickmeeting import ClickMeetingSettings
from addin.errors import Missing, NotSignedIn, Stopped, Unavailable
from addin.model import AccessType, Kind, Room
from server.accounts import AccountDoors, Proof, same_account
from server.store.accounts import Account, Scope

ROOMS = tuple(
    Room(number, number, "Review", f"https://rooms.example/{number}", Kind.MEETING, AccessType.OPEN, True, True)
    for number in range(1, 8)
)


@dataclass
class Key:
    """What a key opens."""

    opens: tuple[int, ...] = ()
    good: bool = True
    asked: list[int] = field(default_factory=list)

    def check(self) -> None:
        if not self.good:
            raise NotSignedIn("Wrong key.")

    def get(self, room: Room) -> Room:
        self.check()
        self.asked.append(room.id)
        if room.id not in self.opens:
            raise Missing("There is no such room.")
        return room


@pytest.mark.parametrize(
    ("old", "new", "known", "proof"),
    [
        (Key((1, 2, 3)), Key((1, 2, 3)), ROOMS, Proof.SAME),
        (Key((2,)), Key((2,)), ROOMS, Proof.SAME),
        (Key((5,)), Key(), ROOMS, Proof.FOREIGN),
        (Key((6, 7)), Key(), ROOMS, Proof.NONE),
        (Key(), Key(), ROOMS[:1], Proof.NONE),
        (Key(good=False), Key((3,)), ROOMS, Proof.SAME),
        (Key(good=False), Key(), ROOMS[:1], Proof.DOUBTFUL),
        (Key((1,)), Key((1,)), (), Proof.NONE),
    ],
    ids=["same", "first-deleted-by-hand", "foreign", "only-five-are-tried", "all-deleted-by-hand", "old-revoked",
         "old-revoked-and-none-opens", "no-room"],
)  # fmt: skip
def test_a_key_is_foreign_only_where_the_old_one_opens_a_room_and_the_new_one_none(
    old: Any, new: Any, known: tuple[Room, ...], proof: Proof
) -> None:
    assert same_account(old, new, known) is proof
    assert len(new.asked) <= 5


def test_only_the_check_of_a_key_goes_past_the_switch() -> None:
    class Figures:
        def count(self, *_: Any) -> None: ...

    def stopped(_tenant_id: str) -> NoReturn:
        raise Stopped("An administrator has stopped it.")

    nobody = ClickMeetingSettings(url="https://localhost:9/v1", api_key="key", attempts=1)
    doors = AccountDoors(nobody, lambda: datetime(2026, 3, 2, tzinfo=UTC), Figures(), stopped)  # type: ignore[arg-type]
    account = Account("a", "A", Scope.TENANT, "", "0001", "old-key-0001")
    with pytest.raises(Unavailable):
        doors.check_key("tenant-1", "new-key-0002")
    with pytest.raises(Stopped):
        doors.prove("tenant-1", account, "new-key-0002", ROOMS)
    with pytest.raises(Stopped):
        doors.rooms("tenant-1", account).check()
