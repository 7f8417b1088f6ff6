"""Reads JSON and remembers on which line each value begins; it knows nothing of manifests."""

import json
from bisect import bisect_left
from json import JSONDecodeError
from typing import Any

Path = tuple[str | int, ...]
_SPACE = " \t\r\n"
_DEEPEST = 200


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """The value and, for the path of each value in it, its line from 1; JSONDecodeError as `json` raises it."""
    reader = _Reader(text)
    value, end = reader.value(reader.skip(0), ())
    if reader.skip(end) != len(text):
        raise JSONDecodeError("Extra data", text, reader.skip(end))
    return value, reader.lines


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[Path, int] = {}
        self._ends = [place for place, letter in enumerate(text) if letter == "\n"]
        self._scalar = json.JSONDecoder().raw_decode

    def skip(self, place: int) -> int:
        while place < len(self.text) and self.text[place] in _SPACE:
            place += 1
        return place

    def value(self, place: int, path: Path) -> tuple[Any, int]:
        if len(path) > _DEEPEST:
            raise JSONDecodeError("Nested too deeply", self.text, place)
        self.lines[path] = bisect_left(self._ends, place) + 1
        letter = self.text[place : place + 1]
        if letter == "{":
            return self._object(place + 1, path)
        if letter == "[":
            return self._array(place + 1, path)
        value: Any
        value, end = self._scalar(self.text, place)
        return value, end

    def _object(self, place: int, path: Path) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        place = self.skip(place)
        if self.text[place : place + 1] == "}":
            return found, place + 1
        while True:
            if self.text[place : place + 1] != '"':
                raise JSONDecodeError("Expecting property name enclosed in double quotes", self.text, place)
            name, place = self._scalar(self.text, place)
            if name in found:
                raise JSONDecodeError(f"The name {name!r} is there twice", self.text, place)
            place = self._expect(":", place)
            found[name], place = self.value(self.skip(place), (*path, name))
            place = self.skip(place)
            if self.text[place : place + 1] == "}":
                return found, place + 1
            place = self.skip(self._expect(",", place))

    def _array(self, place: int, path: Path) -> tuple[list[Any], int]:
        found: list[Any] = []
        place = self.skip(place)
        if self.text[place : place + 1] == "]":
            return found, place + 1
        while True:
            value, place = self.value(self.skip(place), (*path, len(found)))
            found.append(value)
            place = self.skip(place)
            if self.text[place : place + 1] == "]":
                return found, place + 1
            place = self._expect(",", place)

    def _expect(self, mark: str, place: int) -> int:
        place = self.skip(place)
        if self.text[place : place + 1] != mark:
            raise JSONDecodeError(f"Expecting {mark!r}", self.text, place)
        return place + 1
