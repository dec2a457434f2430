"""Lots, merged members, adjustments that wait for a second of the staff, a round of verifying."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL beside this file as it stands."""
    connection = op.get_bind().connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: what was recorded stays."""
    message = "entries, lots and merges stay; restore a backup instead"
    raise NotImplementedError(message)
