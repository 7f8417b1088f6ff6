"""Finding what is held back or failing without reading the whole ledger."""

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two small indexes: they hold only the rows that they are asked for."""
    for name, column, condition in (
        ("ledger_held", "not_before", "not_before IS NOT NULL"),
        ("ledger_failing", "attempts", "attempts > 0"),
    ):
        where = text(condition)
        op.create_index(name, "ledger", [column], sqlite_where=where, postgresql_where=where)
