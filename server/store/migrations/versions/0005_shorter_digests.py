"""Half as long digests, and no index that nobody asks: a quarter less disk for each meeting."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is found by a digest is compared in full afterwards, so its first eight bytes do."""
    op.execute(
        "UPDATE meetings SET key_digest = substr(key_digest, 1, 8), event_digest = substr(event_digest, 1, 8), "
        "ical_digest = substr(ical_digest, 1, 8), room_digest = substr(room_digest, 1, 8)"
    )
    op.drop_index("meetings_room_id", "meetings")
