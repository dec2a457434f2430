"""`rewards settle`: settle what is due, one season, or open a past one."""

import json
import sys
import time
from dataclasses import asdict
from datetime import date, datetime, timedelta

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.errors import NoPolicy, SeasonNotInReview, SeasonNotOver, SeasonNotPast, UnknownThing
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import ensure_current, seasons_covering
from rewards.runtime.database import transaction
from rewards.settlement import Settled, due_seasons, make_final, open_past_week
from rewards.settlement import settle as settle_season

PATIENCE_S = 30
ACTOR = "system"
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("week", type=DAY, required=False)
@click.option(
    "--backfill", type=DAY, metavar="WEEK", help="Open the past week that holds this day, and settle nothing."
)
@click.option("--final", is_flag=True, help="Accept WEEK's provisional standing, which SEASON_REVIEW has kept waiting.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of sentences.")
def settle(week: datetime | None, *, backfill: datetime | None, final: bool, as_json: bool) -> None:
    """Settle the season that holds the day WEEK (YYYY-MM-DD), or every one that is due.

    Seasons settle by themselves while the scheduler runs; a past one that --backfill opened is settled only by this.
    Exit codes: 0 done, 1 not possible now (the sentence says why), 2 wrong use.
    """
    if backfill is not None and (week is not None or final):
        raise click.UsageError("--backfill only opens a week: fill it, then settle it by `rewards settle WEEK`.")
    if final and week is None:
        raise click.UsageError("--final needs the WEEK whose standing was looked at.")
    try:
        with command_context("settle", statement_timeout_s=0) as context:
            if backfill is not None:
                _say_opened(open_week(context, backfill.date()), as_json=as_json)
            else:
                _say_settled(_settle(context, week.date() if week else None, final=final), as_json=as_json)
    except (SeasonNotOver, SeasonNotPast, SeasonNotInReview, UnknownThing, NoPolicy, TimeoutError) as error:
        click.echo(_sentence(error), err=True)
        sys.exit(1)


def open_week(context: Context, day: date) -> tuple[date, bool]:
    """Open the past week that holds a day; answers it, and False if it was open before. Raises SeasonNotPast."""
    now = context.clock()
    with transaction(context.engine) as session:
        bounds, opened = open_past_week(
            session,
            day,
            calendar=context.calendar,
            grace_s=context.settings.season_grace_s,
            prizes=policy_in_force(session, now=now).prizes,
            now=now,
            actor=ACTOR,
        )
    return bounds.season_id, opened


def _settle(context: Context, day: date | None, *, final: bool) -> list[Settled]:
    if day is not None:
        with transaction(context.engine) as session:
            season = _season_holding(session, day, context=context)
        return [settle_patiently(context, season, final=final)]
    now = context.clock()
    with transaction(context.engine) as session:
        ensure_current(
            session,
            calendar=context.calendar,
            now=now,
            grace_s=context.settings.season_grace_s,
            prizes=policy_in_force(session, now=now).prizes,
        )
        due = due_seasons(session, review=context.settings.season_review, now=now)
    return [settle_patiently(context, season, final=False) for season in due]


def _season_holding(session: Session, day: date, *, context: Context) -> date:
    # By the day's end: a season is named by the day on which it starts, at whatever hour.
    found = seasons_covering(session, [context.calendar.day_start(day + timedelta(days=1)) - timedelta(seconds=1)])
    if not found:
        raise UnknownThing(kind="season", name=day.isoformat())
    return found[0].season_id


def settle_patiently(context: Context, season: date, *, final: bool) -> Settled:
    """Settle a season, again while writers hold it. Raises TimeoutError in the end."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _once(context, season, final=final)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            if time.monotonic() > deadline:
                raise TimeoutError(season.isoformat()) from error


def _once(context: Context, season: date, *, final: bool) -> Settled:
    now = context.clock()
    today = context.calendar.day_of(now)
    with transaction(context.engine) as session:
        if final:
            return make_final(session, season, actor=ACTOR, today=today, now=now)
        return settle_season(session, season, review=context.settings.season_review, today=today, now=now, actor=ACTOR)


def _say_opened(opened: tuple[date, bool], *, as_json: bool) -> None:
    season, is_new = opened
    if as_json:
        click.echo(json.dumps([{"season_id": season.isoformat(), "opened": is_new}]))
    elif is_new:
        click.echo(f"Season {season} is open. Once its events are in, settle it by: rewards settle {season}")
    else:
        click.echo(f"Season {season} was opened before.")


def _say_settled(results: list[Settled], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([{**asdict(result), "season_id": result.season_id.isoformat()} for result in results]))
        return
    if not results:
        click.echo("Nothing is due.")
    for result in results:
        prizes = "1 prize" if result.prizes == 1 else f"{result.prizes} prizes"
        happened = f"{prizes} in the staff's queue" if result.moved else "nothing changed"
        click.echo(f"Season {result.season_id} is {result.state}: {happened}.")


def _sentence(error: Exception) -> str:
    if isinstance(error, SeasonNotOver):
        return f"Season {error.season_id} ends at {error.ends_at:%Y-%m-%d %H:%M} UTC; nothing is settled before."
    if isinstance(error, SeasonNotPast):
        return (
            f"Season {error.season_id} does not lie before {error.first}, the week in which this service first ran:"
            " it opens and settles by itself. Only earlier weeks are opened by --backfill."
        )
    if isinstance(error, SeasonNotInReview):
        return f"Season {error.season_id} is {error.state}; --final accepts a provisional standing only."
    if isinstance(error, UnknownThing):
        remedy = f"rewards settle --backfill {error.name}"
        return f"No season holds {error.name}. A week before the first one is opened by: {remedy}"
    if isinstance(error, NoPolicy):
        return "No policy has been applied yet, so a season would have no prizes: run `rewards migrate` first."
    return f"Writers have been holding season {error} for {PATIENCE_S} s; nothing was changed. Try again."
