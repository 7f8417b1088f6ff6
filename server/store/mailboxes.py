"""Mailboxes that have meetings, and how far their calendars were read; it does not know how calendars are read."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, func, or_, select, update

from addin.model import Mailbox
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import mailboxes
from server.store.upserting import insert

_ADDRESS_LENGTH, _NAME_LENGTH = 320, 256


@dataclass(frozen=True)
class Known:
    """A mailbox, when its last complete round ended, and the delta link that the next one starts from (opaque)."""

    mailbox: Mailbox
    last_round: datetime | None
    delta_link: str | None = field(repr=False)


def subject_id(mailbox: Mailbox) -> str:
    """The mailbox as a subject of the ledger."""
    return f"{mailbox.tenant_id}/{mailbox.user_id}"


def from_subject(subject: str) -> tuple[str, str]:
    """(tenant id, user id) of `subject_id`."""
    tenant_id, _, user_id = subject.partition("/")
    return tenant_id, user_id


def remember(writing: Writing, mailbox: Mailbox) -> None:
    """Within somebody's write: the mailbox is known from now on, by the latest address and name that are not empty."""
    statement = insert(writing.connection.dialect.name, mailboxes)
    given = {"address": fitting(mailbox.address, _ADDRESS_LENGTH), "name": fitting(mailbox.name, _NAME_LENGTH)}
    row = {"tenant_id": mailbox.tenant_id, "user_id": mailbox.user_id, **given}
    changes = {name: value for name, value in given.items() if value}
    keys = ["tenant_id", "user_id"]
    writing.connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changes)
        if changes
        else statement.on_conflict_do_nothing(index_elements=keys),
        [row],
    )


class Mailboxes:
    """Who is known, and the bookkeeping of rounds."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def remember(self, mailbox: Mailbox) -> None:
        """Know a mailbox, or learn its new address and name."""
        self._database.write(lambda writing: remember(writing, mailbox))

    def get(self, tenant_id: str, user_id: str) -> Known | None:
        """None when nothing was ever scheduled there."""
        statement = select(mailboxes).where(mailboxes.c.tenant_id == tenant_id, mailboxes.c.user_id == user_id)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else self._known(row)

    def by_address(self, tenant_id: str, address: str) -> Mailbox | None:
        """The tenant's mailbox of this address, in whatever letter case it was told; None when none is known."""
        mine = (mailboxes.c.tenant_id == tenant_id, func.lower(mailboxes.c.address) == address.lower())
        with self._database.read() as connection:
            row = connection.execute(select(mailboxes).where(*mine).limit(1)).first()
        return None if row is None else Mailbox(row.tenant_id, row.user_id, row.address, row.name)

    def page(self, tenant_id: str, *, after: str = "", limit: int = 200) -> tuple[Known, ...]:
        """A tenant's mailboxes in order of their ids; `after` is the last id of the page before."""
        statement = select(mailboxes).where(mailboxes.c.tenant_id == tenant_id, mailboxes.c.user_id > after)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(mailboxes.c.user_id).limit(limit)).all()
        return tuple(self._known(row) for row in rows)

    def not_read_since(self, moment: datetime, limit: int) -> tuple[Known, ...]:
        """Mailboxes whose last complete round is older, those first that were never read."""
        statement = (
            select(mailboxes)
            .where(or_(mailboxes.c.last_round.is_(None), mailboxes.c.last_round < moment))
            .order_by(mailboxes.c.last_round.is_not(None), mailboxes.c.last_round)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(self._known(row) for row in connection.execute(statement).all())

    def round_done(self, tenant_id: str, user_id: str, *, at: datetime, delta_link: str | None) -> None:
        """A complete round ended; without a link the next one begins anew."""
        sealed = (
            None if delta_link is None else self._seal.seal(delta_link.encode(), delta_link_context(tenant_id, user_id))
        )
        statement = (
            update(mailboxes)
            .where(mailboxes.c.tenant_id == tenant_id, mailboxes.c.user_id == user_id)
            .values(last_round=at, delta_link=sealed)
        )
        self._database.execute(statement)

    def _known(self, row: Row[tuple[object, ...]]) -> Known:
        mailbox = Mailbox(row.tenant_id, row.user_id, row.address, row.name)
        if row.delta_link is None:
            return Known(mailbox, row.last_round, None)
        link = self._seal.open(row.delta_link, delta_link_context(row.tenant_id, row.user_id)).decode()
        return Known(mailbox, row.last_round, link)


def fitting(text: str, length: int) -> str:
    """What a text column of every database can hold."""
    return text.replace("\x00", "")[:length]


def delta_link_context(tenant_id: str, user_id: str) -> str:
    """What a mailbox's delta link is sealed for."""
    return f"delta-link:{tenant_id}:{user_id}"
