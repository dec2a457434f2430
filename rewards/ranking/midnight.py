"""The places that members had at the last midnight, for the change beside their names."""

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME

_VISIBLE = (
    "not m.hidden and not m.opted_out and m.suspended_at is null and m.merged_into is null and m.member_id is not null"
)
# Whoever reached the present points before midnight had them then. Of the others, what stands and occurred before it.
_WRITE = text(f"""
with line as (
    select p.account_id, m.member_id, p.points, p.reached_at from leaderboard_points p join member m using (account_id)
    where p.leaderboard = :leaderboard and p.period = :source and {_VISIBLE}
), award as (
    select e.account_id, sum(e.points) as points, min(e.occurred_at) filter (where e.kind = 'award') as occurred_at
    from line join entry e using (account_id)
    where line.reached_at >= :midnight and e.kind in ('award', 'reversal', 'restore')
        and case :leaderboard when 'season' then e.season = :source when 'month' then e.month = :source else true end
    group by e.account_id, coalesce(e.award_seq, e.seq)
    having min(e.occurred_at) filter (where e.kind = 'award') < :midnight and sum(e.points) > 0
), at_midnight as (
    select account_id, member_id, points, reached_at from line where reached_at < :midnight and points > 0
    union all
    select account_id, member_id, sum(award.points), date_trunc('second', max(award.occurred_at))
    from line join award using (account_id) group by 1, 2
)
insert into midnight_rank (leaderboard, period, day, account_id, rank)
select :leaderboard, :period, :day, account_id, row_number() over (order by points desc, reached_at, member_id)
from at_midnight
""")
_CLEAR = text("delete from midnight_rank where leaderboard = :leaderboard and period = :period")
_SEASON = text("select season_id from season where starts_at < :midnight and ends_at > :midnight")
_LOCK = text("select pg_advisory_xact_lock(hashtext('rewards midnight'))")


def rank_at_midnight(session: Session, *, calendar: Calendar, now: datetime) -> int:
    """Compute the places of the midnight that began today, from what stands; answers how many. Harmless twice.

    What occurred before it and is delivered late counts when this runs again.
    """
    session.execute(_LOCK)
    today = calendar.day_of(now)
    midnight = calendar.day_start(today)
    return sum(
        _rank(session, leaderboard, period=period, source=source, day=today, midnight=midnight)
        for leaderboard, period, source in _periods(session, today=today, midnight=midnight)
    )


def _periods(session: Session, *, today: date, midnight: datetime) -> list[tuple[str, date, date]]:
    """Each leaderboard's present period, and the one whose rows tell of the midnight: a streak's is yesterday's."""
    month = today.replace(day=1)
    periods = [("all-time", ALL_TIME, ALL_TIME), ("streak", today, today - timedelta(days=1))]
    if month != today:
        periods.append(("month", month, month))
    # One that begins at this very midnight had no places then.
    periods.extend(("season", season, season) for season in session.scalars(_SEASON, {"midnight": midnight}))
    return periods


def _rank(session: Session, leaderboard: str, *, period: date, source: date, day: date, midnight: datetime) -> int:
    session.execute(_CLEAR, {"leaderboard": leaderboard, "period": period})
    parameters = {"leaderboard": leaderboard, "period": period, "source": source, "day": day, "midnight": midnight}
    return session.execute(_WRITE, parameters).rowcount  # pyright: ignore[reportAttributeAccessIssue] -- an INSERT's result has it
