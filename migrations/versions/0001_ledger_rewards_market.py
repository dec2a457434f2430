"""The first schema: ledger, rewards, market."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL beside this file as it stands: it holds function bodies, so it is not split at semicolons."""
    connection = op.get_bind().connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: it would remove the ledger."""
    message = "the first migration is not taken back: it would remove the ledger; restore a backup instead"
    raise NotImplementedError(message)
