"""The surroundings of a command, for as long as it runs, and its one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from rewards.commands.context import Context, make_context
from rewards.runtime.database import STATEMENT_TIMEOUT_S, transaction


@contextmanager
def command_context(
    name: str, *, pool_size: int = 1, statement_timeout_s: int = STATEMENT_TIMEOUT_S
) -> Iterator[Context]:
    """Put a command's surroundings together; leaves no connection behind."""
    context = make_context(
        application_name=f"rewards {name}", pool_size=pool_size, statement_timeout_s=statement_timeout_s
    )
    try:
        yield context
    finally:
        context.engine.dispose()


@contextmanager
def command_transaction(name: str) -> Iterator[Session]:
    """Open a transaction on the database of the settings; commits at the end, and leaves no connection behind."""
    with command_context(name) as context, transaction(context.engine) as session:
        yield session
