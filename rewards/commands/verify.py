"""`rewards verify`: the promises, checked over the whole database."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO

import click
import redis
from sqlalchemy.exc import SQLAlchemyError

from ledger.signing import keyring_of
from ledger.verify_blocks import kept_findings
from ledger.verify_slices import Finding
from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.commands.verify_record import only_one, record_run
from rewards.ranking.keys import LIVE
from rewards.runtime.clock import now_utc
from rewards.runtime.database import DatabaseMisconfigured, snapshot
from rewards.runtime.redis import connect_redis_for_projection
from rewards.verify import LOOKS_AT_REDIS, parts, ranking_findings

SHOWN_MAX = 20
PROGRESS_EVERY_S = 1.0
GENTLE_TIMEOUT_S = 600
EXIT_FOUND, EXIT_NOT_RUN = 1, 2


@click.command()
@click.option(
    "--against",
    type=click.File("rb"),
    help="Heads kept outside (what GET /v1/ledger/heads answered): hold the ledger to them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of sentences.")
@click.option("--gently", is_flag=True, help="Do nothing while another one runs gently; give up on what takes long.")
def verify(*, against: IO[bytes] | None, as_json: bool, gently: bool) -> None:
    """Recompute the ledger and compare everything that rests on it: balances, heads, leaderboards, caps, market, Redis.

    Takes no locks and reads one moment, so it may run beside everything else. Exit codes: 0 all is well, 1 something
    is wrong (the first broken row is named first), 2 it could not run. What was found is recorded: /readyz, /metrics
    and the staff's front page tell when all was last verified.
    """
    kept = kept_heads(against) if against else {}
    if not gently:
        _run(kept, as_json=as_json, statement_timeout_s=0)
        return
    try:
        with only_one() as alone:
            if alone:
                _run(kept, as_json=as_json, statement_timeout_s=GENTLE_TIMEOUT_S)
    except (SQLAlchemyError, DatabaseMisconfigured):
        sys.exit(EXIT_NOT_RUN)


def _run(kept: Mapping[int, bytes], *, as_json: bool, statement_timeout_s: int) -> None:
    began_s, began_at = time.monotonic(), now_utc()
    rows = _Rows()
    found: list[Finding] = []
    compared = False
    try:
        with command_context("verify", statement_timeout_s=statement_timeout_s) as context:
            found.extend(_database_findings(context, rows, kept=kept))
            in_redis = _ranking(context)
            compared = in_redis is not None
            found.extend(in_redis or [])
    except (SQLAlchemyError, DatabaseMisconfigured) as error:
        reason = str(error).splitlines()[0]
        if not found:
            click.echo(f"The database can't be read, so nothing was checked to its end: {reason}", err=True)
            sys.exit(EXIT_NOT_RUN)
        # What was found before stands, whatever stopped the rest: a row that breaks a check must not hide the others.
        found.append(Finding("verify", "the checks after these", f"could not run: {reason}"))
    took_s = time.monotonic() - began_s
    record_run(found, rows=rows.passed, compared=compared, began_at=began_at, ended_at=now_utc())
    if as_json:
        listed = [finding._asdict() for finding in found]
        told = {"findings": listed, "rows": rows.passed, "seconds": round(took_s, 1), "ranking_compared": compared}
        click.echo(json.dumps(told))
    else:
        _say(found, rows=rows.passed, took_s=took_s)
        if not compared:
            click.echo("The ranking in Redis was not compared: nobody vouches for it now, so nobody reads it either.")
    if found:
        sys.exit(EXIT_FOUND)


class _Rows:
    """Counts what the chains have passed, and says so once a second to somebody who looks."""

    def __init__(self) -> None:
        self.passed = 0
        self._before = 0
        self._latest = 0
        self._shown_s = time.monotonic()

    def __call__(self, passed: int) -> None:
        if passed < self._latest:
            self._before += self._latest
        self._latest = passed
        self.passed = self._before + passed
        if sys.stderr.isatty() and time.monotonic() - self._shown_s > PROGRESS_EVERY_S:
            self._shown_s = time.monotonic()
            click.echo(f"{self.passed:,} rows …", err=True)


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


def _database_findings(context: Context, rows: _Rows, *, kept: Mapping[int, bytes]) -> Iterator[Finding]:
    keyring = keyring_of(context.settings.signing_keys)
    with snapshot(context.engine) as session:
        # First what was kept outside: a forger's other traces may fill the screen.
        yield from kept_findings(session, kept)
        for part in parts(calendar=context.calendar, now=context.clock(), keyring=keyring):
            for piece in part.slices(session):
                yield from part.findings(session, piece)
                rows.passed += piece.rows


def _ranking(context: Context) -> list[Finding] | None:
    """Redis against PostgreSQL, again while they differ: writers and the projection go on meanwhile.

    What they write makes another difference at each look; what is wrong is the same difference at all of them. None
    where nothing can be said: Redis is away, nobody vouches for its copy, or no two looks saw the same.
    """
    client = connect_redis_for_projection(context.settings.redis_url)
    steady: list[Finding] | None = None
    for _ in range(LOOKS_AT_REDIS):
        try:
            vouched = client.get(LIVE)
            with snapshot(context.engine) as session:
                seen = list(ranking_findings(session, client, calendar=context.calendar, now=context.clock()))
            if vouched is None or client.get(LIVE) != vouched:
                return None
        except redis.RedisError:
            return None
        if not seen:
            return []
        steady = [finding for finding in seen if steady is None or finding in steady]
        time.sleep(PROGRESS_EVERY_S)
    return steady or None


def _say(found: list[Finding], *, rows: int, took_s: float) -> None:
    pace = f"{rows:,} entries and decisions in {took_s:.1f} s"
    if not found:
        click.echo(f"All is well: {pace}, and all that rests on them.")
        return
    for finding in found[:SHOWN_MAX]:
        click.echo(f"{finding.check}: {finding.where}: {finding.says}")
    if len(found) > SHOWN_MAX:
        click.echo(f"… and {len(found) - SHOWN_MAX} more; --json lists all.")
    click.echo(f"{len(found)} findings ({pace}). Change nothing; docs/reference/verify.md says what each means.")
