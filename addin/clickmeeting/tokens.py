"""Tokens of a room: generate, list, find by address, withdraw; it must not know who is to get which.

Tokens are secrets that admit one person once (R39). Which address one belongs to is the caller's own map, as the API
keeps none for tokens made here (3.5).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from addin.clickmeeting.answers import unreadable
from addin.clickmeeting.client import Client
from addin.errors import Missing, Permanent, Refused
from addin.model import TokenState

BATCH = 100
_TOKEN = re.compile(r"[A-Z0-9]{4,16}")


def generate(client: Client, room_id: int, how_many: int) -> tuple[str, ...]:
    """E10 in batches; exactly `how_many` fresh tokens.

    OutcomeUnknown where an answer was lost: the tokens that it would have named stay in the room, anonymous and unused.
    """
    found: list[str] = []
    while len(found) < how_many:
        size = min(BATCH, how_many - len(found))
        made = _read(client.change("POST", f"conferences/{room_id}/tokens", {"how_many": size}), effect=True)
        if len(made) != size or any(token.used_at or token.address for token in made):
            # handing out a token that may be somebody else's would let the wrong person in
            raise Permanent("ClickMeeting made other tokens than it was asked for.", reason="unexpected-answer")
        found += [token.token for token in made]
    return tuple(found)


def listed(client: Client, room_id: int) -> tuple[TokenState, ...]:
    """E11: all tokens of the room."""
    return _read(client.ask(f"conferences/{room_id}/tokens"), effect=False)


def of_address(client: Client, room_id: int, address: str) -> str | None:
    """E12: the token that ClickMeeting sent to `address`, else the one that the list shows for it, else None."""
    try:
        data = client.ask_with_form(f"conferences/{room_id}/token", {"email": address})
    except Missing:
        data = None
    if isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, Mapping):
        data = data.get("token")
    if isinstance(data, str) and _TOKEN.fullmatch(data):
        return data
    known = [token for token in listed(client, room_id) if (token.address or "").lower() == address.lower()]
    return known[-1].token if known else None


def withdraw(client: Client, room_id: int, tokens: Iterable[str]) -> None:
    """E13 in batches; what is not there (any more) counts as withdrawn.

    Whether one unknown token spoils its whole batch is not known: what is still listed after a refusal goes one by one.
    Missing when the room itself is gone.
    """
    unwanted = list(dict.fromkeys(tokens))
    for first in range(0, len(unwanted), BATCH):
        batch = unwanted[first : first + BATCH]
        try:
            _withdraw(client, room_id, batch)
        except (Missing, Refused):
            left = {state.token for state in listed(client, room_id)}.intersection(batch)
            for token in sorted(left):
                _withdraw(client, room_id, [token])


def _withdraw(client: Client, room_id: int, tokens: list[str]) -> None:
    client.change("DELETE", f"conferences/{room_id}/tokens", {"tokens": tokens})


def _read(data: Any, *, effect: bool) -> tuple[TokenState, ...]:
    if isinstance(data, Mapping):
        data = data.get("access_tokens")
    if not isinstance(data, list):
        raise unreadable(effect=effect)
    return tuple(_state(item, effect=effect) for item in data)


def _state(item: Any, *, effect: bool) -> TokenState:
    if isinstance(item, str):
        item = {"token": item}
    token = item.get("token") if isinstance(item, Mapping) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise unreadable(effect=effect)
    address, used = item.get("sent_to_email"), item.get("first_use_date")
    return TokenState(token, address.lower() if isinstance(address, str) and address else None, _moment(used))


def _moment(value: object) -> datetime | None:
    """A use whose date cannot be read is still a use."""
    if not value or value == "null":
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return _LONG_AGO
    return moment if moment.tzinfo else _LONG_AGO


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
