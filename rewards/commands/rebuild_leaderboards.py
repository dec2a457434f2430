"""`rewards rebuild-leaderboards`: the ranking in Redis anew, from PostgreSQL."""

import sys
import time

import click
import redis

from rewards.commands.session import command_context
from rewards.ranking.projection import rebuild
from rewards.runtime.database import snapshot
from rewards.runtime.redis import connect_redis_for_projection

PROGRESS_AFTER_S = 1.0


@click.command()
def rebuild_leaderboards() -> None:
    """Build the ranking in Redis anew, beside the present one, and switch to it.

    Never needed: the scheduler notices by itself when Redis was emptied or replaced. Harmless at any time, also while
    everything runs. Exit codes: 0 done, 1 Redis is away.
    """
    began_s = time.monotonic()
    shown_s = began_s

    def progress(rows: int) -> None:
        nonlocal shown_s
        if time.monotonic() - shown_s > PROGRESS_AFTER_S:
            shown_s = time.monotonic()
            click.echo(f"{rows:,} rows …", err=True)

    try:
        with (
            command_context("rebuild-leaderboards", statement_timeout_s=0) as context,
            connect_redis_for_projection(context.settings.redis_url) as client,
            snapshot(context.engine) as session,
        ):
            rows = rebuild(session, client, now=context.clock(), progress=progress)
    except redis.RedisError as error:
        click.echo(
            f"Redis can't be reached or was lost meanwhile ({error}). Nothing is lost: readers ask PostgreSQL, and the"
            " scheduler rebuilds the ranking by itself once Redis is back. Is REDIS_URL right?",
            err=True,
        )
        sys.exit(1)
    took_s = time.monotonic() - began_s
    click.echo(f"The ranking is rebuilt: {rows:,} rows in {took_s:.1f} s.")
