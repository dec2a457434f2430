"""What `rewards verify` leaves behind: its record; and that only one runs gently at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.verify_slices import Finding
from rewards.commands.session import command_context, command_transaction
from rewards.commands.verify_round import first_of
from rewards.runtime.clock import now_utc
from rewards.verifications import Verification, height_before, record_verification

_TRY_LOCK = text("select pg_try_advisory_lock(hashtext('rewards verify'))")


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether no other one runs gently now, on whatever machine; none does until the block ends.

    Held by a connection outside of any transaction, so that it never keeps the database from cleaning up.
    """
    with command_context("verify lock") as context:
        connecting = context.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connecting as connection:
            yield bool(connection.execute(_TRY_LOCK).scalar())


def record_run(found: Sequence[Finding], *, count: int, rows: int, compared: bool, began_at: datetime) -> None:
    """Keep what was found where staff and operator see it; where nothing can be written, say so and go on."""
    try:
        with command_transaction("verify") as session:
            done = Verification(
                started_at=began_at,
                finished_at=now_utc(),
                rows=rows,
                ranking_compared=compared,
                findings=count,
                first_finding=first_of(found),
                height=height_before(session, began_at),
            )
            record_verification(session, done)
    except SQLAlchemyError as error:
        click.echo(f"This run could not be recorded: {str(error).splitlines()[0]}", err=True)
