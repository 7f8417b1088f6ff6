"""ClickMeeting accounts of tenants and their keys, sealed; keys go in and are only opened to be used, never shown."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update

from addin.errors import InvalidInput, Missing
from addin.ports import Clock
from server.store.audit import Act, record
from server.store.database import Database, Writing
from server.store.policies import raise_revision
from server.store.seal import Seal
from server.store.tables import accounts


class Scope(StrEnum):
    """Whose meetings an account is for."""

    TENANT = "tenant"
    GROUP = "group"
    USER = "user"


@dataclass(frozen=True)
class Account:
    """One account. `subject` is the group's layer, or a person's address or object id; "" for the tenant's.

    A retired one keeps the meetings it has and gets no new ones. `hint` are the key's last characters.
    """

    id: str
    name: str
    scope: Scope
    subject: str
    hint: str
    key: str = field(repr=False)
    keyed_at: datetime | None = None
    retired: bool = False


class Accounts:
    """Every change raises the tenant's revision and stands in the audit log, in one transaction."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def all(self, tenant_id: str) -> tuple[Account, ...]:
        """Active and retired ones, by name."""
        statement = select(accounts).where(accounts.c.tenant_id == tenant_id)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(sorted((self._account(row) for row in rows), key=lambda one: (one.retired, one.name, one.id)))

    def get(self, tenant_id: str, account_id: str) -> Account:
        """Missing for another tenant's as for one that does not exist."""
        found = next((one for one in self.all(tenant_id) if one.id == account_id), None)
        if found is None:
            raise Missing("There is no such account.")
        return found

    def add(self, tenant_id: str, account: Account, act: Act) -> None:
        """InvalidInput where somebody else's account is already meant for the same meetings."""
        row = {"tenant_id": tenant_id, **self._columns(tenant_id, account), "keyed_at": self._clock()}

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            same = select(accounts.c.id).where(
                accounts.c.tenant_id == tenant_id,
                accounts.c.scope == account.scope.value,
                accounts.c.subject == account.subject,
                accounts.c.retired == 0,
            )
            if writing.connection.execute(same).first() is not None:
                raise InvalidInput("There is an account for these meetings already: retire it first.", field="scope")
            writing.connection.execute(accounts.insert(), [row])
            record(writing, act, self._clock(), self._seal)

        self._database.write(work)

    def rotate(self, tenant_id: str, account_id: str, key: str, act: Act) -> None:
        """Another key of the same account."""
        sealed = self._seal.seal(key.encode(), account_context(tenant_id, account_id))
        self._change(tenant_id, account_id, act, key=sealed, hint=key[-4:], keyed_at=self._clock())

    def retire(self, tenant_id: str, account_id: str, act: Act) -> None:
        """No new meetings."""
        self._change(tenant_id, account_id, act, retired=1)

    def remove(self, tenant_id: str, account_id: str, act: Act) -> None:
        """The key is gone with it; the caller knows that no meeting needs it."""
        mine = (accounts.c.tenant_id == tenant_id, accounts.c.id == account_id)

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            writing.connection.execute(accounts.delete().where(*mine))
            record(writing, act, self._clock(), self._seal)

        self._database.write(work)

    def _change(self, tenant_id: str, account_id: str, act: Act, **values: Any) -> None:
        mine = (accounts.c.tenant_id == tenant_id, accounts.c.id == account_id)

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            if writing.connection.execute(update(accounts).where(*mine).values(**values)).rowcount == 0:
                raise Missing("There is no such account.")
            record(writing, act, self._clock(), self._seal)

        self._database.write(work)

    def _columns(self, tenant_id: str, account: Account) -> dict[str, Any]:
        return {
            "id": account.id,
            "name": account.name,
            "scope": account.scope.value,
            "subject": account.subject,
            "hint": account.key[-4:],
            "key": self._seal.seal(account.key.encode(), account_context(tenant_id, account.id)),
            "retired": int(account.retired),
        }

    def _account(self, row: Row[Any]) -> Account:
        key = self._seal.open(row.key, account_context(row.tenant_id, row.id)).decode()
        return Account(row.id, row.name, Scope(row.scope), row.subject, row.hint, key, row.keyed_at, bool(row.retired))


def account_context(tenant_id: str, account_id: str) -> str:
    """What an account's key is sealed for."""
    return f"account:{tenant_id}:{account_id}"
