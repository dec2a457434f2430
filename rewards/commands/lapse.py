"""`rewards lapse`: what lapses on which day, and a run that takes what has lapsed."""

import json
import sys
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from ledger.lapse_notices import tell_some
from ledger.lapses import Coming, Run, begin_run, finish_run, lapses_until, sweep_some
from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.errors import NoPolicy
from rewards.policy.document import LapseTerms
from rewards.policy.load import policy_in_force
from rewards.runtime.database import snapshot, transaction

AT_ONCE = 500
SHOWN_DAYS = 30
BY_COMMAND = "command line"


@click.command()
@click.option("--allow", is_flag=True, help="Let a run go on that stopped since it would take too much at once.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of sentences.")
def lapse(*, allow: bool, as_json: bool) -> None:
    """Show what lapses on which of the next 30 days, and take what has lapsed already.

    This happens by itself every night while the scheduler runs, and whenever a member spends. A run that would take
    more than the policy's `max_share` of all points stops and waits for --allow.
    Exit codes: 0 done, 1 stopped, 2 wrong use.
    """
    with command_context("lapse", statement_timeout_s=0) as context:
        run = run_lapse(context, allowed_by=BY_COMMAND if allow else None)
        days = coming_days(context)
    if as_json:
        click.echo(json.dumps({"run": _told(run), "days": [{"day": str(day), "points": n} for day, n in days.items()]}))
    else:
        _say(run, days=days)
    if run is not None and run.state == "stopped":
        sys.exit(1)


def run_lapse(context: Context, *, allowed_by: str | None = None) -> Run | None:
    """Take what has lapsed, some lots in each transaction; none where nothing has. A stopped run takes nothing."""
    now = context.clock()
    with transaction(context.engine) as session:
        terms = lapse_terms(session, now=now)
        run = begin_run(session, max_share=terms.max_share, now=now, allowed_by=allowed_by)
    if run is None:
        return None
    place = None
    while run.state != "stopped":
        with transaction(context.engine) as session:
            place = sweep_some(session, run, after=place, limit=AT_ONCE, now=now)
            if place is None:
                finish_run(session, run.run_id, now=now)
                break
    return run


def tell_lapses(context: Context) -> int:
    """Tell whoever's points lapse within the policy's `notice_days`, some in each transaction; answers how many."""
    now = context.clock()
    day_start = context.calendar.day_start(context.calendar.day_of(now))
    with transaction(context.engine) as session:
        until = now + timedelta(days=lapse_terms(session, now=now).notice_days)
    after: UUID | None = None
    accounts = 0
    while True:
        with transaction(context.engine) as session:
            told = tell_some(session, after=after, until=until, day_start=day_start, limit=AT_ONCE, now=now)
        accounts, after = accounts + told.accounts, told.after
        if after is None:
            break
    return accounts


def lapse_terms(session: Session, *, now: datetime) -> LapseTerms:
    """How points lapse under the policy in force; under none as under one that doesn't say."""
    try:
        return policy_in_force(session, now=now).lapse
    except NoPolicy:
        return LapseTerms()


def coming_days(context: Context) -> dict[date, int]:
    """Points that lapse on each community day of the next thirty; on today also what has lapsed and waits."""
    now = context.clock()
    today = context.calendar.day_of(now)
    with snapshot(context.engine) as session:
        coming = lapses_until(session, context.calendar.day_start(today + timedelta(days=SHOWN_DAYS)))
    return by_day(coming, today=today, context=context)


def by_day(coming: list[Coming], *, today: date, context: Context) -> dict[date, int]:
    """Points by the community day on which they lapse."""
    days: dict[date, int] = {}
    for one in coming:
        day = max(today, context.calendar.day_of(one.lapses_at))
        days[day] = days.get(day, 0) + one.points
    return days


def _told(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {"state": run.state, "lots": run.lots, "points": run.points, "of_points": run.of_points}


def _say(run: Run | None, *, days: dict[date, int]) -> None:
    if run is None:
        click.echo("Nothing has lapsed.")
    elif run.state == "stopped":
        share = f"{run.points:,} of {run.of_points:,} points have lapsed: more than may be taken at once."
        click.echo(f"Stopped. {share} To take them: rewards lapse --allow")
    else:
        click.echo(f"Taken: {run.points:,} points of {run.lots:,} lots that had lapsed.")
    for day, points in days.items():
        click.echo(f"{day}  {points:>12,} points lapse")
