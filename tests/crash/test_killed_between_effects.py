"""kill -9 between any two effects: after the next start everything has converged and nothing was done twice."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crashing import GUESTS, LATE_GUEST, MOVED, OWNER, START, Point, Script, Worlds, appointment, run

from addin.model import Delivery, MeetingState
from server.store import Seal, SqlStore, new_key, upgrade

POINTS = 24
MEETINGS, SOAKED = 2, 8
THREADS = 2
TRIES = 5
KILLED = -9
PATIENCE_S = 240  # a hang must be told from a busy machine
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["server.store", "server.work.distributed", "addin.following", "addin.scheduling"])
KEY = new_key("test")
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    with Worlds(ctx=PROCESSES) as manager:
        yield manager


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A line in the report of the run."""
    return lambda line: request.config.get_terminal_writer().line(f"\n{line}")


class Servers:
    """Server processes over one database and one world. Boundaries are counted over all of them."""

    def __init__(self, url: str, world: Any, meetings: int, *, distributed: bool = False) -> None:
        self.url, self.world, self.meetings, self.distributed = url, world, meetings, distributed

    def start(self, *, die_at: Point | None = None, later_s: float = 0, helper: bool = False) -> Any:
        script = Script(self.url, KEY, self.meetings, die_at, later_s, helper, self.distributed)
        process = PROCESSES.Process(target=run, args=(script, self.world), daemon=True)
        process.start()
        return process

    def whole_story(self, *, helped: bool) -> list[Point]:
        """Without a kill; its boundaries in the order in which they were passed."""
        helper = self.start(helper=True) if helped else None
        assert exit_code(self.start()) == 0, "a server that is not killed must end well"
        self.world.end()
        assert helper is None or exit_code(helper) == 0
        hold(self.url, self.world, self.meetings, most_uncertain=0)
        return list(self.world.crossed())

    def killed_alone(self, die_at: Point) -> None:
        """One process dies; a minute later the server starts again and the same presses are repeated."""
        assert exit_code(self.start(die_at=die_at)) == KILLED, f"the process must die at boundary {die_at}"
        assert exit_code(self.start(later_s=60)) == 0
        hold(self.url, self.world, self.meetings, most_uncertain=THREADS)

    def one_of_two_killed(self, die_at: Point) -> bool:
        """Two processes share the work; one of them dies, the presses are repeated, the leases of the dead run out.

        False where this run never came by that point; the laws held nevertheless.
        """
        both = [self.start(die_at=die_at), self.start(die_at=die_at, helper=True)]
        code = exit_code(both[0])
        if code == KILLED:
            code = exit_code(self.start())
        assert code == 0
        self.world.end()
        exit_code(both[1])
        if both[1].exitcode == KILLED:  # whatever it held falls to the next start
            assert exit_code(self.start()) == 0
        hold(self.url, self.world, self.meetings, most_uncertain=THREADS)
        return KILLED in (both[0].exitcode, both[1].exitcode)


def exit_code(process: Any) -> int:
    """Wait for its end; -9 after SIGKILL."""
    process.join(PATIENCE_S)
    if process.exitcode is None:
        process.kill()
        pytest.fail("a server process did not come to an end")
    return int(process.exitcode)


