"""The first tables."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NAME = String(64)
_STATE = String(16)


def upgrade() -> None:
    """From an empty database to 0001; instants are microseconds since 1970."""
    _meetings()
    _ledger()
    _notifications()
    _answers()


def _meetings() -> None:
    op.create_table(
        "meetings",
        Column("id", _NAME, nullable=False),
        Column("tenant_id", _NAME, nullable=False),
        Column("owner_id", _NAME, nullable=False),
        Column("state", _STATE, nullable=False),
        Column("key_digest", LargeBinary, nullable=False),
        Column("event_digest", LargeBinary),
        Column("ical_digest", LargeBinary),
        Column("room_digest", LargeBinary),
        Column("room_id", BigInteger),
        Column("room_pin", BigInteger),
        Column("version", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("document", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id", name="meetings_pkey"),
    )
    op.create_index("meetings_owner", "meetings", ["owner_id"])
    op.create_index("meetings_key", "meetings", ["key_digest"])
    op.create_index("meetings_event", "meetings", ["event_digest"])
    op.create_index("meetings_ical", "meetings", ["ical_digest"])
    op.create_index("meetings_room", "meetings", ["room_digest"])
    op.create_index("meetings_room_id", "meetings", ["room_id"])
    op.create_index("meetings_room_pin", "meetings", ["room_pin"])
    op.create_table(
        "history",
        Column("meeting_id", _NAME, nullable=False),
        Column("version", Integer, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("text", LargeBinary, nullable=False),
        Column("calls", Integer, nullable=False),
        PrimaryKeyConstraint("meeting_id", "version", name="history_pkey"),
        sqlite_with_rowid=False,
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        Column("kind", _STATE, nullable=False),
        Column("subject_id", String(160), nullable=False),
        Column("due_at", BigInteger),
        Column("lease_until", BigInteger),
        Column("not_before", BigInteger),
        Column("attempts", Integer, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("last_error", Text),
        PrimaryKeyConstraint("kind", "subject_id", name="ledger_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_due", "ledger", ["due_at"])
    leased = text("lease_until IS NOT NULL")
    op.create_index("ledger_leased", "ledger", ["lease_until"], sqlite_where=leased, postgresql_where=leased)


def _notifications() -> None:
    op.create_table(
        "sightings",
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("event_id", String(512), nullable=False),
        Column("change", _STATE, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("generation", Integer, nullable=False),
        PrimaryKeyConstraint("tenant_id", "user_id", "event_id", name="sightings_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscriptions",
        Column("id", String(128), nullable=False),
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("client_state", LargeBinary, nullable=False),
        Column("resource", String(512), nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("state", _STATE, nullable=False),
        PrimaryKeyConstraint("id", name="subscriptions_pkey"),
    )
    op.create_index("subscriptions_mailbox", "subscriptions", ["tenant_id", "user_id"])
    op.create_index("subscriptions_expiry", "subscriptions", ["expires_at"])
    op.create_table(
        "mailboxes",
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("address", String(320), nullable=False),
        Column("name", String(256), nullable=False),
        Column("last_round", BigInteger),
        Column("delta_link", LargeBinary),
        PrimaryKeyConstraint("tenant_id", "user_id", name="mailboxes_pkey"),
    )
    op.create_index("mailboxes_round", "mailboxes", ["last_round"])


def _answers() -> None:
    op.create_table(
        "idempotency",
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("key_digest", LargeBinary, nullable=False),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("subject_id", _NAME, nullable=False),
        Column("state", _STATE, nullable=False),
        Column("answer", LargeBinary),
        Column("expires_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("tenant_id", "user_id", "key_digest", name="idempotency_pkey"),
    )
    op.create_index("idempotency_expiry", "idempotency", ["expires_at"])
    op.create_table(
        "token_caches",
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("cache", LargeBinary, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("tenant_id", "user_id", name="token_caches_pkey"),
    )
