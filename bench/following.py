"""Calls for a change, a burst and our own echo; our own time to schedule; the work after an outage.

    python -m bench.following [--backlog N] [--schedules N]

Sandbox and server run together in this process, over sockets, as in `make demo`. Calls are counted at the sandbox.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from bench.common.measuring import machine, percentile, tell
from sandbox.desk import Desk
from server.demo.client import Organiser, Outside
from server.demo.running import Running, running

ORGANISER = "organiser@contoso.example"
ZONE = "Central European Standard Time"
DATES = 8
PATIENCE_S = 300


class Calls:
    """Every request that the product makes, by the product's own session in this process: service and method."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, float]] = []
        self._lock = threading.Lock()

    @contextmanager
    def heard(self, desk: Desk) -> Iterator[None]:
        """Listen at the sandbox's capture, which sees every exchange."""
        record = desk.world.capture.record

        def listening(service: str, method: str, path: str, *rest: Any) -> None:
            with self._lock:
                self.made.append((service, method, time.perf_counter()))
            record(service, method, path, *rest)

        desk.world.capture.record = listening  # type: ignore[method-assign]
        yield
        desk.world.capture.record = record  # type: ignore[method-assign]

    def of(self, service: str, *methods: str) -> int:
        """How many of these."""
        with self._lock:
            return sum(one[0] == service and (not methods or one[1] in methods) for one in self.made)

    def forget(self) -> None:
        """Count anew."""
        with self._lock:
            self.made.clear()


class Bench:
    """One running product with its sandbox and a person."""

    def __init__(self, started: Running, calls: Calls) -> None:
        self.calls = calls
        self.outside = Outside(started.description)
        settings = started.settings
        self.person = Organiser(
            self.outside, ORGANISER, f"{settings.application_uri}/{settings.api_scope}", settings.add_in_id
        )
        self.graph: Any = started.desk.world.services["graph"]
        self.server = started.description["server"]["url"]

    def quiet(self) -> None:
        """Nothing on its way, nothing due, nobody at work."""
        wait(lambda: self.graph.idle(0) and self._figures() == (0, 0))

    def _figures(self) -> tuple[float, float]:
        lines = requests.get(f"{self.server}/metrics", timeout=60).text.splitlines()
        found = dict(line.rsplit(" ", 1) for line in lines if line.startswith("clickmeeting_addin_"))
        return float(found["clickmeeting_addin_due"]), float(found["clickmeeting_addin_at_work"])

    def meeting(self, number: int, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Scheduled and sent."""
        wish = a_wish(number, **more)
        made = self.person.schedule(wish)
        place = {"start": (wish["start"], ZONE), "end": (wish["end"], ZONE)}
        event: dict[str, Any] = {name: {"dateTime": when, "timeZone": zone} for name, (when, zone) in place.items()} | {
            "subject": wish["title"]
        }
        if "recurrence" in wish:
            event["recurrence"] = wish["recurrence"]["graph"]
        return made, self.person.send(made, event, "<p>Dear all.</p>")

    def calls_for(self, what: str, act: Callable[[], object], *, reads: int, writes: int, goal: str) -> None:
        """Do it, wait until all is quiet, tell what the product asked for; the person makes `reads` and `writes`."""
        self.quiet()
        self.calls.forget()
        act()
        self.quiet()
        written = self.calls.of("graph", "POST", "PATCH", "DELETE") - writes
        read = self.calls.of("graph", "GET") - reads
        rooms = self.calls.of("clickmeeting")
        tell(f"{what}: {read + written} calls at Graph, {written} of them writes; {rooms} at ClickMeeting ({goal})")


class Upstream:
    """How long the server's threads wait for services, by the one adapter that all their requests go through."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Only threads that answer requests count; the person asks in the main thread, workers have names of theirs."""
        send = requests.adapters.HTTPAdapter.send

        def timing(adapter: Any, *arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return send(adapter, *arguments, **named)
            finally:
                if threading.current_thread().name.startswith("waitress"):
                    self.seconds += time.perf_counter() - began

        requests.adapters.HTTPAdapter.send = timing  # type: ignore[method-assign]
        yield
        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]


def own_time(bench: Bench, schedules: int) -> None:
    """Each press straight to the server: its time less that of the calls it made."""
    own = []
    upstream = Upstream()
    headers = bench.person._api_header
    with upstream.timed():
        for number in range(schedules + 3):
            bench.quiet()
            upstream.seconds = 0
            began = time.perf_counter()
            answer = requests.post(
                f"{bench.server}/api/v1/meetings", json=a_wish(1000 + number), timeout=60,
                headers=headers | {"Idempotency-Key": f"bench-schedule-{number}"},
            )  # fmt: skip
            own.append(time.perf_counter() - began - upstream.seconds)
            assert answer.status_code == 201, answer.text
    own = own[3:]
    tell(
        f"schedule: our own time beside the upstream calls p50 {percentile(own, 0.5) * 1e3:.1f} ms, p95 "
        f"{percentile(own, 0.95) * 1e3:.1f} ms over {schedules} (goal <= 20 embedded)"
    )


def drain(bench: Bench, backlog: int) -> None:
    """An hour in which no notification came; then Graph says that some were missed."""
    events = [bench.meeting(100 + number)[1] for number in range(backlog)]
    bench.quiet()
    control = bench.outside.description["control"]
    bench.outside.call("POST", f"{control}/faults", json={"switches": {"graph.notification_loss": 1.0}})
    for number, event in enumerate(events):
        bench.person.change(event["id"], {"subject": f"Moved on {number}"})
    bench.outside.call("POST", f"{control}/faults", json={"clear": True})
    bench.calls.forget()
    began, cpu = time.perf_counter(), time.process_time()
    bench.graph.send_lifecycle("missed")
    wait(lambda: sum(room["name"].startswith("Moved on") for room in bench.outside.rooms()) == backlog)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    tell(
        f"after an outage: {backlog} changed meetings of one mailbox in step again after {seconds:.1f} s, "
        f"{backlog / seconds:.1f} a second ({used / backlog * 1e3:.0f} ms CPU each, stand-ins included), with "
        f"{bench.calls.of('graph')} calls at Graph and {bench.calls.of('clickmeeting')} at ClickMeeting"
    )


def wait(over: Callable[[], object]) -> None:
    """Look until it is so; what is measured here has no clock of its own to wait on."""
    end = time.monotonic() + PATIENCE_S
    while not over():
        assert time.monotonic() < end, "it does not come to an end"
        time.sleep(0.02)  # the server tells nobody that it has nothing left to do


def a_wish(number: int, **more: Any) -> dict[str, Any]:
    """Each at a time of its own."""
    start = (datetime.now(UTC) + timedelta(days=7)).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    start += timedelta(hours=2 * number)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "time_zone": ZONE}
    return {"title": f"Review {number}"} | times | more


