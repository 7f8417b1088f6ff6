"""Who schedules in whose calendar."""

from alembic import op
from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NAME = String(64)


def upgrade() -> None:
    """A table more; instants are microseconds since 1970."""
    op.create_table(
        "delegates",
        Column("tenant_id", _NAME, nullable=False),
        Column("owner_id", _NAME, nullable=False),
        Column("user_id", _NAME, nullable=False),
        Column("address", String(320), nullable=False),
        Column("name", String(256), nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("refused_at", BigInteger),
        PrimaryKeyConstraint("tenant_id", "owner_id", "user_id", name="delegates_pkey"),
    )
    op.create_index("delegates_user", "delegates", ["tenant_id", "user_id"])
