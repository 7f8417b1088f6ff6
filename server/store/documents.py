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

VERSION = 2
_READ = (1, VERSION)  # 1 repeated the id, the tenant and a scheduler who is the owner
_PACKED = b"1"  # by the dictionary below; another dictionary needs another mark
_RAW_DEFLATE = -15
_DROPPED = frozenset({"version", "id"})  # they stand in columns; a second copy could only disagree

USUAL = (
    b'"former_rooms":[{"occurrences_changed":[{"original_start":"cancelled_dates":["attention":"gone_at":"'
    b'"reader_countries":["owner_country":"block_outdated":true,"renewal_due":"room_date":"former_urls":["https://'
    b'"former_until":"seen_named":true,"token_in_body":true,"attendee_type":"optional","declined":true,"all_day":true,'
    b'"recurrence":{"pattern":{"type":"absoluteMonthly","relativeMonthly","index":"first","dayOfMonth":"month":'
    b'"type":"daily","interval":1,"daysOfWeek":["tuesday","wednesday","thursday","friday","monday"],'
    b'"type":"weekly","interval":1,"daysOfWeek":["monday"],"firstDayOfWeek":"monday"},"range":{"type":"endDate",'
    b'"endDate":"2027-"numberOfOccurrences":"type":"numbered","type":"noEnd","startDate":"2027-'
    b'"recurrenceTimeZone":"Central European Standard Time","Eastern Standard Time","Pacific Standard Time","GMT '
    b'"access":"password","password":"registration":true,"token_delivery":"body","lobby_message":"agenda":"'
    b'"permanent":true,"dial_in_country":"language":"fr","strategy":"permanent","rolling","state":"scheduling","draft"'
    b'"gone","ended","kind":"webinar","starts_at":"ends_at":"token":"delivery":"sent","told":"uncertain"'
    b'{"v":1,"id":"key":"owner":{"tenant_id":"user_id":"address":"@"name":"},"scheduler":{"tenant_id":"'
    b'"title":"","timing":{"start":"2026-11-23T10:00:00","end":"2027-01-01T11:00:00","zone":"America/New_York",'
    b'"zone":"Europe/Warsaw","zone_name":"W. Europe Standard Time"},"choices":{"access":"token","dial_in":true},'
    b'"strategy":"single","state":"followed","created_at":"2026-11-23T09:00:00.000000+00:00","participants":['
    b'{"address":"@","name":""},"invitees":[{"address":"","name":"","token":"","delivery":"sent"},{"address":"'
    b'"room":{"id":"pin":,"name":"","url":"https://.clickmeeting.com/","kind":"meeting","access":"open","permanent":'
    b'false,"active":true,"zone":"Europe/","listener_pin":,"presenter_pin":,"dial_in":true,"created_at":"2026-'
    b'"url_name":""},"event":{"event_id":"AAMkAG","ical_uid":"040000008200E00074C5B7101A82E008","etag":"W/\\""}}'
)
"""What most documents repeat, so that it costs two or three bytes each. Part of the format: it never changes."""

Convert = Callable[[Any], Any]


class Unknown(Permanent):
    """A document that this version of the product cannot read."""

    default_reason = "document"


def dump(meeting: Meeting) -> bytes:
    """UTF-8 JSON with `v`, without what stands at its default, deflated (RFC 1951) with the usual words known."""
    fields = {name: value for name, value in _writer(Meeting)(meeting).items() if name not in _DROPPED}
    if meeting.scheduler == meeting.owner:
        del fields["scheduler"]
    elif meeting.scheduler.tenant_id == meeting.owner.tenant_id:
        del fields["scheduler"]["tenant_id"]
    del fields["owner"]["tenant_id"]
    plain = json.dumps({"v": VERSION, **fields}, ensure_ascii=False, separators=(",", ":")).encode()
    packing = zlib.compressobj(6, zlib.DEFLATED, _RAW_DEFLATE, zdict=USUAL)
    return _PACKED + packing.compress(plain) + packing.flush()


def load(document: bytes, *, meeting_id: str, tenant_id: str, version: int) -> Meeting:
    """The meeting again, with what its row says of it (the seal is bound to the id and the tenant there).

    Fields that are missing take their default, unknown ones are passed over; Unknown else.
    """
    try:
        if document[:1] != _PACKED:
            raise Unknown("A stored meeting was packed by a newer version of the product. Update this server.")
        raw = json.loads(zlib.decompressobj(_RAW_DEFLATE, zdict=USUAL).decompress(document[1:]))
        if raw.get("v") not in _READ:
            raise Unknown("A stored meeting was written by a newer version of the product. Update this server.")
        raw["owner"].setdefault("tenant_id", tenant_id)
        raw.setdefault("scheduler", raw["owner"]).setdefault("tenant_id", tenant_id)
        meeting: Meeting = _reader(Meeting)({**raw, "id": meeting_id, "version": version})
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
