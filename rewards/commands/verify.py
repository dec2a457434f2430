"""`rewards verify`: the promises, checked over the whole database."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.signing import keyring_of
from ledger.verify_blocks import kept_findings
from ledger.verify_slices import Finding
from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.commands.verify_reading import CONNECTIONS, moment, read_everything
from rewards.commands.verify_record import only_one, record_run
from rewards.commands.verify_redis import compare_ranking
from rewards.commands.verify_round import Rest, go_round
from rewards.runtime.clock import now_utc
from rewards.runtime.database import DatabaseMisconfigured
from rewards.runtime.logs import configure_logging
from rewards.verify import parts

SHOWN_MAX = 20
LISTED_MAX = 10_000
"""Of so many findings each is told; of what is beyond, only how many: whoever broke more broke everything."""
PROGRESS_EVERY_S = 1.0
SLICE_TIMEOUT_S = 120
EXIT_FOUND, EXIT_NOT_RUN = 1, 2


@click.command()
@click.option(
    "--against",
    type=click.File("rb"),
    help="Heads kept outside (what GET /v1/ledger/heads answered): hold the ledger to them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of sentences.")
@click.option("--gently", is_flag=True, help="Slice after slice, with rests; nothing while another one runs gently.")
def verify(*, against: IO[bytes] | None, as_json: bool, gently: bool) -> None:
    """Recompute the ledger and compare everything that rests on it: balances, heads, leaderboards, caps, market, Redis.

    Takes no locks and reads one moment, so it may run beside everything else. Exit codes: 0 all is well, 1 something
    is wrong (the first broken row is named first), 2 it could not run. What was found is recorded: /readyz, /metrics
    and the staff's front page tell when all was last verified.
    """
    if gently:
        _go_gently()
    else:
        _run(kept_heads(against) if against else {}, as_json=as_json)


def _go_gently() -> None:
    """One round, or the rest of one; what it finds is in the log and in the records."""
    try:
        with only_one() as alone, command_context("verify", statement_timeout_s=SLICE_TIMEOUT_S) as context:
            if not alone:
                return
            configure_logging(level=context.settings.log_level, form=context.settings.log_format)
            rest = Rest()
            found = go_round(context, compare=lambda: compare_ranking(context, rest=rest.after), rest=rest)
    except (SQLAlchemyError, DatabaseMisconfigured):
        sys.exit(EXIT_NOT_RUN)
    if found:
        sys.exit(EXIT_FOUND)


@dataclass(slots=True)
class _Run:
    """What was read and found so far."""

    rows: int = 0
    of_rows: int = 0
    count: int = 0
    found: list[Finding] = field(default_factory=list[Finding])
    began_s: float = field(default_factory=time.monotonic)
    shown_s: float = field(default_factory=time.monotonic)

    @property
    def took_s(self) -> float:
        return time.monotonic() - self.began_s

    def add(self, found: list[Finding]) -> None:
        self.count += len(found)
        self.found += found[: LISTED_MAX - len(self.found)]

    def show(self, part: str, *, number: int, of: int) -> None:
        """Once a second, to somebody who looks: how far it is, how fast, and how long it will take."""
        if not sys.stderr.isatty() or time.monotonic() - self.shown_s < PROGRESS_EVERY_S:
            return
        self.shown_s = time.monotonic()
        pace = self.rows / self.took_s
        left_s = (self.of_rows - self.rows) / pace if pace else 0
        said = f"part {number} of {of} ({part}): {self.rows:,} of {self.of_rows:,} rows, {pace:,.0f} rows/s"
        click.echo(f"{said}, {left_s:,.0f} s left, {self.count} findings", err=True)


def _run(kept: Mapping[int, bytes], *, as_json: bool) -> None:
    run, began_at, compared = _Run(), now_utc(), False
    try:
        with command_context("verify", pool_size=CONNECTIONS + 1, statement_timeout_s=0) as context:
            _read(context, run, kept=kept)
            in_redis = compare_ranking(context)
            compared = in_redis is not None
            run.add(in_redis or [])
    except (SQLAlchemyError, DatabaseMisconfigured) as error:
        reason = str(error).splitlines()[0]
        if not run.found:
            click.echo(f"The database can't be read, so nothing was checked to its end: {reason}", err=True)
            sys.exit(EXIT_NOT_RUN)
        # What was found before stands, whatever stopped the rest.
        run.add([Finding("verify", "the checks after these", f"could not run: {reason}")])
    took_s = run.took_s
    record_run(run.found, count=run.count, rows=run.rows, compared=compared, began_at=began_at)
    _tell(run, as_json=as_json, took_s=took_s, compared=compared)
    if run.count:
        sys.exit(EXIT_FOUND)


def _read(context: Context, run: _Run, *, kept: Mapping[int, bytes]) -> None:
    keyring = keyring_of(context.settings.signing_keys)
    with moment(context.engine) as session:
        # First what was kept outside: a forger's other traces may fill the screen.
        run.add(list(kept_findings(session, kept)))
        run.of_rows = session.execute(_ROWS).scalar_one()
    present_parts = parts(calendar=context.calendar, now=context.clock(), keyring=keyring)
    numbers = {part.name: number for number, part in enumerate(present_parts, start=1)}
    for part, piece, found in read_everything(context.engine, present_parts):
        run.add(found)
        run.rows += piece.rows
        run.show(part.name, number=numbers[part.name], of=len(present_parts))


_ROWS = text("select cast(coalesce(sum(version + decisions), 0) as bigint) from account")


def kept_heads(file: IO[bytes]) -> Mapping[int, bytes]:
    """Hashes of blocks by height, from a file or from several answers one after the other. Raises BadParameter."""
    try:
        read = json.load(file)
        pages = read if isinstance(read, list) else [read]
        return {int(head["height"]): bytes.fromhex(head["hash"]) for page in pages for head in page["items"]}
    except (ValueError, KeyError, TypeError) as error:
        raise click.BadParameter(
            f"{file.name} is not what GET /v1/ledger/heads answers ({error}); nothing was checked."
        ) from None


def _tell(run: _Run, *, as_json: bool, took_s: float, compared: bool) -> None:
    if as_json:
        listed = [finding._asdict() for finding in run.found]
        told = {"findings": listed, "count": run.count, "rows": run.rows, "seconds": round(took_s, 1)}
        click.echo(json.dumps({**told, "ranking_compared": compared}))
        return
    for line in _sentences(run, took_s=took_s):
        click.echo(line)
    if not compared:
        click.echo("The ranking in Redis was not compared: nobody vouches for it now, so nobody reads it either.")


def _sentences(run: _Run, *, took_s: float) -> Iterator[str]:
    pace = f"{run.rows:,} entries and decisions in {took_s:.1f} s"
    if not run.count:
        yield f"All is well: {pace}, and all that rests on them."
        return
    for finding in run.found[:SHOWN_MAX]:
        yield f"{finding.check}: {finding.where}: {finding.says}"
    if run.count > SHOWN_MAX:
        yield f"… and {run.count - SHOWN_MAX} more; --json lists them."
    yield f"{run.count} findings ({pace}). Change nothing; docs/reference/verify.md says what each means."
