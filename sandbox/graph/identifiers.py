"""Makes and reads the opaque ids of items: regular, immutable and in EWS form; it knows no item."""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from datetime import date

from sandbox.graph.errors import GraphError

_REGULAR = b"\x00\x03\x24"  # "AAMk", as regular ids begin
_IMMUTABLE = b"\x00\x09\x00"  # "AAkA"
# Decodes from "-_-_": every id holds the two letters in which the REST form differs from the EWS form.
_LETTERS = b"\xfb\xff\xbf"
_LAYOUT = struct.Struct(">3s3s4s8s16siHc")


@dataclass(frozen=True)
class Reference:
    """What an id means. `kind`: event, message, calendar, attachment by first letter; `day` names an occurrence."""

    kind: str
    mailbox: str
    key: str
    folder: str = ""
    day: date | None = None
    epoch: int = 0


def _short(text: str, size: int) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:size] if text else bytes(size)


def make_id(reference: Reference, *, immutable: bool = False) -> str:
    """The id as REST shows it; an immutable one does not depend on the folder (Graph facts 1.5)."""
    packed = _LAYOUT.pack(
        _IMMUTABLE if immutable else _REGULAR,
        _LETTERS,
        _short(reference.mailbox, 4),
        bytes(8) if immutable else _short(reference.folder, 8),
        bytes.fromhex(reference.key),
        reference.day.toordinal() if reference.day else 0,
        reference.epoch,
        reference.kind.encode(),
    )
    return base64.urlsafe_b64encode(packed).decode()


@dataclass(frozen=True)
class ReadId:
    """An id taken apart: enough to find the item and to see whether it still stands where the id says."""

    kind: str
    key: str
    day: date | None
    epoch: int
    immutable: bool
    _mailbox: bytes
    _folder: bytes

    def fits(self, mailbox: str, folder: str) -> bool:
        """Whether the id is one of that mailbox, and (if regular) of that folder."""
        at_home = self.immutable or self._folder == _short(folder, 8)
        return self._mailbox == _short(mailbox, 4) and at_home


def read_id(text: str) -> ReadId:
    """Take an id apart; GraphError 400 `ErrorInvalidIdMalformed` where it is none."""
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        marker, letters, mailbox, folder, key, ordinal, epoch, kind = _LAYOUT.unpack(packed)
        day = date.fromordinal(ordinal) if ordinal else None
    except (ValueError, binascii.Error, struct.error):
        raise malformed() from None
    if marker not in (_REGULAR, _IMMUTABLE) or letters != _LETTERS:
        raise malformed()
    return ReadId(kind.decode("latin-1"), key.hex(), day, epoch, marker == _IMMUTABLE, mailbox, folder)


def malformed() -> GraphError:
    """400 for an id that Exchange could not have made."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def to_ews(text: str) -> str:
    """The form in which Office.js shows an item id."""
    return text.replace("-", "/").replace("_", "+")


def from_ews(text: str) -> str:
    """The REST form of an EWS id."""
    return text.replace("/", "-").replace("+", "_")
