"""The tables as they are now, for both databases; migrations bring a database here, nothing else does.

What only the product reads is sealed; what is searched and must not be readable is a digest bound to its tenant.
No table has a generated number: rows can be copied from database to database as they are.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from server.store.column_types import Instant

metadata = MetaData()

_NAME = String(64)
_STATE = String(16)

meetings = Table(
    "meetings",
    metadata,
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
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("attention", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("id", name="meetings_pkey"),
    Index("meetings_owner", "owner_id"),
    Index("meetings_key", "key_digest"),
    Index("meetings_event", "event_digest"),
    Index("meetings_ical", "ical_digest"),
    Index("meetings_room", "room_digest"),
    Index("meetings_room_pin", "room_pin"),
)

Index(
    "meetings_attention",
    meetings.c.tenant_id,
    sqlite_where=meetings.c.attention != 0,
    postgresql_where=meetings.c.attention != 0,
)

history = Table(
    "history",
    metadata,
    Column("meeting_id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("source", _STATE, nullable=False, server_default=""),
    Column("graph_calls", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("meeting_id", "version", name="history_pkey"),
    sqlite_with_rowid=False,
)

ledger = Table(
    "ledger",
    metadata,
    Column("kind", _STATE, nullable=False),
    Column("subject_id", String(160), nullable=False),
    Column("due_at", Instant),
    Column("lease_until", Instant),
    Column("not_before", Instant),
    Column("attempts", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("last_error", Text),
    PrimaryKeyConstraint("kind", "subject_id", name="ledger_pkey"),
    sqlite_with_rowid=False,
)
Index("ledger_due", ledger.c.due_at)
Index(
    "ledger_leased",
    ledger.c.lease_until,
    sqlite_where=ledger.c.lease_until.is_not(None),
    postgresql_where=ledger.c.lease_until.is_not(None),
)
Index(
    "ledger_held",
    ledger.c.not_before,
    sqlite_where=ledger.c.not_before.is_not(None),
    postgresql_where=ledger.c.not_before.is_not(None),
)
Index("ledger_failing", ledger.c.attempts, sqlite_where=ledger.c.attempts > 0, postgresql_where=ledger.c.attempts > 0)

sightings = Table(
    "sightings",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("event_id", String(512), nullable=False),
    Column("change", _STATE, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("generation", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", "event_id", name="sightings_pkey"),
    sqlite_with_rowid=False,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(128), nullable=False),
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("client_state", LargeBinary, nullable=False),
    Column("resource", String(512), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", _STATE, nullable=False),
    PrimaryKeyConstraint("id", name="subscriptions_pkey"),
    Index("subscriptions_mailbox", "tenant_id", "user_id"),
    Index("subscriptions_expiry", "expires_at"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("address", String(320), nullable=False),
    Column("name", String(256), nullable=False),
    Column("last_round", Instant),
    Column("delta_link", LargeBinary),
    PrimaryKeyConstraint("tenant_id", "user_id", name="mailboxes_pkey"),
    Index("mailboxes_round", "last_round"),
)

delegates = Table(
    "delegates",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("owner_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("address", String(320), nullable=False),
    Column("name", String(256), nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("refused_at", Instant),
    PrimaryKeyConstraint("tenant_id", "owner_id", "user_id", name="delegates_pkey"),
    Index("delegates_user", "tenant_id", "user_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("key_digest", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("subject_id", _NAME, nullable=False),
    Column("state", _STATE, nullable=False),
    Column("answer", LargeBinary),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", "key_digest", name="idempotency_pkey"),
    Index("idempotency_expiry", "expires_at"),
)

tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("stopped_at", Instant),
    Column("stopped_by", LargeBinary),
    PrimaryKeyConstraint("tenant_id", name="tenants_pkey"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("id", _NAME, nullable=False),
    Column("name", String(256), nullable=False),
    Column("scope", _STATE, nullable=False),
    Column("subject", String(320), nullable=False),
    Column("hint", _STATE, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("keyed_at", Instant, nullable=False),
    Column("retired", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="accounts_pkey"),
)

usage = Table(
    "usage",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("service", _STATE, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("worst_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "at", "service", "subject", name="usage_pkey"),
    sqlite_with_rowid=False,
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("layer_id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("document", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "layer_id", "version", name="policy_versions_pkey"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("group_ids", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", name="memberships_pkey"),
)

audit = Table(
    "audit",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("entry", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    PrimaryKeyConstraint("tenant_id", "number", name="audit_pkey"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("mark", String(64)),
    PrimaryKeyConstraint("tenant_id", name="audit_heads_pkey"),
)

token_caches = Table(
    "token_caches",
    metadata,
    Column("tenant_id", _NAME, nullable=False),
    Column("user_id", _NAME, nullable=False),
    Column("cache", LargeBinary, nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", name="token_caches_pkey"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("secret_digest", LargeBinary, nullable=False),
    Column("step", _STATE, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("secret_digest", name="sign_ins_pkey"),
    Index("sign_ins_expiry", "expires_at"),
)
