"""A person named in every place that the product has is erased from all of them, in one transaction with its entry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from addin.errors import Changed
from addin.model import (
    IntendedRoom,
    Invitee,
    Mailbox,
    Meeting,
    MeetingState,
    Occurrence,
    Participant,
    Strategy,
)
from server.store import MAILBOX, SqlStore
from server.store.accounts import Account, Scope
from server.store.audit import Act
from server.store.database import Database
from server.store.erasing import ERASED, Subject
from server.store.policies import KeptLayer
from server.store.tables import meetings, metadata
from server.store.usage import Used

ACT = Act("tenant-1", "admin", "person.erased", "a digest")
ADDRESS, NAME = "guest@fabrikam.example", "Gudrun Guest"
OTHER = Participant("other@fabrikam.example", "Other")
TOLD = f"Told {NAME} and Guest@Fabrikam.example."


class Between:
    """A database where somebody else is quicker than the first write."""

    def __init__(self, database: Database, write: Callable[[Any], Any]) -> None:
        self.read, self.write = database.read, write


def named_everywhere(meeting: Meeting) -> Meeting:
    guest, left = Participant(ADDRESS, NAME), ("other@fabrikam.example", ADDRESS)
    at = meeting.created_at
    date = Occurrence(at, at, at + timedelta(hours=1), changed=True, joined=(guest, OTHER), left=left)
    assert meeting.room is not None
    room = replace(meeting.room, name=TOLD)
    return replace(
        meeting,
        title=f"Talk with {NAME}",
        participants=(guest, OTHER),
        invitees=(Invitee(ADDRESS, NAME, "TOKEN9"), Invitee(OTHER.address, OTHER.name)),
        scheduler=Mailbox("tenant-1", "user-9", ADDRESS, NAME),
        choices=replace(meeting.choices, lobby_message=TOLD, agenda=TOLD),
        room=room,
        former_rooms=(room,),
        occurrences_changed=(date,),
        room_date=date,
        intended_room=IntendedRoom(Strategy.SINGLE, TOLD, meeting.timing, date),
        attention=TOLD,
    )


def everything(store: SqlStore, meeting_ids: list[str]) -> str:
    """All that is kept, opened."""
    shown = [str(store.meeting(one)) + str(store.history(one)) for one in meeting_ids]
    shown += [str(one) for one in store.policies.all("tenant-1")]
    with store.database.engine.connect() as connection:
        shown += [str(connection.execute(table.select()).all()) for table in metadata.sorted_tables]
    return "\n".join(shown).lower()


def test_nothing_tells_of_a_guest_who_was_named_everywhere(store: SqlStore, meeting: Meeting, clock) -> None:
    whole = store.add(replace(named_everywhere(meeting), id="a" * 32, key="a"))
    whole = store.save(replace(whole, state=MeetingState.ENDED), note=TOLD)
    date = replace(named_everywhere(meeting).occurrences_changed[0], left=())
    of_one_date = replace(meeting, participants=(), invitees=(), occurrences_changed=(date,), id="b" * 32, key="b")
    of_one_date = store.add(replace(of_one_date, state=MeetingState.ENDED))
    told_only = store.add(replace(meeting, participants=(), invitees=(), id="c" * 32, key="c"))
    told_only = store.save(replace(told_only, state=MeetingState.ENDED), note=f"Told {ADDRESS}.")
    ids = [one.id for one in (whole, of_one_date, told_only)]
    assert [one.id for one in store.subjects.kept("tenant-1", ADDRESS).over] == ids
    with store.database.read() as connection:
        touched = connection.execute(select(meetings.c.id, meetings.c.updated_at)).all()
    clock.advance(days=3)

    assert store.subjects.erase("tenant-1", ADDRESS, ACT) == 3
    shown = everything(store, ids)
    assert ADDRESS not in shown
    assert NAME.lower() not in shown
    assert "token9" not in shown
    left = store.meeting(whole.id)
    assert left.occurrences_changed[0].joined == (OTHER,)
    assert left.occurrences_changed[0].left == (OTHER.address,)
    assert (left.key, left.event, left.room.url if left.room else "") == ("a", whole.event, meeting.room.url)  # type: ignore[union-attr]
    with store.database.read() as connection:
        assert connection.execute(select(meetings.c.id, meetings.c.updated_at)).all() == touched, "retention goes on"
    assert store.subjects.kept("tenant-1", ADDRESS).over == ()


def test_nothing_tells_of_an_organiser_who_left(store: SqlStore, meeting: Meeting, clock) -> None:
    owner = meeting.owner
    address, name = owner.address, "Oda Organiser"
    owner = replace(owner, name=name)
    store.save(replace(store.add(replace(meeting, owner=owner, scheduler=owner)), state=MeetingState.ENDED), note=name)
    store.delegates.seen(owner, Mailbox("tenant-1", "user-2", "delegate@contoso.example", "Delegate"))
    store.delegates.seen(Mailbox("tenant-1", "user-3"), owner)
    members = (address, owner.user_id, "other@contoso.example")
    store.policies.save("tenant-1", KeptLayer("g", 0, name="G", members=members, who=address, why=f"For {name}"), ACT)
    store.accounts.add("tenant-1", Account("acc", name, Scope.USER, address, "1234", "key1234"), ACT)
    store.ledger.ask(MAILBOX, "tenant-1/user-1")
    store.usage.add([Used("tenant-1", clock(), "graph", one, 3) for one in (address, owner.user_id, "user-2")])
    told = store.subjects.kept("tenant-1", address).document
    assert (told["accounts"], told["figures"], len(told["delegations"]), told["policies"]) == (
        [name], 2, 2, ["G, version 1"]
    )  # fmt: skip
    revision = store.policies.revision("tenant-1")

    store.subjects.erase("tenant-1", address, ACT)
    shown = everything(store, [])
    for word in (address, name.lower(), "user-1"):
        assert word not in shown
    assert store.policies.versions("tenant-1", "g")[0].members == ("other@contoso.example",)
    [account] = store.accounts.all("tenant-1")
    assert (account.subject, account.retired, account.key) == (ERASED, True, "key1234")
    assert store.policies.revision("tenant-1") > revision, "other processes read policies and accounts again"
    told = store.subjects.kept("tenant-1", address).document
    assert not any(value for place, value in told.items() if place != "address")


def test_an_erasure_that_meets_another_save_begins_again_and_is_whole(
    store: SqlStore, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in "ab":
        kept = store.add(replace(named_everywhere(meeting), id=letter * 32, key=letter))
        store.save(replace(kept, state=MeetingState.ENDED), note=TOLD)
    write, met = store.database.write, []

    def meets(work):  # type: ignore[no-untyped-def]
        if not met:
            met.append(store.meeting("b" * 32))
            store.save(replace(met[0], title=f"Again with {NAME}"))
        return write(work)

    monkeypatch.setattr(store.subjects, "_database", Between(store.database, meets))
    assert store.subjects.erase("tenant-1", ADDRESS, ACT) == 2
    assert ADDRESS not in everything(store, ["a" * 32, "b" * 32])
    assert store.meeting("b" * 32).title == f"Again with {ERASED}"
    assert [entry.action for entry in store.audit.all("tenant-1")] == ["person.erased"]


def test_an_erasure_that_never_gets_through_leaves_everything_as_it_was(
    store: SqlStore, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.add(replace(named_everywhere(meeting), state=MeetingState.ENDED))

    def always(*_: object) -> None:
        raise Changed("Somebody saves all the time.")

    monkeypatch.setattr(store.meetings, "rewrite", always)
    with pytest.raises(Changed):
        store.subjects.erase("tenant-1", ADDRESS, ACT)
    assert store.meeting(kept.id) == kept
    assert list(store.audit.all("tenant-1")) == []


def test_a_name_within_another_word_stays() -> None:
    subject = Subject("an@fabrikam.example", "", ("Ann",))
    assert subject.erased_from("Ann, Anna, jan@fabrikam.example") == f"{ERASED}, Anna, jan@fabrikam.example"
