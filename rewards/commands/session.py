"""The one transaction of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from rewards.runtime.database import create_engine_from, transaction
from rewards.runtime.settings import load_settings


@contextmanager
def command_transaction(name: str) -> Iterator[Session]:
    """Open a transaction on the database of the settings; commits at the end, and leaves no connection behind."""
    engine = create_engine_from(load_settings().database_url, pool_size=1, application_name=f"rewards {name}")
    try:
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()
