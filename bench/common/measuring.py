"""Taking turns and medians: both sides of a ratio run interleaved; it knows nothing of what is measured."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

ROUNDS = 7


def by_turns(sides: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of what each side returns; the sides take turns, each turn beginning with another one."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    for number in range(rounds):
        turn = number % len(order)
        for name in order[turn:] + order[:turn]:
            found[name].append(sides[name]())
    return {name: statistics.median(values) for name, values in found.items()}


def cpu_of(work: Callable[[], object]) -> Callable[[], float]:
    """A side that returns the CPU seconds of this process for one call of `work`."""

    def measured() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return measured


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (0.99 for the p99)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def resident_bytes() -> int:
    """The memory of this process that is in RAM; Linux only."""
    with open("/proc/self/statm") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def machine() -> str:
    """What the figures were taken on, for the reader."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {sys.version.split()[0]}"


def tell(sentence: str) -> None:
    """One line of the report, at once."""
    print(sentence, flush=True)