def main() -> None:
    """All of it in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backlog", type=int, default=20)
    parser.add_argument("--schedules", type=int, default=40)
    arguments = parser.parse_args()
    tell(machine())
    calls = Calls()
    with running(log_level="ERROR", sweep_seconds=0.5) as started, calls.heard(started.desk):
        bench = Bench(started, calls)
        bench.calls_for(
            "a first meeting, sent: found, marked, watched, and our own echo heard", lambda: bench.meeting(0),
            reads=0, writes=1, goal="the mark is the only write of an event; sign-in apart",
        )  # fmt: skip
        _, event = bench.meeting(1)
        bench.calls_for(
            "one change by the user", lambda: bench.person.change(event["id"], {"subject": "Renamed"}),
            reads=0, writes=1, goal="goal <= 2",
        )  # fmt: skip
        bench.calls_for(
            "a change that needs nothing of us, as our own echo does",
            lambda: bench.person.change(event["id"], {"reminderMinutesBeforeStart": 5}),
            reads=0, writes=1, goal="goal: 0 writes",
        )  # fmt: skip
        burst(bench)
        own_time(bench, arguments.schedules)
        drain(bench, arguments.backlog)


def burst(bench: Bench) -> None:
    """Every date of a series is moved by itself, one after the other."""
    start = datetime.fromisoformat(a_wish(5)["start"])
    ends = {"type": "numbered", "startDate": start.date().isoformat(), "numberOfOccurrences": DATES}
    daily = {"pattern": {"type": "daily", "interval": 1}, "range": ends}
    _, series = bench.meeting(5, recurrence={"graph": daily})
    bench.quiet()
    dates = bench.person.dates(series["id"], start)
    assert len(dates) == DATES

    def move_all() -> None:
        for date in dates:
            bench.person.change(date["id"], {"subject": "Another subject"})

    bench.calls_for(f"{DATES} dates of one series changed", move_all, reads=0, writes=DATES, goal="goal <= 2 a look")


if __name__ == "__main__":
    main()
