"""Blocks: signed Merkle roots over the heads of the accounts that changed."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL beside this file as it stands."""
    connection = op.get_bind().connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: what was sealed stays sealed."""
    message = "what was sealed stays sealed; restore a backup instead"
    raise NotImplementedError(message)
