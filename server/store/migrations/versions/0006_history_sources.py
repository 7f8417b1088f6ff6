"""Where a change was heard of and what it cost, and which meetings need a person."""

from alembic import op
from sqlalchemy import Column, Integer, String, text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns more. Meetings that need a person already are counted from their next save on."""
    op.add_column("history", Column("source", String(16), nullable=False, server_default=""))
    op.add_column("history", Column("graph_calls", Integer, nullable=False, server_default="0"))
    op.add_column("meetings", Column("attention", Integer, nullable=False, server_default="0"))
    needs = text("attention != 0")
    op.create_index("meetings_attention", "meetings", ["tenant_id"], sqlite_where=needs, postgresql_where=needs)
