"""A meeting as a compact, versioned JSON document and back; it knows neither tables nor encryption."""

import dataclasses
import json
import types
import zlib
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from addin.errors import Permanent
from addin.model import Meeting

VERSION = 1
_PLAIN, _PACKED = b"j", b"z"
_PACK_FROM_BYTES = 200
_DROPPED = frozenset({"version"})  # the column counts saves; a second copy could only disagree

Convert = Callable[[Any], Any]


class Unknown(Permanent):
    """A document that this version of the product cannot read."""

    default_reason = "document"


def dump(meeting: Meeting) -> bytes:
    """UTF-8 JSON with `v`, without what stands at its default; packed by zlib where that is shorter."""
    fields = {name: value for name, value in _writer(Meeting)(meeting).items() if name not in _DROPPED}
    plain = json.dumps({"v": VERSION, **fields}, ensure_ascii=False, separators=(",", ":")).encode()
    if len(plain) < _PACK_FROM_BYTES:
        return _PLAIN + plain
    return _PACKED + zlib.compress(plain, 6)


def load(document: bytes, *, version: int) -> Meeting:
    """The meeting again. Fields that are missing take their default, unknown ones are passed over; Unknown else."""
    try:
        plain = zlib.decompress(document[1:]) if document[:1] == _PACKED else document[1:]
        raw = json.loads(plain)
        if raw.get("v") != VERSION:
            raise Unknown("A stored meeting was written by a newer version of the product. Update this server.")
        meeting: Meeting = _reader(Meeting)({**raw, "version": version})
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise Unknown(f"A stored meeting cannot be read ({type(error).__name__}).") from error
    return meeting


@cache
def _writer(kind: Any) -> Convert:
    """How a value of this annotated type becomes JSON; made once a type."""
    if dataclasses.is_dataclass(kind):
        return _record_writer(kind)
    inner, many = _shape(kind)
    if many:
        write = _writer(inner)
        return lambda values: [write(value) for value in values]
    if inner is not kind:
        write = _writer(inner)
        return lambda value: None if value is None else write(value)
    if kind is datetime:
        return datetime.isoformat
    return lambda value: value


@cache
def _reader(kind: Any) -> Convert:
    """How JSON becomes a value of this annotated type; made once a type."""
    if dataclasses.is_dataclass(kind):
        return _record_reader(kind)
    inner, many = _shape(kind)
    if many:
        read = _reader(inner)
        return lambda values: tuple(read(value) for value in values)
    if inner is not kind:
        read = _reader(inner)
        return lambda value: None if value is None else read(value)
    if kind is datetime:
        return datetime.fromisoformat
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return lambda value: value


def _shape(kind: Any) -> tuple[Any, bool]:
    """(type within, whether it is a tuple of many) for `tuple[X, ...]` and `X | None`; (kind, False) for the rest."""
    origin = get_origin(kind)
    if origin is tuple:
        return get_args(kind)[0], True
    if origin in (Union, types.UnionType):
        return next(part for part in get_args(kind) if part is not type(None)), False
    return kind, False


def _record_writer(kind: Any) -> Convert:
    parts = [(name, default, _writer(hint)) for name, hint, default in _fields(kind)]

    def write(record: Any) -> dict[str, Any]:
        written = {}
        for name, default, convert in parts:
            value = getattr(record, name)
            if value != default:
                written[name] = convert(value)
        return written

    return write


def _record_reader(kind: Any) -> Convert:
    parts = {name: _reader(hint) for name, hint, _ in _fields(kind)}

    def read(raw: dict[str, Any]) -> Any:
        return kind(**{name: parts[name](value) for name, value in raw.items() if name in parts})

    return read


def _fields(kind: Any) -> list[tuple[str, Any, Any]]:
    """(name, type, default) of each field; the default is MISSING, equal to nothing, where it must be given."""
    hints = get_type_hints(kind)
    return [(field.name, hints[field.name], field.default) for field in dataclasses.fields(kind)]
