"""Webhooks: who is told what, and what became of it."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL beside this file as it stands."""
    connection = op.get_bind().connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: whoever waits for messages would wait for ever."""
    message = "messages that wait would be lost; restore a backup instead"
    raise NotImplementedError(message)
