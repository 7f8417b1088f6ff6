"""One effect for each Idempotency-Key, also where the first try failed half way: a real store, a mailbox in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_of_looks import AT_TEN, Bench
from desk_of_fakes import OWNER

from addin.delivering import invite_by_hand
from addin.errors import OutcomeUnknown, Throttled, Unavailable
from addin.model import AccessType, Choices, Participant
from addin.scheduling import Request, schedule
from server.api.once import KeyUsed, once

NAMED = [f"{city}@contoso.example" for city in ("paris", "toronto", "warsaw")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def meeting_id(bench: Bench) -> str:
    people = tuple(Participant(address) for address in NAMED)
    wish = Request(OWNER, OWNER, "Review", AT_TEN, Choices(access=AccessType.TOKEN), people)
    return schedule(wish, bench.doors).meeting.id


def press(bench: Bench, meeting_id: str, key: str = "key", request: str = "these three") -> bool:
    """Somebody presses, or the pane repeats a press; whether that gave an answer of before."""
    with once(bench.store, OWNER, key, request) as attempt:
        if attempt.answer is None:
            invite_by_hand(meeting_id, NAMED, None, bench.office, bench.doors, attempt.done)
            attempt.answer = {}
    return attempt.replayed


def mailed(bench: Bench) -> list[str]:
    return [message.to_address for message in bench.office.sent]


@pytest.mark.parametrize(("failure", "sent"), [
    (Throttled("slow"), NAMED),
    (Unavailable("away"), NAMED),
    (KeyboardInterrupt(), [NAMED[0], NAMED[2]]),  # the process ends during the call: nobody knows what became of it
])  # fmt: skip
def test_a_repeated_press_sends_nothing_again_that_the_first_try_sent(
    bench: Bench, meeting_id: str, failure: BaseException, sent: list[str]
) -> None:
    bench.office.fail["send"] = [None, failure]
    with pytest.raises(type(failure)):
        press(bench, meeting_id)
    assert mailed(bench) == [NAMED[0]]
    assert not press(bench, meeting_id)
    assert mailed(bench) == sent
    assert press(bench, meeting_id), "and then the answer is kept"
    assert mailed(bench) == sent
    assert not press(bench, meeting_id, key="another press")
    assert mailed(bench) == [*sent, *NAMED], "who is named is told again by another press"


def test_what_is_uncertain_is_not_repeated_by_the_same_press(bench: Bench, meeting_id: str) -> None:
    bench.office.fail["send"] = [OutcomeUnknown("lost"), None, Throttled("slow")]
    with pytest.raises(Throttled):
        press(bench, meeting_id)
    assert not press(bench, meeting_id)
    assert mailed(bench) == NAMED[1:]


def test_a_press_without_any_effect_leaves_its_key_free(bench: Bench, meeting_id: str) -> None:
    bench.office.fail["send"] = [Throttled("slow")]
    with pytest.raises(Throttled):
        press(bench, meeting_id)
    assert not press(bench, meeting_id, request="these three, in another language")
    assert mailed(bench) == NAMED


def test_a_press_done_in_part_keeps_its_key_for_the_same_request(bench: Bench, meeting_id: str) -> None:
    bench.office.fail["send"] = [None, Throttled("slow")]
    with pytest.raises(Throttled):
        press(bench, meeting_id)
    with pytest.raises(KeyUsed):
        press(bench, meeting_id, request="others")
