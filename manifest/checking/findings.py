"""What a check found: where, what, and what to do; it checks nothing itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is not right. `rule` is a stable word for programs; a warning does not fail the check."""

    file: str
    line: int
    rule: str
    text: str
    remedy: str
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        return f"{self.file}:{self.line}: {kind}{self.text} {self.remedy} [{self.rule}]"


@dataclass
class Report:
    """Gathers the findings of one file, each of them once."""

    file: str
    _found: dict[Finding, None] = field(default_factory=dict)

    def error(self, line: int, rule: str, text: str, remedy: str) -> None:
        """The manifest must not be deployed like this."""
        self._found[Finding(self.file, line, rule, text, remedy)] = None

    def warn(self, line: int, rule: str, text: str, remedy: str) -> None:
        """It works, and a person should look at it."""
        self._found[Finding(self.file, line, rule, text, remedy, is_warning=True)] = None

    def take(self, other: "Report") -> None:
        """The findings of a part, under that part's own file name."""
        self._found.update(other._found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found))
