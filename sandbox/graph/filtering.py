"""Reads OData's $filter and decides whether a row fits; it knows rows only as JSON."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.extended import canonical

Row = Mapping[str, Any]
Value = Callable[[Row], Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_@][\w.@]*(?:/[A-Za-z_][\w.]*)*)|(?P<mark>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_EXTENDED = "singlevalueextendedproperties"


def read_filter(text: str, known: frozenset[str]) -> Test:
    """A predicate over rows; `known` are the first steps of paths that may be named.

    GraphError 400 for what cannot be read.
    """
    parser = _Parser(text, known)
    test = parser.either()
    parser.end()
    return test


class _Parser:
    def __init__(self, text: str, known: frozenset[str]) -> None:
        self._text = text
        self._known = known
        self._tokens = _tokens(text)
        self._at = 0
        self._variable: str | None = None

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, text: str) -> bool:
        if self._peek()[1].lower() == text and self._peek()[0] != "string":
            self._at += 1
            return True
        return False

    def _want(self, text: str) -> None:
        if not self._take(text):
            raise _unreadable(self._text, f"'{text}' expected")

    def end(self) -> None:
        if self._peek()[0] != "end":
            raise _unreadable(self._text, f"unexpected '{self._peek()[1]}'")

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._negation()]
        while self._take("and"):
            tests.append(self._negation())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _negation(self) -> Test:
        if self._take("not"):
            test = self._negation()
            return lambda row: not test(row)
        if self._take("("):
            inner = self.either()
            self._want(")")
            return inner
        return self._term()

    def _term(self) -> Test:
        kind, text = self._peek()
        lowered = text.lower()
        if kind == "word" and lowered.endswith("/any"):
            self._next()
            return self._any(text[: -len("/any")])
        if kind == "word" and lowered in ("startswith", "contains", "endswith"):
            self._next()
            return self._text_test(lowered)
        left, left_path = self._value()
        name = self._next()[1].lower()
        if name not in _COMPARE:
            raise _unreadable(self._text, f"unknown operator '{name}'")
        right, right_path = self._value()
        return _comparison(name, left, right, left_path or right_path)

    def _text_test(self, name: str) -> Test:
        self._want("(")
        left, path = self._value()
        self._want(",")
        right, _ = self._value()
        self._want(")")
        tests = {"startswith": str.startswith, "endswith": str.endswith, "contains": str.__contains__}
        test = tests[name]
        return lambda row: bool(test(_plain(left(row), path), _plain(right(row), path)))

    def _any(self, path: str) -> Test:
        if self._variable is not None or path.lower() not in (_EXTENDED, "categories"):
            raise _unreadable(self._text, f"'any' is not supported on '{path}'")
        self._want("(")
        self._variable = self._next()[1]
        self._want(":")
        variable, inner = self._variable, self.either()
        self._want(")")
        self._variable = None
        source = "@extended" if path.lower() == _EXTENDED else "categories"
        return lambda row: any(inner({**row, "@variable": (variable, each)}) for each in row[source])

    def _value(self) -> tuple[Value, str]:
        kind, text = self._next()
        if kind == "string":
            literal = text[1:-1].replace("''", "'")
            return (lambda row: literal), ""
        if kind == "moment":
            return (lambda row: text), ""
        if kind == "number":
            number = float(text)
            return (lambda row: number), ""
        if kind != "word":
            raise _unreadable(self._text, f"unexpected '{text}'")
        if text.lower() in ("true", "false", "null"):
            constant = {"true": True, "false": False, "null": None}[text.lower()]
            return (lambda row: constant), ""
        if text.lower() in ("cast", "tolower", "toupper"):
            return self._function(text.lower())
        return self._path(text), text

    def _function(self, name: str) -> tuple[Value, str]:
        self._want("(")
        inner, path = self._value()
        if name == "cast":
            self._want(",")
            target = self._next()[1]
            self._want(")")
            return (lambda row: _cast(inner(row), target)), "cast"
        self._want(")")
        change = str.lower if name == "tolower" else str.upper
        return (lambda row: change(str(inner(row)))), path

    def _path(self, text: str) -> Value:
        steps = text.split("/")
        if self._variable is not None and steps[0] == self._variable:
            return lambda row: _walk(row["@variable"][1], steps[1:])
        if steps[0] not in self._known:
            raise bad_request(f"Could not find a property named '{steps[0]}'.")
        return lambda row: _walk(row, steps)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, f"syntax error at position {at}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _comparison(name: str, left: Value, right: Value, path: str) -> Test:
    compare = _COMPARE[name]

    def test(row: Row) -> bool:
        first, second = left(row), right(row)
        if path.lower().endswith("/id") and isinstance(first, str) and isinstance(second, str):
            return compare(canonical(first), canonical(second))
        one, other = _alike(first), _alike(second)
        if path.lower().endswith("/value"):
            one, other = _plain(one, path), _plain(other, path)
        if type(one) is not type(other) or one is None:
            return compare(one == other, True) if name in ("eq", "ne") else False
        return compare(one, other)

    return test


def _alike(value: Any) -> Any:
    """Times are compared as instants however they are written; whole numbers as numbers."""
    if isinstance(value, str) and _MOMENT.match(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(value: Any, path: str) -> str:
    """The value of an extended property is compared without case."""
    found = "" if value is None else str(value)
    return found.lower() if path.lower().endswith("/value") else found


def _cast(value: Any, target: str) -> Any:
    try:
        return float(value) if target.lower().startswith(("edm.int", "edm.d")) else str(value)
    except ValueError:
        return None


def _walk(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _unreadable(text: str, why: str) -> GraphError:
    return bad_request(f"Invalid filter clause: {why} in '{text}'.")
