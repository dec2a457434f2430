"""The one transaction of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from rewards.commands.context import make_context
from rewards.runtime.database import transaction


@contextmanager
def command_transaction(name: str) -> Iterator[Session]:
    """Open a transaction on the database of the settings; commits at the end, and leaves no connection behind."""
    context = make_context(application_name=f"rewards {name}", pool_size=1)
    try:
        with transaction(context.engine) as session:
            yield session
    finally:
        context.engine.dispose()
