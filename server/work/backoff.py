"""How long a failed look waits for its next attempt; it knows no ledger."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """Doubling pauses up to a longest one, spread by a fifth so that what failed together does not return together."""

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=15)
    spread: float = 0.2

    def pause(self, failures: int) -> timedelta:
        """Before the next attempt, after that many failures before this one."""
        doubled = self.first * (1 << min(failures, 30))
        chance = random.uniform(1 - self.spread, 1)  # noqa: S311 - spreads load, hides nothing
        return min(doubled, self.longest) * chance
