"""A mark under the encryption keys for the head of each audit chain, so that no end is cut off unnoticed."""

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Heads are marked as they are, once, here; one without a mark counts as broken from then on."""
    op.add_column("audit_heads", sa.Column("mark", sa.String(64)))
    seal = context.config.attributes.get("seal")
    if seal is None:
        return
    heads = sa.table("audit_heads", sa.column("tenant_id"), sa.column("number"), sa.column("digest"), sa.column("mark"))
    connection = op.get_bind()
    for head in connection.execute(sa.select(heads.c.tenant_id, heads.c.number, heads.c.digest)).all():
        hmac = seal.digest(f"{head.number} {head.digest}", f"audit:{head.tenant_id}").hex()
        mine = heads.c.tenant_id == head.tenant_id
        connection.execute(sa.update(heads).where(mine).values(mark=f"{head.number}:{hmac}"))
