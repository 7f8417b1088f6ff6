"""What the console needs: accounts and their keys, and figures of use."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NAME = String(64)
_STATE = String(16)


def upgrade() -> None:
    """From 0006 to 0007; instants are microseconds since 1970."""
    op.create_table(
        "accounts",
        Column("tenant_id", _NAME, nullable=False),
        Column("id", _NAME, nullable=False),
        Column("name", String(256), nullable=False),
        Column("scope", _STATE, nullable=False),
        Column("subject", String(320), nullable=False),
        Column("hint", _STATE, nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("keyed_at", BigInteger, nullable=False),
        Column("retired", Integer, nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="accounts_pkey"),
    )
    op.create_table(
        "usage",
        Column("tenant_id", _NAME, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("service", _STATE, nullable=False),
        Column("subject", String(160), nullable=False),
        Column("calls", BigInteger, nullable=False),
        Column("failures", BigInteger, nullable=False),
        Column("worst_ms", BigInteger, nullable=False),
        PrimaryKeyConstraint("tenant_id", "at", "service", "subject", name="usage_pkey"),
        sqlite_with_rowid=False,
    )
