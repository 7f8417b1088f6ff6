"""The sign-in library's token caches, one a person; they arrive sealed and are opaque here."""

from sqlalchemy import select

from addin.ports import Clock
from server.store.database import Database
from server.store.tables import token_caches
from server.store.upserting import put


class TokenCaches:
    """Bytes by (tenant id, user id). Whoever hands them over has sealed them for that very person."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load(self, tenant_id: str, user_id: str) -> bytes | None:
        """None when this person has none."""
        statement = select(token_caches.c.cache).where(
            token_caches.c.tenant_id == tenant_id, token_caches.c.user_id == user_id
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar()

    def save(self, tenant_id: str, user_id: str, cache: bytes) -> None:
        """Keep it instead of what was there."""
        row = {"tenant_id": tenant_id, "user_id": user_id, "cache": cache, "updated_at": self._clock()}
        self._database.write(lambda writing: put(writing.connection, token_caches, row))

    def delete(self, tenant_id: str, user_id: str) -> None:
        """The person signed out or the tokens were refused; nothing there is fine."""
        self._database.execute(
            token_caches.delete().where(token_caches.c.tenant_id == tenant_id, token_caches.c.user_id == user_id)
        )


def sealed_for(tenant_id: str, user_id: str) -> str:
    """The context in which the sign-in seals this person's cache, so that `rotate-keys` can seal it anew."""
    return f"token-cache:{tenant_id}:{user_id}"
