"""OData's query options over rows of JSON: $filter, $orderby, $top, $skip, $select, $expand; it knows no storage."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.graph.edm import FIRST_YEAR, LAST_YEAR
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.extended import canonical
from sandbox.graph.filtering import read_filter
from sandbox.graph.preferences import Preferences

_DEFAULT_PAGE, _LARGEST_PAGE = 10, 1000
_OPTIONS = {"$select", "$filter", "$expand", "$orderby", "$top", "$skip", "$count", "$search", "$skiptoken", "$format"}
_NAMED_IN_FILTER = re.compile(r"\w*/?id\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


@dataclass(frozen=True)
class Expansion:
    """One part of $expand: what, and the ids or the filter that its options name."""

    name: str
    names: tuple[str, ...] = ()
    options: str = ""


def check_options(arguments: Mapping[str, str], *own: str) -> None:
    """400 for a query option that neither OData nor the call knows, or the service rejects here."""
    for name in arguments:
        if name.startswith("$") and name not in _OPTIONS:
            raise bad_request(f"The query parameter '{name}' is not supported.")
        if name == "$search":
            raise bad_request("The query parameter '$search' is not supported.")


def read_moment(arguments: Mapping[str, str], name: str) -> datetime:
    """A required `startDateTime` or `endDateTime`: with offset or Z, else UTC (Graph facts 1.2)."""
    value = next((arguments[key] for key in arguments if key.lower() == name.lower()), "")
    if not value:
        raise GraphError(
            400, "ErrorInvalidParameter", "This request requires a time window specified by the query string "
            "parameters StartDateTime and EndDateTime.",
        )  # fmt: skip
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        raise GraphError(400, "ErrorInvalidParameter", f"The value '{value}' of '{name}' is not valid.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise GraphError(400, "ErrorInvalidParameter", f"The value '{value}' of '{name}' is out of range.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_window(arguments: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Both ends of a view; 400 where one is missing, they are in the wrong order or over 1825 days apart."""
    start, end = read_moment(arguments, "startDateTime"), read_moment(arguments, "endDateTime")
    if end < start:
        raise GraphError(400, "ErrorInvalidParameter", "The end of the time window is before its start.")
    if (end - start).days > 1825:
        raise GraphError(400, "ErrorCalendarViewRangeTooBig", "The requested time window is longer than 1825 days.")
    return start, end


def selected(arguments: Mapping[str, str], known: Iterable[str], type_name: str = "microsoft.graph.event") -> set[str]:
    """The names in $select, empty for all; 400 for a property that v1.0 does not have."""
    wanted = {name.strip() for name in arguments.get("$select", "").split(",") if name.strip()}
    spelled = {name.lower(): name for name in known}
    found = set()
    for name in wanted:
        if name.lower() not in spelled:
            raise bad_request(f"Could not find a property named '{name}' on type '{type_name}'.")
        found.add(spelled[name.lower()])
    return found


def pick(answer: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Only what was selected; id and annotations always stay."""
    if not names:
        return answer
    return {key: value for key, value in answer.items() if key in names or key == "id" or key.startswith("@")}


def expansions(arguments: Mapping[str, str], known: Iterable[str]) -> list[Expansion]:
    """The parts of $expand; 400 for what cannot be expanded."""
    spelled = {name.lower(): name for name in known}
    found = []
    for part in _split(arguments.get("$expand", "")):
        name, _, rest = part.partition("(")
        if name.strip().lower() not in spelled:
            raise bad_request(f"Could not find a property named '{name.strip()}' on type 'microsoft.graph.event'.")
        if rest and not rest.rstrip().endswith(")"):
            raise bad_request("The $expand clause is not closed.")
        options = rest.rstrip()[:-1]
        names = tuple(value.replace("''", "'") for value in _NAMED_IN_FILTER.findall(options))
        found.append(Expansion(spelled[name.strip().lower()], names, options))
    return found


def extended_wanted(expansion: Expansion) -> set[str]:
    """The canonical ids of the extended properties asked for; 400 without a filter, as the service answers."""
    if not expansion.names:
        raise bad_request(f"The expand of '{expansion.name}' needs a $filter on id.")
    return {canonical(name) for name in expansion.names}


def _split(text: str) -> list[str]:
    """At commas that stand outside brackets and quotes."""
    parts, depth, quoted, current = [], 0, False, ""
    for letter in text:
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [part.strip() for part in [*parts, current] if part.strip()]


@dataclass(frozen=True)
class Page:
    """One page of rows and where the next begins; `count` only where it was asked for."""

    rows: list[dict[str, Any]]
    next_skip: int | None
    count: int | None


def page_of(
    rows: list[dict[str, Any]],
    arguments: Mapping[str, str],
    preferences: Preferences,
    known: frozenset[str],
) -> Page:
    """Filter, order and cut; 400 for options that make no sense."""
    if arguments.get("$filter"):
        test = read_filter(arguments["$filter"], known)
        rows = [row for row in rows if test(row)]
    for part in reversed(_split(arguments.get("$orderby", ""))):
        rows = sorted(rows, key=_order_key(part, known), reverse=part.lower().endswith(" desc"))
    skip = _whole_number(arguments, "$skip", 0, 0, 10**9)
    size = _whole_number(arguments, "$top", preferences.page_size or _DEFAULT_PAGE, 1, _LARGEST_PAGE)
    cut = rows[skip : skip + size]
    more = skip + size if skip + size < len(rows) else None
    return Page(cut, more, len(rows) if arguments.get("$count", "").lower() == "true" else None)


def _order_key(part: str, known: frozenset[str]) -> Callable[[dict[str, Any]], str]:
    steps = part.split(" ")[0].split("/")
    if steps[0] not in known:
        raise bad_request(f"Could not find a property named '{steps[0]}'.")

    def key(row: dict[str, Any]) -> str:
        value: Any = row
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return str(value).lower()

    return key


def _whole_number(arguments: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = arguments.get(name)
    if value is None:
        return default
    if not value.isdigit() or not least <= int(value) <= most:
        raise bad_request(f"Invalid value '{value}' for {name} query option found.")
    return int(value)
