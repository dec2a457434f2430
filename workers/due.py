"""What there is to do now, asked from PostgreSQL and the clock: never from the memory of a queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.lapses import is_due as lapses_are_due
from rewards.commands.context import Context
from rewards.errors import NoPolicy
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import ensure_current
from rewards.settlement import due_seasons

LATE_EVENTS = timedelta(minutes=1)
"""After the grace, for the last transactions that were within it."""
LATE = "-late"
DELIVER = "deliver-webhooks"
"""The only job that calls the outside: never done by the scheduler itself."""

_MIDNIGHT_RANKED = text("select exists (select from midnight_rank where day = :day)")
_HAS_LOTS = text("select exists (select from lot where remaining > 0)")
_WAITING_TOO_LONG = text(
    "select exists (select from redemption where state in ('requested', 'awaiting_approval') and origin = 'market'"
    " and requested_at < :before)"
)


class Due(NamedTuple):
    """A job by its name in workers.jobs.JOBS, and its only argument."""

    job: str
    argument: str


@dataclass(slots=True)
class Rounds:
    """What this scheduler has handed on that leaves no trace in PostgreSQL. Forgotten without harm."""

    midnight: str = ""
    told: str = ""
    hour: str = ""
    minute: str = ""

    def note(self, due: Due, *, done: bool) -> None:
        """Not again before the next round. Midnight's places are looked for in PostgreSQL, unless `done` here."""
        if due.job == "keep-house":
            self.hour = due.argument
        if due.job == "seal-blocks":
            self.minute = due.argument
        if due.job == "tell-lapses":
            self.told = due.argument
        if due.job == "rank-midnight" and (done or due.argument.endswith(LATE)):
            self.midnight = due.argument


def open_weeks(session: Session, *, context: Context, now: datetime) -> None:
    """Open the present week and all that an outage has missed, so that each is settled. Without a policy: none."""
    try:
        prizes = policy_in_force(session, now=now).prizes
    except NoPolicy:
        return
    ensure_current(session, calendar=context.calendar, now=now, grace_s=context.settings.season_grace_s, prizes=prizes)


def what_is_due(session: Session, *, context: Context, rounds: Rounds, now: datetime) -> list[Due]:
    """Every job that should run now, settlements first and oldest first."""
    due = [
        Due("settle-season", season.isoformat())
        for season in due_seasons(session, review=context.settings.season_review, now=now)
    ]
    due.extend(_midnight(session, context=context, rounds=rounds, now=now))
    due.extend(_lapses(session, context=context, rounds=rounds, now=now))
    hour = f"{now:%Y-%m-%dT%H}"
    older_than = timedelta(days=context.settings.redemption_expiry_days)
    if session.execute(_WAITING_TOO_LONG, {"before": now - older_than}).scalar():
        due.append(Due("expire-redemptions", hour))
    if rounds.hour != hour:
        due.append(Due("keep-house", hour))
    minute = f"{now:%Y-%m-%dT%H:%M}"
    if rounds.minute != minute:
        due.append(Due("seal-blocks", minute))
    return due


def _lapses(session: Session, *, context: Context, rounds: Rounds, now: datetime) -> list[Due]:
    """Once a community day each: take what has lapsed, tell of what will. A run that was stopped asks again."""
    day = context.calendar.day_of(now)
    due: list[Due] = []
    if lapses_are_due(session, now=now, since=context.calendar.day_start(day)):
        due.append(Due("lapse-points", day.isoformat()))
    if rounds.told != day.isoformat() and session.execute(_HAS_LOTS).scalar():
        due.append(Due("tell-lapses", day.isoformat()))
    return due


def _midnight(session: Session, *, context: Context, rounds: Rounds, now: datetime) -> list[Due]:
    """At midnight, and again when late events of the day before have come in."""
    day = context.calendar.day_of(now)
    grace = timedelta(seconds=context.settings.season_grace_s) + LATE_EVENTS
    late = now >= context.calendar.day_start(day) + grace
    name = f"{day.isoformat()}{LATE if late else ''}"
    if rounds.midnight == name or (not late and session.execute(_MIDNIGHT_RANKED, {"day": day}).scalar()):
        return []
    return [Due("rank-midnight", name)]
