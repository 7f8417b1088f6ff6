"""Gets new tokens for a meeting's room so that an interruption loses none and makes none twice; it tells nobody.

Tokens that E10 makes are anonymous (facts 3.5): after a lost answer nothing tells ours from those that somebody made by
hand. So what stands in the room is kept first. Whatever is there beyond it afterwards came of the lost call.
"""

from dataclasses import replace

from addin.model import Meeting, Room, TokenOrder
from addin.ports import Rooms, Store


def obtain(meeting: Meeting, room: Room, how_many: int, rooms: Rooms, store: Store) -> tuple[Meeting, tuple[str, ...]]:
    """`how_many` fresh tokens; what an interrupted order made is used first, and withdrawn where it is too much.

    The meeting comes back with its order closed, to be saved together with whose the tokens are. A Retryable leaves the
    order open in the store, for the next try.
    """
    found = _made_by(meeting, room, rooms)
    if found is None:
        order = TokenOrder(room.id, tuple(state.token for state in rooms.tokens(room)))
        meeting, found = store.save(replace(meeting, token_order=order)), ()
    fresh, beyond = found[:how_many], found[how_many:]
    if len(fresh) < how_many:
        fresh += rooms.generate_tokens(room, how_many - len(fresh))
    return replace(meeting, token_order=None, to_withdraw=(*meeting.to_withdraw, *beyond)), fresh


def abandon(meeting: Meeting, rooms: Rooms) -> Meeting:
    """Nobody needs what an interrupted order made: the meeting with that to be withdrawn and the order closed."""
    made = () if meeting.room is None else _made_by(meeting, meeting.room, rooms) or ()
    return replace(meeting, token_order=None, to_withdraw=(*meeting.to_withdraw, *made))


def spend(meeting: Meeting, room: Room, rooms: Rooms, store: Store) -> str:
    """One token for an entry at this moment, which nobody is to hold afterwards; an open order must not find it."""
    [token] = rooms.generate_tokens(room, 1)
    order = meeting.token_order
    if order is not None:
        store.save(replace(meeting, token_order=replace(order, before=(*order.before, token))))
    return token


def _made_by(meeting: Meeting, room: Room, rooms: Rooms) -> tuple[str, ...] | None:
    """Tokens of the open order; None where there is none for this room. One that was used is somebody's already."""
    order = meeting.token_order
    if order is None or order.room_id != room.id:
        return None
    known = {*order.before, *meeting.to_withdraw, *(one.token for one in meeting.invitees if one.token)}
    return tuple(
        state.token
        for state in rooms.tokens(room)
        if state.token not in known and state.used_at is None and state.address is None
    )
