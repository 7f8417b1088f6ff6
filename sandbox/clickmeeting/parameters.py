"""Reads what a caller sent, in any of the encodings the service takes, into one nested dictionary of text.

It must not know what any parameter means.
"""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Request

from sandbox.clickmeeting.answers import Refusal

Parameters = dict[str, Any]
"""Values are text, or dictionaries of the same; a list is a dictionary with the keys "0", "1", ..."""

_EXTENSION = re.compile(r"\.(json|xml|js|php|printr)$")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_MOST_PARAMETERS = 5_000


def split_extension(text: str) -> tuple[str, str | None]:
    """`text` without the extension that picks an answer's format, and that extension."""
    found = _EXTENSION.search(text)
    return (text[: found.start()], found.group(1)) if found else (text, None)


def read_parameters(request: Request, query: str) -> Parameters:
    """Query, then form or JSON body on top of it. Refusal 400 where a JSON body cannot be read."""
    found = nest(parse_qsl(query, keep_blank_values=True))
    if request.mimetype == "application/json":
        found |= _json_body(request.get_data())
    else:
        found |= nest(request.form.items(multi=True))
    return found


def nest(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """PHP's reading of `a[b]=1`, `a[]=1` and `a[0][b]=1`: each `[]` begins a new element."""
    found: Parameters = {}
    for count, (name, value) in enumerate(pairs):
        if count >= _MOST_PARAMETERS:
            raise Refusal(400, [("", "Too many parameters.")])
        _put(found, _keys(name), value)
    return found


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    return [head, *_BRACKETS.findall(bracket + rest)]


def _put(target: Parameters, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        key = _index(target, key)
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = target[key] = {}
        target = inner
    target[_index(target, keys[-1])] = value


def _index(target: Parameters, key: str) -> str:
    if key:
        return key
    return str(max((int(known) for known in target if known.isdigit()), default=-1) + 1)


def _json_body(body: bytes) -> Parameters:
    if not body:
        return {}
    try:
        data = json.loads(body)
    except ValueError as error:
        raise Refusal(400, [("", "The body is not valid JSON.")]) from error
    if not isinstance(data, dict):
        raise Refusal(400, [("", "The body must be a JSON object.")])
    return {key: _as_text(value) for key, value in data.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(index): _as_text(item) for index, item in enumerate(value)}
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
