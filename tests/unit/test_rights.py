"""Who may edit whose calendar: what is remembered of it, for how long, and that nobody is let in on a guess."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin.errors import Throttled
from addin.model import Mailbox
from server.rights import Rights
from server.store import Seal, SqlStore, new_key, upgrade

OWNER, PERSON = Mailbox("tenant", "owner"), Mailbox("tenant", "person")


class Desk:
    """One asks for rights, at a time that is set; `answer` is what Microsoft would say."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder}/store.db"
        upgrade(url)
        self.now = datetime(2026, 12, 1, tzinfo=UTC)
        self.store = SqlStore(url, Seal.from_setting(new_key("test")), lambda: self.now)
        self.rights = Rights(self.store.delegates, lambda: self.now)
        self.answer: bool | Exception = True
        self.asked = 0

    def _ask(self) -> bool:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def may(self, *, afresh: bool = False) -> bool:
        return self.rights.may(OWNER, PERSON, self._ask, afresh=afresh)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_what_was_found_is_good_for_reading_for_a_minute(desk: Desk) -> None:
    assert desk.may()
    desk.answer = False
    desk.now += timedelta(seconds=59)
    assert desk.may()
    desk.now += timedelta(seconds=2)
    assert not desk.may()
    assert desk.asked == 2


def test_entering_and_changing_ask_each_time(desk: Desk) -> None:
    assert desk.may()
    desk.answer = False
    assert not desk.may(afresh=True)
    assert not desk.may(), "and what was found then is what is remembered"
    desk.answer = True
    assert desk.may(afresh=True)


@pytest.mark.parametrize("ask", [
    lambda desk: desk.may(afresh=True),
    lambda desk: (setattr(desk, "now", desk.now + timedelta(minutes=2)), desk.may()),
])  # fmt: skip
def test_where_it_cannot_be_asked_nobody_is_let_in(desk: Desk, ask: Callable[[Desk], object]) -> None:
    desk.rights.found(OWNER, PERSON, may=True)
    desk.answer = Throttled("slow", after=5)
    with pytest.raises(Throttled):
        ask(desk)


def test_a_workers_refusal_counts_at_once(desk: Desk) -> None:
    assert desk.may()
    desk.store.delegates.refused(OWNER, PERSON)
    desk.answer = False
    assert not desk.may()
