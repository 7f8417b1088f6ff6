"""Sign-ins through a dialogue, between their steps."""

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, String

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, empty at first: a sign-in under way during the upgrade begins anew."""
    op.create_table(
        "sign_ins",
        Column("secret_digest", LargeBinary, nullable=False),
        Column("step", String(16), nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("secret_digest", name="sign_ins_pkey"),
    )
    op.create_index("sign_ins_expiry", "sign_ins", ["expires_at"])
