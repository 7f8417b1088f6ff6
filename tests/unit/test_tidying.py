"""What is over is let go of for as long as the process runs, whatever goes wrong once."""

import threading

from addin.errors import Unavailable
from server.tidying import tidied


def test_tidying_goes_on_after_a_failure_and_ends_with_its_process() -> None:
    failures: list[Exception] = [Unavailable("The database is away."), ValueError("A fault.")]
    reached = threading.Event()
    calls = 0

    def tidy() -> None:
        nonlocal calls
        calls += 1
        if failures:
            raise failures.pop(0)
        reached.set()

    others = set(threading.enumerate())  # a server that another test keeps running tidies too
    with tidied(tidy, pause_s=0.001):
        assert reached.wait(10)
    before = calls
    assert before >= 3
    assert not [one for one in set(threading.enumerate()) - others if one.name == "tidying" and one.is_alive()]
    assert calls == before
