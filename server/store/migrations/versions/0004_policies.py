"""Policies of tenants and groups with their versions, remembered memberships, and the audit log."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NAME = String(64)


def upgrade() -> None:
    """From 0003 to 0004; instants are microseconds since 1970."""
    op.create_table(
        "tenants",
        Column("tenant_id", _NAME, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("stopped_at", BigInteger),
        Column("stopped_by", LargeBinary),
        PrimaryKeyConstraint("tenant_id", name="tenants_pkey"),
    )
    op.create_table(
        "policy_versions",
        Column("tenant_id", _NAME, nullable=False),
        Column("layer_id", _NAME, nullable=False),
        Column("version", Integer, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("document", LargeBinary, nullable=False),
        PrimaryKeyConstraint("tenant_id", "layer_id", "version", name="policy_versions_pkey"),
    )
    op.create_table(
        "memberships",
        Column("tenant_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("group_ids", Text, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("tenant_id", "user_id", name="memberships_pkey"),
    )
    op.create_table(
        "audit",
        Column("tenant_id", _NAME, nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("entry", Text, nullable=False),
        Column("digest", String(64), nullable=False),
        PrimaryKeyConstraint("tenant_id", "number", name="audit_pkey"),
    )
    op.create_table(
        "audit_heads",
        Column("tenant_id", _NAME, nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("digest", String(64), nullable=False),
        PrimaryKeyConstraint("tenant_id", name="audit_heads_pkey"),
    )