@pytest.fixture(scope="module")
def points(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Spread evenly over a whole story."""
    url = f"sqlite:///{tmp_path_factory.mktemp('whole')}/store.db"
    upgrade(url)
    story = Servers(url, worlds.World(), MEETINGS).whole_story(helped=False)  # type: ignore[attr-defined]
    return [story[number * (len(story) - 1) // (POINTS - 1)] for number in range(POINTS)]


def hold(url: str, world: Any, count: int, *, most_uncertain: int) -> None:
    """The laws that hold after everything has come to rest."""
    store = SqlStore(url, Seal.from_setting(KEY), lambda: START.astimezone())
    assert store.ledger.next_due() is None, "something was left to do"
    rooms, office = world.seen("rooms"), world.seen("office")
    meetings = [store.meeting(f"m{number}") for number in range(count)]
    assert sorted(rooms.live) == sorted(meeting.room.id for meeting in meetings if meeting.room), (
        f"rooms at ClickMeeting {sorted(rooms.live)} differ from those of the meetings"
    )
    alerts = [message for message in office.sent if message.to_address == OWNER.address]
    assert len(alerts) <= sum(len(meeting.attention_told) for meeting in meetings), "the organiser is told a thing once"
    told = [message for message in office.sent if message.to_address != OWNER.address]
    mails = Counter((message.to_address, meeting_of(message.html, meetings)) for message in told)
    uncertain = 0
    for meeting in meetings:
        assert meeting.state is MeetingState.FOLLOWED
        event = office.events[appointment(meeting.id)]
        assert meeting.room is not None
        assert meeting.timing.start == START + MOVED
        assert rooms.live[meeting.room.id].starts_at == event.timing.start_instant, "the room must be when the event is"
        assert meeting.room.url in event.body, "the invitation must lead to the live room"
        assert event.key == meeting.key, "the event must carry the meeting's key"
        assert {one.address for one in meeting.invitees} == {one.address for one in (*GUESTS, LATE_GUEST)}
        for invitee in meeting.invitees:
            sent = mails.pop((invitee.address, meeting.id), 0)
            assert invitee.token in rooms.issued[meeting.room.id], "a told token must be a live one"
            if invitee.delivery is Delivery.UNCERTAIN:
                uncertain += 1
                assert sent <= 1, "an uncertain mail must not be repeated"
            else:
                assert (invitee.delivery, sent) == (Delivery.SENT, 1), f"{invitee.address} of {meeting.id}"
    assert not mails, f"mails that no meeting knows of: {mails}"
    assert uncertain <= most_uncertain, f"{uncertain} deliveries are uncertain after one kill"
    store.close()


def meeting_of(html: str, meetings: list[Any]) -> str:
    """Which meeting a personal invitation belongs to, by the link in it."""
    return next(meeting.id for meeting in meetings if f"/j/{meeting.id}/" in html)


@pytest.mark.parametrize("number", range(POINTS))
@only_sqlite
def test_embedded_on_sqlite(number: int, database_url: str, worlds: Worlds, points: list[Point]) -> None:
    world = worlds.World()  # type: ignore[attr-defined]
    Servers(database_url, world, MEETINGS).killed_alone(points[number])


@pytest.mark.postgres
@pytest.mark.parametrize("number", range(POINTS))
@only_postgres
def test_two_workers_on_postgresql(
    number: int, database_url: str, worlds: Worlds, points: list[Point], empty_all: Callable[[str], None]
) -> None:
    assert killed_within(TRIES, points[number], database_url, worlds, empty_all, MEETINGS)


@pytest.mark.soak
@only_sqlite
def test_embedded_on_sqlite_at_every_boundary(
    database_url: str, worlds: Worlds, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    first = worlds.World()  # type: ignore[attr-defined]
    story = Servers(database_url, first, SOAKED).whole_story(helped=False)
    assert len(story) > 200, "the story must have 200 boundaries or more"
    for number, die_at in enumerate(story):
        url = f"sqlite:///{tmp_path}/{number}.db"
        upgrade(url)
        Servers(url, worlds.World(), SOAKED).killed_alone(die_at)  # type: ignore[attr-defined]
    tell(f"SQLite: killed at each of {len(story)} boundaries")


@pytest.mark.soak
@pytest.mark.postgres
@only_postgres
def test_two_workers_on_postgresql_at_every_boundary(
    database_url: str, worlds: Worlds, empty_all: Callable[[str], None], tell: Callable[[str], None]
) -> None:
    first = worlds.World()  # type: ignore[attr-defined]
    story = Servers(database_url, first, SOAKED, distributed=True).whole_story(helped=True)
    assert len(story) > 200, "the story must have 200 boundaries or more"
    never = [die_at for die_at in story if not killed_within(TRIES, die_at, database_url, worlds, empty_all, SOAKED)]
    tell(f"PostgreSQL: killed at {len(story) - len(never)} of {len(story)} boundaries; never passed again: {never}")
    assert len(never) <= len(story) // 100, "nearly every boundary of one story must be one of the others too"


def killed_within(
    tries: int, die_at: Point, url: str, worlds: Worlds, empty_all: Callable[[str], None], meetings: int
) -> bool:
    """Whether one of two was killed there. A run that never came by that point held the laws, and is run again."""
    for _ in range(tries):
        empty_all(url)
        servers = Servers(url, worlds.World(), meetings, distributed=True)  # type: ignore[attr-defined]
        if servers.one_of_two_killed(die_at):
            return True
    return False
