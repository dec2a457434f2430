"""What must agree with the ledger, as queries that find what doesn't."""

_COUNTED = "kind in ('award', 'reversal', 'restore')"
_ENTRIES_BY_PLACE = f"""
with movement as (
    select 'season' as leaderboard, season as period, account_id, coalesce(award_seq, seq) as award, points, kind,
        occurred_at from entry where season is not null and {_COUNTED}
    union all select 'month', month, account_id, coalesce(award_seq, seq), points, kind, occurred_at
        from entry where month is not null and {_COUNTED}
    union all select 'all-time', date '0001-01-01', account_id, coalesce(award_seq, seq), points, kind, occurred_at
        from entry where {_COUNTED}
), award as (
    select leaderboard, period, account_id, sum(points) as points,
        min(occurred_at) filter (where kind = 'award') as occurred_at
        from movement group by leaderboard, period, account_id, award
), place as (
    select leaderboard, period, account_id, sum(points) as points,
        date_trunc('second', coalesce(max(occurred_at) filter (where points > 0), 'epoch')) as reached_at
        from award group by 1, 2, 3
)"""
_CAPPED_EVENTS = """
with used as (
    select v.account_id, v.type as rule_key, cast(cast(v.occurred_at at time zone :timezone as date) as text) as period,
        v.points
        from event v join rule r on r.key = v.type and r.key || '@' || r.version = v.rule
        where v.outcome in ('awarded', 'charged', 'penalised')
        and (r.definition ? 'times_per_day' or r.definition ? 'points_per_day')
    union all select v.account_id, v.type, 'ever', v.points
        from event v join rule r on r.key = v.type and r.key || '@' || r.version = v.rule
        where v.outcome in ('awarded', 'charged', 'penalised')
        and (cast(r.definition ->> 'once_ever' as boolean) or r.definition ? 'cooldown_s')
)"""
CHECKS: dict[str, tuple[str, str]] = {
    "leaderboards": (
        "leaderboard {} of {}, account {}: it has {} points, the entries say {}",
        f"""
{_ENTRIES_BY_PLACE}, shown as (select * from leaderboard_points where leaderboard <> 'streak')
select leaderboard, period, account_id, coalesce(s.points, 0), coalesce(p.points, 0)
    from place p full join shown s using (leaderboard, period, account_id)
    where coalesce(s.points, 0) <> coalesce(p.points, 0) order by 1, 2, 3
""",
    ),
    "leaderboards reached": (
        "leaderboard {} of {}, account {}: reached_at is {}, the entries say {}",
        f"""
{_ENTRIES_BY_PLACE}
select leaderboard, period, account_id, s.reached_at, p.reached_at
    from place p join leaderboard_points s using (leaderboard, period, account_id)
    where s.points > 0 and s.reached_at <> p.reached_at order by 1, 2, 3
""",
    ),
    "caps": (
        "account {} rule {} in {}: {} times with {} points are noted as used, the decisions say {} with {}",
        f"""
{_CAPPED_EVENTS}, decided as (
    select account_id, rule_key, period, count(*) as times, sum(abs(points)) as points from used group by 1, 2, 3
)
select account_id, rule_key, period, coalesce(c.times, 0), coalesce(c.points, 0), coalesce(d.times, 0),
    coalesce(d.points, 0)
    from decided d full join cap_usage c using (account_id, rule_key, period)
    where (coalesce(c.times, 0), coalesce(c.points, 0)) <> (coalesce(d.times, 0), coalesce(d.points, 0))
    order by 1, 2, 3
""",
    ),
    "attendance": (
        "attendance of {}: {} members are counted, {} are there, in places {} to {}",
        """
with there as (select day, count(*) as members, min(place) as first, max(place) as last from attendance group by 1)
select day, coalesce(d.members, 0), coalesce(t.members, 0), t.first, t.last
    from there t full join attendance_day d using (day)
    where coalesce(d.members, 0) <> coalesce(t.members, 0) or coalesce(t.first, 1) <> 1
    or coalesce(t.last, 0) <> coalesce(t.members, 0) order by 1
""",
    ),
    "streaks": (
        "streak of account {} on {}: the leaderboard has {} days, the check-ins say {}",
        """
with island as (
    select account_id, day, day - cast(row_number() over (partition by account_id order by day) as int) as island
    from attendance
), run as (
    select account_id, min(day) as first, max(day) as last from island group by account_id, island
), alive as (
    select account_id, d.day, last - first + 1 as days
    from run join unnest(cast(:days as date[])) as d(day) on last between d.day - 1 and d.day
), shown as (
    select account_id, period as day, points from leaderboard_points
    where leaderboard = 'streak' and points > 0 and period = any(cast(:days as date[]))
)
select account_id, day, coalesce(s.points, 0), coalesce(a.days, 0)
    from alive a full join shown s using (account_id, day)
    where coalesce(s.points, 0) <> coalesce(a.days, 0) order by 1, 2
""",
    ),
    "season history": (
        "season {}: its state is {}, its history says {}",
        """
with history as (
    select season_id, string_agg(state, '>' order by array_position(cast(:states as text[]), state)) as states
    from season_history group by 1
), way as (
    select season_id, state,
        array_to_string((cast(:states as text[]))[1 : array_position(cast(:states as text[]), state)], '>') as states
    from season
)
select season_id, w.state, coalesce(h.states, 'nothing') from way w left join history h using (season_id)
    where w.states is distinct from h.states order by 1
""",
    ),
    "standing": (
        "standing of season {}, account {}: it has {} points, the entries say {}",
        """
with earned as (
    select season as season_id, account_id, sum(points) as points from entry where season is not null group by 1, 2
)
select season_id, account_id, t.points, coalesce(e.points, 0)
    from standing t left join earned e using (season_id, account_id)
    where t.points <> coalesce(e.points, 0) order by 1, 2
""",
    ),
    "prizes": (
        "prize of season {} place {}: account {} has place {} in the standing",
        """
select season_id, p.place, account_id, t.place from prize p left join standing t using (season_id, account_id)
    where p.attempt = 1 and p.place is distinct from t.place order by 1, 2
""",
    ),
    "accounts": (
        "account {}: no member belongs to it, though it has {} decisions",
        """
select account_id, a.decisions from account a left join member m using (account_id)
    where m.created_at is null and a.decisions > 0 order by 1
""",
    ),
}
"""By name: what a broken row is told as, and the query that finds it."""
