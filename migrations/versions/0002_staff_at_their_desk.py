"""What staff's pages need: where a sign-in came from, failed ones, pictures of products, when all was last verified."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the SQL beside this file as it stands."""
    connection = op.get_bind().connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: pictures would be lost; restore a backup instead."""
    message = "pictures would be lost; restore a backup instead"
    raise NotImplementedError(message)
