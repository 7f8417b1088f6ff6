"""The gates of mailboxes: places, pauses, and that they are forgotten again."""

import threading

import pytest

from addin.errors import Throttled
from addin.graph.gate import Gates


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_more_than_the_places_waits_and_is_then_refused() -> None:
    gates = Gates(1, Time())
    with gates.enter("a", wait_s=0.01), pytest.raises(Throttled), gates.enter("a", wait_s=0.01):
        pytest.fail("there is only one place")


def test_mailboxes_do_not_hold_each_other_up() -> None:
    gates = Gates(1, Time())
    with gates.enter("a", wait_s=0.01), gates.enter("b", wait_s=0.01):
        assert len(gates) == 2


def test_a_place_comes_free_also_after_an_error() -> None:
    gates = Gates(1, Time())
    with pytest.raises(KeyError), gates.enter("a", wait_s=0.01):
        raise KeyError
    with gates.enter("a", wait_s=0.01):
        pass


def test_a_pause_holds_for_its_time_and_no_longer() -> None:
    time = Time()
    gates = Gates(4, time)
    gates.pause("a", 5)
    time.now = 3
    with pytest.raises(Throttled) as caught, gates.enter("a", wait_s=1):
        pytest.fail("the mailbox is paused")
    assert caught.value.after == pytest.approx(2)
    time.now = 5
    with gates.enter("a", wait_s=1):
        pass


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    time = Time()
    gates = Gates(4, time)
    gates.pause("a", 10)
    gates.pause("a", 1)
    time.now = 5
    with pytest.raises(Throttled), gates.enter("a", wait_s=1):
        pytest.fail("the mailbox is paused")


def test_a_hundred_thousand_mailboxes_leave_nothing_behind() -> None:
    time = Time()
    gates = Gates(4, time)
    for number in range(100_000):
        with gates.enter(str(number), wait_s=1):
            pass
    assert len(gates) == 0
    gates.pause("paused", 1)
    assert len(gates) == 1, "a pause is remembered although nobody is inside"
    time.now = 2
    with gates.enter("other", wait_s=1):
        assert len(gates) == 1, "a pause that is over is forgotten by the next visitor"


def test_a_waiting_caller_gets_the_place_that_comes_free() -> None:
    gates = Gates(1, Time())
    inside, served = threading.Event(), threading.Event()

    def second() -> None:
        inside.set()
        with gates.enter("a", wait_s=5):
            served.set()

    thread = threading.Thread(target=second)
    with gates.enter("a", wait_s=1):
        thread.start()
        assert inside.wait(5)
        assert not served.is_set()
    assert served.wait(5)
    thread.join(5)
