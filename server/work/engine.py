"""What can be asked of whatever carries out due work; it knows no implementation."""

from typing import Protocol


class Engine(Protocol):
    """Only wakes workers: the truth about what is due stands in the ledger, so a lost wake-up is late, never lost."""

    def start(self) -> None:
        """Begin; returns at once."""

    def wake(self) -> None:
        """Something may be due: look now instead of at the next sweep."""

    def is_working(self) -> bool:
        """Whether everything that was started is still alive."""

    def stop(self, timeout: float = 10) -> bool:
        """Begin nothing new and wait at most `timeout` seconds for what is at work; False when some still is."""
