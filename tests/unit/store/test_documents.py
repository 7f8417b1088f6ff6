"""Any meeting survives being a document, and documents of other versions are read or plainly refused."""

import dataclasses
import hashlib
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Delivery,
    EventLink,
    Invitee,
    Kind,
    Mailbox,
    Meeting,
    MeetingState,
    Occurrence,
    Participant,
    Room,
    Strategy,
    Timing,
)
from server.store import documents

texts = st.text(max_size=20)
instants = st.datetimes(timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
)
ADDED_LATER = {
    "reader_countries", "owner_country", "block_outdated", "renewal_due", "former_urls", "former_until", "seen_named",
    "block_damaged", "block_mended", "token_order", "attention_told", "attention_mail",
}  # fmt: skip
rooms = st.builds(
    Room, kind=st.sampled_from(Kind), access=st.sampled_from(AccessType), starts_at=st.none() | instants,
    ends_at=st.none() | instants, created_at=st.none() | instants, id=st.integers(), pin=st.integers(), name=texts,
    url=texts, permanent=st.booleans(), active=st.booleans(), dial_in=st.none() | st.booleans(),
)  # fmt: skip
occurrences = st.builds(
    Occurrence, original_start=instants, start=instants, end=instants, event_id=texts, changed=st.booleans(),
    joined=st.lists(st.builds(Participant, texts), max_size=1).map(tuple), left=st.lists(texts, max_size=1).map(tuple),
)  # fmt: skip
meetings = st.builds(
    Meeting, id=texts, key=texts, owner=st.builds(Mailbox, texts, texts, texts, texts),
    scheduler=st.builds(Mailbox, texts, texts), title=texts, version=st.integers(0),
    timing=st.builds(
        Timing, start=st.datetimes(), end=st.datetimes(), zone=texts, all_day=st.booleans(),
        recurrence=st.none() | st.dictionaries(texts, json_values, max_size=3), zone_name=texts,
    ),
    choices=st.builds(Choices, access=st.sampled_from(AccessType), password=st.none() | texts, dial_in=st.booleans()),
    strategy=st.sampled_from(Strategy), state=st.sampled_from(MeetingState), created_at=instants,
    participants=st.lists(
        st.builds(Participant, texts, texts, st.sampled_from(AttendeeType), st.booleans()), max_size=3
    ).map(tuple),
    invitees=st.lists(
        st.builds(Invitee, texts, texts, st.none() | texts, st.sampled_from(Delivery)), max_size=3
    ).map(tuple),
    room_date=st.none() | occurrences, room=st.none() | rooms, former_rooms=st.lists(rooms, max_size=2).map(tuple),
    event=st.none() | st.builds(EventLink, texts, texts, texts), gone_at=st.none() | instants,
    attention=st.none() | texts, occurrences_changed=st.lists(occurrences, max_size=2).map(tuple),
    cancelled_dates=st.lists(texts, max_size=2).map(tuple), token_in_body=st.booleans(),
    **{field.name: ... for field in dataclasses.fields(Meeting) if field.name in ADDED_LATER},
)  # fmt: skip

SMALL = Meeting(
    id="m", key="k", owner=Mailbox("t", "u"), scheduler=Mailbox("t", "u"), title="Planning",
    timing=Timing(datetime(2026, 3, 3, 10), datetime(2026, 3, 3, 11), "Europe/Warsaw"), choices=Choices(),
    strategy=Strategy.SINGLE, state=MeetingState.DRAFT, created_at=datetime(2026, 3, 2, tzinfo=UTC),
)  # fmt: skip


def again(document: bytes, of: Meeting = SMALL) -> Meeting:
    """Read back beside the columns of its row."""
    return documents.load(document, meeting_id=of.id, tenant_id=of.owner.tenant_id, version=of.version)


@given(meetings)
def test_a_meeting_survives_being_a_document(meeting: Meeting) -> None:
    read = again(documents.dump(meeting), of=meeting)
    assert read == meeting
    assert read.created_at.utcoffset() == timedelta(0), "instants stay zone-aware"
    assert read.timing.start.tzinfo is None, "wall clocks stay naive"


def test_enumerations_come_back_as_themselves() -> None:
    read = again(documents.dump(SMALL))
    assert type(read.state) is MeetingState
    assert type(read.choices.kind) is Kind


def test_a_usual_document_is_a_third_of_its_json() -> None:
    usual = replace(
        SMALL,
        participants=tuple(Participant(f"guest{number}@fabrikam.example", f"Guest {number}") for number in range(4)),
        choices=Choices(access=AccessType.PASSWORD, password="secret", dial_in=True),
    )
    whole = len(json.dumps(dataclasses.asdict(usual), default=str))
    assert len(documents.dump(usual)) < whole / 3


def test_the_dictionary_of_the_format_is_the_one_that_documents_were_written_with() -> None:
    digest = hashlib.sha256(documents.USUAL).hexdigest()
    written = "af57febe5dd7ea8b7efda5e803fb694dec1be018200788d2c4868148aebc3a45"
    assert digest == written, "stored documents become unreadable"


def _document(**changes: object) -> bytes:
    raw = {
        "v": 1, "id": "m", "key": "k", "owner": {"tenant_id": "t", "user_id": "u"},
        "scheduler": {"tenant_id": "t", "user_id": "u"}, "title": "Planning",
        "timing": {"start": "2026-03-03T10:00:00", "end": "2026-03-03T11:00:00", "zone": "Europe/Warsaw"},
        "choices": {}, "strategy": "single", "state": "draft", "created_at": "2026-03-02T00:00:00+00:00",
    }  # fmt: skip
    return packed(json.dumps({**raw, **changes}).encode())


def packed(plain: bytes) -> bytes:
    packing = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=documents.USUAL)
    return b"1" + packing.compress(plain) + packing.flush()


def test_fields_of_later_versions_are_passed_over_and_missing_ones_take_their_default() -> None:
    later = _document(colour="red", choices={"access": "password", "fragrance": 4})
    assert again(later) == replace(SMALL, choices=Choices(access=AccessType.PASSWORD))


def test_what_the_row_says_is_not_repeated_in_the_document() -> None:
    plain = zlib.decompressobj(-15, zdict=documents.USUAL).decompress(documents.dump(SMALL)[1:])
    assert {"id", "scheduler", "version"}.isdisjoint(json.loads(plain))
    assert again(_document()) == SMALL, "documents of before repeated it"
    delegate = replace(SMALL, scheduler=replace(SMALL.owner, user_id="delegate"))
    assert again(documents.dump(delegate)) == delegate


@pytest.mark.parametrize(
    "broken",
    [b"", b"1", b"x{}", b"1{}", packed(b"null"), packed(b"[]"), packed(b"{"), _document(v=3),
     _document(state="asleep"), _document(created_at="x"), _document(owner=None), _document(participants=[3])],
)  # fmt: skip
def test_a_broken_document_is_refused_plainly(broken: bytes) -> None:
    with pytest.raises(documents.Unknown) as refused:
        again(broken)
    assert "stored meeting" in str(refused.value)
