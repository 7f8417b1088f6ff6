"""One person taken out of a meeting and out of texts, wherever the model has a place for people; it keeps nothing.

Pure. Places are found by their types, so that one that is added later is erased from as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any

from addin.model import Invitee, Mailbox, Meeting, Participant

ERASED = "(erased)"
_IDENTITIES = frozenset({
    "id", "key", "tenant_id", "user_id", "event_id", "ical_uid", "etag", "url", "url_name", "former_urls", "zone",
    "zone_name", "to_withdraw", "before", "account", "attention_told", "reader_countries", "cancelled_dates",
})  # fmt: skip
"""What services gave: no words about people, and found by digests that must stay."""


@dataclass(frozen=True)
class Subject:
    """The person: `address` in lower case, the object id where there is a mailbox, names as calendars told them."""

    address: str
    user_id: str = ""
    names: tuple[str, ...] = ()

    @property
    def by_address(self) -> "Subject":
        """Without names, which others may have as well."""
        return replace(self, names=())

    def is_(self, one: Any) -> bool:
        """Whether a participant, an invitee or a mailbox is the person."""
        if isinstance(one, Mailbox) and self.user_id and one.user_id == self.user_id:
            return True
        return isinstance(one, Participant | Invitee | Mailbox) and one.address.lower() == self.address

    def erased_from(self, text: str) -> str:
        """A text without address and names, whatever their case."""
        for word in (self.address, *sorted(self.names, key=len, reverse=True)):
            if len(word.strip()) > 1:
                text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", ERASED, text, flags=re.IGNORECASE)
        return text

    def names_in(self, value: Any) -> Iterator[str]:
        """The names that a meeting gives the person."""
        if self.is_(value):
            yield value.name
        elif isinstance(value, tuple):
            for one in value:
                yield from self.names_in(one)
        elif is_dataclass(value):
            for part in fields(value):
                yield from self.names_in(getattr(value, part.name))


def mentions(meeting: Meeting, subject: Subject) -> bool:
    """Whether the address stands anywhere in the meeting."""
    return without(meeting, subject.by_address) != meeting


def without(meeting: Meeting, subject: Subject) -> Meeting:
    """The meeting without the person: not on its lists, not in its words."""
    cleaned: Meeting = _cleaned(meeting, subject)
    return cleaned


def _cleaned(value: Any, subject: Subject) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return subject.erased_from(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(one, subject) for one in value if not subject.is_(one) and one != subject.address)
    if isinstance(value, Mailbox) and subject.is_(value):
        return replace(value, user_id=ERASED, address=ERASED, name=ERASED)
    if isinstance(value, Participant | Invitee | Mailbox) or not is_dataclass(value):
        return value
    parts = [part.name for part in fields(value) if part.name not in _IDENTITIES]
    return replace(value, **{name: _cleaned(getattr(value, name), subject) for name in parts})  # type: ignore[type-var]
